//! Streaming accumulation of one batch.

use super::{Learner, Rule, Step};
use crate::Scalar;
use crate::error::{Error, Part};
use crate::measurement::{Measurement, check_value};
use crate::model::{Model, Sum};
use crate::stored::{Kernel, Portable, Samples, Stored, StoredMeasurement};

/// The environment of a batch, if it is known. Unlike in an `Option`, every pattern of bits is a value: a
/// fault in memory can change a label, not what a program means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) known: u32,
    pub(super) environment: u32,
}

impl Label {
    pub(super) fn new(environment: Option<u32>) -> Self {
        Self {
            known: u32::from(environment.is_some()),
            environment: environment.unwrap_or(0),
        }
    }

    #[inline]
    pub(super) fn get(self) -> Option<u32> {
        (self.known != 0).then_some(self.environment)
    }
}

/// The sums of the open batch.
#[derive(Debug, Clone)]
pub(super) struct Accumulator<M: Model, C: Step<M>> {
    pub(super) gradient: M::Gradient,
    pub(super) sums: C::Sums,
    pub(super) count: u32,
    pub(super) label: Label,
}

impl<M: Model, C: Step<M>> Accumulator<M, C> {
    pub(super) fn empty(environment: Option<u32>) -> Self {
        Self {
            gradient: M::Gradient::zero(),
            sums: C::empty(),
            count: 0,
            label: Label::new(environment),
        }
    }
}

/// The open batch of a learner: samples go in one at a time and are consumed at once; nothing is stored.
///
/// Dropping it leaves the batch open in the learner ([`Learner::resume`]).
#[derive(Debug)]
pub struct Batch<'a, M: Model, R: Rule, C: Step<M>> {
    pub(super) learner: &'a mut Learner<M, R, C>,
}

impl<'a, M: Model, R: Rule, C: Step<M>> Batch<'a, M, R, C> {
    pub(super) fn of(learner: &'a mut Learner<M, R, C>) -> Self {
        Self { learner }
    }

    /// Takes in one sample: measurement `x` with response `y`. Samples are added in the order in
    /// which they come; how they are grouped into calls does not show in the bits.
    ///
    /// # Errors
    /// [`Error::NotFinite`], [`Error::OutOfRange`] or [`Error::FullBatch`]; the batch is as before.
    /// A residual out of range means a sample far too large for the present estimate, not a run
    /// that diverges: [`step`](Self::step) reports that.
    #[inline]
    pub fn observe<X: Measurement<M>>(&mut self, x: &X, y: M::Scalar) -> Result<(), Error> {
        x.check()?;
        check_value(y, M::Scalar::MAX_RESIDUAL, Part::Response)?;
        let open = &mut self.learner.open;
        let Some(count) = open.count.checked_add(1) else {
            return Err(Error::FullBatch);
        };
        let residual = x.predict(&self.learner.model) - y;
        check_residual(residual)?;
        x.add_to(&mut open.gradient, residual);
        C::add(&self.learner.kept, &mut open.sums, x, residual, open.count);
        open.count = count;
        Ok(())
    }

    /// As [`observe`](Self::observe), for a sample that says which environment it is from.
    /// The first label becomes that of a batch opened without one.
    ///
    /// # Errors
    /// [`Error::OtherEnvironment`] in a HeteroSGD batch of another environment, and those of
    /// [`observe`](Self::observe); the batch is as before.
    #[inline]
    pub fn observe_from<X: Measurement<M>>(
        &mut self,
        environment: u32,
        x: &X,
        y: M::Scalar,
    ) -> Result<(), Error> {
        if R::ONE_ENVIRONMENT
            && let Some(batch) = self.learner.open.label.get()
            && batch != environment
        {
            return Err(Error::OtherEnvironment {
                batch,
                sample: environment,
            });
        }
        self.observe(x, y)?;
        if R::ONE_ENVIRONMENT {
            self.learner.open.label = Label::new(Some(environment));
        }
        Ok(())
    }

    /// Takes in stored samples: the bits of [`observe`](Self::observe) for each of them in turn, at
    /// the speed of memory.
    ///
    /// # Errors
    /// [`Error::FullBatch`] if there are more than the batch has room for; none is taken in then.
    /// [`Error::OutOfRange`] with [`Part::Residual`] if a sample is far too large for the present
    /// estimate; the samples before it are taken in, and [`count`](Self::count) tells how many.
    #[inline]
    pub fn observe_all<X>(&mut self, samples: &Samples<'_, X>) -> Result<(), Error>
    where
        X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    {
        self.observe_all_with(&Portable, samples)
    }

    /// As [`observe_all`](Self::observe_all), by a kernel made for the machine at hand; the same bits.
    ///
    /// # Errors
    /// Those of [`observe_all`](Self::observe_all).
    #[inline]
    pub fn observe_all_with<X, K>(
        &mut self,
        kernel: &K,
        samples: &Samples<'_, X>,
    ) -> Result<(), Error>
    where
        X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
        K: Kernel<M::Scalar>,
    {
        let open = &mut self.learner.open;
        let room = u32::MAX - open.count;
        if !u32::try_from(samples.len()).is_ok_and(|more| more <= room) {
            return Err(Error::FullBatch);
        }
        let model = &self.learner.model;
        let taken = C::add_all(
            &self.learner.kept,
            &mut open.sums,
            &mut open.gradient,
            model,
            samples,
            open.count,
            kernel,
        );
        // No more than there were, and there was room for those.
        open.count += taken.min(samples.len()) as u32;
        if taken < samples.len() {
            return Err(Error::OutOfRange(Part::Residual));
        }
        Ok(())
    }

    /// As [`observe_all_with`](Self::observe_all_with), for samples that a simulation says are from
    /// `environment`, the batch's own, if batches are of one environment.
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    pub(crate) fn observe_all_from<X, K>(
        &mut self,
        environment: u32,
        kernel: &K,
        samples: &Samples<'_, X>,
    ) -> Result<(), Error>
    where
        X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
        K: Kernel<M::Scalar>,
    {
        let outcome = self.observe_all_with(kernel, samples);
        if R::ONE_ENVIRONMENT && self.count() > 0 {
            self.learner.open.label = Label::new(Some(environment));
        }
        outcome
    }

    /// Number of samples taken in.
    pub fn count(&self) -> u32 {
        self.learner.open.count
    }

    /// The environment of the batch, if it has been told.
    pub fn environment(&self) -> Option<u32> {
        self.learner.open.label.get()
    }

    /// Takes the step and closes the batch.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] without samples; [`Error::Singular`] if a whitened batch has no direction;
    /// [`Error::Diverged`] if an entry of the factor would
    /// leave its range ([`Scalar::MAX_FACTOR`]), or its norm exceed a limit
    /// ([`Learner::set_norm_limit`]). The factor is then as before, the last in range, and
    /// the batch stays open ([`Learner::resume`]). After divergence start the run again with a
    /// smaller step size: the factor kept is in range, but far from any solution.
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    pub fn step(self) -> Result<(), Error> {
        self.step_with(&Portable)
    }

    /// As [`step`](Self::step), by a kernel made for the machine at hand; the same bits.
    ///
    /// # Errors
    /// Those of [`step`](Self::step).
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    pub fn step_with<K: Kernel<M::Scalar>>(self, kernel: &K) -> Result<(), Error> {
        self.learner.step(kernel)
    }
}

/// Not finite or not, a residual of good numbers is out of range.
#[inline]
pub(super) fn check_residual<T: Scalar>(residual: T) -> Result<(), Error> {
    if residual.within(T::MAX_RESIDUAL) {
        Ok(())
    } else {
        Err(Error::OutOfRange(Part::Residual))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Error, HeteroSgd, Linear, Settings, measurement::Features};

    /// No test can feed 2^32 samples; this one starts from a count of one less.
    #[test]
    fn a_full_batch_refuses_and_steps() {
        let settings = Settings {
            step_size: 0.1f32,
            init_scale: 0.1,
            seed: 0,
        };
        let mut learner = HeteroSgd::<Linear<f32, 1>>::new(settings).expect("in range");
        learner.open.count = u32::MAX - 1;
        let x = Features([1.0]);
        assert_eq!(learner.resume().observe(&x, 1.0), Ok(()));
        let sum = learner.open.gradient;
        assert_eq!(learner.resume().observe(&x, 1.0), Err(Error::FullBatch));
        assert_eq!(learner.open.gradient, sum);
        assert_eq!(learner.resume().step(), Ok(()));
        assert_eq!(learner.samples(), u64::from(u32::MAX));
    }
}
