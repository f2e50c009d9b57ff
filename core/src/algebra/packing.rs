//! Storage for the upper triangle of a symmetric matrix, for every size from 1 to 64.

use core::fmt::Debug;

use crate::Scalar;
use crate::stored::Row;

/// The size of a symmetric matrix, as a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size<const D: usize>;

/// Sizes for which packed storage exists: [`Size<1>`](Size) to `Size<64>`.
///
/// Stable Rust cannot write "an array of length D(D+1)/2" for a generic D; this trait writes the
/// 64 lengths out once, so that no user has to repeat them. Generic code states
/// `where Size<D>: Packing`.
pub trait Packing {
    /// An array of D(D+1)/2 scalars.
    type Array<T: Scalar>: Row<T> + Debug + PartialEq + Send + Sync;

    /// One bit for each packed entry, in 32-bit words; used by [`Signs`](crate::Signs).
    type Words: Copy + Debug + Eq + AsRef<[u32]> + AsMut<[u32]> + Send + Sync;

    /// One item for each four packed entries, the last for what is left over; used by
    /// [`SignTables`](crate::SignTables).
    type Fours<X: Copy + Debug + Send + Sync>: Copy + Debug + AsRef<[X]> + AsMut<[X]> + Send + Sync;

    /// D(D+1)/2, the number of entries on and above the diagonal.
    const ENTRIES: usize;

    /// All entries +0.0.
    fn zeros<T: Scalar>() -> Self::Array<T>;

    /// All bits 0.
    fn words() -> Self::Words;

    /// All items `item`.
    fn fours<X: Copy + Debug + Send + Sync>(item: X) -> Self::Fours<X>;
}

macro_rules! packing {
    ($($d:literal)*) => {$(
        impl Packing for Size<$d> {
            type Array<T: Scalar> = [T; $d * ($d + 1) / 2];
            type Words = [u32; ($d * ($d + 1) / 2usize).div_ceil(32)];
            type Fours<X: Copy + Debug + Send + Sync> = [X; ($d * ($d + 1) / 2usize).div_ceil(4)];
            const ENTRIES: usize = $d * ($d + 1) / 2;
            #[inline]
            fn zeros<T: Scalar>() -> Self::Array<T> {
                [T::ZERO; $d * ($d + 1) / 2]
            }
            #[inline]
            fn words() -> Self::Words {
                [0; ($d * ($d + 1) / 2usize).div_ceil(32)]
            }
            #[inline]
            fn fours<X: Copy + Debug + Send + Sync>(item: X) -> Self::Fours<X> {
                [item; ($d * ($d + 1) / 2usize).div_ceil(4)]
            }
        }
    )*};
}

packing!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
    33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64);

/// Walks the rows of a packed triangle: row `i` holds the entries (i, i), (i, i+1) ... (i, D-1).
#[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
pub(crate) fn rows<T>(packed: &[T], d: usize) -> impl Iterator<Item = &[T]> {
    let mut rest = packed;
    (0..d).map_while(move |i| {
        let (row, tail) = rest.split_at_checked(d - i)?;
        rest = tail;
        Some(row)
    })
}

/// As [`rows`], for writing.
#[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
pub(crate) fn rows_mut<T>(packed: &mut [T], d: usize) -> impl Iterator<Item = &mut [T]> {
    let mut rest = packed;
    (0..d).map_while(move |i| {
        let (row, tail) = core::mem::take(&mut rest).split_at_mut_checked(d - i)?;
        rest = tail;
        Some(row)
    })
}
