//! Sequential projections: what a whitened step does in the limit of many samples, in O(p) memory.

use super::{Step, sealed};
use crate::algebra::projection;
use crate::checkpoint::Reader;
use crate::learner::checkpoint::read_sum;
use crate::learner::{Learner, Rule};
use crate::measurement::Measurement;
use crate::model::{Model, Sum};
use crate::{Error, Scalar};

/// Each sample of a batch projects an estimate of the environment's own signal onto the hyperplane
/// of its equation, `h <- h + gain (y - <x, h>) x/|x|^2`; the direction is the present estimate less
/// h (Kaczmarz's method, the normalised LMS filter).
///
/// Time and memory of a sample are those of the plain step, O(p). For isotropic measurements what is
/// left of the environment's signal falls like `exp(-m/2p)` with the number m of samples. The gain is 1 for
/// the first 4p samples of a batch and falls like `1/(1 + i/p)` from there, which averages label noise
/// out; see [`set_full_gain`](Learner::set_full_gain). Where p(p+1)/2 numbers fit into memory,
/// [`Whitened`](super::Whitened) is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequential;

/// Samples of a batch that are taken in with gain 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FullGain<T>(T);

/// The sums of [`Sequential`].
#[derive(Debug, Clone)]
pub struct SequentialSums<M: Model> {
    /// The present estimate less h, its entries weighted as an inner product weighs them.
    ahead: M::Gradient,
}

const fn coordinates<M: Model>() -> u32 {
    <M::Gradient as Sum<M::Scalar>>::SCALARS as u32
}

impl<M: Model, R: Rule> Learner<M, R, Sequential> {
    /// Samples of a batch that are taken in with gain 1 before the gain falls: 4p at first.
    pub fn full_gain(&self) -> M::Scalar {
        self.kept.0
    }

    /// Sets how many samples of a batch are taken in with gain 1 before the gain falls like
    /// `1/(1 + i/p)`, as a scalar holds that number; `u32::MAX` where responses have no noise.
    pub fn set_full_gain(&mut self, samples: u32) {
        self.kept = FullGain(M::Scalar::from_count(samples));
    }
}

impl sealed::Sealed for Sequential {}

impl<M: Model> Step<M> for Sequential {
    type Sums = SequentialSums<M>;
    type Kept = FullGain<M::Scalar>;

    const KIND: u16 = 4;
    const SCALARS: usize = <M::Gradient as Sum<M::Scalar>>::SCALARS + 1;

    fn empty() -> SequentialSums<M> {
        SequentialSums {
            ahead: M::Gradient::zero(),
        }
    }

    fn start() -> FullGain<M::Scalar> {
        FullGain(M::Scalar::from_count(coordinates::<M>().saturating_mul(4)))
    }

    fn add<X: Measurement<M>>(
        full: &FullGain<M::Scalar>,
        sums: &mut SequentialSums<M>,
        x: &X,
        residual: M::Scalar,
        count: u32,
    ) {
        let mut entries = M::Gradient::zero();
        x.add_to(&mut entries, M::Scalar::ONE);
        let weights = <M::Gradient as Sum<M::Scalar>>::weights();
        let gain = projection::gain(full.0, count, coordinates::<M>());
        let mut ahead = sums.ahead.clone();
        let slice = ahead.as_mut_slice();
        // A measurement of next to nothing is passed over.
        if projection::project(slice, entries.as_slice(), &weights, residual, gain) {
            sums.ahead = ahead;
        }
    }

    #[inline]
    fn divisor(_: u32) -> M::Scalar {
        M::Scalar::ONE
    }

    fn direction(
        _: &FullGain<M::Scalar>,
        sums: &SequentialSums<M>,
        _: &M::Gradient,
        _: u32,
    ) -> Result<Option<M::Gradient>, Error> {
        let mut direction = sums.ahead.clone();
        let weights = <M::Gradient as Sum<M::Scalar>>::weights();
        for (entry, weight) in direction.as_mut_slice().iter_mut().zip(weights) {
            *entry = *entry / weight;
        }
        Ok(Some(direction))
    }

    fn visit(
        full: &FullGain<M::Scalar>,
        sums: &SequentialSums<M>,
        mut visitor: impl FnMut(M::Scalar),
    ) {
        visitor(full.0);
        sums.ahead.as_slice().iter().copied().for_each(visitor);
    }

    fn load(
        full: &mut FullGain<M::Scalar>,
        sums: &mut SequentialSums<M>,
        from: &mut Reader<'_>,
    ) -> Option<()> {
        let most = M::Scalar::from_count(u32::MAX);
        full.0 = from
            .scalar()
            .filter(|&samples| samples >= M::Scalar::ZERO && samples <= most)?;
        read_sum(from, &mut sums.ahead, M::Scalar::MAX_RESIDUAL)
    }

    #[cfg(test)]
    fn visit_mut(
        full: &mut FullGain<M::Scalar>,
        sums: &mut SequentialSums<M>,
        mut visitor: impl FnMut(&mut M::Scalar),
    ) {
        visitor(&mut full.0);
        sums.ahead.as_mut_slice().iter_mut().for_each(visitor);
    }
}
