//! One spurious direction in the population.

use heterosgd::sampling::{Purpose, Xoshiro128PlusPlus, below, stream};
use heterosgd::theory::population_step;
use rand_core::Rng as _;

use crate::deviations::Deviations;

/// A stream of environments.
pub(super) fn environments(seed: u64) -> Xoshiro128PlusPlus {
    stream(seed, Purpose::Environments, 0)
}

/// One of `values`, all equally likely; NaN if there are none.
pub(super) fn one_of(values: &[f64], rng: &mut Xoshiro128PlusPlus) -> f64 {
    let index = below(rng, values.len() as u32) as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}

/// Independent deviations, from the continuous distribution where it is one.
pub(super) fn deviations(distribution: Deviations, count: usize, seed: u64) -> Vec<f64> {
    let mut rng = environments(seed);
    let mut draw = || distribution.quantile((f64::from(rng.next_u32()) + 0.5) / 4_294_967_296.0);
    (0..count).map(|_| draw()).collect()
}

/// The logarithm of the largest |b| over its start, of a run from `start` that ends when b has fallen by
/// `e^-depth`, or after `most` steps.
pub(super) fn highest(
    step_size: f64,
    start: f64,
    depth: f64,
    most: u64,
    mut pull: impl FnMut() -> f64,
) -> f64 {
    let floor = start * libm::exp(-depth);
    let (mut b, mut highest) = (start, start);
    for _ in 0..most {
        b = population_step(b, step_size, pull());
        highest = f64::max(highest, b.abs());
        if !b.is_finite() || b.abs() < floor {
            break;
        }
    }
    libm::log(highest / start)
}
