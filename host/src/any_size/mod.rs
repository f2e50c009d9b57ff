//! A learner whose size is a number of the run, not of the program.
//!
//! It does what the core's [`HeteroSgd`](heterosgd::HeteroSgd) does, over the same functions of slices
//! in the same order: the same bits as on a device of that size, without a learner compiled for it.

mod common;
mod model;
mod step;

use heterosgd::error::Part;
use heterosgd::measurement::{check_entries, check_value};
use heterosgd::{Error, Scalar, Settings};

use self::step::Sums;
pub(crate) use common::{Common, common};
pub(crate) use model::{Kind, Model, Sample};
pub(crate) use step::Step;

/// A learner of batches of one environment each.
#[derive(Debug, Clone)]
pub(crate) struct Learner<T> {
    model: Model<T>,
    step: Step,
    step_size: T,
    norm_limit: Option<T>,
    open: Open<T>,
    steps: u64,
    samples: u64,
    /// Room for the entries of a measurement, and for a row of it.
    room: [Vec<T>; 2],
}

/// The open batch.
#[derive(Debug, Clone)]
struct Open<T> {
    gradient: Vec<T>,
    sums: Sums<T>,
    count: u32,
}

impl<T: Scalar> Learner<T> {
    /// A learner of size `d`, with a limit of the factor's norm if there is one.
    ///
    /// # Errors
    /// [`Error::InitialScale`], [`Error::StepSize`], [`Error::NormLimit`], as in the core.
    pub(crate) fn new(
        kind: Kind,
        d: usize,
        step: Step,
        settings: Settings<T>,
        norm_limit: Option<T>,
    ) -> Result<Self, Error> {
        let Settings {
            step_size,
            init_scale,
            ..
        } = settings;
        if !(init_scale > T::ZERO && init_scale.within(T::MAX_FACTOR)) {
            return Err(Error::InitialScale);
        }
        if !(step_size > T::ZERO && step_size.is_finite()) {
            return Err(Error::StepSize);
        }
        if norm_limit.is_some_and(|limit| !(limit > T::ZERO && limit.within(T::MAX_RESIDUAL))) {
            return Err(Error::NormLimit);
        }
        let model = Model::new(kind, d, init_scale);
        let p = model.coordinates();
        Ok(Self {
            open: Open::empty(step, p),
            room: [p, d].map(|length| vec![T::ZERO; length]),
            model,
            step,
            step_size,
            norm_limit,
            steps: 0,
            samples: 0,
        })
    }

    /// What is learned.
    pub(crate) fn model(&self) -> &Model<T> {
        &self.model
    }

    /// Steps so far.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Samples of those steps.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }

    /// Samples of the open batch.
    pub(crate) fn count(&self) -> u32 {
        self.open.count
    }

    /// Takes in a sample; see [`heterosgd::Batch::observe`].
    ///
    /// # Errors
    /// As there; the batch is as before.
    pub(crate) fn observe(&mut self, x: Sample<'_, T>, y: T) -> Result<(), Error> {
        check_entries(x.numbers(), x.limit())?;
        check_value(y, T::MAX_RESIDUAL, Part::Response)?;
        let count = self.open.count.checked_add(1).ok_or(Error::FullBatch)?;
        let [entries, row] = &mut self.room;
        let residual = self.model.predict(x, row) - y;
        if !residual.within(T::MAX_RESIDUAL) {
            return Err(Error::OutOfRange(Part::Residual));
        }
        let open = &mut self.open;
        x.add_to(&mut open.gradient, residual);
        let weights = self.model.weights();
        open.sums.add(x, entries, &weights, residual, open.count);
        self.open.count = count;
        Ok(())
    }

    /// Takes the step; see [`heterosgd::Batch::step`].
    ///
    /// # Errors
    /// As there; the batch stays open.
    pub(crate) fn step(&mut self) -> Result<(), Error> {
        let Open {
            gradient,
            sums,
            count,
        } = &self.open;
        if *count == 0 {
            return Err(Error::EmptyBatch);
        }
        let (direction, divisor) = sums
            .direction(gradient, self.model.weights(), *count)
            .map_err(|coordinate| Error::Singular { coordinate })?;
        let rate = self.step_size / divisor;
        if !self.model.step(&direction, rate, self.norm_limit) {
            return Err(self.diverged(&direction, rate));
        }
        self.steps += 1;
        self.samples += u64::from(*count);
        self.open = Open::empty(self.step, self.model.coordinates());
        Ok(())
    }

    /// What a refused step says (docs/theory.md, section 2.6).
    fn diverged(&self, direction: &[T], rate: T) -> Error {
        let (mut next, mut inner, mut moves) = (0.0, 0.0, 0.0);
        for (entry, slope) in self.model.slopes(direction) {
            let (entry, by) = (entry.to_f64(), (rate * slope).to_f64());
            next += (entry - by) * (entry - by);
            inner += entry * by;
            moves += by * by;
        }
        let share = 2.0 * inner / moves;
        Error::Diverged {
            step: self.steps,
            norm: libm::sqrt(next),
            largest_step_size: if share > 0.0 && share.is_finite() {
                self.step_size.to_f64() * share
            } else {
                0.0
            },
        }
    }
}

impl<T: Scalar> Open<T> {
    fn empty(step: Step, p: usize) -> Self {
        Self {
            gradient: vec![T::ZERO; p],
            sums: Sums::empty(step, p),
            count: 0,
        }
    }
}

#[cfg(test)]
mod tests;
