//! The dense part of a step, shared by the models of a symmetric matrix.

use nalgebra::{ArrayStorage, SMatrix};

use crate::Scalar;
use crate::algebra::{Packing, Size, Symmetric, dot};
use crate::sampling::{self, Purpose};

/// `||U^T x||^2`: squares of the canonical dot products, columns in ascending order.
#[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
#[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
pub(super) fn squared_projection<T: Scalar, const D: usize, const K: usize>(
    factor: &SMatrix<T, D, K>,
    x: &[T; D],
) -> T {
    let mut sum = T::ZERO;
    for column in &factor.data.0 {
        let projection = dot(column, x);
        sum += projection * projection;
    }
    sum
}

/// Whether `x^T U U^T x` is cheaper through the factor than through the packed estimate.
pub(super) const fn through_factor(d: usize, columns: usize) -> bool {
    2 * columns <= d
}

/// `scale` times the identity for K = D, times K random orthonormal columns for K < D.
pub(super) fn initial<T: Scalar, const D: usize, const K: usize>(
    scale: T,
    seed: u64,
) -> SMatrix<T, D, K> {
    let mut columns: [[T; D]; K] = if K == D {
        let mut identity = [[T::ZERO; D]; K];
        for (k, column) in identity.iter_mut().enumerate() {
            if let Some(entry) = column.get_mut(k) {
                *entry = T::ONE;
            }
        }
        identity
    } else {
        sampling::orthonormal(&mut sampling::stream(seed, Purpose::Factor, 0))
    };
    for entry in columns.as_flattened_mut() {
        *entry *= scale;
    }
    SMatrix::from_array_storage(ArrayStorage(columns))
}

/// Whether every entry of a factor given from outside is in range.
pub(super) fn in_range<T: Scalar>(entries: &[T]) -> bool {
    entries.iter().all(|x| x.within(T::MAX_FACTOR))
}

/// Whether the sum of squares of all parts is at most the square of the limit, if there is one.
#[inline]
pub(super) fn norm_within<T: Scalar>(parts: &[&[T]], norm_limit: Option<T>) -> bool {
    norm_limit.is_none_or(|limit| squares(parts) <= limit * limit)
}

// Out of line, and off the straight path: steps without a limit are not to pay for it.
#[cold]
#[inline(never)]
fn squares<T: Scalar>(parts: &[&[T]]) -> T {
    let entries = parts.iter().copied().flatten();
    entries.fold(T::ZERO, |sum, &x| sum + x * x)
}

/// Visits a D x K factor with its slopes, the columns of `gradient * factor`.
pub(super) fn visit_slopes<T: Scalar, const D: usize, const K: usize>(
    factor: &SMatrix<T, D, K>,
    gradient: &Symmetric<T, D>,
    mut visitor: impl FnMut(T, T),
) where
    Size<D>: Packing,
{
    for column in &factor.data.0 {
        for (i, &entry) in column.iter().enumerate() {
            // Entry by entry: small code for what happens once.
            let products = (0..D).filter_map(|j| Some(gradient.get(i, j)? * *column.get(j)?));
            visitor(entry, products.fold(T::ZERO, |sum, product| sum + product));
        }
    }
}

/// `entry` of each number of a D x K factor, row by row; `None` if one is out of range.
pub(super) fn replaced<T: Scalar, const D: usize, const K: usize>(
    factor: &SMatrix<T, D, K>,
    mut entry: impl FnMut(T) -> T,
) -> Option<SMatrix<T, D, K>> {
    let mut next = *factor;
    for i in 0..D {
        for column in &mut next.data.0 {
            if let Some(value) = column.get_mut(i) {
                *value = entry(*value);
            }
        }
    }
    in_range(next.data.0.as_flattened()).then_some(next)
}

/// Visits a D x K factor row by row.
pub(super) fn visit_rows<T: Scalar, const D: usize, const K: usize>(
    factor: &SMatrix<T, D, K>,
    mut visitor: impl FnMut(T),
) {
    for i in 0..D {
        for column in &factor.data.0 {
            if let Some(&entry) = column.get(i) {
                visitor(entry);
            }
        }
    }
}
