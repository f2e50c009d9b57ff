//! How a batch moves the model: what an open batch keeps, and the direction it becomes.

mod centred;
mod plain;
mod sequential;
mod whitened;

pub use centred::{Centred, CentredSums};
pub use plain::Plain;
pub use sequential::{FullGain, Sequential, SequentialSums};
pub use whitened::{CentredGram, Ridge, Whitened};

use crate::checkpoint::Reader;
use crate::measurement::Measurement;
use crate::model::Model;
use crate::stored::{Kernel, Samples, Stored, StoredMeasurement};
use crate::{Error, Scalar};

mod sealed {
    pub trait Sealed {}
}

/// How a batch moves a model of type `M`: [`Plain`], [`Whitened`], [`Sequential`], or one of them
/// [`Centred`]; docs/steps.md says which is for whom. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "there is no step `{Self}` for the model `{M}`",
    note = "whitened steps are for `Linear` of up to 64 features, `Psd` and `Signed` of up to 10 rows; `Sequential` is for all"
)]
pub trait Step<M: Model>: sealed::Sealed {
    /// What an open batch keeps besides the gradient.
    type Sums: Clone + core::fmt::Debug;

    /// What is kept beyond a batch: settings of the step.
    type Kept: Clone + core::fmt::Debug;

    /// Which step it is, as in checkpoints: 0 plain, 1 centred, 2 whitened, 3 centred and whitened,
    /// 4 sequential.
    const KIND: u16;

    /// Scalars of [`Sums`](Self::Sums) and [`Kept`](Self::Kept) together.
    const SCALARS: usize;

    /// Empty sums.
    fn empty() -> Self::Sums;

    /// What is kept at the start: the default settings.
    fn start() -> Self::Kept;

    /// Takes a sample with the residual `residual` into account; `count` samples came before it.
    fn add<X: Measurement<M>>(
        kept: &Self::Kept,
        sums: &mut Self::Sums,
        x: &X,
        residual: M::Scalar,
        count: u32,
    );

    /// Adds stored samples to `sums` and `gradient`, after the `count` samples that are there; how
    /// many of them, see [`Kernel`].
    #[inline]
    fn add_all<X, K: Kernel<M::Scalar>>(
        kept: &Self::Kept,
        sums: &mut Self::Sums,
        gradient: &mut M::Gradient,
        model: &M,
        samples: &Samples<'_, X>,
        count: u32,
        _: &K,
    ) -> usize
    where
        X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    {
        let mut taken = 0;
        for (x, y) in samples.iter() {
            let residual = x.predict(model) - y;
            if !residual.within(M::Scalar::MAX_RESIDUAL) {
                break;
            }
            x.add_to(gradient, residual);
            Self::add(kept, sums, &x, residual, count.saturating_add(taken));
            taken += 1;
        }
        taken as usize
    }

    /// What the sum of directions is divided by for a batch of `count` samples: the count, or 1
    /// where the direction is a mean already.
    fn divisor(count: u32) -> M::Scalar;

    /// The direction of the batch of `count` samples, times the [divisor](Self::divisor); `None`
    /// where `gradient` is used as it is.
    ///
    /// # Errors
    /// [`Error::Singular`] if there is none.
    fn direction(
        kept: &Self::Kept,
        sums: &Self::Sums,
        gradient: &M::Gradient,
        count: u32,
    ) -> Result<Option<M::Gradient>, Error>;

    /// Visits every scalar of `sums` and of `kept`, in the order of checkpoints.
    fn visit(kept: &Self::Kept, sums: &Self::Sums, visitor: impl FnMut(M::Scalar));

    /// Reads what [`visit`](Self::visit) gives; `None` if a scalar is out of range.
    fn load(kept: &mut Self::Kept, sums: &mut Self::Sums, from: &mut Reader<'_>) -> Option<()>;

    /// As [`visit`](Self::visit), for writing.
    #[cfg(test)]
    fn visit_mut(kept: &mut Self::Kept, sums: &mut Self::Sums, visitor: impl FnMut(&mut M::Scalar));
}
