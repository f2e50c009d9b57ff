//! Symmetric matrices, packed.

use nalgebra::SMatrix;

use super::{Packing, Size, dot, rows, rows_mut};
use crate::Scalar;

/// A symmetric D x D matrix: its upper triangle, row by row.
///
/// Entry (i, j) with i <= j stands at position `i D - i (i - 1) / 2 + (j - i)` of
/// [`as_slice`](Self::as_slice). As a measurement it is the dense matrix X itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Symmetric<T: Scalar, const D: usize>
where
    Size<D>: Packing,
{
    packed: <Size<D> as Packing>::Array<T>,
}

impl<T: Scalar, const D: usize> Default for Symmetric<T, D>
where
    Size<D>: Packing,
{
    fn default() -> Self {
        Self::zero()
    }
}

impl<T: Scalar, const D: usize> Symmetric<T, D>
where
    Size<D>: Packing,
{
    /// The zero matrix.
    #[inline]
    pub fn zero() -> Self {
        Self {
            packed: <Size<D> as Packing>::zeros(),
        }
    }

    /// From the packed upper triangle, row by row.
    #[inline]
    pub fn from_packed(packed: <Size<D> as Packing>::Array<T>) -> Self {
        Self { packed }
    }

    /// From packed entries in a slice; `None` unless there are exactly D(D+1)/2 of them.
    pub fn from_slice(entries: &[T]) -> Option<Self> {
        let mut matrix = Self::zero();
        let packed = matrix.as_mut_slice();
        if packed.len() != entries.len() {
            return None;
        }
        packed.copy_from_slice(entries);
        Some(matrix)
    }

    /// From a function of the position (i, j), called for i <= j row by row.
    pub fn from_fn(mut entry: impl FnMut(usize, usize) -> T) -> Self {
        let mut matrix = Self::zero();
        for (i, row) in rows_mut(matrix.as_mut_slice(), D).enumerate() {
            for (j, value) in (i..).zip(row) {
                *value = entry(i, j);
            }
        }
        matrix
    }

    /// The packed upper triangle as the array it is.
    #[inline]
    pub(crate) fn packed(&self) -> &<Size<D> as Packing>::Array<T> {
        &self.packed
    }

    /// As [`packed`](Self::packed), for writing.
    #[inline]
    pub(crate) fn packed_mut(&mut self) -> &mut <Size<D> as Packing>::Array<T> {
        &mut self.packed
    }

    /// The packed upper triangle, row by row.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        self.packed.as_ref()
    }

    /// The packed upper triangle, row by row, for writing.
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        self.packed.as_mut()
    }

    /// Entry (i, j); `None` outside the matrix.
    pub fn get(&self, i: usize, j: usize) -> Option<T> {
        let (i, j) = if i <= j { (i, j) } else { (j, i) };
        if j >= D {
            return None;
        }
        self.as_slice()
            .get(i * (2 * D + 1 - i) / 2 + (j - i))
            .copied()
    }

    /// The full matrix.
    pub fn to_matrix(&self) -> SMatrix<T, D, D> {
        let mut full = [[T::ZERO; D]; D];
        for (i, row) in rows(self.as_slice(), D).enumerate() {
            for (j, &value) in (i..).zip(row) {
                set(&mut full, i, j, value);
                set(&mut full, j, i, value);
            }
        }
        SMatrix::from_array_storage(nalgebra::ArrayStorage(full))
    }

    /// Adds `scale * other`, entry by entry.
    #[inline(always)]
    pub fn add_scaled(&mut self, other: &Self, scale: T) {
        for (a, &b) in self.as_mut_slice().iter_mut().zip(other.as_slice()) {
            *a += scale * b;
        }
    }

    /// Adds `scale * x x^T`; entry (i, j) grows by `(scale * x_i) * x_j`.
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    pub fn add_outer(&mut self, x: &[T; D], scale: T) {
        for (i, (row, &xi)) in rows_mut(self.as_mut_slice(), D).zip(x).enumerate() {
            let weight = scale * xi;
            for (entry, &xj) in row.iter_mut().zip(x.iter().skip(i)) {
                *entry += weight * xj;
            }
        }
    }

    /// Adds `value` to every diagonal entry.
    #[inline]
    pub fn add_diagonal(&mut self, value: T) {
        for row in rows_mut(self.as_mut_slice(), D) {
            if let Some(entry) = row.first_mut() {
                *entry += value;
            }
        }
    }

    /// The Frobenius inner product `<self, other>`.
    pub fn inner(&self, other: &Self) -> T {
        Dual::new(other).inner(self)
    }

    /// The Frobenius norm.
    pub fn norm(&self) -> T {
        self.inner(self).sqrt()
    }

    /// `self * x`, each entry summed over ascending columns.
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    pub fn times(&self, x: &[T; D]) -> [T; D] {
        let mut product = [T::ZERO; D];
        for (i, (row, &xi)) in rows(self.as_slice(), D).zip(x).enumerate() {
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
        product
    }
}

fn set<T, const D: usize>(columns: &mut [[T; D]; D], i: usize, j: usize, value: T) {
    if let Some(entry) = columns.get_mut(j).and_then(|column| column.get_mut(i)) {
        *entry = value;
    }
}

/// A symmetric matrix made ready for inner products: its off-diagonal entries are doubled, so that
/// `<X, Z>` is one plain dot product of packed arrays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dual<T: Scalar, const D: usize>(Symmetric<T, D>)
where
    Size<D>: Packing;

impl<T: Scalar, const D: usize> Dual<T, D>
where
    Size<D>: Packing,
{
    /// The dual of `matrix`. Doubling is exact.
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    pub fn new(matrix: &Symmetric<T, D>) -> Self {
        let mut dual = Self(*matrix);
        dual.double();
        dual
    }

    /// Becomes the dual of what `fill` makes of the zero matrix, in place.
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    pub(crate) fn refill(&mut self, fill: impl FnOnce(&mut Symmetric<T, D>)) {
        self.0 = Symmetric::zero();
        fill(&mut self.0);
        self.double();
    }

    #[inline(always)]
    fn double(&mut self) {
        for row in rows_mut(self.0.as_mut_slice(), D) {
            for entry in row.iter_mut().skip(1) {
                *entry = *entry + *entry;
            }
        }
    }

    /// The packed entries, those off the diagonal doubled.
    #[inline]
    pub(crate) fn packed(&self) -> &<Size<D> as Packing>::Array<T> {
        self.0.packed()
    }

    /// The packed upper triangle, row by row; the entries off the diagonal are doubled.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        self.0.as_slice()
    }

    #[cfg(test)]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        self.0.as_mut_slice()
    }

    /// `<x, self>`, by [`dot`] over the packed entries.
    #[inline(always)]
    pub fn inner(&self, x: &Symmetric<T, D>) -> T {
        dot(x.as_slice(), self.0.as_slice())
    }

    /// `x^T Z x` without forming `x x^T`: column sums `t_j = sum_{i<=j} Z_ij x_i` (rows ascending,
    /// off-diagonal entries doubled), then the [`dot`] of `t` and `x`.
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    pub fn quadratic(&self, x: &[T; D]) -> T {
        let mut columns = [T::ZERO; D];
        for (i, (row, &xi)) in rows(self.0.as_slice(), D).zip(x).enumerate() {
            for (column, &entry) in columns.iter_mut().skip(i).zip(row) {
                *column += entry * xi;
            }
        }
        dot(&columns, x)
    }

    /// The trace, summed down the diagonal.
    #[inline]
    pub fn trace(&self) -> T {
        let mut trace = T::ZERO;
        for row in rows(self.0.as_slice(), D) {
            if let Some(&entry) = row.first() {
                trace += entry;
            }
        }
        trace
    }
}
