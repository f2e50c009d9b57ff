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
        match (self.norm, self.norm_limit) {
            (Some(norm), Some(limit)) => write!(
                f,
                "the norm of the factor would have become {norm:.4e}, the limit is {limit}"
            )?,
            (Some(norm), None) => write!(
                f,
                "the norm of the factor would have become {norm:.4e}, out of the range of the scalar"
            )?,
            (None, _) => f.write_str("a residual left the range of the scalar")?,
        }
        // Of a run that went on to the end of the range, it would say nothing of the data.
        match (self.norm_limit, self.largest_step_size) {
            (Some(_), Some(size)) => {
                write!(f, "; this batch bears a step size of {size:.3e} at most")
            }
            (Some(_), None) => f.write_str("; this batch makes it grow at any step size"),
            (None, _) => f.write_str(" (--norm-limit stops a run earlier)"),
        }
    }
}
