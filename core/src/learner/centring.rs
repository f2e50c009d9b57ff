//! Per-batch centring in one pass.

use super::checkpoint::read_sum;
use crate::Scalar;
use crate::checkpoint::Reader;
use crate::measurement::Measurement;
use crate::model::{Model, Sum};
use crate::stored::{Kernel, Samples, Stored, StoredMeasurement};

mod sealed {
    pub trait Sealed {}
}

/// Whether a batch is centred before its step: [`AsGiven`] or [`Centred`]. The trait is sealed.
pub trait Centring: sealed::Sealed {
    /// What is summed besides the gradient.
    type Sums<M: Model>: Clone + core::fmt::Debug;

    /// Whether batches are centred.
    const CENTRED: bool;

    /// Empty sums.
    fn empty<M: Model>() -> Self::Sums<M>;

    /// Takes a sample with the residual `residual` into account.
    fn add<M: Model, X: Measurement<M>>(sums: &mut Self::Sums<M>, x: &X, residual: M::Scalar);

    /// Adds stored samples to `sums` and `gradient`; how many of them, see [`Kernel`].
    fn add_all<M: Model, X, K: Kernel<M::Scalar>>(
        sums: &mut Self::Sums<M>,
        gradient: &mut M::Gradient,
        model: &M,
        samples: &Samples<'_, X>,
        kernel: &K,
    ) -> usize
    where
        X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>;

    /// The gradient sum of the batch of `count` samples, centred; `None` where `gradient` is used as
    /// it is.
    fn finish<M: Model>(
        sums: &Self::Sums<M>,
        gradient: &M::Gradient,
        count: u32,
    ) -> Option<M::Gradient>;

    /// Visits every scalar of `sums`, in the order of checkpoints.
    fn visit<M: Model>(sums: &Self::Sums<M>, visitor: impl FnMut(M::Scalar));

    /// Reads `sums` as [`visit`](Self::visit) gives them; `None` if one is out of range.
    fn load<M: Model>(sums: &mut Self::Sums<M>, from: &mut Reader<'_>) -> Option<()>;

    /// As [`visit`](Self::visit), for writing.
    #[cfg(test)]
    fn visit_mut<M: Model>(sums: &mut Self::Sums<M>, visitor: impl FnMut(&mut M::Scalar));
}

/// Samples are used as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsGiven;

/// The measurements and the residuals of each batch are centred on their batch means:
/// the gradient sum is `sum r_i X_i - m mean(r) mean(X)`.
///
/// This stands in for an intercept that differs by environment, and removes the trace bias of
/// rank-one sensing. It costs one more sum of measurements in the state. The two terms cancel: where
/// the mean of the responses is 1,000 times their spread, three digits are lost, so remove a known
/// offset before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Centred;

/// The sums that [`Centred`] needs.
#[derive(Debug, Clone)]
pub struct CentringSums<M: Model> {
    measurements: M::Gradient,
    residuals: M::Scalar,
}

impl sealed::Sealed for AsGiven {}
impl sealed::Sealed for Centred {}

impl Centring for AsGiven {
    type Sums<M: Model> = ();

    const CENTRED: bool = false;

    fn empty<M: Model>() {}

    #[inline]
    fn add<M: Model, X: Measurement<M>>((): &mut (), _: &X, _: M::Scalar) {}

    #[inline]
    fn add_all<M: Model, X, K: Kernel<M::Scalar>>(
        (): &mut (),
        gradient: &mut M::Gradient,
        model: &M,
        samples: &Samples<'_, X>,
        kernel: &K,
    ) -> usize
    where
        X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    {
        X::accumulate(samples, model, gradient, kernel)
    }

    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    fn finish<M: Model>((): &(), _: &M::Gradient, _: u32) -> Option<M::Gradient> {
        None
    }

    fn visit<M: Model>((): &(), _: impl FnMut(M::Scalar)) {}

    fn load<M: Model>((): &mut (), _: &mut Reader<'_>) -> Option<()> {
        Some(())
    }

    #[cfg(test)]
    fn visit_mut<M: Model>((): &mut (), _: impl FnMut(&mut M::Scalar)) {}
}

impl Centring for Centred {
    type Sums<M: Model> = CentringSums<M>;

    const CENTRED: bool = true;

    fn empty<M: Model>() -> CentringSums<M> {
        CentringSums {
            measurements: M::Gradient::zero(),
            residuals: M::Scalar::ZERO,
        }
    }

    #[inline]
    fn add<M: Model, X: Measurement<M>>(sums: &mut CentringSums<M>, x: &X, residual: M::Scalar) {
        x.add_to(&mut sums.measurements, M::Scalar::ONE);
        sums.residuals += residual;
    }

    fn add_all<M: Model, X, K: Kernel<M::Scalar>>(
        sums: &mut CentringSums<M>,
        gradient: &mut M::Gradient,
        model: &M,
        samples: &Samples<'_, X>,
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
            Self::add::<M, X>(sums, &x, residual);
            taken += 1;
        }
        taken
    }

    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    fn finish<M: Model>(
        sums: &CentringSums<M>,
        gradient: &M::Gradient,
        count: u32,
    ) -> Option<M::Gradient> {
        let mut centred = gradient.clone();
        let mean_residual = sums.residuals / M::Scalar::from_count(count);
        centred.add_scaled(&sums.measurements, -mean_residual);
        Some(centred)
    }

    fn visit<M: Model>(sums: &CentringSums<M>, mut visitor: impl FnMut(M::Scalar)) {
        let entries = sums.measurements.as_slice();
        entries.iter().copied().for_each(&mut visitor);
        visitor(sums.residuals);
    }

    /// Together the two sums make up a product: each is held to what samples can add up to.
    fn load<M: Model>(sums: &mut CentringSums<M>, from: &mut Reader<'_>) -> Option<()> {
        let most = |value: M::Scalar| value * M::Scalar::from_count(u32::MAX);
        let entries = most(M::Scalar::MAX_ENTRY);
        read_sum(from, &mut sums.measurements, entries + entries)?;
        let residuals = most(M::Scalar::MAX_RESIDUAL);
        sums.residuals = from
            .scalar()
            .filter(|sum: &M::Scalar| sum.within(residuals + residuals))?;
        Some(())
    }

    #[cfg(test)]
    fn visit_mut<M: Model>(sums: &mut CentringSums<M>, mut visitor: impl FnMut(&mut M::Scalar)) {
        let entries = sums.measurements.as_mut_slice();
        entries.iter_mut().for_each(&mut visitor);
        visitor(&mut sums.residuals);
    }
}
