//! Gram matrices of measurements, packed, of any size: how they are summed, and what they undo.

use super::cholesky::{cholesky, solve};
use super::{rows, rows_mut};
use crate::Scalar;

/// Adds `x x^T` to the packed matrix; entry (i, j) grows by `x_i x_j`.
pub fn add_outer<T: Scalar>(gram: &mut [T], x: &[T]) {
    for (i, (row, &xi)) in rows_mut(gram, x.len()).zip(x).enumerate() {
        for (entry, &xj) in row.iter_mut().zip(x.iter().skip(i)) {
            *entry += xi * xj;
        }
    }
}

/// Takes `x x^T/m` from the packed matrix: what makes sums over m samples, of which x is the sum of
/// the measurements, those of centred measurements.
pub fn subtract_outer<T: Scalar>(gram: &mut [T], x: &[T], m: T) {
    for (i, (row, &xi)) in rows_mut(gram, x.len()).zip(x).enumerate() {
        let weight = xi / m;
        for (entry, &xj) in row.iter_mut().zip(x.iter().skip(i)) {
            *entry -= weight * xj;
        }
    }
}

/// The whitened direction `(K + ridge tr(K)/p I)^-1 g` in place of `gradient`, where `gram` and
/// `gradient` are the sums of which K and g are means; `gram` becomes its factor.
///
/// `weights` says how often each coordinate counts in an inner product: 1, or 2 for an entry off the
/// diagonal of a symmetric matrix. K and g are those of measurements as vectors whose inner product
/// is the plain one, entries times the root of their weight. The roots are never taken: with W the
/// weights, `(gram + ridge tr(W gram)/p W^-1) (W direction) = gradient`.
///
/// # Errors
/// The first coordinate whose pivot is not positive.
pub fn whiten<T: Scalar>(
    gram: &mut [T],
    gradient: &mut [T],
    weights: impl Iterator<Item = T> + Clone,
    ridge: T,
) -> Result<(), usize> {
    let p = gradient.len();
    let mut trace = T::ZERO;
    for (row, weight) in rows(gram, p).zip(weights.clone()) {
        if let Some(&entry) = row.first() {
            trace += weight * entry;
        }
    }
    let ridge = ridge * trace / T::from_count(u32::try_from(p).unwrap_or(u32::MAX));
    for (row, weight) in rows_mut(gram, p).zip(weights.clone()) {
        if let Some(entry) = row.first_mut() {
            *entry += ridge / weight;
        }
    }
    // Below that a pivot is rounding, and what is divided by it anything.
    if let Some(coordinate) = cholesky(gram, p, |diagonal| T::EPSILON * diagonal) {
        return Err(coordinate);
    }
    solve(gram, gradient);
    for (entry, weight) in gradient.iter_mut().zip(weights) {
        *entry = *entry / weight;
    }
    Ok(())
}
