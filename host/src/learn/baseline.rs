//! Ordinary least squares, the baseline that everyone knows.

use heterosgd::nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::design::Design;

/// Above this many unknowns the decomposition takes minutes; least squares is then left out.
const MAX_UNKNOWNS: usize = 1100;

/// Eigenvalues of the normal matrix below this share of the largest count as zero.
///
/// Far above rounding, because recorded decimals are rounded too: with five of them, `cos^2 + sin^2`
/// is 1 up to 1e-5 and its variance 1e-10 of a feature's. Dividing by that is dividing noise by noise.
/// A direction that is kept has at least 1e-4 of the largest one's standard deviation.
const CUT: f64 = 1e-8;

/// Least squares on the standardised rows, the solution of least norm where features are collinear.
/// `None` above [`MAX_UNKNOWNS`].
pub(super) fn least_squares(design: &Design) -> Option<Vec<f64>> {
    let p = design.space.len();
    if p > MAX_UNKNOWNS {
        return None;
    }
    let weights = design.space.weights();
    let mut normal = DMatrix::<f64>::zeros(p, p);
    let mut right = DVector::<f64>::zeros(p);
    let mut row = vec![0.0; p];
    for index in design.groups.iter().flatten() {
        for ((entry, &x), weight) in row.iter_mut().zip(design.row(*index)).zip(&weights) {
            *entry = x * weight;
        }
        let y = design.y[*index];
        for (j, &xj) in row.iter().enumerate() {
            right[j] += xj * y;
            let mut column = normal.column_mut(j);
            for (entry, &xi) in column.iter_mut().zip(&row[..=j]) {
                *entry += xi * xj;
            }
        }
    }
    normal.fill_lower_triangle_with_upper_triangle();
    let eigen = SymmetricEigen::new(normal);
    let largest = eigen.eigenvalues.iter().copied().fold(0.0, f64::max);
    let mut projected = eigen.eigenvectors.transpose() * right;
    for (entry, &value) in projected.iter_mut().zip(&eigen.eigenvalues) {
        *entry = if value > CUT * largest {
            *entry / value
        } else {
            0.0
        };
    }
    Some((eigen.eigenvectors * projected).iter().copied().collect())
}
