//! The two scalar types, and the ranges that keep every sum finite.

use core::fmt::Debug;
use core::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use rand_core::Rng;

use crate::range;
use crate::sampling::octaves;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A scalar of the learner's state: `f32` or `f64`.
///
/// The trait is sealed: its constants and functions are chosen so that the bits of a run are the
/// same on every target (see the crate's page on determinism).
///
/// # Ranges
///
/// Samples outside the ranges below are refused. Inside them no sum can overflow, whatever the
/// data and however long the batch (up to `u32::MAX` samples): a residual times an entry, added
/// up 2^32 times, stays below the largest finite value, so infinities and NaN cannot arise in the
/// state, and no sample needs a second look after it was accepted.
///
/// The range of a factor is much narrower than that of a residual, so that a learner can always be
/// fed: with D and K up to 64 an estimate's entries stay below `2 K MAX_FACTOR^2`, and the
/// prediction for a measurement with entries up to c below `c D^2 2 K MAX_FACTOR^2 <= c 2^47`
/// (`f32`; `c 2^419` for `f64`). For c = 4 that is half of [`MAX_RESIDUAL`](Self::MAX_RESIDUAL): a
/// sample of about unit size is accepted in every state, and a run that grows without bound ends
/// in a step that is refused as [`Error::Diverged`](crate::Error::Diverged), not in refused samples.
pub trait Scalar:
    sealed::Sealed
    + Copy
    + Debug
    + Default
    + PartialEq
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + SubAssign
    + Mul<Output = Self>
    + MulAssign
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// Positive zero, from which every sum starts.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The reciprocal of the square root of 2, correctly rounded.
    const FRAC_1_SQRT_2: Self;
    /// The distance from 1 to the next larger number.
    const EPSILON: Self;
    /// Largest absolute entry of a measurement matrix: 2^40 (`f32`), 2^400 (`f64`).
    const MAX_ENTRY: Self;
    /// Largest absolute coordinate of a vector `x` that is used as `x x^T`: 2^20 (`f32`), 2^200 (`f64`).
    const MAX_COORDINATE: Self;
    /// Largest absolute response or residual: 2^50 (`f32`), 2^500 (`f64`).
    const MAX_RESIDUAL: Self;
    /// Largest absolute entry of a factor; a step beyond it is refused as divergent: 2^14 (`f32`),
    /// 2^200 (`f64`). An estimate has the square of a factor's unit, so that its entries may be as
    /// large as 2^28 (`f32`) even where one column makes them up.
    const MAX_FACTOR: Self;

    /// No sum of a batch is larger: 2^124 (`f32`), 2^960 (`f64`); 2^32 samples of the largest residual and
    /// the largest entry stay below a fourth of it.
    const MAX_SUM: Self;

    /// The number of samples `n` as a scalar, rounded to nearest.
    fn from_count(n: u32) -> Self;
    /// The nearest scalar to `x`.
    fn from_f64(x: f64) -> Self;
    /// The scalar as `f64`, exact.
    fn to_f64(self) -> f64;
    /// The bits of the scalar, zero-extended to 64 bits.
    fn to_bits64(self) -> u64;
    /// The scalar of these little-endian bytes; `None` unless there are as many as it has.
    fn from_le_slice(bytes: &[u8]) -> Option<Self>;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Whether the value is neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// Square root, correctly rounded.
    fn sqrt(self) -> Self;
    /// Natural logarithm, from `libm`.
    fn ln(self) -> Self;
    /// `ln(1 + self)`, from `libm`; it keeps the digits that `1 + self` loses where `self` is small.
    fn ln_1p(self) -> Self;
    /// `e^self - 1`, from `libm`; it keeps the digits that `e^self` loses where `self` is small.
    fn exp_m1(self) -> Self;
    /// One draw from the standard normal distribution, by inversion of its distribution function.
    /// Uses one `u32`, and is the same number in `f32` and in `f64`; see [`crate::sampling`].
    fn standard_normal<R: Rng + ?Sized>(rng: &mut R) -> Self;

    /// Whether `|x| <= limit` for all of them; false if one is NaN. In constant time for
    /// data far below the limit.
    fn all_within(entries: &[Self], limit: Self) -> bool;

    /// Whether `|self| <= limit`; false for NaN.
    #[inline]
    fn within(self, limit: Self) -> bool {
        self.abs() <= limit
    }
}

const fn f32_pow2(exponent: u32) -> f32 {
    f32::from_bits((127 + exponent) << 23)
}

const fn f64_pow2(exponent: u64) -> f64 {
    f64::from_bits((1023 + exponent) << 52)
}

impl Scalar for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const FRAC_1_SQRT_2: Self = core::f32::consts::FRAC_1_SQRT_2;
    const EPSILON: Self = f32::EPSILON;
    const MAX_ENTRY: Self = f32_pow2(40);
    const MAX_COORDINATE: Self = f32_pow2(20);
    const MAX_RESIDUAL: Self = f32_pow2(50);
    const MAX_FACTOR: Self = f32_pow2(14);
    const MAX_SUM: Self = f32_pow2(124);

    #[inline]
    fn from_count(n: u32) -> Self {
        n as f32
    }
    #[inline]
    fn from_f64(x: f64) -> Self {
        x as f32
    }
    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline]
    fn to_bits64(self) -> u64 {
        u64::from(self.to_bits())
    }
    #[inline]
    fn from_le_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }
    #[inline]
    fn abs(self) -> Self {
        f32::abs(self)
    }
    #[inline]
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
    #[inline]
    fn sqrt(self) -> Self {
        libm::sqrtf(self)
    }
    #[inline]
    fn ln(self) -> Self {
        libm::logf(self)
    }
    #[inline]
    fn ln_1p(self) -> Self {
        libm::log1pf(self)
    }
    #[inline]
    fn exp_m1(self) -> Self {
        libm::expm1f(self)
    }
    #[inline]
    fn all_within(entries: &[Self], limit: Self) -> bool {
        range::all_within_f32(entries, limit)
    }
    #[inline]
    fn standard_normal<R: Rng + ?Sized>(rng: &mut R) -> Self {
        octaves::from_word(rng.next_u32())
    }
}

impl Scalar for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const FRAC_1_SQRT_2: Self = core::f64::consts::FRAC_1_SQRT_2;
    const EPSILON: Self = f64::EPSILON;
    const MAX_ENTRY: Self = f64_pow2(400);
    const MAX_COORDINATE: Self = f64_pow2(200);
    const MAX_RESIDUAL: Self = f64_pow2(500);
    const MAX_FACTOR: Self = f64_pow2(200);
    const MAX_SUM: Self = f64_pow2(960);

    #[inline]
    fn from_count(n: u32) -> Self {
        f64::from(n)
    }
    #[inline]
    fn from_f64(x: f64) -> Self {
        x
    }
    #[inline]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline]
    fn to_bits64(self) -> u64 {
        self.to_bits()
    }
    #[inline]
    fn from_le_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }
    #[inline]
    fn abs(self) -> Self {
        f64::abs(self)
    }
    #[inline]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
    #[inline]
    fn sqrt(self) -> Self {
        libm::sqrt(self)
    }
    #[inline]
    fn ln(self) -> Self {
        libm::log(self)
    }
    #[inline]
    fn ln_1p(self) -> Self {
        libm::log1p(self)
    }
    #[inline]
    fn exp_m1(self) -> Self {
        libm::expm1(self)
    }
    #[inline]
    fn all_within(entries: &[Self], limit: Self) -> bool {
        range::all_within_f64(entries, limit)
    }
    #[inline]
    fn standard_normal<R: Rng + ?Sized>(rng: &mut R) -> Self {
        f64::from(octaves::from_word(rng.next_u32()))
    }
}
