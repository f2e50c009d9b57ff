//! Registers of 512 bits: AVX-512.

use std::arch::x86_64::{__m512, __m512d};

use pulp::x86::V4;

use super::registers::{Lanes, ROWS, Registers};

impl Registers<f32> for V4 {
    type Register = __m512;
    const WIDTH: usize = 16;

    type Chunk = [f32; 16];

    #[inline(always)]
    fn chunks(scalars: &[f32]) -> &[[f32; 16]] {
        scalars.as_chunks::<16>().0
    }
    #[inline(always)]
    fn load(self, chunk: &[f32; 16]) -> __m512 {
        pulp::cast(*chunk)
    }
    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        self.avx512f._mm512_set1_ps(value)
    }
    #[inline(always)]
    fn plus(self, a: __m512, b: __m512) -> __m512 {
        self.avx512f._mm512_add_ps(a, b)
    }
    #[inline(always)]
    fn minus(self, a: __m512, b: __m512) -> __m512 {
        self.avx512f._mm512_sub_ps(a, b)
    }
    #[inline(always)]
    fn times(self, a: __m512, b: __m512) -> __m512 {
        self.avx512f._mm512_mul_ps(a, b)
    }
    #[inline(always)]
    fn joined(self, a: __m512, b: __m512, place: usize) -> __m512 {
        let mask = (!0u32 << place) as u16;
        self.avx512f._mm512_mask_blend_ps(mask, a, b)
    }
    #[inline(always)]
    fn in_range(self, a: __m512, limit: f32) -> bool {
        let f = self.avx512f;
        f._mm512_cmp_ps_mask::<LESS_OR_EQUAL>(f._mm512_abs_ps(a), f._mm512_set1_ps(limit)) == !0
    }
    #[inline(always)]
    fn sums(self, lanes: [Lanes<__m512>; ROWS]) -> __m512 {
        let f = self.avx512f;
        let [a, b, c, d] = lanes.map(|[lanes, ..]| lanes);
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
    fn parts(self, values: &[f32; ROWS]) -> __m512 {
        let f = self.avx512f;
        let values = f._mm512_castps128_ps512(pulp::cast(*values));
        let places = pulp::cast([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
        f._mm512_permutexvar_ps(places, values)
    }
    #[inline(always)]
    fn spread(self, a: __m512) -> [__m512; ROWS] {
        let f = self.avx512f;
        [
            f._mm512_shuffle_f32x4::<0b00_00_00_00>(a, a),
            f._mm512_shuffle_f32x4::<0b01_01_01_01>(a, a),
            f._mm512_shuffle_f32x4::<0b10_10_10_10>(a, a),
            f._mm512_shuffle_f32x4::<0b11_11_11_11>(a, a),
        ]
    }
}

impl Registers<f64> for V4 {
    type Register = __m512d;
    const WIDTH: usize = 8;

    type Chunk = [f64; 8];

    #[inline(always)]
    fn chunks(scalars: &[f64]) -> &[[f64; 8]] {
        scalars.as_chunks::<8>().0
    }
    #[inline(always)]
    fn load(self, chunk: &[f64; 8]) -> __m512d {
        pulp::cast(*chunk)
    }
    #[inline(always)]
    fn splat(self, value: f64) -> __m512d {
        self.avx512f._mm512_set1_pd(value)
    }
    #[inline(always)]
    fn plus(self, a: __m512d, b: __m512d) -> __m512d {
        self.avx512f._mm512_add_pd(a, b)
    }
    #[inline(always)]
    fn minus(self, a: __m512d, b: __m512d) -> __m512d {
        self.avx512f._mm512_sub_pd(a, b)
    }
    #[inline(always)]
    fn times(self, a: __m512d, b: __m512d) -> __m512d {
        self.avx512f._mm512_mul_pd(a, b)
    }
    #[inline(always)]
    fn joined(self, a: __m512d, b: __m512d, place: usize) -> __m512d {
        let mask = (!0u32 << place) as u8;
        self.avx512f._mm512_mask_blend_pd(mask, a, b)
    }
    #[inline(always)]
    fn in_range(self, a: __m512d, limit: f64) -> bool {
        let f = self.avx512f;
        f._mm512_cmp_pd_mask::<LESS_OR_EQUAL>(f._mm512_abs_pd(a), f._mm512_set1_pd(limit)) == !0
    }
    #[inline(always)]
    fn sums(self, lanes: [Lanes<__m512d>; ROWS]) -> __m512d {
        let f = self.avx512f;
        // Lanes l and l + 8: eight sums of each sample.
        let [a, b, c, d] = lanes.map(|[low, high, ..]| f._mm512_add_pd(low, high));
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
    fn parts(self, values: &[f64; ROWS]) -> __m512d {
        let f = self.avx512f;
        let values = f._mm512_castpd256_pd512(pulp::cast(*values));
        let places = pulp::cast([0u64, 0, 1, 1, 2, 2, 3, 3]);
        f._mm512_permutexvar_pd(places, values)
    }
    #[inline(always)]
    fn spread(self, a: __m512d) -> [__m512d; ROWS] {
        let f = self.avx512f;
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
