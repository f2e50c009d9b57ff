//! How far an estimate is from the matrix of its scalars.

use heterosgd::{Packing, Scalar, Size, Symmetric};

use crate::problem::Problem;

/// The factor entries of the scalar recursions (docs/theory.md, section 2): those of the invariant
/// directions, of the spurious ones, and of the null directions, which share one.
pub(super) fn start<const D: usize>(problem: &Problem<D>, init_scale: f64) -> Vec<f64>
where
    Size<D>: Packing,
{
    vec![init_scale; problem.invariant.len() + problem.spurious.len() + 1]
}

/// `||estimate - the matrix of the scalars||` over the norm of the latter; `entries` as [`start`] has
/// them.
pub(super) fn distance<T: Scalar, const D: usize>(
    estimate: &Symmetric<T, D>,
    entries: &[f64],
    problem: &Problem<D>,
) -> f64
where
    Size<D>: Packing,
{
    let null = entries.last().copied().unwrap_or(f64::NAN);
    let mut expected = Symmetric::<f64, D>::zero();
    expected.add_diagonal(null * null);
    let directions = problem.invariant.iter().chain(&problem.spurious);
    for (direction, entry) in directions.zip(entries) {
        expected.add_outer(direction, entry * entry - null * null);
    }
    let norm = expected.norm();
    let mut difference = expected;
    for (to, from) in difference
        .as_mut_slice()
        .iter_mut()
        .zip(estimate.as_slice())
    {
        *to -= from.to_f64();
    }
    difference.norm() / norm
}
