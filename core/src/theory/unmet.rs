//! Why a formula does not apply.

use core::fmt;

/// The assumption of a formula that is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Unmet {
    /// The step size is not a finite number above 0.
    StepSize,
    /// The step size times the strength of an invariant direction is above 1/2: beyond it the
    /// direction may overshoot.
    LargeStep,
    /// The initial scale is not a finite number above 0, or not below `sqrt(sigma/2)`.
    InitialScale,
    /// The strength of an invariant direction is not a finite number above 0.
    Strength,
    /// There are no pulls, or one of them is not finite.
    Pulls,
    /// There is not one weight for each pull, one of them is negative or not finite, or all are 0.
    Weights,
    /// A pull can turn the factor around: `step_size * s <= -1` for some `s`, or a factor entry as
    /// large as the bound allows would.
    SignChange,
    /// The Lyapunov exponent is not negative: the direction is learned, not suppressed.
    Learned,
    /// No pull makes the entry grow, so that it never exceeds its start: no bound is needed.
    NeverGrows,
    /// No pull makes the entry shrink: no step size and no heterogeneity suppress the direction.
    NeverShrinks,
    /// The probability is not above 0 and at most 1.
    Chance,
    /// The relative tolerance is not above 0 and at most `1 - 1/sqrt(2)`.
    Tolerance,
    /// There are more signal directions than dimensions, or none.
    Dimension,
    /// The result lies outside the range of the scalar.
    Range,
    /// The window of steps is empty: the initial scale or the step size is too large for it.
    EmptyWindow,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StepSize => "the step size must be a finite number above 0",
            Self::LargeStep => {
                "the step size times the strength of an invariant direction must be at most 1/2"
            }
            Self::InitialScale => {
                "the initial scale must be above 0 and below sqrt(sigma/2), sigma the strength of an invariant direction"
            }
            Self::Strength => {
                "the strength of an invariant direction must be a finite number above 0"
            }
            Self::Pulls => "there must be at least one pull, and all of them finite",
            Self::Weights => {
                "there must be one weight for each pull, none of them negative and not all 0"
            }
            Self::SignChange => {
                "the step size times a pull must stay above -1, so that factors keep their sign"
            }
            Self::Learned => {
                "the Lyapunov exponent is not negative: the direction is learned, not suppressed"
            }
            Self::NeverGrows => "no pull makes the entry grow, so there is nothing to bound",
            Self::NeverShrinks => "no pull makes the entry shrink, so nothing suppresses it",
            Self::Chance => "the probability must be above 0 and at most 1",
            Self::Tolerance => "the relative tolerance must be above 0 and at most 1 - 1/sqrt(2)",
            Self::Dimension => {
                "there must be an invariant direction, and no more directions than dimensions"
            }
            Self::Range => "the result lies outside the range of the scalar",
            Self::EmptyWindow => {
                "the window of steps is empty; a smaller initial scale or step size opens it"
            }
        })
    }
}

impl core::error::Error for Unmet {}
