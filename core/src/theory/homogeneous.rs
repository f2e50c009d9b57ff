//! One environment and no spurious signal: plain matrix sensing (docs/theory.md, section 4).

use super::Unmet;
use super::pulls::require_step_size;
use crate::Scalar;

/// Matrix sensing with `||A*|| = 1` and condition number `kappa = 1/sigma_r`, from `U_0 = alpha I`.
///
/// Li, Ma, Zhang, COLT 2018, arXiv 1712.09203, Theorem 1.1. Its constants are not published: both
/// formulas have the constant 1, which is a statement to check, not a theorem.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homogeneous<T> {
    /// Rows d of the matrices.
    pub dim: u32,
    /// Condition number of the signal, 1 or more.
    pub condition: T,
    /// Step size eta.
    pub step_size: T,
    /// Initial scale alpha, below 1.
    pub init_scale: T,
}

/// The steps between which an error bound holds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Window<T> {
    /// `kappa ln(d/alpha)/eta`: the signal is learned.
    pub from: T,
    /// `1/(eta sqrt(d kappa alpha))`: the null directions have not grown yet.
    pub to: T,
}

impl<T: Scalar> Homogeneous<T> {
    fn check(&self) -> Result<(), Unmet> {
        require_step_size(self.step_size)?;
        if self.dim == 0 {
            return Err(Unmet::Dimension);
        }
        if !(self.condition >= T::ONE && self.condition.is_finite()) {
            return Err(Unmet::Strength);
        }
        if !(self.init_scale > T::ZERO && self.init_scale < T::ONE) {
            return Err(Unmet::InitialScale);
        }
        Ok(())
    }

    /// The steps between which [`squared_error`](Self::squared_error) holds.
    ///
    /// # Errors
    /// [`Unmet::StepSize`], [`Unmet::Dimension`], [`Unmet::Strength`] or [`Unmet::InitialScale`] for
    /// settings out of range; [`Unmet::EmptyWindow`] if the window is empty.
    pub fn window(&self) -> Result<Window<T>, Unmet> {
        self.check()?;
        let dim = T::from_count(self.dim);
        let from = self.condition * (dim / self.init_scale).ln() / self.step_size;
        let to = T::ONE / (self.step_size * (dim * self.condition * self.init_scale).sqrt());
        if from < to {
            Ok(Window { from, to })
        } else {
            Err(Unmet::EmptyWindow)
        }
    }

    /// The bound on `||U U^T - A*||_F^2` in the window: `alpha sqrt(d)/kappa^2`.
    ///
    /// # Errors
    /// Those of [`window`](Self::window) for settings out of range.
    pub fn squared_error(&self) -> Result<T, Unmet> {
        self.check()?;
        let dim = T::from_count(self.dim);
        Ok(self.init_scale * dim.sqrt() / (self.condition * self.condition))
    }
}
