//! The paper's step: along the gradient of the batch.

use super::{Step, sealed};
use crate::checkpoint::Reader;
use crate::measurement::Measurement;
use crate::model::Model;
use crate::stored::{Kernel, Samples, Stored, StoredMeasurement};
use crate::{Error, Scalar};

/// The paper's step: the gradient of the batch as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain;

impl sealed::Sealed for Plain {}

impl<M: Model> Step<M> for Plain {
    type Sums = ();
    type Kept = ();

    const KIND: u16 = 0;
    const SCALARS: usize = 0;

    fn empty() {}

    fn start() {}

    #[inline]
    fn add<X: Measurement<M>>((): &(), (): &mut (), _: &X, _: M::Scalar, _: u32) {}

    #[inline]
    fn add_all<X, K: Kernel<M::Scalar>>(
        (): &(),
        (): &mut (),
        gradient: &mut M::Gradient,
        model: &M,
        samples: &Samples<'_, X>,
        _: u32,
        kernel: &K,
    ) -> usize
    where
        X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    {
        X::accumulate(samples, model, gradient, kernel)
    }

    #[inline]
    fn divisor(count: u32) -> M::Scalar {
        M::Scalar::from_count(count)
    }

    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    fn direction((): &(), (): &(), _: &M::Gradient, _: u32) -> Result<Option<M::Gradient>, Error> {
        Ok(None)
    }

    fn visit((): &(), (): &(), _: impl FnMut(M::Scalar)) {}

    fn load((): &mut (), (): &mut (), _: &mut Reader<'_>) -> Option<()> {
        Some(())
    }

    #[cfg(test)]
    fn visit_mut((): &mut (), (): &mut (), _: impl FnMut(&mut M::Scalar)) {}
}
