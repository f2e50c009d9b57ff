//! Projections onto the hyperplanes of equations, one sample after the other (Kaczmarz's method), of
//! any size.

use super::dot;
use crate::Scalar;

/// The gain of the sample that `count` others came before, for `p` coordinates: 1 for the first `full`
/// samples, then `1/(1 + i/p)` for the i-th after them.
pub fn gain<T: Scalar>(full: T, count: u32, p: u32) -> T {
    let (p, past) = (T::from_count(p), T::from_count(count) - full);
    if past > T::ZERO {
        p / (p + past)
    } else {
        T::ONE
    }
}

/// One projection. `ahead` is an estimate z less the solution h so far, its entries weighted as an
/// inner product weighs them; `residual` is `<x, z> - y`. Then `h <- h + gain (y - <x, h>) x/|x|^2`.
/// False if an entry of `ahead` left the range of residuals: x is next to nothing, and has no
/// hyperplane there.
pub fn project<T: Scalar>(
    ahead: &mut [T],
    x: &[T],
    weights: &(impl Iterator<Item = T> + Clone),
    residual: T,
    gain: T,
) -> bool {
    let weighted = || x.iter().zip(weights.clone());
    let square = weighted().fold(T::ZERO, |sum, (&x, weight)| sum + weight * (x * x));
    // <x, h> - y, from <x, z> - y and <x, z - h>.
    let error = residual - dot(x, ahead);
    let by = gain * (error / square);
    for (entry, (&x, weight)) in ahead.iter_mut().zip(weighted()) {
        *entry += by * (weight * x);
    }
    T::all_within(ahead, T::MAX_RESIDUAL)
}
