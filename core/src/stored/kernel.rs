//! What is done to many stored samples at once.

use core::hint::black_box;

use super::Row;
use crate::Scalar;
use crate::algebra::{Packing, Size, Symmetric, VECTORS, dot, dot_pair, in_software};
use crate::model::SymmetricModel;

/// The arithmetic of stored samples. [`Portable`] serves every target; a computer may bring one
/// that uses its vector registers. All give the same bits: those of [`Portable`].
///
/// [`dense`](Self::dense) and [`rank_one`](Self::rank_one) add `r_i X_i` to a gradient for one sample after the other, `r_i` the residual,
/// until the first residual that is not [within](Scalar::within) [`Scalar::MAX_RESIDUAL`], and
/// return how many samples were added.
pub trait Kernel<T: Scalar> {
    /// Rows `X_i` of `entries`, against `signal`: `r_i = dot(X_i, signal) - y_i`. For dense matrices
    /// rows are packed triangles and the signal is the estimate's [dual](crate::algebra::Dual); for
    /// features it is the coefficients.
    fn dense<R: Row<T>>(
        &self,
        signal: &R,
        gradient: &mut R,
        entries: &[T],
        responses: &[T],
    ) -> usize;

    /// Rank-one measurements `x x^T`: `r_i = x_i^T estimate x_i - y_i`.
    fn rank_one<M: SymmetricModel<T, D>, const D: usize>(
        &self,
        model: &M,
        gradient: &mut Symmetric<T, D>,
        vectors: &[[T; D]],
        responses: &[T],
    ) -> usize
    where
        Size<D>: Packing;

    /// The dense part of a step: `u -= rate * (gradient u)` for each column u, an entry of the product
    /// summed from +0.0 over ascending columns of the gradient. Whether all entries end
    /// [within](Scalar::within) [`Scalar::MAX_FACTOR`].
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    fn descend<const D: usize, const K: usize>(
        &self,
        columns: &mut [[T; D]; K],
        gradient: &Symmetric<T, D>,
        rate: T,
    ) -> bool
    where
        Size<D>: Packing,
    {
        let mut good = true;
        for column in columns {
            let pull = gradient.times(column);
            for (entry, &p) in column.iter_mut().zip(&pull) {
                *entry -= rate * p;
                good &= entry.within(T::MAX_FACTOR);
            }
        }
        good
    }

    /// Adds `sign * u u^T` for each column u, one after the other; entry (i, j) grows by
    /// `(sign * u_i) * u_j`.
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    fn add_gram<const D: usize, const K: usize>(
        &self,
        sum: &mut Symmetric<T, D>,
        columns: &[[T; D]; K],
        sign: T,
    ) where
        Size<D>: Packing,
    {
        for column in columns {
            sum.add_outer(column, sign);
        }
    }
}

/// The kernel of every target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Portable;

impl<T: Scalar> Kernel<T> for Portable {
    #[inline(always)]
    fn dense<R: Row<T>>(
        &self,
        signal: &R,
        gradient: &mut R,
        entries: &[T],
        responses: &[T],
    ) -> usize {
        let rows = R::rows(entries);
        let taken = if in_software::<T>() {
            0
        } else {
            fours(signal, gradient, rows, responses)
        };
        let rest = rows.iter().zip(responses).skip(taken);
        taken + singles(signal, gradient, rest)
    }

    #[inline(always)]
    fn rank_one<M: SymmetricModel<T, D>, const D: usize>(
        &self,
        model: &M,
        gradient: &mut Symmetric<T, D>,
        vectors: &[[T; D]],
        responses: &[T],
    ) -> usize
    where
        Size<D>: Packing,
    {
        let mut taken = 0;
        for (x, &y) in vectors.iter().zip(responses) {
            let residual = model.quadratic(x) - y;
            if !residual.within(T::MAX_RESIDUAL) {
                break;
            }
            gradient.add_outer(x, residual);
            taken += 1;
        }
        taken
    }
}

/// Four samples at a time: the gradient is read and written once for all of them, the signal once
/// for two. Ends before four of which one residual may be out of range.
#[inline(always)]
fn fours<T: Scalar, R: Row<T>>(signal: &R, gradient: &mut R, rows: &[R], responses: &[T]) -> usize {
    // A sum of squares within the square proves that all four residuals are within.
    let limit = T::MAX_RESIDUAL * T::MAX_RESIDUAL;
    let mut taken = 0;
    let pairs = rows.as_chunks::<2>().0;
    let fours = pairs.as_chunks::<2>().0.iter();
    for ([first, second], responses) in fours.zip(responses.as_chunks::<4>().0) {
        // Opaque, so that the signal is read as it is used, and not kept in registers that the
        // samples need, and the second pair has an address of its own, which loads can reach.
        let (signal, second) = if VECTORS {
            (signal, second)
        } else {
            (black_box(signal), black_box(second))
        };
        let [a, b] = first.each_ref().map(R::as_ref);
        let [c, d] = second.each_ref().map(R::as_ref);
        let [p0, p1] = dot_pair(signal.as_ref(), [a, b]);
        let [p2, p3] = dot_pair(signal.as_ref(), [c, d]);
        let [y0, y1, y2, y3] = *responses;
        let (r0, r1, r2, r3) = (p0 - y0, p1 - y1, p2 - y2, p3 - y3);
        if !((r0 * r0 + r1 * r1) + (r2 * r2 + r3 * r3)).within(limit) {
            break;
        }
        let entries = a.iter().zip(b).zip(c.iter().zip(d));
        for (sum, ((&a, &b), (&c, &d))) in gradient.as_mut().iter_mut().zip(entries) {
            *sum = (((*sum + r0 * a) + r1 * b) + r2 * c) + r3 * d;
        }
        taken += 4;
    }
    taken
}

#[inline(always)]
fn singles<'a, T: Scalar, R: Row<T>>(
    signal: &R,
    gradient: &mut R,
    samples: impl Iterator<Item = (&'a R, &'a T)>,
) -> usize {
    let mut taken = 0;
    for (row, &y) in samples {
        let residual = dot(row.as_ref(), signal.as_ref()) - y;
        if !residual.within(T::MAX_RESIDUAL) {
            break;
        }
        for (sum, &x) in gradient.as_mut().iter_mut().zip(row.as_ref()) {
            *sum += residual * x;
        }
        taken += 1;
    }
    taken
}
