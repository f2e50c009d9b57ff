//! A second opinion: the learner in textbook loops over full `f64` matrices.
//!
//! Nothing here is shared with the core: no packing, no doubling, no lanes, no streaming. A batch is
//! stored, centring takes two passes, and products are triple loops. Slow, and easy to check by eye
//! against docs/theory.md, section 1.

use heterosgd::algebra::{Packing, Size};
use heterosgd::nalgebra::SMatrix;
use heterosgd::{Scalar, Symmetric};

/// A full matrix, row by row.
pub type Matrix = Vec<Vec<f64>>;

/// A stored sample: the full measurement X and its response y.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The measurement X.
    pub x: Matrix,
    /// The response y.
    pub y: f64,
}

/// The learner: `U U^T`, or `U U^T - V V^T` where there is a V.
///
/// The linear model needs no code of its own: it is the signed one with diagonal U, V and X.
#[derive(Debug, Clone)]
pub struct Learner {
    /// The factor U, D x K.
    pub positive: Matrix,
    /// The factor V, D x K, of a signed model.
    pub negative: Option<Matrix>,
    /// The step size of `U <- (I - step_size * M) U`.
    pub step_size: f64,
    /// Whether measurements and residuals are centred on their batch means.
    pub centred: bool,
}

impl Learner {
    /// The estimate `U U^T - V V^T`.
    pub fn estimate(&self) -> Matrix {
        let mut estimate = product(&self.positive, &transpose(&self.positive));
        if let Some(v) = &self.negative {
            estimate = combine(&estimate, -1.0, &product(v, &transpose(v)));
        }
        estimate
    }

    /// One step on a stored batch.
    pub fn step(&mut self, batch: &[Sample]) {
        let gradient = self.gradient(batch);
        self.positive = combine(
            &self.positive,
            -self.step_size,
            &product(&gradient, &self.positive),
        );
        if let Some(v) = &mut self.negative {
            *v = combine(v, self.step_size, &product(&gradient, v));
        }
    }

    /// `M = (1/m) sum_i r_i X_i`, or `(1/m) sum_i (r_i - mean r)(X_i - mean X)` where centred.
    fn gradient(&self, batch: &[Sample]) -> Matrix {
        let m = batch.len() as f64;
        let estimate = self.estimate();
        let residuals: Vec<f64> = batch.iter().map(|s| inner(&s.x, &estimate) - s.y).collect();
        let d = estimate.len();
        let mut mean_x = zeros(d, d);
        let mut mean_r = 0.0;
        if self.centred {
            for (s, r) in batch.iter().zip(&residuals) {
                mean_x = combine(&mean_x, 1.0 / m, &s.x);
                mean_r += r / m;
            }
        }
        let mut gradient = zeros(d, d);
        for (s, r) in batch.iter().zip(&residuals) {
            let deviation = combine(&s.x, -1.0, &mean_x);
            gradient = combine(&gradient, (r - mean_r) / m, &deviation);
        }
        gradient
    }
}

/// A matrix of zeros.
pub fn zeros(rows: usize, columns: usize) -> Matrix {
    vec![vec![0.0; columns]; rows]
}

/// `scale` times the identity.
pub fn identity(d: usize, scale: f64) -> Matrix {
    diagonal(&vec![scale; d])
}

/// The diagonal matrix of `entries`.
pub fn diagonal(entries: &[f64]) -> Matrix {
    let mut matrix = zeros(entries.len(), entries.len());
    for (i, &entry) in entries.iter().enumerate() {
        matrix[i][i] = entry;
    }
    matrix
}

/// `a + scale * b`.
pub fn combine(a: &Matrix, scale: f64, b: &Matrix) -> Matrix {
    a.iter()
        .zip(b)
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + scale * b).collect())
        .collect()
}

/// The transpose.
pub fn transpose(a: &Matrix) -> Matrix {
    let columns = a.first().map_or(0, Vec::len);
    (0..columns)
        .map(|j| a.iter().map(|row| row[j]).collect())
        .collect()
}

/// The matrix product `a b`.
pub fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let columns = b.first().map_or(0, Vec::len);
    let mut c = zeros(a.len(), columns);
    for i in 0..a.len() {
        for j in 0..columns {
            for k in 0..b.len() {
                c[i][j] += a[i][k] * b[k][j];
            }
        }
    }
    c
}

/// `x x^T`.
pub fn outer(x: &[f64]) -> Matrix {
    x.iter()
        .map(|a| x.iter().map(|b| a * b).collect())
        .collect()
}

/// The Frobenius inner product.
pub fn inner(a: &Matrix, b: &Matrix) -> f64 {
    a.iter()
        .flatten()
        .zip(b.iter().flatten())
        .map(|(a, b)| a * b)
        .sum()
}

/// The Frobenius norm.
pub fn norm(a: &Matrix) -> f64 {
    libm::sqrt(inner(a, a))
}

/// `||a - b|| / ||b||`.
pub fn relative_error(a: &Matrix, b: &Matrix) -> f64 {
    norm(&combine(a, -1.0, b)) / norm(b)
}

/// A packed matrix of the core, written out in full.
pub fn full<T: Scalar, const D: usize>(packed: &Symmetric<T, D>) -> Matrix
where
    Size<D>: Packing,
{
    (0..D)
        .map(|i| {
            (0..D)
                .map(|j| packed.get(i, j).expect("(i, j) is inside").to_f64())
                .collect()
        })
        .collect()
}

/// A full matrix, packed and rounded to the core's scalar.
pub fn packed<T: Scalar, const D: usize>(full: &Matrix) -> Symmetric<T, D>
where
    Size<D>: Packing,
{
    Symmetric::from_fn(|i, j| T::from_f64(full[i][j]))
}

/// A factor of the core, written out.
pub fn factor<T: Scalar, const D: usize, const K: usize>(u: &SMatrix<T, D, K>) -> Matrix {
    (0..D)
        .map(|i| (0..K).map(|k| u[(i, k)].to_f64()).collect())
        .collect()
}

/// The solution of `A x = b`, by elimination with the largest pivot of each column.
pub fn solved(a: &Matrix, b: &[f64]) -> Vec<f64> {
    let n = b.len();
    let mut rows: Vec<Vec<f64>> = a
        .iter()
        .zip(b)
        .map(|(row, &b)| [row.as_slice(), &[b]].concat())
        .collect();
    for k in 0..n {
        let pivot = (k..n)
            .max_by(|&i, &j| rows[i][k].abs().total_cmp(&rows[j][k].abs()))
            .expect("a row is left");
        rows.swap(k, pivot);
        let (done, rest) = rows.split_at_mut(k + 1);
        for row in rest {
            let factor = row[k] / done[k][k];
            for (entry, above) in row.iter_mut().zip(&done[k]).skip(k) {
                *entry -= factor * above;
            }
        }
    }
    let mut x = vec![0.0; n];
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| rows[k][j] * x[j]).sum();
        x[k] = (rows[k][n] - known) / rows[k][k];
    }
    x
}
