//! Registers of 256 bits: AVX2.

use std::arch::x86_64::{__m256, __m256d};

use pulp::x86::V3;

use super::registers::{Lanes, ROWS, Registers};

impl Registers<f32> for V3 {
    type Register = __m256;
    type Chunk = [f32; 8];
    const WIDTH: usize = 8;

    #[inline(always)]
    fn chunks(scalars: &[f32]) -> &[[f32; 8]] {
        scalars.as_chunks::<8>().0
    }
    #[inline(always)]
    fn load(self, chunk: &[f32; 8]) -> __m256 {
        pulp::cast(*chunk)
    }
    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        self.avx._mm256_set1_ps(value)
    }
    #[inline(always)]
    fn plus(self, a: __m256, b: __m256) -> __m256 {
        self.avx._mm256_add_ps(a, b)
    }
    #[inline(always)]
    fn minus(self, a: __m256, b: __m256) -> __m256 {
        self.avx._mm256_sub_ps(a, b)
    }
    #[inline(always)]
    fn times(self, a: __m256, b: __m256) -> __m256 {
        self.avx._mm256_mul_ps(a, b)
    }
    #[inline(always)]
    fn joined(self, a: __m256, b: __m256, place: usize) -> __m256 {
        const MASKS: [u32; 16] = [0, 0, 0, 0, 0, 0, 0, 0, !0, !0, !0, !0, !0, !0, !0, !0];
        let mask: [u32; 8] = std::array::from_fn(|l| MASKS[8 - place + l]);
        self.avx._mm256_blendv_ps(a, b, pulp::cast(mask))
    }
    #[inline(always)]
    fn in_range(self, a: __m256, limit: f32) -> bool {
        let f = self.avx;
        let size = f._mm256_andnot_ps(f._mm256_set1_ps(-0.0), a);
        let within = f._mm256_cmp_ps::<LESS_OR_EQUAL>(size, f._mm256_set1_ps(limit));
        f._mm256_movemask_ps(within) == 0xff
    }
    #[inline(always)]
    fn sums(self, lanes: [Lanes<__m256>; ROWS]) -> __m256 {
        let f = self.avx;
        // Lanes l and l + 8: eight sums of each row.
        let eights = |[low, high, ..]: Lanes<__m256>| f._mm256_add_ps(low, high);
        // Sums l and l + 4 of two rows: four sums of each, a row in each half.
        let fours = |a, b| {
            f._mm256_add_ps(
                f._mm256_permute2f128_ps::<0x20>(a, b),
                f._mm256_permute2f128_ps::<0x31>(a, b),
            )
        };
        let (ab, cd) = (
            fours(eights(lanes[0]), eights(lanes[1])),
            fours(eights(lanes[2]), eights(lanes[3])),
        );
        // Sums l and l + 2 of all four: two sums of each, those of a, c, b and d in turn.
        let twos = f._mm256_add_ps(
            f._mm256_shuffle_ps::<0b01_00_01_00>(ab, cd),
            f._mm256_shuffle_ps::<0b11_10_11_10>(ab, cd),
        );
        f._mm256_add_ps(twos, f._mm256_permute_ps::<0b10_11_00_01>(twos))
    }
    #[inline(always)]
    fn parts(self, values: &[f32; ROWS]) -> __m256 {
        let values = self.avx._mm256_broadcast_ps(&pulp::cast(*values));
        let places = pulp::cast([0, 0, 2, 2, 1, 1, 3, 3]);
        self.avx._mm256_permutevar_ps(values, places)
    }
    #[inline(always)]
    fn spread(self, a: __m256) -> [__m256; ROWS] {
        let part = |part| (self.avx2)._mm256_permutevar8x32_ps(a, self.avx._mm256_set1_epi32(part));
        [part(0), part(4), part(2), part(6)]
    }
}

impl Registers<f64> for V3 {
    type Register = __m256d;
    type Chunk = [f64; 4];
    const WIDTH: usize = 4;

    #[inline(always)]
    fn chunks(scalars: &[f64]) -> &[[f64; 4]] {
        scalars.as_chunks::<4>().0
    }
    #[inline(always)]
    fn load(self, chunk: &[f64; 4]) -> __m256d {
        pulp::cast(*chunk)
    }
    #[inline(always)]
    fn splat(self, value: f64) -> __m256d {
        self.avx._mm256_set1_pd(value)
    }
    #[inline(always)]
    fn plus(self, a: __m256d, b: __m256d) -> __m256d {
        self.avx._mm256_add_pd(a, b)
    }
    #[inline(always)]
    fn minus(self, a: __m256d, b: __m256d) -> __m256d {
        self.avx._mm256_sub_pd(a, b)
    }
    #[inline(always)]
    fn times(self, a: __m256d, b: __m256d) -> __m256d {
        self.avx._mm256_mul_pd(a, b)
    }
    #[inline(always)]
    fn joined(self, a: __m256d, b: __m256d, place: usize) -> __m256d {
        const MASKS: [u64; 8] = [0, 0, 0, 0, !0, !0, !0, !0];
        let mask: [u64; 4] = std::array::from_fn(|l| MASKS[4 - place + l]);
        self.avx._mm256_blendv_pd(a, b, pulp::cast(mask))
    }
    #[inline(always)]
    fn in_range(self, a: __m256d, limit: f64) -> bool {
        let f = self.avx;
        let size = f._mm256_andnot_pd(f._mm256_set1_pd(-0.0), a);
        let within = f._mm256_cmp_pd::<LESS_OR_EQUAL>(size, f._mm256_set1_pd(limit));
        f._mm256_movemask_pd(within) == 0xf
    }
    #[inline(always)]
    fn sums(self, lanes: [Lanes<__m256d>; ROWS]) -> __m256d {
        let f = self.avx;
        // Lanes l and l + 8, then sums l and l + 4: four sums of each row.
        let fours = |[l0, l4, l8, l12]: Lanes<__m256d>| {
            f._mm256_add_pd(f._mm256_add_pd(l0, l8), f._mm256_add_pd(l4, l12))
        };
        // Sums l and l + 2 of two rows: two sums of each, a row in each half.
        let twos = |a, b| {
            f._mm256_add_pd(
                f._mm256_permute2f128_pd::<0x20>(a, b),
                f._mm256_permute2f128_pd::<0x31>(a, b),
            )
        };
        let (ab, cd) = (
            twos(fours(lanes[0]), fours(lanes[1])),
            twos(fours(lanes[2]), fours(lanes[3])),
        );
        // Of all four, those of a, c, b and d in turn.
        f._mm256_add_pd(f._mm256_unpacklo_pd(ab, cd), f._mm256_unpackhi_pd(ab, cd))
    }
    #[inline(always)]
    fn parts(self, values: &[f64; ROWS]) -> __m256d {
        self.avx2
            ._mm256_permute4x64_pd::<0b11_01_10_00>(pulp::cast(*values))
    }
    #[inline(always)]
    fn spread(self, a: __m256d) -> [__m256d; ROWS] {
        let f = self.avx2;
        [
            f._mm256_permute4x64_pd::<0b00_00_00_00>(a),
            f._mm256_permute4x64_pd::<0b10_10_10_10>(a),
            f._mm256_permute4x64_pd::<0b01_01_01_01>(a),
            f._mm256_permute4x64_pd::<0b11_11_11_11>(a),
        ]
    }
}

/// Ordered, not signalling: the comparison that is false for NaN.
const LESS_OR_EQUAL: i32 = std::arch::x86_64::_CMP_LE_OQ;
