//! Normals in registers of 512 bits: sixteen words at a time through the octaves of the core.

use std::hint::black_box;

use heterosgd::Scalar;
use heterosgd::sampling::{NORMAL_OCTAVES, Normals};
use heterosgd::stored::Portable;
use pulp::NullaryFnOnce;
use pulp::x86::V4;
use rand_core::Rng;

/// Words taken in at once.
const WIDTH: usize = 16;

/// Words drawn at once.
const BLOCK: usize = 64;

/// Coefficient c of octaves 0 to 15, then of octaves 16 to 31: two registers for each c, which one
/// permutation looks up by the octaves of sixteen words.
const COEFFICIENTS: [[[f32; WIDTH]; 2]; 8] = {
    let mut coefficients = [[[0.0; WIDTH]; 2]; 8];
    let mut octave = 0;
    while octave < 2 * WIDTH {
        let mut c = 0;
        while c < 8 {
            coefficients[c][octave / WIDTH][octave % WIDTH] = NORMAL_OCTAVES[octave][c];
            c += 1;
        }
        octave += 1;
    }
    coefficients
};

/// [`Normals::fill`].
pub(super) struct Fill<'a, T, R: ?Sized> {
    pub(super) simd: V4,
    pub(super) rng: &'a mut R,
    pub(super) out: &'a mut [T],
}

impl<T: Scalar, R: Rng + ?Sized> NullaryFnOnce for Fill<'_, T, R> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (blocks, out) = self.out.as_chunks_mut::<BLOCK>();
        for out in blocks {
            let mut words = [0; BLOCK];
            for word in &mut words {
                *word = self.rng.next_u32();
            }
            // By way of memory: the compiler would put registers together word by word.
            let words = black_box(&words).as_chunks::<WIDTH>().0;
            for (out, &words) in out.as_chunks_mut::<WIDTH>().0.iter_mut().zip(words) {
                for (entry, z) in out.iter_mut().zip(from_words(self.simd, words)) {
                    *entry = T::from_f64(f64::from(z));
                }
            }
        }
        let (whole, rest) = out.as_chunks_mut::<WIDTH>();
        for out in whole {
            let mut words = [0; WIDTH];
            for word in &mut words {
                *word = self.rng.next_u32();
            }
            let z = from_words(self.simd, words);
            for (entry, z) in out.iter_mut().zip(z) {
                *entry = T::from_f64(f64::from(z));
            }
        }
        if rest.len() < WIDTH / 4 {
            return Portable.fill(self.rng, rest);
        }
        let mut words = [0; WIDTH];
        for word in words.iter_mut().take(rest.len()) {
            *word = self.rng.next_u32();
        }
        for (entry, z) in rest.iter_mut().zip(from_words(self.simd, words)) {
            *entry = T::from_f64(f64::from(z));
        }
    }
}

/// The normals of sixteen words, step by step as the core makes each.
#[inline(always)]
fn from_words(simd: V4, words: [u32; WIDTH]) -> [f32; WIDTH] {
    const CELL: f32 = 1.0 / 16_777_216.0;
    let f = simd.avx512f;
    let one = f._mm512_set1_epi32(1);
    let words = pulp::cast(words);
    let n = f._mm512_or_si512(f._mm512_slli_epi32::<1>(words), one);
    let octave = simd.avx512cd._mm512_lzcnt_epi32(n);
    let complement = f._mm512_xor_si512(f._mm512_sllv_epi32(n, octave), f._mm512_set1_epi32(-1));
    let cell = f._mm512_or_si512(f._mm512_srli_epi32::<7>(complement), one);
    let s = f._mm512_mul_ps(f._mm512_cvtepi32_ps(cell), f._mm512_set1_ps(CELL));
    let [lowest @ .., highest] = COEFFICIENTS;
    let [low, high] = highest;
    let mut z = f._mm512_permutex2var_ps(pulp::cast(low), octave, pulp::cast(high));
    for [low, high] in lowest.into_iter().rev() {
        let c = f._mm512_permutex2var_ps(pulp::cast(low), octave, pulp::cast(high));
        z = f._mm512_add_ps(f._mm512_mul_ps(z, s), c);
    }
    let sign = f._mm512_andnot_si512(words, f._mm512_set1_epi32(i32::MIN));
    pulp::cast(f._mm512_xor_si512(f._mm512_castps_si512(z), sign))
}
