//! The formulas of docs/theory.md, section 2, against each other and against the recursion itself.

use heterosgd::sampling::{Purpose, below, stream};
use heterosgd::theory::{
    critical_heterogeneity, critical_step_size, lyapunov, population_step, signal_steps,
    signed_lyapunov,
};

const MEANS: [f64; 4] = [0.1, 0.5, 1.0, 2.0];
const STEP_SIZES: [f64; 5] = [0.001, 0.01, 0.05, 0.083, 0.1];

#[test]
fn lyapunov_by_hand() {
    // ln(1.7 * 0.5)/2, the case checked in docs/theory.md.
    let expected = libm::log(1.7 * 0.5) / 2.0;
    assert!((lyapunov(0.1, [7.0, -5.0]) - expected).abs() < 1e-15);
    assert!((expected - -0.0813).abs() < 1e-4);
    assert!((lyapunov(0.1f64, [9.0, -7.0]) - -0.2811).abs() < 1e-4);
    assert!((lyapunov(0.1f64, [6.0, -4.0]) - -0.0204).abs() < 1e-4);
    assert_eq!(lyapunov::<f64>(0.1, []), 0.0);
    assert_eq!(lyapunov(0.1, [-10.0]), f64::NEG_INFINITY);
    assert!((lyapunov(0.1f32, [7.0, -5.0]) - -0.08126).abs() < 1e-5);
}

/// A coordinate of a signed model is learned by the half that the pulls favour.
#[test]
fn signed_lyapunov_is_that_of_the_stronger_half() {
    let pulls = [3.0, -1.0];
    let opposed = [-3.0, 1.0];
    assert_eq!(signed_lyapunov(0.1, pulls), lyapunov(0.1, pulls));
    assert_eq!(signed_lyapunov(0.1, opposed), lyapunov(0.1, pulls));
}

/// The two critical values invert one another, and the exponent changes sign between their sides.
#[test]
fn phase_boundary() {
    for mean in MEANS {
        for step_size in STEP_SIZES {
            let critical = critical_heterogeneity(mean, step_size).expect("a boundary");
            let back = critical_step_size(mean, critical).expect("its inverse");
            assert!(
                (back / step_size - 1.0).abs() < 1e-12,
                "{back}, not {step_size}"
            );
            let exponent = |m: f64| lyapunov(step_size, [mean + m, mean - m]);
            assert!(exponent(critical).abs() < 1e-12);
            assert!(exponent(critical * 1.01) < 0.0);
            assert!(exponent(critical * 0.99) > 0.0);
        }
    }
    assert!((critical_heterogeneity(1.0f64, 0.1).expect("a boundary") - 4.58).abs() < 0.005);
}

#[test]
fn outside_the_assumptions() {
    for bad in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        assert_eq!(critical_heterogeneity(1.0, bad), None);
    }
    assert_eq!(critical_heterogeneity(f64::NAN, 0.1), None);
    for (mean, heterogeneity) in [
        (1.0, 1.0),
        (1.0, 0.5),
        (f64::NAN, 1.0),
        (0.0, f64::INFINITY),
    ] {
        assert_eq!(critical_step_size(mean, heterogeneity), None);
    }
    for (sigma, step_size, init_scale) in [
        (1.0, 0.6, 1e-3),
        (1.0, 0.0, 1e-3),
        (-1.0, 0.1, 1e-3),
        (-1.0, -0.1, 1e-3),
        (1.0, 0.1, 0.0),
        (1.0, 0.1, 0.8),
        (f64::NAN, 0.1, 1e-3),
    ] {
        assert_eq!(signal_steps(sigma, step_size, init_scale), None);
    }
    assert!(
        signal_steps(1.0, 0.5, 1e-3).is_some(),
        "the bound is included"
    );
}

/// Where the exponent is negative the recursion dies out, where it is positive it does not. While b
/// is small, ln b grows by `n exponent` in n steps, give or take `sqrt(n) ln((1 + eta s)/(1 + eta s'))/2`:
/// after 10,000 steps that is a matter of 13 standard deviations at M = 6, and of more elsewhere.
/// False alarm: below 1e-30.
#[test]
fn sign_of_the_exponent_decides() {
    let (mean, step_size) = (1.0, 0.1f64);
    for m in [0.5, 2.0, 3.0, 6.0, 7.0, 8.0] {
        let pulls = [mean + m, mean - m];
        let exponent = lyapunov(step_size, pulls);
        let mut rng = stream(0, Purpose::Environments, 0);
        let mut b = 1e-3f64;
        // The size that b returns to, or dies from, shows over a stretch, not at one moment.
        let mut largest_late = 0.0f64;
        for step in 0..20_000 {
            b = population_step(b, step_size, pulls[below(&mut rng, 2) as usize]);
            if step >= 10_000 {
                largest_late = largest_late.max(b.abs());
            }
        }
        assert_eq!(
            largest_late < 1e-9,
            exponent < 0.0,
            "M = {m}: {largest_late:e}"
        );
    }
}

/// 2.1: the recursion reaches half its square within the stated number of steps, never later, and
/// the bound is not idle.
#[test]
fn signal_steps_is_a_bound() {
    for sigma in [0.1, 1.0, 5.0] {
        for rate in [0.01, 0.1, 0.5] {
            for init_scale in [1e-1, 1e-3, 1e-6] {
                let step_size = rate / sigma;
                let Some(bound) = signal_steps(sigma, step_size, init_scale) else {
                    panic!("sigma {sigma}, rate {rate}, scale {init_scale} are inside");
                };
                let (mut a, mut steps) = (init_scale, 0);
                while a * a < sigma / 2.0 {
                    let next = population_step(a, step_size, sigma);
                    assert!(next > a, "the rise is monotone");
                    a = next;
                    steps += 1;
                }
                assert!(steps <= bound, "{steps} steps, the bound is {bound}");
                assert!(
                    bound <= 3 * steps + 1,
                    "{steps} steps, the bound is {bound}"
                );
            }
        }
    }
}
