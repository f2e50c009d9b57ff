//! Which directions are learned and which die out: the Lyapunov exponent and where it is 0
//! (docs/theory.md, 2.2 and 2.5).

use super::pulls::require_step_size;
use super::root::bisect;
use super::{Pulls, Unmet};
use crate::Scalar;

/// `ln |1 + change|`, with all digits where `change` is small.
pub(super) fn log_factor<T: Scalar>(change: T) -> T {
    let factor = T::ONE + change;
    if factor > T::ZERO {
        change.ln_1p()
    } else {
        factor.abs().ln()
    }
}

/// The Lyapunov exponent `E_e[ln |1 + step_size * s_e|]`, over equally likely environments with
/// the pulls `s_e` (docs/theory.md, 2.2). Negative: the direction dies out although the mean pull
/// may be positive. Positive: it is learned. Negative infinity where `1 + step_size * s_e = 0`;
/// 0 for no environments. [`Pulls::lyapunov`] has weights, too.
///
/// The statement holds for `step_size * |s_e| < 1`; beyond that the factor changes sign and the
/// exponent is that of its absolute value.
pub fn lyapunov<T: Scalar>(step_size: T, pulls: impl IntoIterator<Item = T>) -> T {
    let mut sum = T::ZERO;
    let mut count = 0u32;
    for pull in pulls {
        sum += log_factor(step_size * pull);
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

/// The heterogeneity M above which a spurious direction with pulls `mean +- M` (equal odds) dies
/// out at this step size: `M_c = sqrt(mean^2 + 2 |mean|/step_size)` (docs/theory.md, 2.2).
///
/// For `mean < 0` this is the boundary of the signed and linear models, whose other half follows
/// `-mean`; a direction of the [`Psd`](crate::Psd) model dies out at every M there. It holds while
/// factors keep their sign: `step_size * (M - mean) < 1` for `Psd`, `step_size * (M + |mean|) < 1`
/// for the others. Beyond, [`lyapunov`] and [`signed_lyapunov`] decide, and may be positive again:
/// `mean = 1`, `M = 20`, `step_size = 0.1` has the exponent +0.51, though `M_c` is 4.58.
///
/// # Errors
/// [`Unmet::StepSize`] unless the step size is a finite number above 0, [`Unmet::Pulls`] if the mean is
/// not finite.
pub fn critical_heterogeneity<T: Scalar>(mean: T, step_size: T) -> Result<T, Unmet> {
    require_step_size(step_size)?;
    if !mean.is_finite() {
        return Err(Unmet::Pulls);
    }
    let two = T::ONE + T::ONE;
    Ok((mean * mean + two * mean.abs() / step_size).sqrt())
}

/// The step size above which a spurious direction with pulls `mean +- heterogeneity` dies out:
/// `2 |mean| / (heterogeneity^2 - mean^2)`, the inverse of [`critical_heterogeneity`], which says
/// what becomes of `mean < 0` and up to which step size it holds.
///
/// # Errors
/// [`Unmet::NeverShrinks`] where no step size will do, that is for `heterogeneity <= |mean|`;
/// [`Unmet::Pulls`] if one of them is not finite or too large to be squared.
pub fn critical_step_size<T: Scalar>(mean: T, heterogeneity: T) -> Result<T, Unmet> {
    let excess = heterogeneity * heterogeneity - mean * mean;
    if !excess.is_finite() {
        return Err(Unmet::Pulls);
    }
    if excess <= T::ZERO {
        return Err(Unmet::NeverShrinks);
    }
    let two = T::ONE + T::ONE;
    Ok(two * mean.abs() / excess)
}

impl<T: Scalar> Pulls<'_, T> {
    /// The step size above which the exponent is negative while all factors are positive, that is up
    /// to `1/|s|` of the smallest pull: the root of the exponent, which is concave in the step size. By
    /// bisection to neighbouring scalars; 0 where the mean pull is 0 or less.
    ///
    /// # Errors
    /// [`Unmet::NeverShrinks`] if no pull is negative; [`Unmet::Range`] if the exponent stays positive up
    /// to the last step size before a factor changes sign, as it may by rounding alone.
    pub fn critical_step_size(&self) -> Result<T, Unmet> {
        let smallest = self.smallest();
        if smallest >= T::ZERO {
            return Err(Unmet::NeverShrinks);
        }
        if self.mean() <= T::ZERO {
            return Ok(T::ZERO);
        }
        let limit = -(T::ONE / smallest);
        self.last_positive(limit, |eta, s| eta * s)
    }

    /// The heterogeneity above which directions with the pulls `mean + M z` die out, these being the
    /// deviations z: of mean 0 and, to make M a standard deviation, of variance 1. For `z = +-1` it is
    /// [`critical_heterogeneity`]. The exponent is concave in M; its root by bisection to neighbouring
    /// scalars, up to the M at which a factor changes sign. 0 where `mean <= 0`.
    ///
    /// # Errors
    /// Those of [`critical_heterogeneity`]; [`Unmet::NeverShrinks`] if no deviation is negative;
    /// [`Unmet::Range`] as for [`critical_step_size`](Self::critical_step_size).
    pub fn critical_heterogeneity(&self, mean: T, step_size: T) -> Result<T, Unmet> {
        require_step_size(step_size)?;
        if !mean.is_finite() {
            return Err(Unmet::Pulls);
        }
        let smallest = self.smallest();
        if smallest >= T::ZERO {
            return Err(Unmet::NeverShrinks);
        }
        if mean <= T::ZERO {
            return Ok(T::ZERO);
        }
        let limit = -((T::ONE / step_size + mean) / smallest);
        self.last_positive(limit, |m, z| step_size * (mean + m * z))
    }

    /// Where the mean of `ln(1 + change(x, s))`, concave in x and positive near 0, falls through 0 on
    /// the way to `limit`, at which a factor is 0.
    fn last_positive(&self, limit: T, change: impl Fn(T, T) -> T) -> Result<T, Unmet> {
        // Rounding may leave the factor at `limit` a little above 0 or below: both are beyond the root.
        let exponent = |x: T| {
            self.mean_of(|s| {
                let change = change(x, s);
                if change > -T::ONE {
                    change.ln_1p()
                } else {
                    T::ZERO.ln()
                }
            })
        };
        if exponent(limit) > T::ZERO {
            return Err(Unmet::Range);
        }
        let root = bisect(|x| -exponent(x), T::ZERO, limit);
        if root.is_finite() {
            Ok(root)
        } else {
            Err(Unmet::Range)
        }
    }
}
