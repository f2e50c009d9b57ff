//! The signals of a problem.

use heterosgd::algebra::Dual;
use heterosgd::sampling::{Purpose, fill_orthonormal, stream};
use heterosgd::{Packing, Reference, Scalar, Size, Symmetric};

use crate::Parameters;

/// One invariant and one spurious direction in a random orthonormal basis, and two environments.
#[derive(Debug, Clone)]
pub struct Scene<T: Scalar, const D: usize>
where
    Size<D>: Packing,
{
    /// The invariant direction u, then the spurious direction v.
    pub basis: [[T; D]; 2],
    /// `A* = u u^T`.
    pub truth: Symmetric<T, D>,
    /// `A* + mean v v^T`, where PooledSGD ends.
    pub pooled_truth: Symmetric<T, D>,
    /// `A* + s_e v v^T` for each environment e.
    pub signals: [Dual<T, D>; 2],
}

impl<T: Scalar, const D: usize> Scene<T, D>
where
    Size<D>: Packing,
{
    /// The signals of a problem with these numbers.
    pub fn new(parameters: &Parameters) -> Self {
        let mut basis = [[T::ZERO; D]; 2];
        let mut directions = stream(parameters.seed, Purpose::Signals, 0);
        fill_orthonormal(&mut directions, &mut basis, D);
        let [invariant, spurious] = &basis;
        let mut truth = Symmetric::zero();
        truth.add_outer(invariant, T::ONE);
        let with = |strength: f64| {
            let mut signal = truth;
            signal.add_outer(spurious, T::from_f64(strength));
            signal
        };
        let Parameters {
            mean,
            heterogeneity,
            ..
        } = *parameters;
        Self {
            truth,
            pooled_truth: with(mean),
            signals: [
                Dual::new(&with(mean + heterogeneity)),
                Dual::new(&with(mean - heterogeneity)),
            ],
            basis,
        }
    }

    /// What estimates are compared with.
    pub fn reference(&self) -> Reference<'_, T, D> {
        let [invariant, spurious] = &self.basis;
        Reference {
            invariant: core::slice::from_ref(invariant),
            spurious: core::slice::from_ref(spurious),
            truth: &self.truth,
            pooled_truth: &self.pooled_truth,
        }
    }
}
