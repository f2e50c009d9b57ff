//! The formulas of docs/theory.md, section 2, against each other and against the recursion itself.

use heterosgd::sampling::{Purpose, below, stream};
use heterosgd::theory::{
    Pulls, Unmet, critical_heterogeneity, critical_step_size, lyapunov, population_step,
    settling_steps, signal_steps, signed_lyapunov,
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

/// With a negative mean pull a direction of `U U^T` dies out at every M at which its factor keeps its
/// sign; where a half follows the opposite pulls the boundary is that of `|mean|`.
#[test]
fn negative_means() {
    for mean in MEANS {
        for step_size in STEP_SIZES {
            let largest = 1.0 / step_size - mean;
            for share in [0.0, 0.1, 0.5, 0.9, 0.999] {
                let m = share * largest;
                let exponent = lyapunov(step_size, [m - mean, -m - mean]);
                assert!(exponent < 0.0, "mean -{mean}, M = {m}: {exponent}");
            }
            let critical = critical_heterogeneity(-mean, step_size).expect("a boundary");
            assert_eq!(Ok(critical), critical_heterogeneity(mean, step_size));
            assert!(step_size * (1.01 * critical + mean) < 1.0, "inside");
            let signed = |m: f64| signed_lyapunov(step_size, [m - mean, -m - mean]);
            assert!(signed(critical * 1.01) < 0.0);
            assert!(signed(critical * 0.99) > 0.0);
        }
    }
}

/// Where factors change sign the boundary no longer holds: beyond `M_c` the exponent is positive again.
#[test]
fn the_boundary_has_a_range() {
    let critical = critical_heterogeneity(1.0f64, 0.1).expect("a boundary");
    let exponent = |m: f64| lyapunov(0.1, [1.0 + m, 1.0 - m]);
    assert!(20.0 > critical && 0.1 * (20.0 - 1.0) > 1.0);
    assert!((exponent(20.0) - 0.513).abs() < 1e-3, "{}", exponent(20.0));
    // The last M inside, and one where suppression is over though factors have long changed sign.
    assert!(exponent(10.99) < -1.0);
    assert!(exponent(15.0) > 0.0);
    // The half of a signed model that follows the opposite pulls changes sign earlier: inside
    // step_size * (M - mean) < 1, but not inside step_size * (M + |mean|) < 1.
    let pulls = [5.0 + 14.0, 5.0 - 14.0];
    assert!(14.0 > critical_heterogeneity(5.0f64, 0.1).expect("a boundary"));
    assert!(lyapunov(0.1f64, pulls) < 0.0 && signed_lyapunov(0.1f64, pulls) > 0.2);
}

/// `f32` keeps its digits where the exponent is a small difference of small logarithms.
#[test]
fn small_exponents_in_f32() {
    for step_size in [1e-3f32, 1e-4, 1e-5, 1e-6] {
        let pulls = [1.0f32, -0.99];
        let exact: f64 = pulls
            .iter()
            .map(|&s| libm::log1p(f64::from(step_size) * f64::from(s)) / 2.0)
            .sum();
        let error = (f64::from(lyapunov(step_size, pulls)) / exact - 1.0).abs();
        assert!(error < 1e-5, "{step_size}: off by {error:e}");
    }
    // Beyond -1 it is the logarithm of the absolute value.
    assert_eq!(lyapunov(0.5f32, [-4.0]), 0.0);
    assert!((lyapunov(0.5f32, [-6.0]) - core::f32::consts::LN_2).abs() < 1e-7);
}

#[test]
fn outside_the_assumptions() {
    for bad in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        assert_eq!(critical_heterogeneity(1.0, bad), Err(Unmet::StepSize));
    }
    assert_eq!(critical_heterogeneity(f64::NAN, 0.1), Err(Unmet::Pulls));
    for (mean, heterogeneity, unmet) in [
        (1.0, 1.0, Unmet::NeverShrinks),
        (1.0, 0.5, Unmet::NeverShrinks),
        (f64::NAN, 1.0, Unmet::Pulls),
        (0.0, f64::INFINITY, Unmet::Pulls),
    ] {
        assert_eq!(critical_step_size(mean, heterogeneity), Err(unmet));
    }
    for (sigma, step_size, init_scale, unmet) in [
        (1.0, 0.6, 1e-3, Unmet::LargeStep),
        (1.0, 0.0, 1e-3, Unmet::StepSize),
        (-1.0, 0.1, 1e-3, Unmet::Strength),
        (-1.0, -0.1, 1e-3, Unmet::StepSize),
        (1.0, 0.1, 0.0, Unmet::InitialScale),
        (1.0, 0.1, 0.8, Unmet::InitialScale),
        (f64::NAN, 0.1, 1e-3, Unmet::Strength),
        (1e-300, 1e-300, 1e-200, Unmet::Range),
    ] {
        assert_eq!(signal_steps(sigma, step_size, init_scale), Err(unmet));
    }
    for tolerance in [0.0, 0.3, f64::NAN] {
        assert_eq!(settling_steps(1.0, 0.1, tolerance), Err(Unmet::Tolerance));
    }
    assert!(
        signal_steps(1.0, 0.5, 1e-3).is_ok(),
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
                let Ok(bound) = signal_steps(sigma, step_size, init_scale) else {
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

/// In `f32` the bound holds too, down to rates at which `1 + rate` keeps no digit: it is never below
/// the number of steps that the recursion takes in `f64`, nor below the formula in `f64`.
#[test]
fn signal_steps_is_a_bound_in_f32() {
    let mut rounded = 0;
    for rate in [3e-1f32, 1e-2, 1e-3, 1e-4, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7] {
        for sigma in [0.3f32, 1.0, 7.0] {
            let step_size = rate / sigma;
            let (wide_sigma, wide_step_size) = (f64::from(sigma), f64::from(step_size));
            for share in [0.999_999_9f32, 0.999, 0.99, 0.5, 1e-3, 1e-10] {
                let init_scale = share * libm::sqrtf(sigma / 2.0);
                let bound = signal_steps(sigma, step_size, init_scale).expect("inside");
                let start = f64::from(init_scale);
                let growth = libm::log(libm::sqrt(wide_sigma / 2.0) / start);
                let formula = growth / libm::log1p(wide_step_size * wide_sigma / 2.0);
                assert!(bound as f64 >= formula, "{bound}, the formula is {formula}");
                let excess = bound as f64 - formula;
                let allowed = 1.0 + 2e-6 * formula + 2e-6 / f64::from(rate);
                assert!(excess <= allowed, "{bound}, the formula is {formula}");
                rounded += u32::from(excess > 1.0);
                if formula > 3e5 {
                    continue;
                }
                let (mut a, mut steps) = (start, 0);
                while a * a < wide_sigma / 2.0 {
                    a = population_step(a, wide_step_size, wide_sigma);
                    steps += 1;
                }
                assert!(steps <= bound, "{steps} steps, the bound is {bound}");
            }
        }
    }
    assert!(
        rounded > 0,
        "some bound differs from that of exact arithmetic"
    );
    // The recursion takes 6668 steps; the logarithm of a rounded 1 + rate/2 would say 6519.
    let bound = signal_steps(1.0f32, 3e-6, 0.7).expect("inside");
    assert!((6735..=6737).contains(&bound), "{bound}");
}

/// 2.1: the relative error is within the tolerance from `T1 + T2` on, for all later steps, and the bound
/// is not idle.
#[test]
fn settling_steps_is_a_bound() {
    for sigma in [0.1, 1.0, 5.0] {
        for rate in [0.01, 0.1, 0.5] {
            for tolerance in [0.25, 1e-2, 1e-6, 1e-12] {
                let (step_size, init_scale) = (rate / sigma, 1e-3);
                let rise = signal_steps(sigma, step_size, init_scale).expect("inside");
                let settle = settling_steps(sigma, step_size, tolerance).expect("inside");
                let off = |a: f64| 1.0 - a / libm::sqrt(sigma);
                let (mut a, mut needed) = (init_scale, 0);
                for step in 1..=rise + settle + 1000 {
                    a = population_step(a, step_size, sigma);
                    assert!(off(a) <= tolerance || step < rise + settle);
                    // At rounding level the error comes and goes.
                    assert!(off(a) >= -1e-15, "never above");
                    needed += u64::from(off(a) > tolerance);
                }
                assert!(rise + settle <= 3 * needed + 3, "{needed} steps needed");
            }
        }
    }
}

/// The roots for any distribution are the closed forms where pulls are `mean +- M`.
#[test]
fn boundaries_by_bisection_are_the_closed_forms() {
    let signs = Pulls::equal(&[1.0, -1.0]).expect("two deviations");
    for mean in MEANS {
        for step_size in STEP_SIZES {
            let exact = critical_heterogeneity(mean, step_size).expect("a boundary");
            let found = signs
                .critical_heterogeneity(mean, step_size)
                .expect("a root");
            assert!((found / exact - 1.0).abs() < 1e-12, "{found} {exact}");
            let values = [mean + exact, mean - exact];
            let pulls = Pulls::equal(&values).expect("two pulls");
            let back = pulls.critical_step_size().expect("a root");
            assert!((back / step_size - 1.0).abs() < 1e-11, "{back} {step_size}");
        }
    }
    assert_eq!(signs.critical_heterogeneity(-1.0, 0.1), Ok(0.0));
    assert_eq!(signs.critical_heterogeneity(1.0, 0.0), Err(Unmet::StepSize));
    let pulls = |values| Pulls::equal(values).expect("pulls");
    assert_eq!(pulls(&[3.0, -4.0]).critical_step_size(), Ok(0.0));
    let growing = pulls(&[3.0, 0.0]);
    assert_eq!(growing.critical_step_size(), Err(Unmet::NeverShrinks));
    let found = growing.critical_heterogeneity(1.0, 0.1);
    assert_eq!(found, Err(Unmet::NeverShrinks));
}
