//! The signals of recorded data.

use std::path::Path;

use heterosgd::nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::signals::Signals;
use crate::data::{Labels, Reader};
use crate::error::{Error, Result};

/// Most rows of the matrices: the normal equations of an environment hold `(d (d + 1)/2)^2` numbers.
const MOST_ROWS: usize = 32;
/// Eigenvalues below this share of the largest are taken for rounding.
const ROUNDING: f64 = 1e-6;
/// An eigenvalue counts if it is so many times what noise would make it.
const SIGNIFICANT: f64 = 4.0;
/// Weightings that are tried for one whose sum has the common eigenvectors.
const WEIGHTINGS: usize = 16;

/// Least squares of one environment.
struct Environment {
    normal: DMatrix<f64>,
    moments: DVector<f64>,
    square: f64,
    rows: u64,
}

impl Environment {
    fn new(size: usize) -> Self {
        Self {
            normal: DMatrix::zeros(size, size),
            moments: DVector::zeros(size),
            square: 0.0,
            rows: 0,
        }
    }

    fn add(&mut self, x: &DVector<f64>, y: f64) {
        self.normal.syger(1.0, x, x, 1.0);
        self.moments.axpy(y, x, 1.0);
        self.square += y * y;
        self.rows += 1;
    }
}

/// What was found, and how far it can be trusted.
#[derive(Debug)]
pub(super) struct Estimate {
    pub(super) signals: Signals,
    pub(super) environments: usize,
    pub(super) rows: u64,
    /// What of the spurious signals does not share their common eigenvectors, as a share of their norm: where
    /// this is not small, the formulas do not apply.
    pub(super) not_common: f64,
    pub(super) rank_one: bool,
}

/// Estimates the signals of a stream of measurements, as `replay` reads it.
///
/// # Errors
/// Bad data; too few rows of an environment; no invariant signal.
pub(super) fn from_stream(path: &Path, env: &str, target: &str) -> Result<Estimate> {
    let mut reader = Reader::open(path)?;
    let measured = reader
        .columns()
        .iter()
        .filter(|name| name.starts_with("x_"))
        .count();
    let rank_one = reader.position("x_1_1").is_none();
    let dim = if rank_one {
        measured
    } else {
        (1..=MOST_ROWS + 1)
            .take_while(|d| d * (d + 1) / 2 <= measured)
            .last()
            .unwrap_or(0)
    };
    if dim == 0 || dim > MOST_ROWS {
        return Err(reader.header_error(
            None,
            format!("measurements of 1 to {MOST_ROWS} rows are needed, as x_1_1, x_1_2, ... or x_1, x_2, ...; these have {dim}"),
        ));
    }
    let pairs: Vec<(usize, usize)> = (0..dim)
        .flat_map(|i| (i..dim).map(move |j| (i, j)))
        .collect();
    let names: Vec<String> = if rank_one {
        (1..=dim).map(|i| format!("x_{i}")).collect()
    } else {
        pairs
            .iter()
            .map(|(i, j)| format!("x_{}_{}", i + 1, j + 1))
            .collect()
    };
    let columns = names
        .iter()
        .map(|name| reader.column(name))
        .collect::<Result<Vec<_>>>()?;
    let (env, target) = (reader.column(env)?, reader.column(target)?);
    let columns = reader.select(columns);
    let response = reader.select(vec![target]);
    let mut labels = Labels::default();
    let mut environments: Vec<Environment> = Vec::new();
    let mut numbers = vec![0.0_f64; names.len()];
    while let Some(row) = reader.next_row()? {
        let environment = labels.of_row(&row, env)? as usize;
        row.numbers(&columns, &mut numbers)?;
        let mut y = [0.0_f64];
        row.numbers(&response, &mut y)?;
        let entries = pairs.iter().enumerate().map(|(k, &(i, j))| {
            // <X, A> has the entries off the diagonal twice.
            let twice = if i == j { 1.0 } else { 2.0 };
            let entry = if rank_one {
                numbers.get(i).copied().unwrap_or(0.0) * numbers.get(j).copied().unwrap_or(0.0)
            } else {
                numbers.get(k).copied().unwrap_or(0.0)
            };
            twice * entry
        });
        let x = DVector::from_iterator(pairs.len(), entries);
        if environment == environments.len() {
            environments.push(Environment::new(pairs.len()));
        }
        if let Some(sums) = environments.get_mut(environment) {
            sums.add(&x, y[0]);
        }
    }
    let found = solve(path, &labels, environments, &pairs, dim)?;
    analyse(path, found, dim, rank_one)
}

/// The matrices of the environments, the variance of the noise, and the rows.
struct Solved {
    matrices: Vec<DMatrix<f64>>,
    noise: f64,
    rows: u64,
}

fn solve(
    path: &Path,
    labels: &Labels,
    environments: Vec<Environment>,
    pairs: &[(usize, usize)],
    dim: usize,
) -> Result<Solved> {
    let size = pairs.len();
    if environments.len() < 2 {
        return Err(Error::file(path, "at least two environments are needed"));
    }
    let (mut matrices, mut residual, mut freedom, mut rows) = (Vec::new(), 0.0, 0.0, 0);
    for (mut environment, name) in environments.into_iter().zip(labels.names()) {
        if environment.rows < 2 * size as u64 {
            return Err(Error::file(
                path,
                format!(
                    "environment {name} has {} rows; at least {} are needed to tell its matrix of {size} entries",
                    environment.rows,
                    2 * size
                ),
            ));
        }
        environment.normal.fill_upper_triangle_with_lower_triangle();
        let Some(factor) = environment.normal.cholesky() else {
            return Err(Error::file(
                path,
                format!(
                    "the measurements of environment {name} do not tell all entries of its matrix"
                ),
            ));
        };
        let solution = factor.solve(&environment.moments);
        residual += (environment.square - solution.dot(&environment.moments)).max(0.0);
        freedom += environment.rows as f64 - size as f64;
        rows += environment.rows;
        let mut matrix = DMatrix::zeros(dim, dim);
        for (&(i, j), &value) in pairs.iter().zip(solution.iter()) {
            matrix[(i, j)] = value;
            matrix[(j, i)] = value;
        }
        matrices.push(matrix);
    }
    Ok(Solved {
        matrices,
        noise: residual / freedom,
        rows,
    })
}

fn analyse(path: &Path, solved: Solved, dim: usize, rank_one: bool) -> Result<Estimate> {
    let Solved {
        matrices,
        noise,
        rows,
    } = solved;
    let count = matrices.len() as f64;
    let mut mean = DMatrix::zeros(dim, dim);
    for matrix in &matrices {
        mean += matrix / count;
    }
    let deviations: Vec<DMatrix<f64>> = matrices.iter().map(|matrix| matrix - &mean).collect();
    let mut spread = DMatrix::zeros(dim, dim);
    for deviation in &deviations {
        spread += deviation * deviation / count;
    }
    // What the noise of the responses adds to a squared deviation, d entries of a row.
    let per_environment = rows as f64 / count;
    let of_noise = SIGNIFICANT * SIGNIFICANT * noise * dim as f64 / per_environment;
    let spread = SymmetricEigen::new(spread);
    let largest = spread.eigenvalues.max();
    let varies: Vec<usize> = (0..dim)
        .filter(|&k| spread.eigenvalues[k] > of_noise + ROUNDING * largest)
        .collect();
    let subspace = spread.eigenvectors.select_columns(&varies);
    let (directions, not_common) = common_directions(&subspace, &deviations);
    let pulls: Vec<Vec<f64>> = directions
        .column_iter()
        .map(|v| matrices.iter().map(|matrix| v.dot(&(matrix * v))).collect())
        .collect();
    let outside = DMatrix::identity(dim, dim) - &subspace * subspace.transpose();
    let rest = SymmetricEigen::new(&outside * &mean * &outside);
    let floor = SIGNIFICANT * libm::sqrt(noise * dim as f64 / rows as f64)
        + ROUNDING * rest.eigenvalues.amax();
    let strengths: Vec<f64> = rest
        .eigenvalues
        .iter()
        .copied()
        .filter(|&s| s > floor)
        .collect();
    let weakest = strengths.iter().copied().reduce(f64::min);
    let strongest = strengths.iter().copied().reduce(f64::max);
    let (Some(weakest), Some(strongest)) = (weakest, strongest) else {
        return Err(Error::file(
            path,
            "no invariant signal stands out from the noise in these data",
        ));
    };
    // Plain x x^T is the isotropic (x x^T - I)/sqrt(2) times sqrt(2), but for the trace.
    let scale = if rank_one { 2.0 } else { 1.0 };
    Ok(Estimate {
        signals: Signals {
            dim,
            rank: strengths.len(),
            sigma: (weakest, strongest),
            pulls,
            noise: libm::sqrt(noise / scale),
        },
        environments: matrices.len(),
        rows,
        not_common,
        rank_one,
    })
}

/// The common eigenvectors of matrices within a subspace, and what is left off the diagonal in their
/// basis, as a share. Eigenvectors of one sum with weights are common ones if its eigenvalues differ, as
/// they do for almost all weights; the best of a few is taken.
fn common_directions(subspace: &DMatrix<f64>, matrices: &[DMatrix<f64>]) -> (DMatrix<f64>, f64) {
    let inside: Vec<DMatrix<f64>> = matrices
        .iter()
        .map(|matrix| subspace.transpose() * matrix * subspace)
        .collect();
    let size = subspace.ncols();
    let total: f64 = inside.iter().map(DMatrix::norm_squared).sum();
    let mut best = (subspace.clone(), f64::INFINITY);
    if size == 0 {
        return (best.0, 0.0);
    }
    for weighting in 1..=WEIGHTINGS {
        let mut sum = DMatrix::zeros(size, size);
        for (e, matrix) in inside.iter().enumerate() {
            // Irrational multiples: no two sums of signs agree.
            let weight =
                ((e + 1) as f64 * weighting as f64 * 0.618_033_988_749_894_9).fract() - 0.5;
            sum += matrix * weight;
        }
        let basis = SymmetricEigen::new(sum).eigenvectors;
        let off: f64 = inside
            .iter()
            .map(|matrix| {
                let turned = basis.transpose() * matrix * &basis;
                turned.norm_squared() - turned.diagonal().norm_squared()
            })
            .sum();
        let share = libm::sqrt((off / total).max(0.0));
        if share < best.1 {
            best = (subspace * basis, share);
        }
    }
    best
}
