//! The recursions of the population, and how soon signals are learned (docs/theory.md, section 2).

use super::Unmet;
use super::pulls::require_step_size;
use crate::Scalar;

/// One population step of a direction's factor entry `b` under the pull `pull`:
/// `b (1 + step_size (pull - b^2))`. Invariant directions have `pull = sigma`, null directions 0
/// (docs/theory.md, section 2).
#[inline]
pub fn population_step<T: Scalar>(b: T, step_size: T, pull: T) -> T {
    b + step_size * (b * (pull - b * b))
}

/// Steps after which an invariant direction of strength `sigma` has reached half its square, from
/// the scale `init_scale`: `T1 = ceil(ln(sqrt(sigma/2)/alpha) / ln(1 + eta sigma/2))`
/// (docs/theory.md, 2.1). The quotient is rounded up by a few units in its last place, so that
/// rounding never makes the bound too small; in `f32` it may be too large by two parts in a million
/// and `2e-6 / (step_size * sigma)` steps. `u64::MAX` where it is larger than that.
///
/// # Errors
/// [`Unmet::StepSize`], [`Unmet::Strength`]; [`Unmet::LargeStep`] unless `step_size sigma <= 1/2`;
/// [`Unmet::InitialScale`] unless `0 < init_scale < sqrt(sigma/2)`.
pub fn signal_steps<T: Scalar>(sigma: T, step_size: T, init_scale: T) -> Result<u64, Unmet> {
    let rate = check_rate(sigma, step_size)?;
    let two = T::ONE + T::ONE;
    let target = (sigma / two).sqrt();
    if !(init_scale > T::ZERO && init_scale < target) {
        return Err(Unmet::InitialScale);
    }
    let growth = (target / init_scale).ln();
    Ok(round_up(growth, (rate / two).ln_1p()))
}

/// Steps after those of [`signal_steps`] from which on the relative error `1 - a/sqrt(sigma)` of the
/// factor entry stays at or below `tolerance`:
/// `T2 = ceil(ln((1 - 1/sqrt(2))/tolerance) / -ln(1 - 1.207 eta sigma))` (docs/theory.md, 2.1). The
/// estimate `a^2` is then within `2 sigma tolerance` of sigma. Rounded up as [`signal_steps`] is.
///
/// # Errors
/// [`Unmet::StepSize`], [`Unmet::Strength`], [`Unmet::LargeStep`] as for [`signal_steps`];
/// [`Unmet::Tolerance`] unless `0 < tolerance <= 1 - 1/sqrt(2)`.
pub fn settling_steps<T: Scalar>(sigma: T, step_size: T, tolerance: T) -> Result<u64, Unmet> {
    let rate = check_rate(sigma, step_size)?;
    let start = T::ONE - T::FRAC_1_SQRT_2;
    if !(tolerance > T::ZERO && tolerance <= start) {
        return Err(Unmet::Tolerance);
    }
    let contraction = -(-(T::from_f64(CONTRACTION) * rate)).ln_1p();
    Ok(round_up((start / tolerance).ln(), contraction))
}

/// `(2 - e)(1 - e)` at `e = 1 - 1/sqrt(2)`, which is `1/2 + 1/sqrt(2)`, rounded down.
const CONTRACTION: f64 = 1.207;

fn check_rate<T: Scalar>(sigma: T, step_size: T) -> Result<T, Unmet> {
    require_step_size(step_size)?;
    if !(sigma > T::ZERO && sigma.is_finite()) {
        return Err(Unmet::Strength);
    }
    let rate = step_size * sigma;
    if rate + rate > T::ONE {
        return Err(Unmet::LargeStep);
    }
    if rate > T::ZERO {
        Ok(rate)
    } else {
        Err(Unmet::Range)
    }
}

fn round_up<T: Scalar>(growth: T, per_step: T) -> u64 {
    // Rounding of a ratio moves its logarithm by about an epsilon, the other operations (each
    // within a unit in the last place) the quotient by a few epsilons of itself.
    let slack = T::from_count(6) * T::EPSILON * (T::ONE + growth);
    let steps = (growth + slack) / per_step;
    // `as` saturates; the quotient is positive here.
    libm::ceil(steps.to_f64()) as u64
}
