//! Arrays for rows and their moments, for every number of features from 1 to 64.

use core::fmt::Debug;

use super::moments::moments_length;
use crate::Scalar;
use crate::algebra::{Packing, Size};
use crate::stored::Row;

/// Numbers of features for which the moments of rows have a fixed size: [`Size<1>`](Size) to
/// `Size<64>`.
pub trait MomentPacking: Packing {
    /// The moments of D features and a response.
    type Moments<T: Scalar>: Row<T> + Debug;
    /// D features and a response.
    type Sample<T: Scalar>: Row<T> + Debug;

    /// Moments of nothing.
    fn moments<T: Scalar>() -> Self::Moments<T>;
    /// A row of zeros.
    fn sample<T: Scalar>() -> Self::Sample<T>;
}

macro_rules! moment_packing {
    ($($d:literal)*) => {$(
        impl MomentPacking for Size<$d> {
            type Moments<T: Scalar> = [T; moments_length($d)];
            type Sample<T: Scalar> = [T; $d + 1];
            #[inline]
            fn moments<T: Scalar>() -> Self::Moments<T> {
                [T::ZERO; moments_length($d)]
            }
            #[inline]
            fn sample<T: Scalar>() -> Self::Sample<T> {
                [T::ZERO; $d + 1]
            }
        }
    )*};
}

moment_packing!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
    32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64);
