//! The formulas.

use core::hint::black_box;

use heterosgd::Scalar;
use heterosgd::theory::{
    adjustment_coefficient, critical_heterogeneity, critical_step_size, lyapunov, population_step,
    signal_steps, signed_lyapunov, spurious_bound,
};

use super::tally::Tally;

#[inline(never)]
pub(super) fn theory<T: Scalar>(tally: &mut Tally) {
    let values = black_box([0.0, 1e-6, 0.1, 0.5, 1.0, -2.0, 6.0, 1e300]);
    for step_size in values.map(T::from_f64) {
        for other in values.map(T::from_f64) {
            formulas(step_size, other, tally);
        }
    }
    tally.scalar(lyapunov(
        T::ONE,
        black_box([T::ZERO; 3].as_slice()).iter().copied(),
    ));
    tally.scalar(lyapunov(
        T::ONE,
        black_box([T::ZERO; 0].as_slice()).iter().copied(),
    ));
}

/// The bits of NaN are not promised: where a formula may give one, only that it does counts.
#[inline(never)]
fn formulas<T: Scalar>(step_size: T, other: T, tally: &mut Tally) {
    let pulls = [other + T::ONE, T::ONE - other];
    let results = [
        Some(lyapunov(step_size, pulls)),
        Some(signed_lyapunov(step_size, pulls)),
        critical_heterogeneity(other, step_size),
        critical_step_size(step_size, other),
        Some(population_step(other, step_size, T::ONE)),
        adjustment_coefficient(step_size, &pulls),
        spurious_bound(step_size, other, &pulls, T::FRAC_1_SQRT_2),
    ];
    for result in results {
        let result = result.filter(|value| value.is_finite());
        tally.optional(result);
    }
    let steps = signal_steps(T::ONE, step_size, other);
    tally.word(steps.is_some());
    tally.word(steps.unwrap_or(0));
}
