//! The same job by other libraries, as one would naturally write it with them.

use heterosgd::algebra::{Packing, Size};
use heterosgd::{Scalar, Symmetric};
use nalgebra::{RealField, SMatrix, SVector};
use ndarray::linalg::general_mat_vec_mul;
use ndarray::{Array1, ArrayView2, LinalgScalar};

/// nalgebra on full matrices.
pub(crate) fn nalgebra_full<T: Scalar + RealField, const D: usize>(
    x: &[SMatrix<T, D, D>],
    y: &[T],
    p: &SMatrix<T, D, D>,
) -> SMatrix<T, D, D> {
    let mut sum = SMatrix::<T, D, D>::zeros();
    for (x, &y) in x.iter().zip(y) {
        let residual = x.dot(p) - y;
        sum += x * residual;
    }
    sum
}

/// nalgebra on vectors `x` of rank-one measurements `x x^T`.
pub(crate) fn nalgebra_one<T: Scalar + RealField, const D: usize>(
    x: &[[T; D]],
    y: &[T],
    p: &SMatrix<T, D, D>,
) -> SMatrix<T, D, D> {
    let mut sum = SMatrix::<T, D, D>::zeros();
    for (&x, &y) in x.iter().zip(y) {
        let x = SVector::<T, D>::from(x);
        let residual = x.dot(&(p * x)) - y;
        sum.ger(residual, &x, &x, <T as Scalar>::ONE);
    }
    sum
}

/// `ndarray` on packed triangles, two products of a matrix and a vector for a batch.
pub(crate) fn ndarray_packed<T: Scalar + RealField + LinalgScalar, const D: usize>(
    rows: &[T],
    y: &[T],
    p: &SMatrix<T, D, D>,
) -> SMatrix<T, D, D>
where
    Size<D>: Packing,
{
    let (zero, one) = (<T as Scalar>::ZERO, <T as Scalar>::ONE);
    let length = D * (D + 1) / 2;
    let Ok(x) = ArrayView2::from_shape((y.len(), length), rows) else {
        return SMatrix::zeros();
    };
    let dual = Symmetric::<T, D>::from_fn(|i, j| {
        let entry = p.get((i, j)).copied().unwrap_or(zero);
        if i == j { entry } else { entry + entry }
    });
    let dual = Array1::from(dual.as_slice().to_vec());
    let mut residual = Array1::from(y.to_vec());
    general_mat_vec_mul(one, &x, &dual, -one, &mut residual);
    let mut packed = Array1::from_elem(length, zero);
    general_mat_vec_mul(one, &x.t(), &residual, zero, &mut packed);
    packed
        .as_slice()
        .and_then(Symmetric::<T, D>::from_slice)
        .map_or_else(SMatrix::zeros, |sum| sum.to_matrix())
}

/// A step on the factor, by nalgebra.
pub(crate) fn step<T: Scalar + RealField, const D: usize>(
    u: &mut SMatrix<T, D, D>,
    gradient: &SMatrix<T, D, D>,
    count: usize,
) {
    let scale = <T as Scalar>::from_f64(0.1 / D as f64 / count as f64);
    let change = gradient * *u;
    *u -= change * scale;
}
