//! Random orthonormal columns.

use rand_core::Rng;

use crate::Scalar;
use crate::algebra::dot;

/// Draws per column; a Gaussian column all but depends on fewer than D others with probability 0.
const ATTEMPTS: usize = 8;

/// `K` orthonormal columns of length `D`, drawn uniformly (Haar): Gaussian columns through
/// Gram-Schmidt, each orthogonalised twice. `K <= D`.
pub fn orthonormal<T: Scalar, R: Rng + ?Sized, const D: usize, const K: usize>(
    rng: &mut R,
) -> [[T; D]; K] {
    const {
        assert!(
            K <= D,
            "there are no more than D orthonormal columns of length D"
        );
    }
    let mut columns = [[T::ZERO; D]; K];
    fill_orthonormal(rng, &mut columns, D);
    columns
}

/// Fills `columns` as [`orthonormal`] does, with columns that are zero but for their first `dim`
/// entries: random directions of a smaller space, zero-padded. Columns beyond the first `dim` are zero.
pub fn fill_orthonormal<T: Scalar, R: Rng + ?Sized, const D: usize>(
    rng: &mut R,
    columns: &mut [[T; D]],
    dim: usize,
) {
    let dim = dim.min(D);
    for k in 0..columns.len() {
        let Some((done, rest)) = columns.split_at_mut_checked(k) else {
            break;
        };
        if let Some(column) = rest.first_mut() {
            *column = [T::ZERO; D];
            if k < dim {
                orthonormalise(column, done, dim, rng);
            }
        }
    }
}

/// Makes `column` a unit vector orthogonal to the orthonormal `done`.
fn orthonormalise<T: Scalar, R: Rng + ?Sized, const D: usize>(
    column: &mut [T; D],
    done: &[[T; D]],
    dim: usize,
    rng: &mut R,
) {
    for _ in 0..ATTEMPTS {
        for entry in column.iter_mut().take(dim) {
            *entry = T::standard_normal(rng);
        }
        let before = dot(column, column);
        for _ in 0..2 {
            for earlier in done {
                let overlap = dot(column, earlier);
                for (entry, &e) in column.iter_mut().zip(earlier) {
                    *entry -= overlap * e;
                }
            }
        }
        let length = dot(column, column);
        if length > before * T::EPSILON {
            let norm = length.sqrt();
            for entry in column.iter_mut() {
                *entry = *entry / norm;
            }
            return;
        }
    }
}
