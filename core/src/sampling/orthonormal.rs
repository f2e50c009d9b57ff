//! Random orthonormal columns.

use rand_core::Rng;

use crate::Scalar;
use crate::algebra::dot;

/// `K` orthonormal columns of length `D`, drawn uniformly (Haar): Gaussian columns through modified
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
    for k in 0..K {
        let Some((done, rest)) = columns.split_at_mut_checked(k) else {
            break;
        };
        if let Some(column) = rest.first_mut() {
            orthonormalise(column, done, rng);
        }
    }
    columns
}

/// Fills `column` with a unit vector orthogonal to the orthonormal `done`.
fn orthonormalise<T: Scalar, R: Rng + ?Sized, const D: usize>(
    column: &mut [T; D],
    done: &[[T; D]],
    rng: &mut R,
) {
    // A Gaussian column is all but dependent on fewer than D others with probability 0; a draw that
    // loses nearly all its length is drawn again, a fixed number of times.
    for _ in 0..8 {
        for entry in column.iter_mut() {
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
