//! A run that left the range of its scalar or the limit of its norm.

use std::fmt;

use heterosgd::Error as CoreError;
use heterosgd::error::Part;
use serde::Serialize;

/// Where and how a run diverged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Divergence {
    /// The step that was refused, from 1.
    pub step: u64,
    /// The step size of the run.
    pub step_size: f64,
    /// The Frobenius norm that the factor would have had. `None` where it overflows, or where a residual
    /// left the range before there was a step.
    pub norm: Option<f64>,
    /// The limit of `--norm-limit`.
    pub norm_limit: Option<f64>,
    /// The largest step size at which the refused batch would not have made the factor grow, if there is
    /// one (docs/theory.md, "What a refused step says").
    pub largest_step_size: Option<f64>,
}

impl Divergence {
    /// That of `error`, if it is one: `steps` done with `step_size`.
    pub(crate) fn of(
        error: &CoreError,
        steps: u64,
        step_size: f64,
        norm_limit: Option<f64>,
    ) -> Option<Self> {
        let (norm, largest) = match *error {
            CoreError::Diverged {
                norm,
                largest_step_size,
                ..
            } => (norm, largest_step_size),
            // Of a sample in range, this is divergence seen one step earlier.
            CoreError::OutOfRange(Part::Residual) => (f64::INFINITY, 0.0),
            _ => return None,
        };
        Some(Self {
            step: steps + 1,
            step_size,
            norm: norm.is_finite().then_some(norm),
            norm_limit,
            largest_step_size: (largest > 0.0).then_some(largest),
        })
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            step, step_size, ..
        } = self;
        write!(
            f,
            "the run diverged at step {step} with step size {step_size}: "
        )?;
        let Some(norm) = self.norm else {
            return f.write_str("numbers left the range of the scalar");
        };
        write!(f, "the norm of the factor would have become {norm:.4e}")?;
        let Some(limit) = self.norm_limit.filter(|&limit| norm > limit) else {
            // What its last batch bears would say nothing of the data.
            return f
                .write_str(", out of the range of the scalar; --norm-limit stops a run earlier");
        };
        write!(f, ", the limit is {limit}; this batch ")?;
        match self.largest_step_size {
            Some(size) => write!(f, "bears a step size of {size:.3e} at most"),
            None => f.write_str("makes it grow at any step size"),
        }
    }
}
