//! Formulas about the population dynamics (docs/theory.md, section 2), usable on the device.
//!
//! Here a spurious direction is its own scalar: in environment e it is pulled with strength `s_e`,
//! and its factor entry follows `b <- b (1 + step_size (s_e - b^2))`.

use crate::Scalar;

/// The Lyapunov exponent `E_e[ln |1 + step_size * s_e|]`, over equally likely environments with
/// the pulls `s_e` (docs/theory.md, 2.2). Negative: the direction dies out although the mean pull
/// may be positive. Positive: it is learned. Negative infinity where `1 + step_size * s_e = 0`;
/// 0 for no environments.
///
/// The statement holds for `step_size * |s_e| < 1`; beyond that the factor changes sign and the
/// exponent is that of its absolute value.
pub fn lyapunov<T: Scalar>(step_size: T, pulls: impl IntoIterator<Item = T>) -> T {
    let mut sum = T::ZERO;
    let mut count = 0u32;
    for pull in pulls {
        let change = step_size * pull;
        let factor = T::ONE + change;
        sum += if factor > T::ZERO {
            change.ln_1p()
        } else {
            factor.abs().ln()
        };
        count = count.saturating_add(1);
    }
    if count == 0 {
        return T::ZERO;
    }
    sum / T::from_count(count)
}

/// The exponent of a coordinate of the signed and linear models, whose two halves follow `s_e` and
/// `-s_e`: the larger of the two (docs/theory.md, 2.5). The coordinate is learned if it is
/// positive and suppressed if it is negative.
pub fn signed_lyapunov<T: Scalar, I>(step_size: T, pulls: I) -> T
where
    I: IntoIterator<Item = T> + Clone,
{
    let positive = lyapunov(step_size, pulls.clone());
    let negative = lyapunov(step_size, pulls.into_iter().map(|s| -s));
    if positive >= negative {
        positive
    } else {
        negative
    }
}

/// Lundberg's adjustment coefficient: the one `theta > 0` with `E_e[(1 + step_size * s_e)^theta] = 1`
/// (docs/theory.md, 2.3), over equally likely environments. With it
/// `P(sup_t b_t >= alpha e^x) <= e^(-theta x)` for every x > 0, b the factor entry of a spurious
/// direction and alpha the initial scale: see [`spurious_bound`].
///
/// `None` unless the exponent is negative, some pull is positive, and `step_size * |s_e| < 1` for
/// the negative ones.
pub fn adjustment_coefficient<T: Scalar>(step_size: T, pulls: &[T]) -> Option<T> {
    let growing = pulls.iter().any(|&s| s > T::ZERO);
    let positive = pulls
        .iter()
        .all(|&s| step_size * s > -T::ONE && s.is_finite());
    let exponent = lyapunov(step_size, pulls.iter().copied());
    if !(growing && positive && step_size > T::ZERO && exponent < T::ZERO) {
        return None;
    }
    // The moment minus 1, times the number of environments: negative below theta, positive above.
    let moment = |theta: T| {
        pulls.iter().fold(T::ZERO, |sum, &s| {
            sum + (theta * (step_size * s).ln_1p()).exp_m1()
        })
    };
    let two = T::ONE + T::ONE;
    let mut above = T::ONE;
    for _ in 0..DOUBLINGS {
        if moment(above) > T::ZERO {
            break;
        }
        above = above + above;
    }
    let mut below = T::ZERO;
    for _ in 0..HALVINGS {
        let middle = (below + above) / two;
        if moment(middle) > T::ZERO {
            above = middle;
        } else {
            below = middle;
        }
    }
    // Rounded down: the bound is to hold.
    (below > T::ZERO).then_some(below)
}

/// Beyond this theta the exponential overflows in `f64`, and no bound is of use.
const DOUBLINGS: u32 = 16;

/// Enough for every bit of an `f64` below 2^16.
const HALVINGS: u32 = 70;

/// What the squared factor entry of a spurious direction stays below at all times, with probability
/// `1 - chance` at least: `alpha^2 chance^(-2/theta)` (docs/theory.md, 2.3), theta the
/// [`adjustment_coefficient`]. It is the direction's part of the estimate. For q directions at
/// once, give `chance / q`. Population dynamics: batches of finite size add noise to it.
///
/// `None` unless `0 < chance <= 1`, and where there is no coefficient.
pub fn spurious_bound<T: Scalar>(step_size: T, init_scale: T, pulls: &[T], chance: T) -> Option<T> {
    let theta = adjustment_coefficient(step_size, pulls)?;
    if !(chance > T::ZERO && chance <= T::ONE) {
        return None;
    }
    let two = T::ONE + T::ONE;
    let growth = (-two * chance.ln() / theta).exp_m1() + T::ONE;
    Some(init_scale * init_scale * growth)
}

/// The heterogeneity M above which a spurious direction with pulls `mean +- M` (equal odds) dies
/// out at this step size: `M_c = sqrt(mean^2 + 2 |mean|/step_size)` (docs/theory.md, 2.2).
/// `None` unless the step size is above 0 and both are finite.
///
/// For `mean < 0` this is the boundary of the signed and linear models, whose other half follows
/// `-mean`; a direction of the [`Psd`](crate::Psd) model dies out at every M there. It holds while
/// factors keep their sign: `step_size * (M - mean) < 1` for `Psd`, `step_size * (M + |mean|) < 1`
/// for the others. Beyond, [`lyapunov`] and [`signed_lyapunov`] decide, and may be positive again:
/// `mean = 1`, `M = 20`, `step_size = 0.1` has the exponent +0.51, though `M_c` is 4.58.
pub fn critical_heterogeneity<T: Scalar>(mean: T, step_size: T) -> Option<T> {
    if !(step_size > T::ZERO && step_size.is_finite() && mean.is_finite()) {
        return None;
    }
    let two = T::ONE + T::ONE;
    Some((mean * mean + two * mean.abs() / step_size).sqrt())
}

/// The step size above which a spurious direction with pulls `mean +- heterogeneity` dies out:
/// `2 |mean| / (heterogeneity^2 - mean^2)`, the inverse of [`critical_heterogeneity`], which says
/// what becomes of `mean < 0` and up to which step size it holds.
/// `None` where no step size will do, that is for `heterogeneity <= |mean|`.
pub fn critical_step_size<T: Scalar>(mean: T, heterogeneity: T) -> Option<T> {
    let excess = heterogeneity * heterogeneity - mean * mean;
    let two = T::ONE + T::ONE;
    (excess > T::ZERO && excess.is_finite()).then(|| two * mean.abs() / excess)
}

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
/// `None` outside the assumptions: `0 < step_size * sigma <= 1/2`, `0 < init_scale < sqrt(sigma/2)`.
pub fn signal_steps<T: Scalar>(sigma: T, step_size: T, init_scale: T) -> Option<u64> {
    let two = T::ONE + T::ONE;
    let target = (sigma / two).sqrt();
    let rate = step_size * sigma;
    let assumed = rate > T::ZERO
        && two * rate <= T::ONE
        && init_scale > T::ZERO
        && init_scale < target
        && step_size > T::ZERO;
    if !assumed {
        return None;
    }
    let growth = (target / init_scale).ln();
    // Rounding of the ratio moves its logarithm by about an epsilon, the other operations (each
    // within a unit in the last place) the quotient by a few epsilons of itself.
    let slack = T::from_count(6) * T::EPSILON * (T::ONE + growth);
    let steps = (growth + slack) / (rate / two).ln_1p();
    // `as` saturates; the quotient is positive here.
    Some(libm::ceil(steps.to_f64()) as u64)
}
