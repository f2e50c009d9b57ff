//! Cholesky factors of packed symmetric matrices of any size: no allocation, one order of operations.
//!
//! Matrices are upper triangles, row by row, as in [`Symmetric`](super::Symmetric), in slices whose
//! length says their size. The factor R, `A = R^T R`, takes the place of A.

use super::{dot, rows};
use crate::Scalar;

/// Entries of the packed triangle of a matrix of size `n`.
pub const fn packed_length(n: usize) -> usize {
    n * (n + 1) / 2
}

/// The position of entry (i, j), i <= j, in the packed triangle of a matrix of size `n`; `usize::MAX`
/// outside.
pub(crate) const fn packed_index(n: usize, i: usize, j: usize) -> usize {
    if i <= j && j < n {
        i * (2 * n + 1 - i) / 2 + (j - i)
    } else {
        usize::MAX
    }
}

/// Puts the Cholesky factor R of the packed matrix of size `n` in its place, and returns the first
/// coordinate whose pivot is not above the `floor` of its diagonal entry, if there is one.
///
/// Such a coordinate is a linear combination of those before it, up to the floor: its row of R is
/// zero, and [`solve`] gives 0 for it, the solution without that coordinate.
///
/// Entry (i, j) loses `r_ki r_kj` for ascending k, then is divided by the root of its row's pivot.
pub fn cholesky<T: Scalar>(packed: &mut [T], n: usize, floor: impl Fn(T) -> T) -> Option<usize> {
    eliminate(packed, n, n, |_, diagonal| floor(diagonal))
}

/// As [`cholesky`] for the first `count` coordinates alone: their rows of R take the place of theirs,
/// and what remains of the matrix without them, the Schur complement, that of the others. The floor is
/// that of a coordinate and its diagonal entry; what is left of another coordinate below its floor is
/// rounding, and becomes 0.
pub fn eliminate<T: Scalar>(
    packed: &mut [T],
    n: usize,
    count: usize,
    floor: impl Fn(usize, T) -> T,
) -> Option<usize> {
    let mut first = None;
    for i in 0..n {
        let Some((above, rest)) = packed.split_at_mut_checked(packed_index(n, i, i)) else {
            break;
        };
        let Some(row) = rest.get_mut(..n - i) else {
            break;
        };
        let limit = floor(i, row.first().copied().unwrap_or(T::ZERO));
        for (k, earlier) in rows(above, n).take(i.min(count)).enumerate() {
            let Some(own) = earlier.get(i - k..) else {
                break;
            };
            let weight = own.first().copied().unwrap_or(T::ZERO);
            for (entry, &value) in row.iter_mut().zip(own) {
                *entry -= weight * value;
            }
        }
        if i >= count {
            let stays = row.first().is_some_and(|&left| left > limit);
            if !stays {
                row.fill(T::ZERO);
            }
            continue;
        }
        let Some((pivot, tail)) = row.split_first_mut() else {
            break;
        };
        // What is not a number is not above the floor either.
        if *pivot > limit && *pivot > T::ZERO && pivot.is_finite() {
            *pivot = pivot.sqrt();
            for entry in tail {
                *entry = *entry / *pivot;
            }
        } else {
            first = first.or(Some(i));
            row.fill(T::ZERO);
        }
    }
    first
}

/// Solves `R^T R x = b` in place of b, for a factor of [`cholesky`]; 0 where its row is zero.
pub fn solve<T: Scalar>(factor: &[T], b: &mut [T]) {
    forward(factor, b);
    backward(factor, b);
}

/// Solves `R^T x = b` in place of b; 0 where the row of R is zero.
pub fn forward<T: Scalar>(factor: &[T], b: &mut [T]) {
    let n = b.len();
    let mut rest = b;
    for row in rows(factor, n) {
        let (Some((own, later)), Some((&pivot, tail))) =
            (rest.split_first_mut(), row.split_first())
        else {
            break;
        };
        *own = if pivot > T::ZERO {
            *own / pivot
        } else {
            T::ZERO
        };
        for (entry, &value) in later.iter_mut().zip(tail) {
            *entry -= value * *own;
        }
        rest = later;
    }
}

/// Solves `R x = b` in place of b; 0 where the row of R is zero.
pub fn backward<T: Scalar>(factor: &[T], b: &mut [T]) {
    let n = b.len();
    let mut rest = factor.get(..packed_length(n)).unwrap_or_default();
    for i in (0..n).rev() {
        let Some((earlier, row)) = rest.split_at_checked(rest.len().saturating_sub(n - i)) else {
            break;
        };
        rest = earlier;
        let Some((own, later)) = b.get_mut(i..).and_then(<[T]>::split_first_mut) else {
            break;
        };
        let Some((&pivot, tail)) = row.split_first() else {
            break;
        };
        *own = if pivot > T::ZERO {
            (*own - dot(tail, later)) / pivot
        } else {
            T::ZERO
        };
    }
}

/// `x^T A y` for the packed symmetric matrix A: entry by entry, row by row.
pub fn bilinear<T: Scalar>(packed: &[T], x: &[T], y: &[T]) -> T {
    let mut sum = T::ZERO;
    for (i, (row, (&xi, &yi))) in rows(packed, x.len()).zip(x.iter().zip(y)).enumerate() {
        let mut entries = row.iter().zip(x.iter().zip(y).skip(i));
        if let Some((&a, _)) = entries.next() {
            sum += a * (xi * yi);
        }
        for (&a, (&xj, &yj)) in entries {
            sum += a * (xi * yj + xj * yi);
        }
    }
    sum
}
