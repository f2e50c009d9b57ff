//! The directions that are diagnosed: coefficients, or eigen-directions of a matrix.

use heterosgd::nalgebra::{DMatrix, SymmetricEigen};
use heterosgd::theory::{lyapunov, signed_lyapunov};

use super::design::Design;
use super::evidence::{Evidence, Opinion};
use super::options::ModelKind;
use super::pulls::{Pulls, pulls, residual};
use super::space::{Space, full, positions};

/// Directions of less than this share of the strongest one do not matter.
const MATTERING_SHARE: f64 = 0.1;

/// A direction that differs between environments counts as gone if less than this share of the
/// strongest learned direction is left of it.
const GONE_SHARE: f64 = 0.1;

/// A direction on which they agree counts as learned from this share of its own strength on.
const LEARNED_SHARE: f64 = 0.3;

/// Eigenvectors of less than this share of the largest eigenvalue are not named.
const SIGNAL_SHARE: f64 = 0.05;

/// A direction at an estimate: what the environments say of it, and how they pull on it.
#[derive(Debug, Clone)]
pub(super) struct Direction {
    pub(super) name: String,
    /// What each environment says on its own.
    pub(super) opinion: Opinion,
    /// Whether it is strong enough to matter, in the environments.
    pub(super) matters: bool,
    /// The strength of the direction that was learned most.
    strongest: f64,
    /// How much of it was learned, standardised.
    pub(super) learned: f64,
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

    /// Whether it differs between environments, and matters.
    pub(super) fn is_spurious(&self) -> bool {
        self.opinion.differs() && self.matters
    }

    /// How much of it was learned, as a share of the direction that was learned most.
    pub(super) fn left(&self) -> f64 {
        if self.strongest > 0.0 {
            self.learned.abs() / self.strongest
        } else {
            0.0
        }
    }

    /// Whether next to nothing of it was learned.
    pub(super) fn is_gone(&self) -> bool {
        self.is_little(self.learned.abs())
    }

    /// Whether next to nothing of it is predicted to be learned. A direction with exponent Lambda
    /// near zero grows until `E ln|1 + step_size (s - w)| = 0`: to first order up to the strength
    /// `w = Lambda / step_size`, and to nothing if Lambda is negative (docs/theory.md, 2.2).
    pub(super) fn is_predicted_gone(&self, model: ModelKind, step_size: f64) -> bool {
        self.is_little(self.batch_exponent(model, step_size).max(0.0) / step_size)
    }

    /// Little beside the strongest learned direction, and little beside its own strength.
    fn is_little(&self, strength: f64) -> bool {
        strength <= GONE_SHARE * self.strongest && strength <= LEARNED_SHARE * self.opinion.size()
    }

    /// Whether about as much of it was learned as the environments agree on.
    pub(super) fn is_learned(&self) -> bool {
        let share = self.learned / self.opinion.mean;
        (LEARNED_SHARE..=1.0 / LEARNED_SHARE).contains(&share)
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
    evidence: &Evidence,
    names: &[String],
    estimate: &[f64],
    batch: usize,
) -> Vec<Direction> {
    match design.space {
        Space::Features(_) => coordinates(design, evidence, names, estimate, batch),
        Space::Matrix(d) => eigen_directions(design, evidence, d, estimate, batch),
    }
}

/// The coordinates of the linear model.
fn coordinates(
    design: &Design,
    evidence: &Evidence,
    names: &[String],
    estimate: &[f64],
    batch: usize,
) -> Vec<Direction> {
    let pulls = pulls(design, estimate, estimate, batch, |row, z| {
        z.copy_from_slice(row);
    });
    let unit = |index: usize| {
        (0..names.len())
            .map(|k| f64::from(u8::from(k == index)))
            .collect()
    };
    let chosen = names.iter().zip(estimate).enumerate();
    let chosen = chosen.map(|(index, (name, &learned))| Chosen {
        name: name.clone(),
        learned,
        functional: unit(index),
        vector: None,
    });
    assembled(chosen.collect(), evidence, pulls)
}

/// A direction to be looked at.
struct Chosen {
    name: String,
    learned: f64,
    /// The strength of an estimate along it, as a linear functional of the entries.
    functional: Vec<f64>,
    vector: Option<Vec<f64>>,
}

fn assembled(chosen: Vec<Chosen>, evidence: &Evidence, pulls: Pulls) -> Vec<Direction> {
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let learned_most = most(&mut chosen.iter().map(|direction| direction.learned.abs()));
    let mut directions: Vec<Direction> = chosen
        .into_iter()
        .zip(pulls.environments.into_iter().zip(pulls.batches))
        .map(|(chosen, (pulls, batch_pulls))| Direction {
            name: chosen.name,
            opinion: evidence.opinion(&chosen.functional),
            matters: false,
            strongest: learned_most,
            learned: chosen.learned,
            pulls,
            batch_pulls,
            vector: chosen.vector,
        })
        .collect();
    let largest = most(&mut directions.iter().map(|direction| direction.opinion.size()));
    for direction in &mut directions {
        direction.matters = largest > 0.0 && direction.opinion.size() >= MATTERING_SHARE * largest;
    }
    directions
}

/// At most this many directions of variation are named.
const VARYING_MOST: usize = 8;

/// The signal directions of the estimate, then those in which the environments differ most.
fn eigen_directions(
    design: &Design,
    evidence: &Evidence,
    d: usize,
    estimate: &[f64],
    batch: usize,
) -> Vec<Direction> {
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
    let chosen = chosen
        .into_iter()
        .zip(outer)
        .map(|((name, value, vector), functional)| Chosen {
            name,
            learned: value,
            functional,
            vector: Some(vector),
        });
    assembled(chosen.collect(), evidence, pulls)
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
    let mut total = 0.0;
    for gradient in gradients {
        let difference = gradient - &mean;
        total += difference.norm_squared() / count;
        let outside = &projector * difference * &projector;
        variance += &outside * &outside / count;
    }
    let eigen = SymmetricEigen::new(variance);
    let mut order: Vec<usize> = (0..d)
        .filter(|&k| eigen.eigenvalues[k] > SIGNAL_SHARE * total)
        .collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    order.truncate(VARYING_MOST.min(d.saturating_sub(taken.len())));
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
