//! The refit of a symmetric matrix inside the subspace that was found.

use crate::Scalar;
use crate::algebra::{Packing, Size};
use crate::measurement::Measurement;
use crate::model::SymmetricModel;

/// Directions `v_1` ... `v_N` of a space of D dimensions, orthonormal: those of the invariant signal, say
/// the leading eigenvectors of a tail average, and those that vary.
///
/// What a signal inside their span contributes to a measurement X is linear in N(N+1)/2 features,
/// `<X, v_i v_j^T + v_j v_i^T>` for i < j and `<X, v_i v_i^T>`; their coefficients are the
/// entries of the signal in the basis v. So [`Refit`](crate::Refit) estimates them: the entries of
/// invariant directions among themselves are common, all that touch a varying one are each batch's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Subspace<T, const D: usize, const N: usize> {
    vectors: [[T; D]; N],
}

impl<T: Scalar, const D: usize, const N: usize> Subspace<T, D, N>
where
    Size<D>: Packing,
{
    /// The span of `vectors`.
    pub fn new(vectors: [[T; D]; N]) -> Self {
        Self { vectors }
    }

    /// The features of a measurement, `P = N(N+1)/2` of them, row by row for i <= j.
    pub fn features<M, X, const P: usize>(&self, x: &X) -> [T; P]
    where
        M: SymmetricModel<T, D>,
        X: Measurement<M>,
    {
        const { assert!(P == N * (N + 1) / 2, "P is N(N+1)/2") }
        let mut features = [T::ZERO; P];
        let pairs = (0..N).flat_map(|i| (i..N).map(move |j| (i, j)));
        for (feature, (i, j)) in features.iter_mut().zip(pairs) {
            let (Some(a), Some(b)) = (self.vectors.get(i), self.vectors.get(j)) else {
                continue;
            };
            let mut product = crate::Symmetric::zero();
            if i == j {
                product.add_outer(a, T::ONE);
            } else {
                // v_i v_j^T + v_j v_i^T, as the difference of two outer products.
                let sum: [T; D] = core::array::from_fn(|k| at(a, k) + at(b, k));
                product.add_outer(&sum, T::ONE);
                product.add_outer(a, -T::ONE);
                product.add_outer(b, -T::ONE);
            }
            *feature = x.respond(&M::signal_of(&product));
        }
        features
    }
}

fn at<T: Scalar, const D: usize>(vector: &[T; D], k: usize) -> T {
    vector.get(k).copied().unwrap_or(T::ZERO)
}
