//! The normal sampler has the normal distribution: 10^6 draws of each scalar, at fixed seeds.

use heterosgd::Scalar;
use heterosgd::sampling::{Purpose, stream};
use heterosgd_tests::statistics::{
    KOLMOGOROV_SMIRNOV_LIMIT, NORMAL_LIMIT, kolmogorov_smirnov, normal_distribution,
};

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
