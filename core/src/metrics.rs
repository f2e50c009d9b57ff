//! How close an estimate is to the invariant signal, where that is known.

use crate::Scalar;
use crate::algebra::{Packing, Size, Symmetric, dot};

/// What an estimate is compared with.
///
/// The columns of `invariant` and `spurious` together have to be orthonormal.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a, T: Scalar, const D: usize>
where
    Size<D>: Packing,
{
    /// Orthonormal columns that span the invariant signal.
    pub invariant: &'a [[T; D]],
    /// Orthonormal columns that span the spurious signals.
    pub spurious: &'a [[T; D]],
    /// The invariant signal A*.
    pub truth: &'a Symmetric<T, D>,
    /// A* plus the mean spurious signal: where PooledSGD ends if that mean is positive.
    pub pooled_truth: &'a Symmetric<T, D>,
}

/// The parts of an estimate E, as Frobenius norms.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Metrics<T> {
    /// `||P E P||`, P the projection onto the invariant subspace.
    pub invariant: T,
    /// `||Q E Q||`, Q the projection onto the spurious subspace.
    pub spurious: T,
    /// `||N E N||`, N the projection onto the complement of both.
    pub null: T,
    /// `||E - A*||`.
    pub error: T,
    /// `||E - (A* + mean spurious signal)||`.
    pub pooled_error: T,
}

impl<T: Scalar, const D: usize> Reference<'_, T, D>
where
    Size<D>: Packing,
{
    /// The metrics of `estimate`.
    pub fn metrics(&self, estimate: &Symmetric<T, D>) -> Metrics<T> {
        Metrics {
            invariant: within(self.invariant, estimate),
            spurious: within(self.spurious, estimate),
            null: self.outside(estimate),
            error: distance(estimate, self.truth),
            pooled_error: distance(estimate, self.pooled_truth),
        }
    }

    /// `||N E N||` with `N = I - sum b b^T` applied from the left, then from the right, so that a
    /// null part far below the signal is not lost to cancellation.
    fn outside(&self, estimate: &Symmetric<T, D>) -> T {
        let mut columns = estimate.to_matrix().data.0;
        for column in &mut columns {
            self.remove_signals(column);
        }
        // N E is not symmetric; its transpose is E N, whose columns are projected in turn.
        let mut transposed = [[T::ZERO; D]; D];
        for (i, row) in transposed.iter_mut().enumerate() {
            for (entry, column) in row.iter_mut().zip(&columns) {
                if let Some(&value) = column.get(i) {
                    *entry = value;
                }
            }
        }
        let mut sum = T::ZERO;
        for column in &mut transposed {
            self.remove_signals(column);
            sum += dot(column, column);
        }
        sum.sqrt()
    }

    fn remove_signals(&self, column: &mut [T; D]) {
        for basis in self.invariant.iter().chain(self.spurious) {
            let overlap = dot(basis, column);
            for (entry, &b) in column.iter_mut().zip(basis) {
                *entry -= overlap * b;
            }
        }
    }
}

/// `||B^T E B||` for the orthonormal columns B.
fn within<T: Scalar, const D: usize>(basis: &[[T; D]], estimate: &Symmetric<T, D>) -> T
where
    Size<D>: Packing,
{
    let mut sum = T::ZERO;
    for b in basis {
        let image = estimate.times(b);
        for other in basis {
            let entry = dot(other, &image);
            sum += entry * entry;
        }
    }
    sum.sqrt()
}

fn distance<T: Scalar, const D: usize>(a: &Symmetric<T, D>, b: &Symmetric<T, D>) -> T
where
    Size<D>: Packing,
{
    let mut difference = *a;
    difference.add_scaled(b, -T::ONE);
    difference.norm()
}
