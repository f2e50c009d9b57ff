//! Sums of the products of rows: all that is kept of them.
//!
//! A row is a vector x of p features and a response y. Its moments are the products of
//! `z = (1, x, y)` with itself, a symmetric matrix of size p + 2, packed: row 0 holds the count and
//! the sums, row i + 1 the products of `x_i`, the last entry the sum of `y^2`.

use crate::Scalar;
use crate::algebra::cholesky::{packed_index, packed_length};
use crate::algebra::rows_mut;

/// Scalars of the moments of `p` features and a response.
pub const fn moments_length(p: usize) -> usize {
    packed_length(p + 2)
}

/// Adds the products of (1, z) with itself to `moments`, z a row (x, y).
pub fn add_row<T: Scalar>(moments: &mut [T], z: &[T]) {
    let mut rest = rows_mut(moments, z.len() + 1);
    if let Some((count, sums)) = rest.next().and_then(<[T]>::split_first_mut) {
        *count += T::ONE;
        for (entry, &value) in sums.iter_mut().zip(z) {
            *entry += value;
        }
    }
    for (i, (row, &zi)) in rest.zip(z).enumerate() {
        for (entry, &zj) in row.iter_mut().zip(z.iter().skip(i)) {
            *entry += zi * zj;
        }
    }
}

/// Adds the symmetric part of the products of (1, z) with (1, w), two rows, to `moments`.
pub fn add_pair<T: Scalar>(moments: &mut [T], z: &[T], w: &[T]) {
    let half = T::ONE / (T::ONE + T::ONE);
    let mut rest = rows_mut(moments, z.len() + 1);
    if let Some((count, sums)) = rest.next().and_then(<[T]>::split_first_mut) {
        *count += T::ONE;
        for (entry, (&zi, &wi)) in sums.iter_mut().zip(z.iter().zip(w)) {
            *entry += half * (zi + wi);
        }
    }
    for (i, (row, (&zi, &wi))) in rest.zip(z.iter().zip(w)).enumerate() {
        for (entry, (&zj, &wj)) in row.iter_mut().zip(z.iter().zip(w).skip(i)) {
            *entry += half * (zi * wj + wi * zj);
        }
    }
}

/// Moments to read, in double precision, in which everything is computed that happens once a visit:
/// one packed matrix, or several, one after the other, whose sum is meant.
#[derive(Debug, Clone, Copy)]
pub struct Moments<'a, T> {
    packed: &'a [T],
    p: usize,
}

impl<'a, T: Scalar> Moments<'a, T> {
    /// The moments of `p` features in `packed`.
    pub fn new(packed: &'a [T], p: usize) -> Self {
        Self { packed, p }
    }

    /// The sum of the products of components i and j of (1, x, y); 0 outside.
    pub fn get(&self, i: usize, j: usize) -> f64 {
        let index = packed_index(self.p + 2, i.min(j), i.max(j));
        let parts = self.packed.chunks(moments_length(self.p).max(1));
        let entries = parts.map(|part| part.get(index).map_or(0.0, |value| value.to_f64()));
        entries.fold(0.0, |sum, entry| sum + entry)
    }

    /// Each of the parts by itself.
    pub fn parts(&self) -> impl Iterator<Item = Moments<'a, T>> + use<'a, T> {
        let p = self.p;
        let parts = self.packed.chunks(moments_length(p).max(1));
        parts.map(move |packed| Moments { packed, p })
    }

    /// The mean of component i of (x, y) over `count` rows.
    pub fn mean(&self, i: usize, count: f64) -> f64 {
        self.get(0, i.saturating_add(1)) / count
    }

    /// The sum of the products of components i and j of (x, y), centred on their means over `count`
    /// rows.
    pub fn centred(&self, i: usize, j: usize, count: f64) -> f64 {
        let (i, j) = (i.saturating_add(1), j.saturating_add(1));
        self.get(i, j) - self.get(0, i) * self.get(0, j) / count
    }

    /// The same for the moments of pairs of consecutive rows ([`add_pair`]), centred on `means`.
    pub fn centred_pairs(&self, i: usize, j: usize, means: impl Fn(usize) -> f64) -> f64 {
        let (a, b) = (means(i), means(j));
        let (i, j) = (i.saturating_add(1), j.saturating_add(1));
        self.get(i, j) - (self.get(0, i) * b + self.get(0, j) * a) + self.get(0, 0) * a * b
    }
}

/// `x^T A x` for the symmetric matrix whose entries (i, j), i <= j, `entry` gives.
pub(super) fn quadratic(x: &[f64], entry: impl Fn(usize, usize) -> f64) -> f64 {
    let mut sum = 0.0;
    for (i, &xi) in x.iter().enumerate() {
        sum += entry(i, i) * xi * xi;
        for (j, &xj) in x.iter().enumerate().skip(i + 1) {
            sum += 2.0 * entry(i, j) * xi * xj;
        }
    }
    sum
}
