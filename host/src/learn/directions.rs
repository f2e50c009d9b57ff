//! The directions that are diagnosed: coefficients, or eigen-directions of a matrix.

use heterosgd::nalgebra::{DMatrix, SymmetricEigen};
use heterosgd::theory::{lyapunov, signed_lyapunov};

use super::design::Design;
use super::options::ModelKind;
use super::pulls::{Pulls, pulls, residual};
use super::space::{Space, full, positions};

/// Directions of less than this share of the largest mean pull do not matter.
const MATTERING_SHARE: f64 = 1.0 / 3.0;

/// Eigenvectors of less than this share of the largest eigenvalue are not named.
const SIGNAL_SHARE: f64 = 0.05;

/// A direction with its pulls.
#[derive(Debug, Clone)]
pub(super) struct Direction {
    pub(super) name: String,
    /// Whether the direction matters: its mean pull, which is what would be learned of it, is at
    /// least a third of the largest one.
    pub(super) matters: bool,
    /// The pull of each environment.
    pub(super) pulls: Vec<f64>,
    batch_pulls: Vec<f64>,
    pub(super) vector: Option<Vec<f64>>,
}

impl Direction {
    pub(super) fn mean(&self) -> f64 {
        self.pulls.iter().sum::<f64>() / self.pulls.len() as f64
    }

    pub(super) fn spread(&self) -> f64 {
        let mean = self.mean();
        let squares: f64 = self.pulls.iter().map(|s| (s - mean) * (s - mean)).sum();
        libm::sqrt(squares / self.pulls.len() as f64)
    }

    /// Whether the environments disagree by more than they agree.
    pub(super) fn varies(&self) -> bool {
        self.spread() > self.mean().abs()
    }

    /// The exponent predicted at `step_size` from the pulls of the environments.
    pub(super) fn exponent(&self, model: ModelKind, step_size: f64) -> f64 {
        exponent(model, step_size, &self.pulls)
    }

    /// The exponent predicted at `step_size` from the pulls of batches.
    pub(super) fn batch_exponent(&self, model: ModelKind, step_size: f64) -> f64 {
        exponent(model, step_size, &self.batch_pulls)
    }
}

fn exponent(model: ModelKind, step_size: f64, pulls: &[f64]) -> f64 {
    let pulls = pulls.iter().copied();
    match model {
        ModelKind::Psd => lyapunov(step_size, pulls),
        ModelKind::Signed | ModelKind::Linear => signed_lyapunov(step_size, pulls),
    }
}

/// The directions of interest at an estimate, with the pulls of the environments on them.
pub(super) fn directions(
    design: &Design,
    names: &[String],
    estimate: &[f64],
    batch: usize,
) -> Vec<Direction> {
    match design.space {
        Space::Features(_) => coordinates(design, names, estimate, batch),
        Space::Matrix(d) => eigen_directions(design, d, estimate, batch),
    }
}

/// The coordinates of the linear model.
fn coordinates(
    design: &Design,
    names: &[String],
    estimate: &[f64],
    batch: usize,
) -> Vec<Direction> {
    let pulls = pulls(design, estimate, estimate, batch, |row, z| {
        z.copy_from_slice(row);
    });
    named(names.iter().map(|name| (name.clone(), None)), pulls)
}

fn named(names: impl Iterator<Item = (String, Option<Vec<f64>>)>, pulls: Pulls) -> Vec<Direction> {
    let mut directions: Vec<Direction> = names
        .zip(pulls.environments.into_iter().zip(pulls.batches))
        .map(|((name, vector), (pulls, batch_pulls))| Direction {
            name,
            matters: false,
            pulls,
            batch_pulls,
            vector,
        })
        .collect();
    let strength = |direction: &Direction| direction.mean().abs();
    let largest = directions.iter().map(strength).fold(0.0, f64::max);
    for direction in &mut directions {
        direction.matters = strength(direction) >= MATTERING_SHARE * largest;
    }
    directions
}

/// At most this many directions of variation are named.
const VARYING_MOST: usize = 8;

/// The signal directions of the estimate, then those in which the environments differ most.
fn eigen_directions(design: &Design, d: usize, estimate: &[f64], batch: usize) -> Vec<Direction> {
    let gradients: Vec<DMatrix<f64>> = design
        .groups
        .iter()
        .map(|group| -gradient(design, d, estimate, group))
        .collect();
    let signal = SymmetricEigen::new(matrix(estimate, d));
    let largest = signal.eigenvalues.amax();
    let mut kept: Vec<(f64, Vec<f64>)> = signal
        .eigenvalues
        .iter()
        .zip(signal.eigenvectors.column_iter())
        .filter(|(value, _)| value.abs() >= SIGNAL_SHARE * largest)
        .map(|(value, vector)| (*value, vector.iter().copied().collect()))
        .collect();
    kept.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let mut chosen: Vec<(String, f64, Vec<f64>)> = kept
        .into_iter()
        .zip(1..)
        .map(|((value, vector), n)| (format!("signal {n}"), value, vector))
        .collect();
    let mut taken: Vec<Vec<f64>> = chosen.iter().map(|(_, _, vector)| vector.clone()).collect();
    for (n, vector) in variation(&gradients, d, &taken).into_iter().enumerate() {
        let value = quadratic(&matrix(estimate, d), &vector);
        taken.push(vector.clone());
        chosen.push((format!("varying {}", n + 1), value, vector));
    }
    let own_part: Vec<f64> = chosen.iter().map(|(_, value, _)| *value).collect();
    // <X, v v^T> as one inner product with the packed v v^T, off-diagonal entries doubled.
    let outer: Vec<Vec<f64>> = chosen
        .iter()
        .map(|(_, _, v)| {
            positions(d)
                .map(|(i, j)| {
                    if i == j {
                        v[i] * v[i]
                    } else {
                        2.0 * v[i] * v[j]
                    }
                })
                .collect()
        })
        .collect();
    let pulls = pulls(design, estimate, &own_part, batch, |row, z| {
        for (z, outer) in z.iter_mut().zip(&outer) {
            *z = row.iter().zip(outer).map(|(x, v)| x * v).sum();
        }
    });
    named(
        chosen.into_iter().map(|(name, _, v)| (name, Some(v))),
        pulls,
    )
}

/// The batch gradient M of one environment's rows, as a full matrix.
fn gradient(design: &Design, d: usize, estimate: &[f64], group: &[usize]) -> DMatrix<f64> {
    let weights = design.space.weights();
    let mut sums = vec![0.0; design.space.len()];
    for &row in group {
        let r = residual(design, &weights, estimate, row) / group.len() as f64;
        for (sum, x) in sums.iter_mut().zip(design.row(row)) {
            *sum += r * x;
        }
    }
    matrix(&sums, d)
}

/// Leading eigenvectors of the variance of the pulls over environments, outside `taken`.
fn variation(gradients: &[DMatrix<f64>], d: usize, taken: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let count = gradients.len() as f64;
    let mean = gradients.iter().sum::<DMatrix<f64>>() / count;
    let mut projector = DMatrix::<f64>::identity(d, d);
    for vector in taken {
        let column = DMatrix::from_column_slice(d, 1, vector);
        projector -= &column * column.transpose();
    }
    let mut variance = DMatrix::<f64>::zeros(d, d);
    for gradient in gradients {
        let difference = &projector * (gradient - &mean) * &projector;
        variance += &difference * &difference / count;
    }
    let eigen = SymmetricEigen::new(variance);
    let largest = eigen.eigenvalues.amax();
    let mut order: Vec<usize> = (0..d)
        .filter(|&k| eigen.eigenvalues[k] > SIGNAL_SHARE * largest && largest > 0.0)
        .collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    order.truncate(VARYING_MOST);
    order
        .into_iter()
        .map(|k| eigen.eigenvectors.column(k).iter().copied().collect())
        .collect()
}

fn matrix(packed: &[f64], d: usize) -> DMatrix<f64> {
    let rows = full(packed, d);
    DMatrix::from_fn(d, d, |i, j| rows[i][j])
}

fn quadratic(matrix: &DMatrix<f64>, vector: &[f64]) -> f64 {
    positions(vector.len())
        .map(|(i, j)| {
            let weight = if i == j { 1.0 } else { 2.0 };
            weight * matrix[(i, j)] * vector[i] * vector[j]
        })
        .sum()
}
