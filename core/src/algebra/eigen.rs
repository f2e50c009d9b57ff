//! Eigenvalues and eigenvectors by cyclic Jacobi rotations: no allocation, the same bits everywhere.

use nalgebra::SMatrix;

use super::{Packing, Size, Symmetric};
use crate::Scalar;

/// Sweeps after which the iteration ends in any case; convergence is quadratic and needs 6 to 10.
const MAX_SWEEPS: usize = 40;

/// The eigendecomposition of a symmetric matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Eigen<T: Scalar, const D: usize> {
    /// Eigenvalues, in descending order of absolute value.
    pub values: [T; D],
    /// Unit eigenvectors: `vectors[k]` belongs to `values[k]`.
    pub vectors: [[T; D]; D],
}

impl<T: Scalar, const D: usize> Symmetric<T, D>
where
    Size<D>: Packing,
{
    /// The eigendecomposition, by cyclic Jacobi rotations (Golub and Van Loan, *Matrix
    /// Computations*, section 8.5). Uses 2 D^2 scalars of stack.
    pub fn eigen(&self) -> Eigen<T, D> {
        let mut a: SMatrix<T, D, D> = self.to_matrix();
        let mut v = [[T::ZERO; D]; D];
        for (i, column) in v.iter_mut().enumerate() {
            if let Some(entry) = column.get_mut(i) {
                *entry = T::ONE;
            }
        }
        let a = &mut a.data.0;
        for _ in 0..MAX_SWEEPS {
            let mut rotated = false;
            for p in 0..D {
                for q in p + 1..D {
                    rotated |= rotate(a, &mut v, p, q);
                }
            }
            if !rotated {
                break;
            }
        }
        let mut values = [T::ZERO; D];
        for (i, (value, column)) in values.iter_mut().zip(a.iter()).enumerate() {
            if let Some(&entry) = column.get(i) {
                *value = entry;
            }
        }
        sort_descending(&mut values, &mut v);
        Eigen { values, vectors: v }
    }

    /// The matrix cut back to its `rank` eigenvalues of largest absolute value.
    pub fn leading(&self, rank: usize) -> Self {
        let eigen = self.eigen();
        let mut cut = Self::zero();
        for (vector, &value) in eigen.vectors.iter().zip(&eigen.values).take(rank) {
            cut.add_outer(vector, value);
        }
        cut
    }
}

/// Zeroes entry (p, q) by a rotation of rows and columns p and q; false if it already counts as zero.
fn rotate<T: Scalar, const D: usize>(
    a: &mut [[T; D]; D],
    v: &mut [[T; D]; D],
    p: usize,
    q: usize,
) -> bool {
    let (app, aqq, apq) = (at(a, p, p), at(a, q, q), at(a, p, q));
    // The root of each, not of the product, which overflows or vanishes where the matrix is huge or tiny.
    if apq.abs() <= T::EPSILON * (app.abs().sqrt() * aqq.abs().sqrt()) {
        return false;
    }
    let two = T::ONE + T::ONE;
    let theta = (aqq - app) / (two * apq);
    // theta * theta may overflow to infinity; then t = 0 and nothing rotates, as is right.
    let root = (theta * theta + T::ONE).sqrt();
    let t = if theta >= T::ZERO {
        T::ONE / (theta + root)
    } else {
        -T::ONE / (root - theta)
    };
    let c = T::ONE / (t * t + T::ONE).sqrt();
    let s = t * c;
    for k in 0..D {
        let (akp, akq) = (at(a, k, p), at(a, k, q));
        put(a, k, p, c * akp - s * akq);
        put(a, k, q, s * akp + c * akq);
    }
    for k in 0..D {
        let (apk, aqk) = (at(a, p, k), at(a, q, k));
        put(a, p, k, c * apk - s * aqk);
        put(a, q, k, s * apk + c * aqk);
    }
    put(a, p, q, T::ZERO);
    put(a, q, p, T::ZERO);
    for k in 0..D {
        let (vkp, vkq) = (at(v, k, p), at(v, k, q));
        put(v, k, p, c * vkp - s * vkq);
        put(v, k, q, s * vkp + c * vkq);
    }
    t != T::ZERO
}

#[inline]
fn at<T: Scalar, const D: usize>(columns: &[[T; D]; D], row: usize, column: usize) -> T {
    match columns.get(column).and_then(|c| c.get(row)) {
        Some(&value) => value,
        None => T::ZERO,
    }
}

#[inline]
fn put<T: Scalar, const D: usize>(columns: &mut [[T; D]; D], row: usize, column: usize, value: T) {
    if let Some(entry) = columns.get_mut(column).and_then(|c| c.get_mut(row)) {
        *entry = value;
    }
}

/// Selection sort: stable in bits, no allocation, D is small.
fn sort_descending<T: Scalar, const D: usize>(values: &mut [T; D], vectors: &mut [[T; D]; D]) {
    for i in 0..D {
        let mut largest = i;
        for j in i + 1..D {
            if let (Some(a), Some(b)) = (values.get(j), values.get(largest))
                && a.abs() > b.abs()
            {
                largest = j;
            }
        }
        if largest != i && largest < D {
            values.swap(i, largest);
            vectors.swap(i, largest);
        }
    }
}
