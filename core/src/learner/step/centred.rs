//! Per-batch centring in one pass.

use core::marker::PhantomData;

use super::{Plain, Step, sealed};
use crate::checkpoint::Reader;
use crate::learner::checkpoint::read_sum;
use crate::measurement::Measurement;
use crate::model::{Model, Sum};
use crate::{Error, Scalar};

/// The step `S` on batches whose measurements and residuals are centred on their means:
/// the gradient sum is `sum r_i X_i - m mean(r) mean(X)`.
///
/// This stands in for an intercept that differs by environment, and removes the trace bias of
/// rank-one sensing. It costs one more sum of measurements in the state. The two terms cancel: where
/// the mean of the responses is 1,000 times their spread, three digits are lost, so remove a known
/// offset before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Centred<S = Plain>(PhantomData<S>);

/// The sums that [`Centred`] needs.
#[derive(Debug, Clone)]
pub struct CentredSums<M: Model> {
    pub(super) measurements: M::Gradient,
    residuals: M::Scalar,
}

impl<M: Model> CentredSums<M> {
    pub(super) const SCALARS: usize = <M::Gradient as Sum<M::Scalar>>::SCALARS + 1;

    pub(super) fn empty() -> Self {
        Self {
            measurements: M::Gradient::zero(),
            residuals: M::Scalar::ZERO,
        }
    }

    #[inline]
    pub(super) fn add<X: Measurement<M>>(&mut self, x: &X, residual: M::Scalar) {
        x.add_to(&mut self.measurements, M::Scalar::ONE);
        self.residuals += residual;
    }

    /// As [`add`](Self::add), for a measurement of which the entries are at hand.
    pub(super) fn add_entries(&mut self, entries: &M::Gradient, residual: M::Scalar) {
        self.measurements.add_scaled(entries, M::Scalar::ONE);
        self.residuals += residual;
    }

    /// `gradient` of `count` samples, centred.
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    pub(super) fn centred(&self, gradient: &M::Gradient, count: u32) -> M::Gradient {
        let mut centred = gradient.clone();
        let mean_residual = self.residuals / M::Scalar::from_count(count);
        centred.add_scaled(&self.measurements, -mean_residual);
        centred
    }

    pub(super) fn visit(&self, mut visitor: impl FnMut(M::Scalar)) {
        let entries = self.measurements.as_slice();
        entries.iter().copied().for_each(&mut visitor);
        visitor(self.residuals);
    }

    /// Together the two sums make up a product: each is held to what samples can add up to.
    pub(super) fn load(&mut self, from: &mut Reader<'_>) -> Option<()> {
        let most = |value: M::Scalar| value * M::Scalar::from_count(u32::MAX);
        let entries = most(M::Scalar::MAX_ENTRY);
        read_sum(from, &mut self.measurements, entries + entries)?;
        let residuals = most(M::Scalar::MAX_RESIDUAL);
        self.residuals = from
            .scalar()
            .filter(|sum: &M::Scalar| sum.within(residuals + residuals))?;
        Some(())
    }

    #[cfg(test)]
    pub(super) fn visit_mut(&mut self, mut visitor: impl FnMut(&mut M::Scalar)) {
        let entries = self.measurements.as_mut_slice();
        entries.iter_mut().for_each(&mut visitor);
        visitor(&mut self.residuals);
    }
}

impl<S> sealed::Sealed for Centred<S> {}

impl<M: Model> Step<M> for Centred {
    type Sums = CentredSums<M>;
    type Kept = ();

    const KIND: u16 = 1;
    const SCALARS: usize = CentredSums::<M>::SCALARS;

    fn empty() -> CentredSums<M> {
        CentredSums::empty()
    }

    fn start() {}

    #[inline]
    fn add<X: Measurement<M>>(
        (): &(),
        sums: &mut CentredSums<M>,
        x: &X,
        residual: M::Scalar,
        _: u32,
    ) {
        sums.add(x, residual);
    }

    #[inline]
    fn divisor(count: u32) -> M::Scalar {
        M::Scalar::from_count(count)
    }

    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    fn direction(
        (): &(),
        sums: &CentredSums<M>,
        gradient: &M::Gradient,
        count: u32,
    ) -> Result<Option<M::Gradient>, Error> {
        Ok(Some(sums.centred(gradient, count)))
    }

    fn visit((): &(), sums: &CentredSums<M>, visitor: impl FnMut(M::Scalar)) {
        sums.visit(visitor);
    }

    fn load((): &mut (), sums: &mut CentredSums<M>, from: &mut Reader<'_>) -> Option<()> {
        sums.load(from)
    }

    #[cfg(test)]
    fn visit_mut((): &mut (), sums: &mut CentredSums<M>, visitor: impl FnMut(&mut M::Scalar)) {
        sums.visit_mut(visitor);
    }
}
