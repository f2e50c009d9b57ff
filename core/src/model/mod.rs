//! What is learned: the factor, the estimate it stands for, and one gradient step on it.
//!
//! All three models follow one rule (docs/theory.md, section 1): with the batch gradient
//! `M = (1/m) sum_i (<X_i, estimate> - y_i) X_i`, a half that enters the estimate with a plus sign
//! moves by `U <- (I - step_size M) U`, one that enters with a minus sign by `V <- (I + step_size M) V`.

mod linear;
mod psd;
mod shape;
mod signed;
mod step;
mod whitening;

pub use linear::Linear;
pub use psd::Psd;
pub use shape::Shape;
pub use signed::Signed;
pub use whitening::{GramPacking, Whitening};

use crate::Scalar;
use crate::algebra::{Dual, Packing, Size, Symmetric};
use crate::stored::{Kernel, Portable};

mod sealed {
    use super::{Linear, Psd, Signed};
    use crate::Scalar;
    use crate::algebra::{Packing, Size, Symmetric};

    pub trait Model {}
    impl<T: Scalar, const D: usize, const K: usize> Model for Psd<T, D, K> where Size<D>: Packing {}
    impl<T: Scalar, const D: usize, const K: usize> Model for Signed<T, D, K> where Size<D>: Packing {}
    impl<T: Scalar, const D: usize> Model for Linear<T, D> {}

    pub trait Sum {}
    impl<T: Scalar, const D: usize> Sum for [T; D] {}
    impl<T: Scalar, const D: usize> Sum for Symmetric<T, D> where Size<D>: Packing {}
}

/// A sum of measurements, or of estimates: what gradients and averages are made of. An array or a
/// [`Symmetric`] matrix; the trait is sealed.
pub trait Sum<T>: sealed::Sum + Clone + core::fmt::Debug {
    /// Number of entries.
    const SCALARS: usize;

    /// All entries +0.0.
    fn zero() -> Self;
    /// Adds `scale * other`, entry by entry.
    fn add_scaled(&mut self, other: &Self, scale: T);
    /// For each entry, how often it counts in an inner product: once, but twice off the diagonal of a
    /// symmetric matrix.
    fn weights() -> impl Iterator<Item = T> + Clone;
    /// The entries: those of an array, or of a packed triangle.
    fn as_slice(&self) -> &[T];
    /// The entries, for writing.
    fn as_mut_slice(&mut self) -> &mut [T];
}

impl<T: Scalar, const D: usize> Sum<T> for [T; D] {
    const SCALARS: usize = D;

    #[inline]
    fn zero() -> Self {
        [T::ZERO; D]
    }

    #[inline]
    fn add_scaled(&mut self, other: &Self, scale: T) {
        for (a, &b) in self.iter_mut().zip(other) {
            *a += scale * b;
        }
    }

    #[inline]
    fn weights() -> impl Iterator<Item = T> + Clone {
        core::iter::repeat_n(T::ONE, D)
    }

    #[inline]
    fn as_slice(&self) -> &[T] {
        self
    }

    #[inline]
    fn as_mut_slice(&mut self) -> &mut [T] {
        self
    }
}

impl<T: Scalar, const D: usize> Sum<T> for Symmetric<T, D>
where
    Size<D>: Packing,
{
    const SCALARS: usize = <Size<D> as Packing>::ENTRIES;

    #[inline]
    fn zero() -> Self {
        Symmetric::zero()
    }

    #[inline]
    fn add_scaled(&mut self, other: &Self, scale: T) {
        Symmetric::add_scaled(self, other, scale);
    }

    #[inline]
    fn weights() -> impl Iterator<Item = T> + Clone {
        let two = T::ONE + T::ONE;
        (0..D).flat_map(move |i| (i..D).map(move |j| if i == j { T::ONE } else { two }))
    }

    #[inline]
    fn as_slice(&self) -> &[T] {
        Symmetric::as_slice(self)
    }

    #[inline]
    fn as_mut_slice(&mut self) -> &mut [T] {
        Symmetric::as_mut_slice(self)
    }
}

/// What a learner learns: [`Psd`], [`Signed`] or [`Linear`]. The trait is sealed, so that a later
/// release can ask more of a model; a [`Measurement`](crate::Measurement) of your own is welcome.
pub trait Model: sealed::Model + Sized + Clone + core::fmt::Debug {
    /// The scalar of the state, `f32` or `f64`.
    type Scalar: Scalar;
    /// A weighted sum of measurements; the estimate has the same shape.
    type Gradient: Sum<Self::Scalar>;
    /// A signal in the form that measurements are tested against.
    type Signal;

    /// Which model it is, and of what size.
    const SHAPE: Shape;

    /// The small starting point: `init_scale` times orthonormal columns (the identity for K = D).
    fn initial(init_scale: Self::Scalar, seed: u64) -> Self;

    /// The present estimate, in the form that measurements are tested against.
    fn signal(&self) -> &Self::Signal;

    /// The signal form of `value`, a matrix (or coefficients) of the estimate's shape.
    fn signal_of(value: &Self::Gradient) -> Self::Signal;

    /// The present estimate.
    fn estimate(&self) -> Self::Gradient;

    /// One step along `sum` times `rate`, where `rate = step_size / m` and `sum / m` is the batch
    /// gradient. False, and nothing changed, if an entry would leave
    /// [`MAX_FACTOR`](Scalar::MAX_FACTOR).
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    fn step(&mut self, sum: &Self::Gradient, rate: Self::Scalar) -> bool {
        self.step_with(&Portable, sum, rate, None)
    }

    /// As [`step`](Self::step), by a kernel made for the machine at hand; the same bits. With a limit also
    /// false, and nothing changed, if the Frobenius norm of the factor would exceed it.
    fn step_with<K: Kernel<Self::Scalar>>(
        &mut self,
        kernel: &K,
        sum: &Self::Gradient,
        rate: Self::Scalar,
        norm_limit: Option<Self::Scalar>,
    ) -> bool;

    /// Visits every scalar of the factor in the documented order (docs/formats.md), for digests.
    fn visit(&self, visitor: impl FnMut(Self::Scalar));

    /// Visits every scalar of the factor with its slope along `sum`: a step of rate r takes the one to
    /// itself less r times the other.
    fn visit_slopes(&self, sum: &Self::Gradient, visitor: impl FnMut(Self::Scalar, Self::Scalar));

    /// Visits every scalar that the model keeps: the factor, and the estimate that follows from it.
    fn visit_state(&self, visitor: impl FnMut(Self::Scalar));

    /// Puts `entry` of each scalar of the factor, in the documented order, in its place, and brings the
    /// estimate up to date. False, and nothing changed, if one is not within
    /// [`MAX_FACTOR`](Scalar::MAX_FACTOR).
    fn replace(&mut self, entry: impl FnMut(Self::Scalar) -> Self::Scalar) -> bool;

    /// As [`visit_state`](Self::visit_state), for writing: what a fault in memory could do.
    #[cfg(test)]
    fn visit_state_mut(&mut self, visitor: impl FnMut(&mut Self::Scalar));
}

/// A model of a symmetric matrix: [`Psd`] or [`Signed`]. Sealed, as [`Model`] is.
pub trait SymmetricModel<T: Scalar, const D: usize>:
    Model<Scalar = T, Gradient = Symmetric<T, D>, Signal = Dual<T, D>>
where
    Size<D>: Packing,
{
    /// Whether [`quadratic`](Self::quadratic) goes through the factor.
    const THROUGH_FACTOR: bool;

    /// `x^T estimate x`, by the cheaper of two routes: through the factor (`D K` products) or
    /// through the packed estimate (`D (D + 1)/2`). Which one is fixed by D and K.
    fn quadratic(&self, x: &[T; D]) -> T;
}
