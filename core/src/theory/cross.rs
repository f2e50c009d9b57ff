//! The blocks of U that finite batches feed: between spurious or null directions and invariant ones
//! (docs/theory.md, section 3).

use super::pulls::require_step_size;
use super::{Pulls, Unmet};
use crate::Scalar;

impl<T: Scalar> Pulls<'_, T> {
    /// The tail index kappa of the block of U between this spurious direction and an invariant one of
    /// strength `sigma` (docs/theory.md, section 3): the `kappa > 0` with
    /// `E|1 - step_size sigma + step_size s|^kappa = 1`. The block follows a Kesten recursion; the last
    /// iterate exceeds x with a probability of the order `x^-kappa`. Moments below kappa are finite, at 1
    /// and less even the mean is not: large values are good. By bisection to neighbouring scalars.
    ///
    /// # Errors
    /// [`Unmet::StepSize`]; [`Unmet::Strength`]; [`Unmet::Learned`] unless
    /// `E ln|1 - step_size sigma + step_size s| < 0`: the block is not stable; [`Unmet::NeverGrows`] if no
    /// factor is above 1: the tails are those of the noise; [`Unmet::Range`] if kappa lies above `2^16`.
    pub fn kesten_index(&self, step_size: T, sigma: T) -> Result<T, Unmet> {
        require_step_size(step_size)?;
        if !(sigma > T::ZERO && sigma.is_finite()) {
            return Err(Unmet::Strength);
        }
        let factor = |s: T| (T::ONE + step_size * (s - sigma)).abs();
        if self.all(|s| factor(s) <= T::ONE) {
            return Err(Unmet::NeverGrows);
        }
        self.unit_moment(step_size, sigma)
    }
}
