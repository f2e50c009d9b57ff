//! What to say of a step that is refused.

use crate::model::Model;
use crate::{Error, Scalar};

/// The error for a step of `model` along `sum` times `rate`, of a batch of `count` samples.
///
/// With U the factor and G its slope along the mean gradient, `||U - eta G||^2` is at most `||U||^2` for
/// `0 <= eta <= 2 <U, G>/||G||^2`, and for no other: docs/theory.md, section 2.6.
// Out of line: a run takes this way once.
#[cold]
#[inline(never)]
pub(super) fn diverged<M: Model>(
    model: &M,
    sum: &M::Gradient,
    rate: M::Scalar,
    count: u32,
    step: u64,
) -> Error {
    let zero = M::Scalar::ZERO;
    let (mut entry, mut slope) = (zero, zero);
    model.visit_slopes(sum, |u, g| {
        entry = largest(entry, u - rate * g);
        slope = largest(slope, g);
    });
    // In units of the largest, so that no square overflows.
    let (mut squares, mut inner, mut slopes) = (zero, zero, zero);
    model.visit_slopes(sum, |u, g| {
        let (next, unit) = ((u - rate * g) / entry, g / slope);
        squares += next * next;
        inner += u * unit;
        slopes += unit * unit;
    });
    let stable = M::Scalar::from_count(count) * ((inner + inner) / slopes / slope);
    Error::Diverged {
        step,
        norm: if entry.is_finite() {
            entry.to_f64() * squares.sqrt().to_f64()
        } else {
            f64::INFINITY
        },
        // Where slopes overflow, or U grows along the gradient, no step size is small enough.
        largest_step_size: if stable > zero && stable.is_finite() {
            stable.to_f64()
        } else {
            0.0
        },
    }
}

/// The larger magnitude; infinite if one is not finite.
fn largest<T: Scalar>(a: T, b: T) -> T {
    let b = b.abs();
    if !b.is_finite() {
        T::ONE / T::ZERO
    } else if b > a {
        b
    } else {
        a
    }
}
