//! Random numbers that have the same bits on every target: named generators, our own samplers.
//!
//! Every stream is addressed by (seed, [`Purpose`], index) and can be entered anywhere, so that a
//! batch is regenerated from its number alone and needs no memory.

mod ensemble;
pub(crate) mod octaves;
mod orthonormal;

pub use ensemble::{Ensemble, Gaussian, GaussianFeatures, GaussianRankOne, Rademacher};
pub use octaves::{NORMAL_OCTAVES, Normals};
pub use orthonormal::{fill_orthonormal, orthonormal};
use rand_core::{Rng, SeedableRng};
pub use rand_xoshiro::Xoshiro128PlusPlus;

/// What a stream of random numbers is used for; streams of different purposes are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// The starting factor of a learner.
    Factor,
    /// The measurements and the noise of a batch.
    Measurements,
    /// The environments of a batch.
    Environments,
    /// The signals of a simulated problem.
    Signals,
    /// The order in which recorded rows are visited.
    Order,
}

impl Purpose {
    const fn salt(self) -> u64 {
        match self {
            Self::Factor => 0x6661_6374_6f72_0001,
            Self::Measurements => 0x6d65_6173_7572_0002,
            Self::Environments => 0x656e_7669_726f_0003,
            Self::Signals => 0x7369_676e_616c_0004,
            Self::Order => 0x6f72_6465_7200_0005,
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a bijection of 64-bit words.
const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The stream number `index` of `purpose` under `seed`.
pub fn stream(seed: u64, purpose: Purpose, index: u64) -> Xoshiro128PlusPlus {
    Xoshiro128PlusPlus::seed_from_u64(mix(mix(mix(seed) ^ purpose.salt()) ^ index))
}

/// A whole number below `bound`, without bias beyond `bound / 2^32` (multiply-shift, one `u32`).
/// 0 if `bound` is 0.
#[inline]
pub fn below<R: Rng + ?Sized>(rng: &mut R, bound: u32) -> u32 {
    ((u64::from(rng.next_u32()) * u64::from(bound)) >> 32) as u32
}
