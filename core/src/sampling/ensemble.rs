//! Isotropic measurement ensembles: `E[<X, Z> X] = Z` for every symmetric Z (docs/theory.md, section 1).

use rand_core::Rng;

use super::Normals;
use crate::Scalar;
use crate::algebra::{Packing, Size, Symmetric, rows_mut};
use crate::measurement::{Features, IsotropicRankOne, RankOne};
use crate::stored::Portable;

/// A distribution of measurements of type `X`.
pub trait Ensemble<X> {
    /// Draws one measurement.
    fn draw<R: Rng + ?Sized>(rng: &mut R) -> X;

    /// As [`draw`](Self::draw), by way of `normals`; the same bits.
    #[inline]
    fn draw_with<N: Normals, R: Rng + ?Sized>(normals: &N, rng: &mut R) -> X {
        let _ = normals;
        Self::draw(rng)
    }
}

/// Dense Gaussian matrices: `X_ii ~ N(0, 1)`, `X_ij = X_ji ~ N(0, 1/2)`; one normal per packed
/// entry, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gaussian;

/// Dense sign matrices: `X_ii = +-1`, `X_ij = X_ji = +-1/sqrt(2)` with equal odds.
/// One bit per packed entry, in order, from the lowest bit of each 32-bit word (1 means minus).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rademacher;

/// Rank one: `x ~ N(0, I)`, as `X = (x x^T - I)/sqrt(2)` ([`IsotropicRankOne`]) or, not isotropic,
/// as the plain `X = x x^T` ([`RankOne`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GaussianRankOne;

/// Feature vectors `x ~ N(0, I)` for the [`Linear`](crate::Linear) model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GaussianFeatures;

fn scale_off_diagonal<T: Scalar, const D: usize>(x: &mut Symmetric<T, D>)
where
    Size<D>: Packing,
{
    for row in rows_mut(x.as_mut_slice(), D) {
        for entry in row.iter_mut().skip(1) {
            *entry *= T::FRAC_1_SQRT_2;
        }
    }
}

#[inline]
fn vector<T: Scalar, N: Normals, R: Rng + ?Sized, const D: usize>(
    normals: &N,
    rng: &mut R,
) -> [T; D] {
    let mut x = [T::ZERO; D];
    normals.fill(rng, &mut x);
    x
}

impl<T: Scalar, const D: usize> Ensemble<Symmetric<T, D>> for Gaussian
where
    Size<D>: Packing,
{
    fn draw<R: Rng + ?Sized>(rng: &mut R) -> Symmetric<T, D> {
        Self::draw_with(&Portable, rng)
    }

    #[inline]
    fn draw_with<N: Normals, R: Rng + ?Sized>(normals: &N, rng: &mut R) -> Symmetric<T, D> {
        let mut x = Symmetric::zero();
        normals.fill(rng, x.as_mut_slice());
        scale_off_diagonal(&mut x);
        x
    }
}

impl<T: Scalar, const D: usize> Ensemble<Symmetric<T, D>> for Rademacher
where
    Size<D>: Packing,
{
    fn draw<R: Rng + ?Sized>(rng: &mut R) -> Symmetric<T, D> {
        let mut x = Symmetric::zero();
        for entries in x.as_mut_slice().chunks_mut(32) {
            let mut bits = rng.next_u32();
            for entry in entries {
                *entry = if bits & 1 == 0 { T::ONE } else { -T::ONE };
                bits >>= 1;
            }
        }
        scale_off_diagonal(&mut x);
        x
    }
}

impl<T: Scalar, const D: usize> Ensemble<IsotropicRankOne<T, D>> for GaussianRankOne {
    fn draw<R: Rng + ?Sized>(rng: &mut R) -> IsotropicRankOne<T, D> {
        Self::draw_with(&Portable, rng)
    }

    #[inline]
    fn draw_with<N: Normals, R: Rng + ?Sized>(normals: &N, rng: &mut R) -> IsotropicRankOne<T, D> {
        IsotropicRankOne(vector(normals, rng))
    }
}

impl<T: Scalar, const D: usize> Ensemble<RankOne<T, D>> for GaussianRankOne {
    fn draw<R: Rng + ?Sized>(rng: &mut R) -> RankOne<T, D> {
        Self::draw_with(&Portable, rng)
    }

    #[inline]
    fn draw_with<N: Normals, R: Rng + ?Sized>(normals: &N, rng: &mut R) -> RankOne<T, D> {
        RankOne(vector(normals, rng))
    }
}

impl<T: Scalar, const D: usize> Ensemble<Features<T, D>> for GaussianFeatures {
    fn draw<R: Rng + ?Sized>(rng: &mut R) -> Features<T, D> {
        Self::draw_with(&Portable, rng)
    }

    #[inline]
    fn draw_with<N: Normals, R: Rng + ?Sized>(normals: &N, rng: &mut R) -> Features<T, D> {
        Features(vector(normals, rng))
    }
}
