//! Batches whose gradient is exactly the population gradient.
//!
//! An orthonormal basis `B_1 ... B_m` of the symmetric matrices, m = D(D+1)/2, scaled by `sqrt(m)`,
//! satisfies `(1/m) sum <X_i, Z> X_i = Z` for every Z: a finite batch without sampling error, so
//! that the matrices must follow the scalar recursions of docs/theory.md, section 2, to rounding.

use heterosgd::algebra::{Dual, Packing, Size};
use heterosgd::learner::{Learner, Rule, Step};
use heterosgd::{Features, Linear, Measurement, Model, Scalar, Symmetric};

use crate::naive::{self, Matrix, product, transpose};

/// The scaled basis in the coordinates given by the orthogonal matrix `rotation` (rows).
pub fn basis<T: Scalar, const D: usize>(rotation: &Matrix) -> Vec<Symmetric<T, D>>
where
    Size<D>: Packing,
{
    let m = (D * (D + 1) / 2) as f64;
    let mut basis = Vec::new();
    for i in 0..D {
        for j in i..D {
            let mut b = naive::zeros(D, D);
            let scale = libm::sqrt(if i == j { m } else { m / 2.0 });
            b[i][j] = scale;
            b[j][i] = scale;
            basis.push(naive::packed(&rotated(rotation, &b)));
        }
    }
    basis
}

/// The scaled unit vectors: the same design for the linear model.
pub fn unit_features<T: Scalar, const D: usize>() -> Vec<Features<T, D>> {
    (0..D)
        .map(|i| {
            let mut x = [T::ZERO; D];
            x[i] = T::from_f64(libm::sqrt(D as f64));
            Features(x)
        })
        .collect()
}

/// `rotation z rotation^T`.
pub fn rotated(rotation: &Matrix, z: &Matrix) -> Matrix {
    product(&product(rotation, z), &transpose(rotation))
}

/// One population step of `learner` towards `signal`.
pub fn step<M, R, C, X>(learner: &mut Learner<M, R, C>, design: &[X], signal: &M::Signal)
where
    M: Model,
    R: Rule,
    C: Step<M>,
    X: Measurement<M>,
{
    let mut batch = learner.unlabelled_batch();
    for x in design {
        let y = x.respond(signal);
        batch.observe(x, y).expect("the sample is in range");
    }
    batch.step().expect("the step stays finite");
}

/// The signal form of a full matrix.
pub fn signal<T: Scalar, const D: usize>(full: &Matrix) -> Dual<T, D>
where
    Size<D>: Packing,
{
    Dual::new(&naive::packed(full))
}

/// The signal form of a vector of coefficients.
pub fn coefficients<T: Scalar, const D: usize>(values: &[f64]) -> [T; D] {
    let rounded = core::array::from_fn(|i| T::from_f64(values[i]));
    Linear::<T, D>::signal_of(&rounded)
}
