//! Roots by bracketing.

use super::Unmet;
use crate::Scalar;

/// Beyond `2^DOUBLINGS` an exponential overflows in `f64`, and no bound is of use.
const DOUBLINGS: u32 = 16;

/// Enough for every bit of an `f64` below `2^DOUBLINGS`.
const HALVINGS: u32 = 70;

/// The end of the first bracket of the doubled sequence 1, 2, 4, ... at which `f` is positive.
pub(super) fn positive_by_doubling<T: Scalar>(f: impl Fn(T) -> T) -> Result<T, Unmet> {
    let mut above = T::ONE;
    for _ in 0..=DOUBLINGS {
        if f(above) > T::ZERO {
            return Ok(above);
        }
        above = above + above;
    }
    Err(Unmet::Range)
}

/// The root between `below`, where `f` is not positive, and `above`, where it is, by bisection down
/// to neighbouring scalars; the lower of the two, at which `f` as computed is not positive.
pub(super) fn bisect<T: Scalar>(f: impl Fn(T) -> T, mut below: T, mut above: T) -> T {
    let two = T::ONE + T::ONE;
    for _ in 0..HALVINGS {
        let middle = (below + above) / two;
        if f(middle) > T::ZERO {
            above = middle;
        } else {
            below = middle;
        }
    }
    below
}
