//! The recovery bound: how close the estimate is, from which step on, with which probability
//! (docs/theory.md, 2.3).

use super::{Pulls, Unmet, settling_steps, signal_steps};
use crate::Scalar;

/// A HeteroSGD run in the population: its settings, and what is to be learned and suppressed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recovery<'a, T> {
    /// Step size eta of `U <- (I - eta M) U`.
    pub step_size: T,
    /// Initial scale alpha of `U_0 = alpha I`.
    pub init_scale: T,
    /// Strengths `sigma_i` of the invariant directions.
    pub invariant: &'a [T],
    /// Pulls on each spurious direction.
    pub spurious: &'a [Pulls<'a, T>],
    /// Rows d of the matrices.
    pub dim: u32,
}

/// What a run is certain of.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Guarantee<T> {
    /// The step from which on it holds, for all later steps at once.
    pub from_step: u64,
    /// Bound on `||U U^T - A*||_F^2`.
    pub squared_error: T,
}

impl<T: Scalar> Recovery<'_, T> {
    /// With probability `1 - chance` at least, for every step from `T1 + T2` on,
    /// `||U U^T - A*||_F^2 <= sum_i (2 sigma_i tolerance)^2 + sum_j alpha^4 (q/chance)^(4/theta_j) +
    /// (d - r - q) alpha^4` (docs/theory.md, 2.3). Population dynamics with orthogonal signals.
    ///
    /// # Errors
    /// [`Unmet::Dimension`] unless there is an invariant direction and no more directions than dimensions;
    /// those of [`signal_steps`], [`settling_steps`] and [`Pulls::supremum_bound`].
    pub fn bound(&self, tolerance: T, chance: T) -> Result<Guarantee<T>, Unmet> {
        let directions = self.invariant.len().saturating_add(self.spurious.len());
        let null = u32::try_from(directions)
            .ok()
            .and_then(|directions| self.dim.checked_sub(directions))
            .filter(|_| !self.invariant.is_empty())
            .ok_or(Unmet::Dimension)?;
        let mut from_step = 0u64;
        let mut squared_error = T::ZERO;
        for &sigma in self.invariant {
            let rise = signal_steps(sigma, self.step_size, self.init_scale)?;
            let settle = settling_steps(sigma, self.step_size, tolerance)?;
            from_step = from_step.max(rise.saturating_add(settle));
            let part = (T::ONE + T::ONE) * sigma * tolerance;
            squared_error += part * part;
        }
        super::pulls::require_chance(chance)?;
        let share = chance / T::from_count(self.spurious.len().max(1) as u32);
        for pulls in self.spurious {
            let part = pulls.supremum_bound(self.step_size, self.init_scale, share)?;
            squared_error += part * part;
        }
        let start = self.init_scale * self.init_scale;
        squared_error += T::from_count(null) * start * start;
        if squared_error.is_finite() {
            Ok(Guarantee {
                from_step,
                squared_error,
            })
        } else {
            Err(Unmet::Range)
        }
    }
}
