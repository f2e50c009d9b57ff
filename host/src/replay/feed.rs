//! Rows on their way to the learner: where batches end.

use heterosgd::{Error, Scalar};

use crate::any_size::{Learner, Sample};

/// A learner, and the environment of its open batch.
#[derive(Debug)]
pub(super) struct Feed<T> {
    pub(super) learner: Learner<T>,
    /// `None` before the first row of a batch.
    environment: Option<u32>,
    /// Samples of a batch.
    batch: u32,
}

/// What was refused.
#[derive(Debug)]
pub(super) enum Refused {
    /// The step before the row.
    Step(Error),
    /// The row.
    Row(Error),
}

impl<T: Scalar> Feed<T> {
    pub(super) fn new(learner: Learner<T>, batch: u32) -> Self {
        Self {
            learner,
            environment: None,
            batch,
        }
    }

    /// Takes in a row of `environment`, after a step if the open batch is full or of another.
    pub(super) fn take(&mut self, environment: u32, x: Sample<'_, T>, y: T) -> Result<(), Refused> {
        let is_other = self.environment.is_some_and(|open| open != environment);
        if is_other || self.learner.count() == self.batch {
            self.learner.step().map_err(Refused::Step)?;
        }
        self.environment = Some(environment);
        self.learner.observe(x, y).map_err(Refused::Row)
    }

    /// The step of what is left at the end.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        match self.learner.step() {
            Err(Error::EmptyBatch) => Ok(()),
            outcome => outcome,
        }
    }
}
