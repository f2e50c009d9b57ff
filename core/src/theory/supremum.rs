//! How far a suppressed direction rises on its way down (docs/theory.md, 2.3).

use super::pulls::{require_chance, require_step_size};
use super::root::{bisect, positive_by_doubling};
use super::{Pulls, Unmet};
use crate::Scalar;

/// Steps of the search for the best exponent of Chernoff's bound: each leaves 2/3 of the interval, and
/// any point of it gives a valid bound.
const THIRDS: u32 = 60;

impl<T: Scalar> Pulls<'_, T> {
    /// Lundberg's adjustment coefficient: the one `theta > 0` with `E[(1 + step_size s)^theta] = 1`
    /// (docs/theory.md, 2.3). With it `P(sup_t b_t >= alpha e^x) <= e^(-theta x)` for every `x > 0`, b the
    /// factor entry of a spurious direction and alpha the initial scale: see
    /// [`supremum_bound`](Self::supremum_bound). By bisection to neighbouring scalars, rounded down, so
    /// that the bound errs on the safe side of that bracket.
    ///
    /// # Errors
    /// [`Unmet::StepSize`]; [`Unmet::SignChange`] unless `step_size s > -1` for all pulls;
    /// [`Unmet::NeverGrows`] if no pull is positive; [`Unmet::Learned`] unless the exponent is negative;
    /// [`Unmet::Range`] if the root lies above `2^16`.
    pub fn adjustment_coefficient(&self, step_size: T) -> Result<T, Unmet> {
        require_step_size(step_size)?;
        if !self.keeps_sign(step_size) {
            return Err(Unmet::SignChange);
        }
        if self.all(|s| s <= T::ZERO) {
            return Err(Unmet::NeverGrows);
        }
        self.unit_moment(step_size, T::ZERO)
    }

    /// The `theta > 0` with `E|1 + step_size (s - sigma)|^theta = 1`, where the mean logarithm is negative
    /// and some factor is above 1.
    pub(super) fn unit_moment(&self, step_size: T, sigma: T) -> Result<T, Unmet> {
        let log = |s: T| super::exponent::log_factor(step_size * (s - sigma));
        let drift = self.mean_of(log);
        let dies_out = drift < T::ZERO;
        if !dies_out {
            return Err(Unmet::Learned);
        }
        // The moment minus 1: negative below theta, positive above.
        let moment = |theta: T| self.mean_of(|s| (theta * log(s)).exp_m1());
        let above = positive_by_doubling(moment)?;
        let theta = bisect(moment, T::ZERO, above);
        if theta > T::ZERO {
            Ok(theta)
        } else {
            Err(Unmet::Range)
        }
    }

    /// What the squared factor entry of a spurious direction stays below at all times, with probability
    /// `1 - chance` at least: `alpha^2 chance^(-2/theta)` (docs/theory.md, 2.3), theta the
    /// [`adjustment_coefficient`](Self::adjustment_coefficient). It is the direction's part of the
    /// estimate. For q directions at once, give `chance / q`. Population dynamics: batches of finite size
    /// add noise to it. Where no pull is positive the entry never exceeds its start: `alpha^2`.
    ///
    /// # Errors
    /// Those of the coefficient but for [`Unmet::NeverGrows`]; [`Unmet::InitialScale`];
    /// [`Unmet::Chance`] unless `0 < chance <= 1`; [`Unmet::SignChange`] if an entry as large as the
    /// bound could be turned around by the smallest pull, `bound > (1 + step_size s_min)/step_size`: then
    /// the argument does not hold, and a smaller initial scale is needed.
    pub fn supremum_bound(&self, step_size: T, init_scale: T, chance: T) -> Result<T, Unmet> {
        require_chance(chance)?;
        if !(init_scale > T::ZERO && init_scale.is_finite()) {
            return Err(Unmet::InitialScale);
        }
        let start = init_scale * init_scale;
        let bound = match self.adjustment_coefficient(step_size) {
            Ok(theta) => {
                let two = T::ONE + T::ONE;
                start * ((-two * chance.ln() / theta).exp_m1() + T::ONE)
            }
            Err(Unmet::NeverGrows) => start,
            Err(unmet) => return Err(unmet),
        };
        if !bound.is_finite() {
            return Err(Unmet::Range);
        }
        if step_size * bound <= T::ONE + step_size * self.smallest() {
            Ok(bound)
        } else {
            Err(Unmet::SignChange)
        }
    }

    /// A bound for `P(b_t >= alpha e^growth)` at the fixed step t (docs/theory.md, 2.3): Chernoff's
    /// `min e^(-theta growth) E[(1 + step_size s)^theta]^t` over `theta` between 0 and the
    /// [`adjustment_coefficient`](Self::adjustment_coefficient); at most 1. `growth` may be negative: it is
    /// how a direction is shown to have died out by step t.
    ///
    /// # Errors
    /// Those of the coefficient; [`Unmet::Range`] unless `growth` is finite.
    pub fn fixed_time_chance(&self, step_size: T, growth: T, steps: u32) -> Result<T, Unmet> {
        if !growth.is_finite() {
            return Err(Unmet::Range);
        }
        let theta = self.adjustment_coefficient(step_size)?;
        let steps = T::from_count(steps);
        // Convex in theta: the logarithm of a moment generating function and a line.
        let log_bound = |theta: T| {
            let moment = self.mean_of(|s| (theta * (step_size * s).ln_1p()).exp_m1());
            steps * moment.ln_1p() - theta * growth
        };
        let three = T::ONE + T::ONE + T::ONE;
        let (mut low, mut high) = (T::ZERO, theta);
        for _ in 0..THIRDS {
            let third = (high - low) / three;
            if log_bound(low + third) < log_bound(high - third) {
                high -= third;
            } else {
                low += third;
            }
        }
        let best = log_bound(low);
        Ok(if best < T::ZERO {
            best.exp_m1() + T::ONE
        } else {
            T::ONE
        })
    }
}
