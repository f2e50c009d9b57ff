//! The standard normal distribution, by inversion without logarithm, root, division or branch.
//!
//! One half of the unit interval falls into octaves, p in (2^-(k+2), 2^-(k+1)]; within one, the quantile
//! is a polynomial to the last bits of an `f32`. Which octave is a count of leading zeros: constant time
//! where arithmetic is.
//!
//! `f64` draws are the same numbers: 31 bits of resolution and 6.3 standard deviations are enough for
//! simulated data, and runs in both precisions see the same measurements.

use rand_core::Rng;

use crate::Scalar;
use crate::stored::Portable;

/// Draws normals, many at once where a computer has the registers for it.
pub trait Normals {
    /// Fills `out` with draws from the standard normal distribution: the bits, and the words of `rng`,
    /// of [`Scalar::standard_normal`] for one entry after the other.
    fn fill<T: Scalar, R: Rng + ?Sized>(&self, rng: &mut R, out: &mut [T]);
}

impl Normals for Portable {
    #[inline(always)]
    fn fill<T: Scalar, R: Rng + ?Sized>(&self, rng: &mut R, out: &mut [T]) {
        for entry in out {
            *entry = T::standard_normal(rng);
        }
    }
}

/// Number of octaves: one for each count of leading zeros of a word that is not 0.
const OCTAVES: usize = 32;

/// Row k: in ascending powers of s, the polynomial that is `-quantile((2 - s) 2^-(k+2))` for
/// 0 <= s < 1.
///
/// From the highest power down, each coefficient is that of the interpolation of what is left in as
/// many Chebyshev nodes, rounded to `f32`; the first row is such a series times s, so that it is 0 at the
/// centre. Errors stay below 1.3e-6 in the first octave and 7e-7 in the others, rounding included
/// (test `normals`); public for those who evaluate it in vector registers ([`Normals`]).
#[rustfmt::skip]
#[allow(clippy::excessive_precision, clippy::unreadable_literal)]
pub const NORMAL_OCTAVES: [[f32; 8]; 32] = [
    [0.0, 0.62665725, -1.8106231e-05, 0.041288853, -0.0015266977, 0.009545498, -0.004781632, 0.0033243115],
    [0.6744897, 0.39336562, 0.052031647, 0.020511957, 0.002402151, 0.0105074225, -0.006820671, 0.0038614855],
    [1.1503494, 0.30362087, 0.05288065, 0.018067043, 0.002235544, 0.009723394, -0.00633832, 0.003581951],
    [1.5341204, 0.2541047, 0.049395133, 0.016594257, 0.0020264527, 0.009077448, -0.00593467, 0.0033479705],
    [1.8627318, 0.2220102, 0.04577993, 0.015410224, 0.0018528119, 0.0085317325, -0.0055919867, 0.0031498957],
    [2.1538746, 0.19919431, 0.042611968, 0.014420535, 0.0017095421, 0.00806536, -0.0052976976, 0.0029802895],
    [2.417559, 0.18197012, 0.039913036, 0.013581518, 0.0015901703, 0.0076623484, -0.005042206, 0.0028334488],
    [2.6600673, 0.16840638, 0.037612293, 0.0128619205, 0.0014895322, 0.0073104654, -0.004818176, 0.0027050136],
    [2.885635, 0.15738556, 0.035634942, 0.012237983, 0.0014036814, 0.007000313, -0.004619958, 0.0025916328],
    [3.097269, 0.14821227, 0.033918686, 0.01169151, 0.0013296254, 0.006724614, -0.00444316, 0.002490707],
    [3.2971933, 0.14042914, 0.032414485, 0.011208488, 0.0012650881, 0.0064776726, -0.0042843255, 0.0024001976],
    [3.4871042, 0.13372184, 0.031084208, 0.010778028, 0.0012083234, 0.0062549817, -0.004140705, 0.002318488],
    [3.6683292, 0.1278666, 0.029898109, 0.010391581, 0.0011579779, 0.006052934, -0.0040100873, 0.0022442813],
    [3.8419306, 0.12269928, 0.028832804, 0.010042359, 0.0011129903, 0.0058686105, -0.003890674, 0.0021765265],
    [4.0087724, 0.11809658, 0.027869703, 0.009724912, 0.0010725195, 0.0056996257, -0.0037809885, 0.0021143625],
    [4.1695695, 0.11396384, 0.026993876, 0.0094348155, 0.0010358905, 0.0055440115, -0.0036798078, 0.0020570778],
    [4.324919, 0.11022707, 0.026193205, 0.009168443, 0.0010025572, 0.0054001287, -0.0035861095, 0.002004079],
    [4.4753284, 0.106827505, 0.025457753, 0.008922797, 0.00097207224, 0.0052666017, -0.0034990322, 0.0019548673],
    [4.621231, 0.10371785, 0.024779294, 0.008695372, 0.0009440666, 0.005142267, -0.0034178453, 0.0019090204],
    [4.763001, 0.10085952, 0.02415096, 0.008484062, 0.000918233, 0.0050261337, -0.0033419246, 0.0018661779],
    [4.9009643, 0.098220736, 0.023566974, 0.00828708, 0.0008943135, 0.0049173525, -0.0032707334, 0.0018260306],
    [5.035406, 0.095775016, 0.023022436, 0.008102902, 0.00087209005, 0.0048151906, -0.0032038074, 0.0017883114],
    [5.1665783, 0.09350014, 0.02251316, 0.007930221, 0.000851377, 0.0047190115, -0.0031407434, 0.0017527887],
    [5.294704, 0.09137727, 0.022035552, 0.0077679027, 0.0008320153, 0.0046282616, -0.0030811885, 0.0017192601],
    [5.419983, 0.08939037, 0.021586504, 0.0076149656, 0.00081386813, 0.004542455, -0.0030248335, 0.0016875481],
    [5.542594, 0.08752561, 0.021163313, 0.00747055, 0.00079681666, 0.0044611637, -0.002971405, 0.0016574964],
    [5.662698, 0.0857711, 0.02076362, 0.007333903, 0.0007807576, 0.00438401, -0.0029206611, 0.0016289669],
    [5.7804394, 0.08411646, 0.020385353, 0.00720436, 0.00076560036, 0.004310658, -0.002872387, 0.0016018364],
    [5.8959513, 0.08255264, 0.020026684, 0.007081332, 0.0007512655, 0.0042408095, -0.0028263906, 0.0015759957],
    [6.0093536, 0.08107169, 0.019685995, 0.0069642975, 0.00073768286, 0.0041741966, -0.0027825003, 0.0015513466],
    [6.120756, 0.0796666, 0.019361848, 0.0068527893, 0.00072479004, 0.004110579, -0.002740562, 0.0015278014],
    [6.23026, 0.07833114, 0.01905296, 0.006746391, 0.0007125318, 0.0040497417, -0.0027004362, 0.0015052807],
];

/// An odd word n, uniform, whose value is `p 2^33`: the 31 lower bits of `word` choose the middle of
/// one of 2^31 cells of (0, 1/2).
#[inline(always)]
const fn half(word: u32) -> u32 {
    (word << 1) | 1
}

/// From 32 random bits: the highest is the sign (0 means minus), the others choose one of 2^31
/// cells of (0, 1/2). The largest absolute value is 6.34.
// Once in a program where each operation is a call.
#[cfg_attr(
    any(
        target_arch = "riscv32",
        all(target_arch = "arm", not(target_abi = "eabihf"))
    ),
    inline(never)
)]
#[cfg_attr(
    not(any(
        target_arch = "riscv32",
        all(target_arch = "arm", not(target_abi = "eabihf"))
    )),
    inline(always)
)]
pub(crate) fn from_word(word: u32) -> f32 {
    let n = half(word);
    let octave = leading_zeros(n);
    let s = position(n, octave);
    // The mask shows the compiler that the index is in range.
    let [c0, c1, c2, c3, c4, c5, c6, c7] = NORMAL_OCTAVES[octave as usize & (OCTAVES - 1)];
    let z = ((((((c7 * s + c6) * s + c5) * s + c4) * s + c3) * s + c2) * s + c1) * s + c0;
    with_sign(z, word)
}

/// Leading zeros of a word that is not 0.
///
/// Where `lzcnt` is not part of the baseline, as on x86-64, the compiler takes `bsr`, which waits for what was in
/// the register that it writes: each normal would wait for the one before. An exponent does not.
#[inline(always)]
const fn leading_zeros(n: u32) -> u32 {
    if cfg!(all(target_arch = "x86_64", not(target_feature = "lzcnt"))) {
        let exponent = ((n as f64).to_bits() >> 52) as u32;
        (1023 + 31) - exponent
    } else {
        n.leading_zeros()
    }
}

/// s, where `n = (2 - s) 2^(31 - octave)`: the middle of one of 2^23 cells of (0, 1).
#[inline(always)]
fn position(n: u32, octave: u32) -> f32 {
    const CELL: f32 = 1.0 / 16_777_216.0;
    // The complement drops the leading one; 24 bits are left, which an `f32` holds exactly.
    let cell = (!(n << octave) >> 7) | 1;
    cell.cast_signed() as f32 * CELL
}

/// `z >= 0` with the sign that `word` chooses.
#[inline(always)]
fn with_sign(z: f32, word: u32) -> f32 {
    f32::from_bits(z.to_bits() ^ (!word & 0x8000_0000))
}
