//! Packed matrices.

use core::hint::black_box;

use heterosgd::algebra::{Dual, dot};
use heterosgd::nalgebra::SMatrix;
use heterosgd::sampling::{Ensemble, Gaussian, Purpose, stream};
use heterosgd::{Eigen, Packing, Scalar, Size, Symmetric};

use super::tally::Tally;

#[inline(never)]
pub(super) fn algebra<T: Scalar>(tally: &mut Tally) {
    building::<T, 1>(tally);
    building::<T, 5>(tally);
    arithmetic::<T, 1>(tally);
    arithmetic::<T, 5>(tally);
    decomposition::<T, 1>(tally);
    decomposition::<T, 5>(tally);
    products::<T>(tally);
}

/// A matrix and a vector.
fn drawn<T: Scalar, const D: usize>(index: u64) -> (Symmetric<T, D>, [T; D])
where
    Size<D>: Packing,
{
    let mut draws = stream(black_box(1), Purpose::Measurements, black_box(index));
    let matrix = Gaussian::draw(&mut draws);
    let vector = core::array::from_fn(|_| T::standard_normal(&mut draws));
    (matrix, vector)
}

#[inline(never)]
fn building<T: Scalar, const D: usize>(tally: &mut Tally)
where
    Size<D>: Packing,
{
    let (drawn, _) = drawn::<T, D>(0);
    tally.word(<Size<D> as Packing>::ENTRIES as u64);
    let mut packed = <Size<D> as Packing>::zeros::<T>();
    packed.as_mut().copy_from_slice(drawn.as_slice());
    tally.word(Symmetric::<T, D>::from_packed(packed) == drawn);
    // All of the entries, then none but the first.
    for length in black_box([<Size<D> as Packing>::ENTRIES, 1, 0, usize::MAX]) {
        let entries = drawn.as_slice().get(..length).unwrap_or_default();
        let matrix = Symmetric::<T, D>::from_slice(entries);
        tally.word(matrix == Some(drawn));
    }
    tally.scalars(Symmetric::<T, D>::zero().as_slice());
    tally.scalars(Symmetric::<T, D>::default().as_slice());
    let mut matrix = Symmetric::<T, D>::from_fn(|i, j| T::from_count((7 * i + j) as u32));
    for entry in matrix.as_mut_slice() {
        *entry *= T::FRAC_1_SQRT_2;
    }
    tally.scalars(matrix.as_slice());
    for i in black_box([0, D - 1, D, usize::MAX]) {
        for j in black_box([0, D - 1, D, usize::MAX]) {
            tally.optional(drawn.get(i, j));
        }
    }
    let full: SMatrix<T, D, D> = drawn.to_matrix();
    tally.scalars(full.data.0.as_flattened());
}

#[inline(never)]
fn arithmetic<T: Scalar, const D: usize>(tally: &mut Tally)
where
    Size<D>: Packing,
{
    let (mut matrix, x) = drawn::<T, D>(1);
    let (other, _) = drawn::<T, D>(2);
    let [first, second, third] = black_box([0.25, -1.5, 3.0]).map(T::from_f64);
    matrix.add_scaled(&other, first);
    tally.scalars(matrix.as_slice());
    matrix.add_outer(&x, second);
    tally.scalars(matrix.as_slice());
    matrix.add_diagonal(third);
    tally.scalars(matrix.as_slice());
    tally.scalars(&[matrix.inner(&other), matrix.norm()]);
    tally.scalars(&matrix.times(&x));
    let dual = Dual::new(&matrix);
    tally.scalars(&[dual.inner(&other), dual.quadratic(&x), dual.trace()]);
    tally.word(dual == Dual::new(&other));
}

#[inline(never)]
fn decomposition<T: Scalar, const D: usize>(tally: &mut Tally)
where
    Size<D>: Packing,
{
    let (matrix, _) = drawn::<T, D>(3);
    let Eigen {
        values, vectors, ..
    } = matrix.eigen();
    tally.scalars(&values);
    tally.scalars(vectors.as_flattened());
    for rank in black_box([0, 2, usize::MAX]) {
        tally.scalars(matrix.leading(rank).as_slice());
    }
}

#[inline(never)]
fn products<T: Scalar>(tally: &mut Tally) {
    let (_, a) = drawn::<T, 19>(4);
    let (_, b) = drawn::<T, 19>(5);
    for (first, second) in black_box([(19, 19), (16, 19), (19, 3), (0, 5)]) {
        let a = a.get(..first).unwrap_or_default();
        let b = b.get(..second).unwrap_or_default();
        tally.scalar(dot(a, b));
    }
}
