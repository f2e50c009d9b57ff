//! The problem behind the figures: two invariant and two spurious directions.

use heterosgd::{Packing, Psd, Size};

use super::parameters::MU;
use crate::problem::{Problem, Shape, Strengths};

/// Invariant directions.
pub(super) const RANK: usize = 2;
/// Spurious directions; there are `2^SPURIOUS` environments.
pub(super) const SPURIOUS: usize = 2;

/// The learner of all figures: U is D x D.
pub(super) type Learned<const D: usize> = Psd<f64, D, D>;

/// The problem under `seed`.
pub(super) fn problem<const D: usize>(strengths: Strengths, seed: u64) -> Problem<D>
where
    Size<D>: Packing,
{
    let shape = Shape {
        dim: D,
        rank: RANK,
        spurious: SPURIOUS,
    };
    Problem::new(shape, strengths, seed)
}

/// The spurious part of what PooledSGD goes to, at mean pull [`MU`].
pub(super) fn pooled_value() -> f64 {
    libm::sqrt(SPURIOUS as f64) * MU
}
