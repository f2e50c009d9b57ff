//! The learner: a model, a batching rule, and the batch that is open.

mod batch;
mod checkpoint;
mod guarded;
mod refusal;
mod rule;
mod signs;
mod step;

use core::marker::PhantomData;

use batch::Accumulator;
pub use batch::Batch;
pub use guarded::{Guarded, Opened};
pub use rule::{Mixture, OneEnvironment, Rule};
pub use signs::SignBatch;
pub use step::{
    Centred, CentredGram, CentredSums, FullGain, Plain, Ridge, Sequential, SequentialSums, Step,
    Whitened,
};

use crate::digest::Digest;
use crate::model::Model;
use crate::stored::Kernel;
use crate::{Error, Scalar};

/// What a learner needs to know before its first sample.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings<T> {
    /// The step size of `U <- (I - step_size * M) U`, M the batch gradient
    /// `(1/m) sum_i (<X_i, U U^T> - y_i) X_i`. Large steps are what suppresses the spurious part:
    /// see [`crate::theory::critical_step_size`].
    pub step_size: T,
    /// The scale of the starting factor, alpha: small, say 1e-3 times the root of the signal.
    pub init_scale: T,
    /// Chooses the random directions of a starting factor with K < D; not used for K = D.
    pub seed: u64,
}

/// Stochastic gradient descent whose batches each come from ONE environment
/// (Xu, Gu and Fang, `NeurIPS` 2024): what varies between environments dies out, what stays is learned.
///
/// The same learner as [`PooledSgd`]; the two differ in nothing but which samples may share a batch.
pub type HeteroSgd<M, C = Plain> = Learner<M, OneEnvironment, C>;

/// Stochastic gradient descent whose batches mix all environments: the usual practice, and the
/// baseline. It learns the invariant part and the positive mean of the spurious one.
pub type PooledSgd<M, C = Plain> = Learner<M, Mixture, C>;

/// A learner of model `M` under batching rule `R`, moved by the step `C`; usually named
/// [`HeteroSgd`] or [`PooledSgd`].
#[derive(Debug, Clone)]
pub struct Learner<M: Model, R: Rule, C: Step<M> = Plain> {
    model: M,
    open: Accumulator<M, C>,
    kept: C::Kept,
    step_size: M::Scalar,
    /// 0 for none.
    norm_limit: M::Scalar,
    steps: u64,
    samples: u64,
    rule: PhantomData<R>,
}

impl<M: Model, R: Rule, C: Step<M>> Learner<M, R, C> {
    /// A learner at its small starting point.
    ///
    /// # Errors
    /// [`Error::StepSize`] or [`Error::InitialScale`] if one is not a finite number above 0.
    pub fn new(settings: Settings<M::Scalar>) -> Result<Self, Error> {
        let scale = settings.init_scale;
        if !(scale > M::Scalar::ZERO && scale.within(M::Scalar::MAX_FACTOR)) {
            return Err(Error::InitialScale);
        }
        Self::from_model(M::initial(scale, settings.seed), settings.step_size)
    }

    /// A learner that goes on from `model`.
    ///
    /// # Errors
    /// [`Error::StepSize`] if the step size is not a finite number above 0.
    pub fn from_model(model: M, step_size: M::Scalar) -> Result<Self, Error> {
        check_step_size(step_size)?;
        Ok(Self {
            model,
            open: Accumulator::empty(None),
            kept: C::start(),
            step_size,
            norm_limit: M::Scalar::ZERO,
            steps: 0,
            samples: 0,
            rule: PhantomData,
        })
    }

    /// Opens an empty batch without a known environment. A labelled sample
    /// ([`Batch::observe_from`]) gives it one. A batch left open before is discarded; see
    /// [`resume`](Self::resume).
    pub fn unlabelled_batch(&mut self) -> Batch<'_, M, R, C> {
        self.open = Accumulator::empty(None);
        Batch::of(self)
    }

    /// Goes on with the batch that was left open: after a refused step, or where samples arrive in
    /// separate calls. Opens an empty one if there is none.
    pub fn resume(&mut self) -> Batch<'_, M, R, C> {
        Batch::of(self)
    }

    /// The present estimate: `U U^T` for [`Psd`](crate::Psd), coefficients for [`Linear`](crate::Linear).
    pub fn estimate(&self) -> M::Gradient {
        self.model.estimate()
    }

    /// The model, with its factor.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Samples that went into those steps.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// The step size.
    pub fn step_size(&self) -> M::Scalar {
        self.step_size
    }

    /// Changes the step size from the next step on.
    ///
    /// # Errors
    /// [`Error::StepSize`] if it is not a finite number above 0; the old one is kept.
    pub fn set_step_size(&mut self, step_size: M::Scalar) -> Result<(), Error> {
        check_step_size(step_size)?;
        self.step_size = step_size;
        Ok(())
    }

    /// The largest Frobenius norm that a step may give the factor, if there is a limit.
    pub fn norm_limit(&self) -> Option<M::Scalar> {
        (self.norm_limit > M::Scalar::ZERO).then_some(self.norm_limit)
    }

    /// Refuses ([`Error::Diverged`]) steps that would take the Frobenius norm of the factor (of U and V
    /// together) above `limit`; `None` for the range of the scalar alone.
    ///
    /// A run diverges when it overshoots once, and from there on grows at every step. At a limit of two or
    /// three times the norm that a solution can have, the first such step is refused, the factor kept is
    /// still a good one, and the step size that the error names is one to go on with.
    ///
    /// # Errors
    /// [`Error::NormLimit`] unless it is above 0 and at most [`Scalar::MAX_RESIDUAL`]; the old one is kept.
    pub fn set_norm_limit(&mut self, limit: Option<M::Scalar>) -> Result<(), Error> {
        if limit == Some(M::Scalar::ZERO) {
            return Err(Error::NormLimit);
        }
        let limit = limit.unwrap_or(M::Scalar::ZERO);
        check_norm_limit(limit)?;
        self.norm_limit = limit;
        Ok(())
    }

    /// The digest of the bits of the factor (docs/formats.md): equal digests mean equal bits.
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::new();
        self.model.visit(|value| digest.write_scalar(value));
        digest.finish()
    }

    /// One step on the open batch.
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    fn step<K: Kernel<M::Scalar>>(&mut self, kernel: &K) -> Result<(), Error> {
        if self.open.count == 0 {
            return Err(Error::EmptyBatch);
        }
        let count = self.open.count;
        let divisor = C::divisor(count);
        let rate = self.step_size / divisor;
        let direction = C::direction(&self.kept, &self.open.sums, &self.open.gradient, count)?;
        let gradient = direction.as_ref().unwrap_or(&self.open.gradient);
        let limit = self.norm_limit();
        if !self.model.step_with(kernel, gradient, rate, limit) {
            return Err(refusal::diverged(
                &self.model,
                gradient,
                rate,
                divisor,
                self.steps,
            ));
        }
        self.steps = self.steps.saturating_add(1);
        self.samples = self.samples.saturating_add(u64::from(count));
        self.open = Accumulator::empty(None);
        Ok(())
    }
}

impl<M: Model, C: Step<M>> Learner<M, OneEnvironment, C> {
    /// Opens an empty batch of `environment`, any number by which the caller tells environments
    /// apart. A batch left open before is discarded; see [`resume`](Self::resume).
    pub fn batch(&mut self, environment: u32) -> Batch<'_, M, OneEnvironment, C> {
        self.open = Accumulator::empty(Some(environment));
        Batch::of(self)
    }
}

/// 0 stands for no limit.
fn check_norm_limit<T: Scalar>(limit: T) -> Result<(), Error> {
    if limit >= T::ZERO && limit.within(T::MAX_RESIDUAL) {
        Ok(())
    } else {
        Err(Error::NormLimit)
    }
}

fn check_step_size<T: Scalar>(step_size: T) -> Result<(), Error> {
    if step_size > T::ZERO && step_size.is_finite() {
        Ok(())
    } else {
        Err(Error::StepSize)
    }
}
