//! Normals in vector registers: sixteen words at a time through the octaves of the core.

use std::arch::x86_64::{__m256, __m256i};
use std::hint::black_box;

use heterosgd::Scalar;
use heterosgd::sampling::{NORMAL_OCTAVES, Normals};
use heterosgd::stored::Portable;
use pulp::NullaryFnOnce;
use pulp::x86::{V3, V4};
use rand_core::Rng;

/// Words taken in at once.
const WIDTH: usize = 16;

/// Row c: coefficient c of every octave, so that registers are looked up by octaves.
const COEFFICIENTS: [[f32; 32]; 8] = {
    let mut coefficients = [[0.0; 32]; 8];
    let mut octave = 0;
    while octave < 32 {
        let mut c = 0;
        while c < 8 {
            coefficients[c][octave] = NORMAL_OCTAVES[octave][c];
            c += 1;
        }
        octave += 1;
    }
    coefficients
};

/// Words are cells of the interval by `CELL`; see the core.
const CELL: f32 = 1.0 / 16_777_216.0;

/// Registers in which words become normals.
pub(super) trait Octaves: Copy {
    /// The normals of sixteen words, step by step as the core makes each.
    fn normals(self, words: [u32; WIDTH]) -> [f32; WIDTH];
}

/// [`Normals::fill`].
pub(super) struct Fill<'a, S, T, R: ?Sized> {
    pub(super) simd: S,
    pub(super) rng: &'a mut R,
    pub(super) out: &'a mut [T],
}

impl<S: Octaves, T: Scalar, R: Rng + ?Sized> NullaryFnOnce for Fill<'_, S, T, R> {
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
fn convert<S: Octaves, T: Scalar>(simd: S, words: &[u32; WIDTH], out: &mut [T]) {
    // Opaque: the compiler would put the register together word by word.
    let words = black_box(words);
    for (entry, z) in out.iter_mut().zip(simd.normals(*words)) {
        *entry = T::from_f64(f64::from(z));
    }
}

impl Octaves for V4 {
    #[inline(always)]
    fn normals(self, words: [u32; WIDTH]) -> [f32; WIDTH] {
        let f = self.avx512f;
        let one = f._mm512_set1_epi32(1);
        let words = pulp::cast(words);
        let n = f._mm512_or_si512(f._mm512_slli_epi32::<1>(words), one);
        let octave = self.avx512cd._mm512_lzcnt_epi32(n);
        let complement =
            f._mm512_xor_si512(f._mm512_sllv_epi32(n, octave), f._mm512_set1_epi32(-1));
        let cell = f._mm512_or_si512(f._mm512_srli_epi32::<7>(complement), one);
        let s = f._mm512_mul_ps(f._mm512_cvtepi32_ps(cell), f._mm512_set1_ps(CELL));
        let coefficient = |c: usize| {
            let halves = COEFFICIENTS[c].as_chunks::<16>().0;
            f._mm512_permutex2var_ps(pulp::cast(halves[0]), octave, pulp::cast(halves[1]))
        };
        let mut z = coefficient(7);
        for c in (0..7).rev() {
            z = f._mm512_add_ps(f._mm512_mul_ps(z, s), coefficient(c));
        }
        let sign = f._mm512_andnot_si512(words, f._mm512_set1_epi32(i32::MIN));
        pulp::cast(f._mm512_xor_si512(f._mm512_castps_si512(z), sign))
    }
}

impl Octaves for V3 {
    #[inline(always)]
    fn normals(self, words: [u32; WIDTH]) -> [f32; WIDTH] {
        let [low, high]: [[u32; 8]; 2] = pulp::cast(words);
        let normals: [[f32; 8]; 2] = [eight(self, low), eight(self, high)];
        pulp::cast(normals)
    }
}

/// The normals of eight words.
#[inline(always)]
fn eight(simd: V3, words: [u32; 8]) -> [f32; 8] {
    let (f, i) = (simd.avx, simd.avx2);
    let one = f._mm256_set1_epi32(1);
    let words = pulp::cast(words);
    let n = i._mm256_or_si256(i._mm256_slli_epi32::<1>(words), one);
    let octave = leading_zeros(simd, n);
    let complement = i._mm256_xor_si256(i._mm256_sllv_epi32(n, octave), f._mm256_set1_epi32(-1));
    let cell = i._mm256_or_si256(i._mm256_srli_epi32::<7>(complement), one);
    let s = f._mm256_mul_ps(f._mm256_cvtepi32_ps(cell), f._mm256_set1_ps(CELL));
    // One normal of 256 lies beyond the first eight octaves: mostly, one register of each coefficient is enough.
    let beyond = i._mm256_cmpgt_epi32(octave, f._mm256_set1_epi32(7));
    let z = if i._mm256_movemask_epi8(beyond) == 0 {
        polynomial(simd, s, |c| {
            let first: [f32; 8] = COEFFICIENTS[c].as_chunks().0[0];
            i._mm256_permutevar8x32_ps(pulp::cast(first), octave)
        })
    } else {
        let octaves: [u32; 8] = pulp::cast(octave);
        polynomial(simd, s, |c| {
            pulp::cast(octaves.map(|octave| COEFFICIENTS[c][octave as usize & 31]))
        })
    };
    let sign = i._mm256_andnot_si256(words, f._mm256_set1_epi32(i32::MIN));
    pulp::cast(i._mm256_xor_si256(f._mm256_castps_si256(z), sign))
}

#[inline(always)]
fn polynomial(simd: V3, s: __m256, coefficient: impl Fn(usize) -> __m256) -> __m256 {
    let mut z = coefficient(7);
    for c in (0..7).rev() {
        z = simd
            .avx
            ._mm256_add_ps(simd.avx._mm256_mul_ps(z, s), coefficient(c));
    }
    z
}

/// Leading zeros of words that are odd, by the exponent of what they are as `f32`.
#[inline(always)]
fn leading_zeros(simd: V3, n: __m256i) -> __m256i {
    let (f, i) = (simd.avx, simd.avx2);
    let half = i._mm256_srli_epi32::<1>(n);
    // Without the bit below the highest, nothing is rounded up to the next power of two.
    let blunt = i._mm256_andnot_si256(i._mm256_srli_epi32::<1>(half), half);
    let exponent = i._mm256_srli_epi32::<23>(f._mm256_castps_si256(f._mm256_cvtepi32_ps(blunt)));
    // Of 1, half is 0, whose exponent is 0 too.
    let zeros = i._mm256_sub_epi32(f._mm256_set1_epi32(127 + 30), exponent);
    i._mm256_min_epi32(zeros, f._mm256_set1_epi32(31))
}
