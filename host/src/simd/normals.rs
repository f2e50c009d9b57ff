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
        let Self { simd, rng, out } = self;
        let (whole, rest) = out.as_chunks_mut::<WIDTH>();
        // The generator is what takes the time. Words wait in memory until the next ones are drawn: read
        // at once, the register would wait for all sixteen to be written.
        let mut words = [[0; WIDTH]; 2];
        let mut before = None;
        let mut place = 0;
        for out in whole {
            for word in &mut words[place] {
                *word = rng.next_u32();
            }
            if let Some(out) = before {
                convert(simd, &words[1 - place], out);
            }
            before = Some(out);
            place = 1 - place;
        }
        if let Some(out) = before {
            convert(simd, &words[1 - place], out);
        }
        if rest.len() < WIDTH / 4 {
            return Portable.fill(rng, rest);
        }
        let mut last = [0; WIDTH];
        draw(rng, &mut last[..rest.len()]);
        convert(simd, &last, rest);
    }
}

#[inline(always)]
fn draw<R: Rng + ?Sized>(rng: &mut R, words: &mut [u32]) {
    for word in words {
        *word = rng.next_u32();
    }
}

/// As many normals as `out` has room for.
#[inline(always)]
fn convert<T: Scalar>(simd: V4, words: &[u32; WIDTH], out: &mut [T]) {
    // Opaque: the compiler would put the register together word by word.
    let words = black_box(words);
    for (entry, z) in out.iter_mut().zip(from_words(simd, *words)) {
        *entry = T::from_f64(f64::from(z));
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
