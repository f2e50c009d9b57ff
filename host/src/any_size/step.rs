//! Steps of any size: what an open batch keeps, and the direction that it becomes.

use heterosgd::Scalar;
use heterosgd::algebra::cholesky::packed_length;
use heterosgd::algebra::{gram, projection};

use super::model::{Sample, add_scaled};

/// What is added to a Gram matrix, as in the core at first.
const RIDGE: f64 = 1.0 / 1024.0;

/// How a batch moves the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// `Plain`, the paper's.
    Plain,
    /// `Centred`.
    Centred,
    /// `Whitened`.
    Whitened,
    /// `Centred<Whitened>`.
    CentredWhitened,
    /// `Sequential`.
    Sequential,
}

/// What an open batch keeps besides its gradient and its count.
#[derive(Debug, Clone)]
pub(super) enum Sums<T> {
    Plain,
    Centred {
        measurements: Vec<T>,
        residuals: T,
    },
    Whitened {
        gram: Vec<T>,
    },
    /// Measurements are taken relative to the first.
    CentredWhitened {
        first: Vec<T>,
        measurements: Vec<T>,
        residuals: T,
        gradient: Vec<T>,
        gram: Vec<T>,
    },
    Sequential {
        ahead: Vec<T>,
    },
}

impl<T: Scalar> Sums<T> {
    /// Those of no sample of `p` coordinates.
    pub(super) fn empty(step: Step, p: usize) -> Self {
        let vector = || vec![T::ZERO; p];
        let gram = || vec![T::ZERO; packed_length(p)];
        match step {
            Step::Plain => Self::Plain,
            Step::Centred => Self::Centred {
                measurements: vector(),
                residuals: T::ZERO,
            },
            Step::Whitened => Self::Whitened { gram: gram() },
            Step::CentredWhitened => Self::CentredWhitened {
                first: vector(),
                measurements: vector(),
                residuals: T::ZERO,
                gradient: vector(),
                gram: gram(),
            },
            Step::Sequential => Self::Sequential { ahead: vector() },
        }
    }

    /// Takes in a measurement; `count` came before it. `entries` is room for its entries.
    pub(super) fn add(
        &mut self,
        x: Sample<'_, T>,
        entries: &mut [T],
        weights: &(impl Iterator<Item = T> + Clone),
        residual: T,
        count: u32,
    ) {
        if !matches!(self, Self::Plain) {
            entries.fill(T::ZERO);
            x.add_to(entries, T::ONE);
        }
        match self {
            Self::Plain => {}
            Self::Centred {
                measurements,
                residuals,
            } => {
                // 0 + x is x, but for the sign of a zero, which a sum from +0.0 does not keep.
                add_scaled(measurements, entries, T::ONE);
                *residuals += residual;
            }
            Self::Whitened { gram } => gram::add_outer(gram, entries),
            Self::CentredWhitened {
                first,
                measurements,
                residuals,
                gradient,
                gram,
            } => {
                if count == 0 {
                    first.copy_from_slice(entries);
                }
                add_scaled(entries, first, -T::ONE);
                add_scaled(measurements, entries, T::ONE);
                *residuals += residual;
                add_scaled(gradient, entries, residual);
                gram::add_outer(gram, entries);
            }
            Self::Sequential { ahead } => {
                let p = entries.len() as u32;
                let full = T::from_count(p.saturating_mul(4));
                let gain = projection::gain(full, count, p);
                let mut next = ahead.clone();
                if projection::project(&mut next, entries, weights, residual, gain) {
                    *ahead = next;
                }
            }
        }
    }

    /// The direction of a batch of `count` samples with the gradient sum `sum`, and what it is to be
    /// divided by.
    ///
    /// # Errors
    /// The first coordinate whose pivot is not positive.
    pub(super) fn direction(
        &self,
        sum: &[T],
        weights: impl Iterator<Item = T> + Clone,
        count: u32,
    ) -> Result<(Vec<T>, T), usize> {
        let (ridge, m) = (T::from_f64(RIDGE), T::from_count(count));
        Ok(match self {
            Self::Plain => (sum.to_vec(), m),
            Self::Centred {
                measurements,
                residuals,
            } => (centred(sum, measurements, *residuals, m), m),
            Self::Whitened { gram } => {
                let (mut gram, mut direction) = (gram.clone(), sum.to_vec());
                gram::whiten(&mut gram, &mut direction, weights, ridge)?;
                (direction, T::ONE)
            }
            Self::CentredWhitened {
                measurements,
                residuals,
                gradient,
                gram,
                ..
            } => {
                let mut direction = centred(gradient, measurements, *residuals, m);
                let mut gram = gram.clone();
                gram::subtract_outer(&mut gram, measurements, m);
                gram::whiten(&mut gram, &mut direction, weights, ridge)?;
                (direction, T::ONE)
            }
            Self::Sequential { ahead } => {
                let entries = ahead.iter().zip(weights);
                let direction = entries.map(|(&entry, weight)| entry / weight);
                (direction.collect(), T::ONE)
            }
        })
    }
}

/// The gradient sum of m samples, centred on the means of measurements and residuals.
fn centred<T: Scalar>(gradient: &[T], measurements: &[T], residuals: T, m: T) -> Vec<T> {
    let mut centred = gradient.to_vec();
    add_scaled(&mut centred, measurements, -(residuals / m));
    centred
}
