//! How a sample meets the model: what X is, and how `<X, Z>` and sums of X are taken.

use crate::algebra::{Dual, Packing, Size, Symmetric};
use crate::error::{Error, Part};
use crate::model::{Linear, Model, SymmetricModel};
use crate::{Scalar, algebra};

/// A measurement X that models of type `M` can learn from.
///
/// Implemented by [`Symmetric`] (X dense), [`RankOne`], [`IsotropicRankOne`] and, for the
/// [`Linear`] model, [`Features`]. Implement it for a measurement of your own; every method has to
/// be free of panics.
pub trait Measurement<M: Model> {
    /// Refuses entries that are not finite or out of range (see [`Scalar`]).
    ///
    /// # Errors
    /// [`Error::NotFinite`] or [`Error::OutOfRange`] with the first offending entry.
    fn check(&self) -> Result<(), Error>;

    /// `<X, Z>` for a fixed matrix Z: what a device measures if the signal is Z.
    fn respond(&self, signal: &M::Signal) -> M::Scalar;

    /// `<X, estimate>` for the model's present estimate.
    #[inline]
    fn predict(&self, model: &M) -> M::Scalar {
        self.respond(model.signal())
    }

    /// Adds `weight * X` to `sum`.
    fn add_to(&self, sum: &mut M::Gradient, weight: M::Scalar);
}

/// Checks one number: its size is to be at most `limit`.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::OutOfRange`] of `part`.
#[inline]
pub fn check_value<T: Scalar>(value: T, limit: T, part: Part) -> Result<(), Error> {
    if value.within(limit) {
        Ok(())
    } else if value.is_finite() {
        Err(Error::OutOfRange(part))
    } else {
        Err(Error::NotFinite(part))
    }
}

/// Checks the entries of a measurement, in constant time where they are good; the culprit is looked
/// for only where they are not.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::OutOfRange`] with the first entry that is not at most `limit`.
#[inline]
pub fn check_entries<T: Scalar>(entries: &[T], limit: T) -> Result<(), Error> {
    if T::all_within(entries, limit) {
        Ok(())
    } else {
        Err(first_offender(entries, limit))
    }
}

#[cold]
fn first_offender<T: Scalar>(entries: &[T], limit: T) -> Error {
    if let Some(index) = entries.iter().position(|x| !x.is_finite()) {
        return Error::NotFinite(Part::Measurement { index });
    }
    let index = entries.iter().position(|x| !x.within(limit)).unwrap_or(0);
    Error::OutOfRange(Part::Measurement { index })
}

// Inlined into `observe` always: on a Cortex-M4F the two calls cost 5 % of a sample.
impl<T: Scalar, M, const D: usize> Measurement<M> for Symmetric<T, D>
where
    Size<D>: Packing,
    M: SymmetricModel<T, D>,
{
    #[inline]
    fn check(&self) -> Result<(), Error> {
        check_entries(self.as_slice(), T::MAX_ENTRY)
    }

    #[inline(always)]
    fn respond(&self, signal: &Dual<T, D>) -> T {
        signal.inner(self)
    }

    #[inline(always)]
    fn add_to(&self, sum: &mut Symmetric<T, D>, weight: T) {
        sum.add_scaled(self, weight);
    }
}

/// `X = x x^T`, used as such: `<X, Z> = x^T Z x`. Neither centred nor scaled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankOne<T, const D: usize>(
    /// The vector x.
    pub [T; D],
);

impl<T: Scalar, M, const D: usize> Measurement<M> for RankOne<T, D>
where
    Size<D>: Packing,
    M: SymmetricModel<T, D>,
{
    #[inline]
    fn check(&self) -> Result<(), Error> {
        check_entries(&self.0, T::MAX_COORDINATE)
    }

    #[inline]
    fn respond(&self, signal: &Dual<T, D>) -> T {
        signal.quadratic(&self.0)
    }

    #[inline]
    fn predict(&self, model: &M) -> T {
        model.quadratic(&self.0)
    }

    #[inline]
    fn add_to(&self, sum: &mut Symmetric<T, D>, weight: T) {
        sum.add_outer(&self.0, weight);
    }
}

/// `X = (x x^T - I)/sqrt(2)`: rank-one sensing made isotropic, for `x` of zero mean and identity covariance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IsotropicRankOne<T, const D: usize>(
    /// The vector x.
    pub [T; D],
);

impl<T: Scalar, M, const D: usize> Measurement<M> for IsotropicRankOne<T, D>
where
    Size<D>: Packing,
    M: SymmetricModel<T, D>,
{
    #[inline]
    fn check(&self) -> Result<(), Error> {
        check_entries(&self.0, T::MAX_COORDINATE)
    }

    #[inline]
    fn respond(&self, signal: &Dual<T, D>) -> T {
        (signal.quadratic(&self.0) - signal.trace()) * T::FRAC_1_SQRT_2
    }

    #[inline]
    fn add_to(&self, sum: &mut Symmetric<T, D>, weight: T) {
        let weight = weight * T::FRAC_1_SQRT_2;
        sum.add_outer(&self.0, weight);
        sum.add_diagonal(-weight);
    }
}

/// A feature vector x of the [`Linear`] model: the diagonal measurement `X = diag(x)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features<T, const D: usize>(
    /// The features x.
    pub [T; D],
);

impl<T: Scalar, const D: usize> Measurement<Linear<T, D>> for Features<T, D> {
    #[inline]
    fn check(&self) -> Result<(), Error> {
        check_entries(&self.0, T::MAX_ENTRY)
    }

    #[inline]
    fn respond(&self, signal: &[T; D]) -> T {
        algebra::dot(&self.0, signal)
    }

    #[inline]
    fn add_to(&self, sum: &mut [T; D], weight: T) {
        for (entry, &x) in sum.iter_mut().zip(&self.0) {
            *entry += weight * x;
        }
    }
}
