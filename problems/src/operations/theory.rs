//! The formulas.

use core::hint::black_box;

use heterosgd::Scalar;
use heterosgd::theory::{
    Guarantee, Homogeneous, Pulls, Recovery, Unmet, Window, check_step_size,
    critical_heterogeneity, critical_step_size, lyapunov, population_step, settling_steps,
    signal_steps, signed_lyapunov,
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
    for step_size in [0.04, 0.1, 0.125].map(T::from_f64) {
        distributions(step_size, tally);
    }
    for (step_size, pulls) in [(0.1, [7.0, -5.0]), (0.05, [7.0, -5.0]), (0.3, [7.0, -5.0])] {
        outcome(
            check_step_size(black_box(step_size), T::ONE.to_f64(), &pulls),
            tally,
        );
    }
}

/// The bits of NaN are not promised: where a formula may give one, only that it does counts.
#[inline(never)]
fn formulas<T: Scalar>(step_size: T, other: T, tally: &mut Tally) {
    let pulls = [other + T::ONE, T::ONE - other];
    for result in [
        lyapunov(step_size, pulls),
        signed_lyapunov(step_size, pulls),
        population_step(other, step_size, T::ONE),
    ] {
        tally.optional(result.is_finite().then_some(result));
    }
    value(critical_heterogeneity(other, step_size), tally);
    value(critical_step_size(step_size, other), tally);
    match signal_steps(T::ONE, step_size, other) {
        Ok(steps) => tally.word(steps),
        Err(error) => unmet(error, tally),
    }
    match settling_steps(other, step_size, T::from_f64(1e-3)) {
        Ok(steps) => tally.word(steps),
        Err(error) => unmet(error, tally),
    }
    let plain = Homogeneous {
        dim: 10,
        condition: T::ONE,
        step_size,
        init_scale: other,
    };
    value(plain.squared_error(), tally);
    match plain.window() {
        Ok(Window { from, to, .. }) => tally.scalars(&[from, to]),
        Err(error) => unmet(error, tally),
    }
}

#[inline(never)]
fn distributions<T: Scalar>(step_size: T, tally: &mut Tally) {
    let values = black_box([7.0, 1.0, -5.0]).map(T::from_f64);
    let weights = black_box([1.0, 0.5, 1.0]).map(T::from_f64);
    for pulls in [
        Pulls::equal(&values),
        Pulls::weighted(&values, &weights),
        Pulls::weighted(&values, &[]),
        Pulls::equal(&[]),
    ] {
        let pulls = match pulls {
            Ok(pulls) => pulls,
            Err(error) => {
                unmet(error, tally);
                continue;
            }
        };
        tally.scalars(&[pulls.mean(), pulls.smallest(), pulls.largest()]);
        tally.scalar(pulls.lyapunov(step_size));
        value(pulls.critical_step_size(), tally);
        value(pulls.critical_heterogeneity(T::ONE, step_size), tally);
        value(pulls.adjustment_coefficient(step_size), tally);
        value(pulls.kesten_index(step_size, T::ONE), tally);
        let chance = pulls.fixed_time_chance(step_size, T::ONE, 20);
        value(chance, tally);
        let init_scale = T::from_f64(1e-3);
        let supremum = pulls.supremum_bound(step_size, init_scale, T::FRAC_1_SQRT_2);
        value(supremum, tally);
        let run = Recovery {
            step_size,
            init_scale,
            invariant: &[T::ONE],
            spurious: &[pulls],
            dim: 4,
        };
        match run.bound(T::from_f64(0.01), T::FRAC_1_SQRT_2) {
            Ok(Guarantee {
                from_step,
                squared_error,
                ..
            }) => {
                tally.word(from_step);
                tally.scalar(squared_error);
            }
            Err(error) => unmet(error, tally),
        }
    }
}

#[inline(never)]
fn value<T: Scalar>(result: Result<T, Unmet>, tally: &mut Tally) {
    match result {
        Ok(value) => tally.optional(value.is_finite().then_some(value)),
        Err(error) => unmet(error, tally),
    }
}

fn outcome(result: Result<(), Unmet>, tally: &mut Tally) {
    match result {
        Ok(()) => tally.word(0u8),
        Err(error) => unmet(error, tally),
    }
}

#[inline(never)]
fn unmet(error: Unmet, tally: &mut Tally) {
    tally.word(match error {
        Unmet::StepSize => 1u8,
        Unmet::LargeStep => 2,
        Unmet::InitialScale => 3,
        Unmet::Strength => 4,
        Unmet::Pulls => 5,
        Unmet::Weights => 6,
        Unmet::SignChange => 7,
        Unmet::Learned => 8,
        Unmet::NeverGrows => 9,
        Unmet::NeverShrinks => 10,
        Unmet::Chance => 11,
        Unmet::Tolerance => 12,
        Unmet::Dimension => 13,
        Unmet::Range => 14,
        Unmet::EmptyWindow => 15,
        _ => u8::MAX,
    });
}
