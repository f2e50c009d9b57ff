//! The normal sampler inverts the normal distribution, word by word, and 10^6 draws at fixed seeds have it.

use std::convert::Infallible;

use heterosgd::Scalar;
use heterosgd::sampling::{Purpose, stream};
use heterosgd_tests::statistics::{
    KOLMOGOROV_SMIRNOV_LIMIT, NORMAL_LIMIT, kolmogorov_smirnov, normal_distribution,
};

/// A generator that gives one word.
struct Word(u32);

impl rand_core::TryRng for Word {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0)
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("a normal takes one word of 32 bits")
    }
    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
        unreachable!("a normal takes one word of 32 bits")
    }
}

/// The normal of a word, and how far it is from the quantile that the word stands for: by the
/// distribution function in the tail, over the density.
fn error(word: u32) -> (f64, f64) {
    let z = f64::from(f32::standard_normal(&mut Word(word)));
    assert_eq!(z.to_bits(), f64::standard_normal(&mut Word(word)).to_bits());
    let p = (f64::from(word & 0x7fff_ffff) + 0.5) / 4_294_967_296.0;
    let tail = 0.5 * libm::erfc(z.abs() * core::f64::consts::FRAC_1_SQRT_2);
    let density = libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * core::f64::consts::PI);
    (z, ((tail - p) / density).abs())
}

/// 20,000 words in each octave, its ends among them, and the mirror image of each.
#[test]
fn words_become_quantiles() {
    let mut words = 0u32;
    for octave in 0..31 {
        let (first, count) = (1u32 << octave, 1u32 << octave);
        let step = (count / 20_000).max(1);
        let mut last = f64::INFINITY;
        for word in (first..=first + (count - 1)).step_by(step as usize) {
            let (z, error) = error(word);
            // The values are up to 6.3, whose neighbours in `f32` are 4.8e-7 apart.
            let limit = if octave == 30 { 1.3e-6 } else { 7e-7 };
            assert!(error < limit, "word {word:x}: {z}, {error:e}");
            // Ascending words of a sign are ever more central, but for the last bits.
            assert!(z <= 0.0 && z.abs() < last + 1e-6, "word {word:x}: {z}");
            last = z.abs();
            let mirror = f32::standard_normal(&mut Word(word | 0x8000_0000));
            assert_eq!(f64::from(mirror).to_bits(), (-z).to_bits());
            words += 1;
        }
        assert!(error(first + (count - 1)).1 < 1.3e-6, "octave {octave}");
    }
    assert!(words > 300_000);
    let (z, error) = error(0);
    assert!((-6.4..-6.2).contains(&z) && error < 7e-7, "{z}, {error:e}");
}

const DRAWS: u32 = 1_000_000;

fn draws<T: Scalar>() -> Vec<f64> {
    let mut rng = stream(0, Purpose::Measurements, 0);
    (0..DRAWS)
        .map(|_| T::standard_normal(&mut rng).to_f64())
        .collect()
}

/// False alarm: 1e-6 (Kolmogorov and Smirnov, and nothing else).
fn has_the_distribution<T: Scalar>() {
    let statistic = kolmogorov_smirnov(&mut draws::<T>(), normal_distribution);
    assert!(statistic < KOLMOGOROV_SMIRNOV_LIMIT, "{statistic}");
}

/// Mean 0, variance 1, third moment 0, fourth moment 3, whose estimates have the variances 1, 2, 15
/// and 96 over n. False alarm: 4e-6, 1e-6 for each moment.
fn has_the_moments<T: Scalar>() {
    let draws = draws::<T>();
    let n = f64::from(DRAWS);
    let moment = |power: &dyn Fn(f64) -> f64| draws.iter().map(|&z| power(z)).sum::<f64>() / n;
    let checks = [
        ("mean", moment(&|z| z), 0.0, 1.0),
        ("variance", moment(&|z| z * z), 1.0, 2.0),
        ("third moment", moment(&|z| z * z * z), 0.0, 15.0),
        ("fourth moment", moment(&|z| z * z * z * z), 3.0, 96.0),
    ];
    for (name, seen, expected, variance) in checks {
        let z = (seen - expected) / libm::sqrt(variance / n);
        assert!(z.abs() < NORMAL_LIMIT, "{name}: {seen}, z = {z}");
    }
}

#[test]
fn distribution_f32() {
    has_the_distribution::<f32>();
}

#[test]
fn distribution_f64() {
    has_the_distribution::<f64>();
}

#[test]
fn moments_f32() {
    has_the_moments::<f32>();
}

#[test]
fn moments_f64() {
    has_the_moments::<f64>();
}
