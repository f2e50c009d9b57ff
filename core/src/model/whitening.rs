//! Models whose batches can be whitened, and the Gram matrices that this takes.

use super::{Linear, Model, Psd, Signed};
use crate::Scalar;
use crate::algebra::{Packing, Size};
use crate::stored::Row;

/// A model for which a Gram matrix of measurements has a fixed size: [`Linear`] of up to 64 features,
/// [`Psd`] and [`Signed`] of up to 10 rows. Sealed, as [`Model`] is.
pub trait Whitening: Model {
    /// A packed symmetric matrix, one row for each coordinate of a measurement.
    type Gram: Row<Self::Scalar> + core::fmt::Debug;

    /// Scalars of a Gram matrix.
    const GRAM: usize;

    /// All entries +0.0.
    fn gram() -> Self::Gram;
}

/// Sizes of symmetric matrices for which a Gram matrix of measurements has a fixed size:
/// [`Size<1>`](Size) to `Size<10>`.
pub trait GramPacking: Packing {
    /// An array of p(p+1)/2 scalars, p = D(D+1)/2.
    type Gram<T: Scalar>: Row<T> + core::fmt::Debug;

    /// All entries +0.0.
    fn gram<T: Scalar>() -> Self::Gram<T>;
}

/// Scalars of a Gram matrix of symmetric matrices of size `d`.
const fn gram_length(d: usize) -> usize {
    let p = d * (d + 1) / 2;
    p * (p + 1) / 2
}

macro_rules! gram_packing {
    ($($d:literal)*) => {$(
        impl GramPacking for Size<$d> {
            type Gram<T: Scalar> = [T; gram_length($d)];
            #[inline]
            fn gram<T: Scalar>() -> Self::Gram<T> {
                [T::ZERO; gram_length($d)]
            }
        }
    )*};
}

gram_packing!(1 2 3 4 5 6 7 8 9 10);

impl<T: Scalar, const D: usize> Whitening for Linear<T, D>
where
    Size<D>: Packing,
{
    type Gram = <Size<D> as Packing>::Array<T>;

    const GRAM: usize = <Size<D> as Packing>::ENTRIES;

    fn gram() -> Self::Gram {
        <Size<D> as Packing>::zeros()
    }
}

impl<T: Scalar, const D: usize, const K: usize> Whitening for Psd<T, D, K>
where
    Size<D>: GramPacking,
{
    type Gram = <Size<D> as GramPacking>::Gram<T>;

    const GRAM: usize = gram_length(D);

    fn gram() -> Self::Gram {
        <Size<D> as GramPacking>::gram()
    }
}

impl<T: Scalar, const D: usize, const K: usize> Whitening for Signed<T, D, K>
where
    Size<D>: GramPacking,
{
    type Gram = <Size<D> as GramPacking>::Gram<T>;

    const GRAM: usize = gram_length(D);

    fn gram() -> Self::Gram {
        <Size<D> as GramPacking>::gram()
    }
}
