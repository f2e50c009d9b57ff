//! What to say of a step that is refused.

use crate::model::Model;
use crate::{Error, Scalar};

/// The error for a step of `model` along `sum` times `rate`, where `rate` is the step size over
/// `divisor`.
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
    divisor: M::Scalar,
    step: u64,
) -> Error {
    let zero = M::Scalar::ZERO;
    let (mut next, mut inner, mut moves) = (zero, zero, zero);
    model.visit_slopes(sum, |entry, slope| {
        let by = rate * slope;
        let to = entry - by;
        next += to * to;
        inner += entry * by;
        moves += by * by;
    });
    // In units of the step size, in which less overflows.
    let share = (inner + inner) / moves;
    let step_size = rate * divisor;
    Error::Diverged {
        step,
        norm: if next.is_finite() {
            next.sqrt().to_f64()
        } else {
            f64::INFINITY
        },
        largest_step_size: if share > zero && share.is_finite() {
            (step_size * share).to_f64()
        } else {
            0.0
        },
    }
}
