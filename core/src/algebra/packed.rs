//! What [`Symmetric`](super::Symmetric) and [`Dual`](super::Dual) do, for a size that is known when the
//! program runs: the same order of operations, the same bits.
//!
//! The fixed sizes have loops of their own: as wrappers of these they take up to 5 KB more flash on
//! a board.

use super::{dot, rows, rows_mut};
use crate::Scalar;

/// Adds `scale * x x^T`; entry (i, j) grows by `(scale * x_i) * x_j`.
#[inline]
pub fn add_outer<T: Scalar>(packed: &mut [T], x: &[T], scale: T) {
    for (i, (row, &xi)) in rows_mut(packed, x.len()).zip(x).enumerate() {
        let weight = scale * xi;
        for (entry, &xj) in row.iter_mut().zip(x.iter().skip(i)) {
            *entry += weight * xj;
        }
    }
}

/// Adds the matrix times `x` to `product`, each entry over ascending columns.
#[inline]
pub fn add_product<T: Scalar>(packed: &[T], x: &[T], product: &mut [T]) {
    for (i, (row, &xi)) in rows(packed, x.len()).zip(x).enumerate() {
        let mut own_and_below = product.iter_mut().skip(i);
        if let Some(p) = own_and_below.next() {
            for (&value, &xj) in row.iter().zip(x.iter().skip(i)) {
                *p += value * xj;
            }
        }
        for (p, &value) in own_and_below.zip(row.iter().skip(1)) {
            *p += value * xi;
        }
    }
}

/// Doubles the entries off the diagonal of a matrix of size `n`, exactly: its inner product with
/// another is then one plain [`dot`] of packed entries.
#[inline]
pub fn double<T: Scalar>(packed: &mut [T], n: usize) {
    for row in rows_mut(packed, n) {
        for entry in row.iter_mut().skip(1) {
            *entry = *entry + *entry;
        }
    }
}

/// `x^T Z x`, for Z with entries [doubled](double), without forming `x x^T`: column sums
/// `t_j = sum_{i<=j} Z_ij x_i`, rows ascending, in `columns`, all +0.0 before; then the [`dot`] of t
/// and x.
#[inline]
pub fn quadratic<T: Scalar>(doubled: &[T], x: &[T], columns: &mut [T]) -> T {
    for (i, (row, &xi)) in rows(doubled, x.len()).zip(x).enumerate() {
        for (column, &entry) in columns.iter_mut().skip(i).zip(row) {
            *column += entry * xi;
        }
    }
    dot(columns, x)
}
