//! Registers of 512 bits, and the canonical order of sums in them.

use std::arch::x86_64::{__m512, __m512d};

use heterosgd::Scalar;
use pulp::bytemuck::Pod;
use pulp::x86::V4;

/// A scalar whose vectors fill registers of 512 bits.
pub(super) trait Wide: Scalar + Pod {
    /// A register of scalars.
    type Register: Pod;
    /// Scalars of a register.
    const WIDTH: usize;
    /// Registers of one sample's canonical lanes: 1 or 2.
    const ACCUMULATORS: usize;

    /// As many scalars in memory.
    type Chunk: Copy;

    /// `scalars`, a register's worth at a time; what is left over is left out.
    fn chunks(scalars: &[Self]) -> &[Self::Chunk];
    /// The scalars of `chunk`.
    fn load(chunk: &Self::Chunk) -> Self::Register;
    /// Nothing but +0.0.
    #[inline(always)]
    fn zero(simd: V4) -> Self::Register {
        Self::splat(simd, Self::ZERO)
    }
    /// Nothing but `value`.
    fn splat(simd: V4, value: Self) -> Self::Register;
    /// `a + b`, entry by entry.
    fn plus(simd: V4, a: Self::Register, b: Self::Register) -> Self::Register;
    /// `a - b`, entry by entry.
    fn minus(simd: V4, a: Self::Register, b: Self::Register) -> Self::Register;
    /// `a * b`, entry by entry.
    fn times(simd: V4, a: Self::Register, b: Self::Register) -> Self::Register;
    /// Whether all entries are at most `limit` in absolute value; false if one is NaN.
    fn in_range(simd: V4, a: Self::Register, limit: Self) -> bool;
    /// The sums of the canonical lanes of four samples, in the order of [`heterosgd::algebra::dot`],
    /// each in a quarter of the register.
    fn sums(simd: V4, lanes: [[Self::Register; 2]; 4]) -> Self::Register;
    /// Each of `values` in a quarter of the register.
    fn quarters(simd: V4, values: &[Self; 4]) -> Self::Register;
    /// Each quarter everywhere.
    fn spread(simd: V4, a: Self::Register) -> [Self::Register; 4];
}

impl Wide for f32 {
    type Register = __m512;
    const WIDTH: usize = 16;
    const ACCUMULATORS: usize = 1;

    type Chunk = [f32; 16];

    #[inline(always)]
    fn chunks(scalars: &[f32]) -> &[[f32; 16]] {
        scalars.as_chunks::<16>().0
    }
    #[inline(always)]
    fn load(chunk: &[f32; 16]) -> __m512 {
        pulp::cast(*chunk)
    }
    #[inline(always)]
    fn splat(simd: V4, value: f32) -> __m512 {
        simd.avx512f._mm512_set1_ps(value)
    }
    #[inline(always)]
    fn plus(simd: V4, a: __m512, b: __m512) -> __m512 {
        simd.avx512f._mm512_add_ps(a, b)
    }
    #[inline(always)]
    fn minus(simd: V4, a: __m512, b: __m512) -> __m512 {
        simd.avx512f._mm512_sub_ps(a, b)
    }
    #[inline(always)]
    fn times(simd: V4, a: __m512, b: __m512) -> __m512 {
        simd.avx512f._mm512_mul_ps(a, b)
    }
    #[inline(always)]
    fn in_range(simd: V4, a: __m512, limit: f32) -> bool {
        let f = simd.avx512f;
        f._mm512_cmp_ps_mask::<LESS_OR_EQUAL>(f._mm512_abs_ps(a), f._mm512_set1_ps(limit)) == !0
    }
    #[inline(always)]
    fn sums(simd: V4, lanes: [[__m512; 2]; 4]) -> __m512 {
        let f = simd.avx512f;
        let [a, b, c, d] = lanes.map(|[lanes, _]| lanes);
        // Lanes l and l + 8 of two samples: eight sums of each.
        let eights = |a, b| {
            f._mm512_add_ps(
                f._mm512_shuffle_f32x4::<0b01_00_01_00>(a, b),
                f._mm512_shuffle_f32x4::<0b11_10_11_10>(a, b),
            )
        };
        let (ab, cd) = (eights(a, b), eights(c, d));
        // Sums l and l + 4 of all four: four sums of each.
        let fours = f._mm512_add_ps(
            f._mm512_shuffle_f32x4::<0b10_00_10_00>(ab, cd),
            f._mm512_shuffle_f32x4::<0b11_01_11_01>(ab, cd),
        );
        let twos = f._mm512_add_ps(fours, f._mm512_permute_ps::<0b01_00_11_10>(fours));
        f._mm512_add_ps(twos, f._mm512_permute_ps::<0b10_11_00_01>(twos))
    }
    #[inline(always)]
    fn quarters(simd: V4, values: &[f32; 4]) -> __m512 {
        let f = simd.avx512f;
        let values = f._mm512_castps128_ps512(pulp::cast(*values));
        let places = pulp::cast([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
        f._mm512_permutexvar_ps(places, values)
    }
    #[inline(always)]
    fn spread(simd: V4, a: __m512) -> [__m512; 4] {
        let f = simd.avx512f;
        [
            f._mm512_shuffle_f32x4::<0b00_00_00_00>(a, a),
            f._mm512_shuffle_f32x4::<0b01_01_01_01>(a, a),
            f._mm512_shuffle_f32x4::<0b10_10_10_10>(a, a),
            f._mm512_shuffle_f32x4::<0b11_11_11_11>(a, a),
        ]
    }
}

impl Wide for f64 {
    type Register = __m512d;
    const WIDTH: usize = 8;
    const ACCUMULATORS: usize = 2;

    type Chunk = [f64; 8];

    #[inline(always)]
    fn chunks(scalars: &[f64]) -> &[[f64; 8]] {
        scalars.as_chunks::<8>().0
    }
    #[inline(always)]
    fn load(chunk: &[f64; 8]) -> __m512d {
        pulp::cast(*chunk)
    }
    #[inline(always)]
    fn splat(simd: V4, value: f64) -> __m512d {
        simd.avx512f._mm512_set1_pd(value)
    }
    #[inline(always)]
    fn plus(simd: V4, a: __m512d, b: __m512d) -> __m512d {
        simd.avx512f._mm512_add_pd(a, b)
    }
    #[inline(always)]
    fn minus(simd: V4, a: __m512d, b: __m512d) -> __m512d {
        simd.avx512f._mm512_sub_pd(a, b)
    }
    #[inline(always)]
    fn times(simd: V4, a: __m512d, b: __m512d) -> __m512d {
        simd.avx512f._mm512_mul_pd(a, b)
    }
    #[inline(always)]
    fn in_range(simd: V4, a: __m512d, limit: f64) -> bool {
        let f = simd.avx512f;
        f._mm512_cmp_pd_mask::<LESS_OR_EQUAL>(f._mm512_abs_pd(a), f._mm512_set1_pd(limit)) == !0
    }
    #[inline(always)]
    fn sums(simd: V4, lanes: [[__m512d; 2]; 4]) -> __m512d {
        let f = simd.avx512f;
        // Lanes l and l + 8: eight sums of each sample.
        let [a, b, c, d] = lanes.map(|[low, high]| f._mm512_add_pd(low, high));
        // Sums l and l + 4 of two samples: four sums of each.
        let fours = |a, b| {
            f._mm512_add_pd(
                f._mm512_shuffle_f64x2::<0b01_00_01_00>(a, b),
                f._mm512_shuffle_f64x2::<0b11_10_11_10>(a, b),
            )
        };
        let (ab, cd) = (fours(a, b), fours(c, d));
        let twos = f._mm512_add_pd(
            f._mm512_shuffle_f64x2::<0b10_00_10_00>(ab, cd),
            f._mm512_shuffle_f64x2::<0b11_01_11_01>(ab, cd),
        );
        f._mm512_add_pd(twos, f._mm512_permute_pd::<0b0101_0101>(twos))
    }
    #[inline(always)]
    fn quarters(simd: V4, values: &[f64; 4]) -> __m512d {
        let f = simd.avx512f;
        let values = f._mm512_castpd256_pd512(pulp::cast(*values));
        let places = pulp::cast([0u64, 0, 1, 1, 2, 2, 3, 3]);
        f._mm512_permutexvar_pd(places, values)
    }
    #[inline(always)]
    fn spread(simd: V4, a: __m512d) -> [__m512d; 4] {
        let f = simd.avx512f;
        [
            f._mm512_shuffle_f64x2::<0b00_00_00_00>(a, a),
            f._mm512_shuffle_f64x2::<0b01_01_01_01>(a, a),
            f._mm512_shuffle_f64x2::<0b10_10_10_10>(a, a),
            f._mm512_shuffle_f64x2::<0b11_11_11_11>(a, a),
        ]
    }
}

/// Ordered, not signalling: the comparison that is false for NaN.
const LESS_OR_EQUAL: i32 = std::arch::x86_64::_CMP_LE_OQ;
