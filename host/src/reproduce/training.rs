//! One run of a learner on the problem: its metrics over the steps, and three estimates of its end.

use heterosgd::experiment::Sensing;
use heterosgd::learner::Rule;
use heterosgd::sampling::Gaussian;
use heterosgd::{
    Error as CoreError, Learner, Metrics, Packing, Plain, Schedule, Settings, Size, Symmetric,
    TailAverage,
};
use serde::Serialize;

use super::problem::{Learned, RANK};
use crate::error::{Error, Result};
use crate::problem::Problem;
use crate::simd::Vectors;

/// How a run is done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Training {
    /// Step size eta of `U <- (I - eta M) U`.
    pub(super) step_size: f64,
    /// Initial scale alpha of `U_0 = alpha I`.
    pub(super) init_scale: f64,
    /// Samples per batch m.
    pub(super) batch: u32,
    /// Steps.
    pub(super) steps: u64,
    /// Steps between two points of a curve.
    pub(super) stride: u64,
}

/// What a run came to.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// The metrics after step 0, stride, 2 stride, ...; shorter if the run diverged.
    pub(super) curve: Vec<Metrics<f64>>,
    /// Of the last iterate.
    pub(super) last: Metrics<f64>,
    /// Of the average over the last half of the steps.
    pub(super) tail: Metrics<f64>,
    /// Of that average cut back to its leading eigenvectors, as many as there are invariant ones.
    pub(super) tail_cut: Metrics<f64>,
    /// The step at which the run left the finite range, if it did.
    pub(super) diverged_at: Option<u64>,
}

impl Training {
    /// The steps at which a curve has its points.
    pub(super) fn recorded_steps(&self) -> Vec<u64> {
        (0..=self.steps)
            .step_by(usize::try_from(self.stride.max(1)).unwrap_or(usize::MAX))
            .collect()
    }

    /// How much there is to do, in millions of entries of measurements drawn: for progress bars.
    pub(super) fn work(&self, d: usize) -> u64 {
        self.steps * u64::from(self.batch) * (d * (d + 1) / 2) as u64 / 1_000_000
    }

    /// Trains under rule `R` on measurements, noise and environments of `seed`.
    /// Divergence is an outcome, not an error.
    pub(super) fn run<R: Rule, const D: usize>(
        &self,
        problem: &Problem<D>,
        seed: u64,
    ) -> Result<Run>
    where
        Size<D>: Packing,
    {
        let schedule = Schedule::Uniform {
            environments: problem.signals.len() as u32,
        };
        let sensing: Sensing<'_, Learned<D>, Symmetric<f64, D>, Gaussian> =
            Sensing::new(&problem.signals, schedule, seed).map_err(|e| refused(&e))?;
        let mut learner = Learner::<Learned<D>, R, Plain>::new(Settings {
            step_size: self.step_size,
            init_scale: self.init_scale,
            seed,
        })
        .map_err(|e| refused(&e))?;
        let mut curve = vec![problem.metrics(&learner.estimate())];
        let mut tail = TailAverage::from_step(self.steps / 2 + 1);
        let kernel = Vectors::detect();
        let outcome = (0..self.steps).try_for_each(|batch| {
            kernel.simulate(&sensing, &mut learner, batch, self.batch)?;
            let step = learner.steps();
            let estimate = learner.estimate();
            tail.record(step, &estimate);
            if step.is_multiple_of(self.stride.max(1)) {
                curve.push(problem.metrics(&estimate));
            }
            Ok(())
        });
        let diverged_at = match outcome {
            Ok(()) => None,
            // A residual out of range is divergence seen one step earlier.
            Err(CoreError::Diverged { .. } | CoreError::OutOfRange(_)) => Some(learner.steps()),
            Err(error) => return Err(refused(&error)),
        };
        let last = learner.estimate();
        let mean = tail.mean().copied().unwrap_or(last);
        Ok(Run {
            curve,
            last: problem.metrics(&last),
            tail: problem.metrics(&mean),
            tail_cut: problem.metrics(&mean.leading(RANK)),
            diverged_at,
        })
    }
}

/// An error that parameters of our own choice should not bring about.
fn refused(error: &CoreError) -> Error {
    Error::Failed(format!("a run was refused: {error}"))
}
