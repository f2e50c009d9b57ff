//! The bounds of docs/theory.md, 2.3 to 4, by hand, against exact distributions, and against runs.

use heterosgd::sampling::{Purpose, below, stream};
use heterosgd::theory::{
    Homogeneous, Pulls, Recovery, Unmet, check_step_size, lyapunov, population_step,
    settling_steps, signal_steps,
};

/// The values of docs/theory.md, 2.3.
#[test]
fn adjustment_coefficients_are_the_documented_ones() {
    for (heterogeneity, theta) in [(5.0f64, 0.170f64), (6.0, 0.439), (8.0, 0.705)] {
        let pulls = [1.0 + heterogeneity, 1.0 - heterogeneity];
        let found = coefficient(0.1, &pulls).expect("a negative exponent");
        assert!((found - theta).abs() < 5e-4, "{heterogeneity}: {found}");
        let moment: f64 = pulls
            .iter()
            .map(|s| libm::pow(1.0 + 0.1 * s, found))
            .sum::<f64>()
            / 2.0;
        assert!((moment - 1.0).abs() < 1e-14, "{moment}");
        let single = coefficient(0.1f32, &pulls.map(|s| s as f32)).expect("the same");
        assert!((f64::from(single) - found).abs() < 1e-5, "{single} {found}");
    }
}

#[test]
fn there_is_no_coefficient_outside_the_assumptions() {
    for (step_size, pulls, unmet) in [
        (0.1, [3.0, -1.0], Unmet::Learned),
        (0.1, [-1.0, -2.0], Unmet::NeverGrows),
        (0.1, [9.0, -11.0], Unmet::SignChange),
        (0.0, [7.0, -5.0], Unmet::StepSize),
        (-0.1, [7.0, -5.0], Unmet::StepSize),
        (f64::NAN, [7.0, -5.0], Unmet::StepSize),
        (0.1, [f64::INFINITY, -5.0], Unmet::Pulls),
    ] {
        let found = coefficient(step_size, &pulls);
        assert_eq!(found, Err(unmet), "{step_size} {pulls:?}");
    }
    let pulls = Pulls::equal(&[7.0, -5.0]).expect("two pulls");
    for chance in [0.0, 1.5, f64::NAN] {
        let bound = pulls.supremum_bound(0.1, 1e-3, chance);
        assert_eq!(bound, Err(Unmet::Chance));
    }
    let bound = |scale, chance| pulls.supremum_bound(0.1, scale, chance);
    assert_eq!(bound(-1e-3, 0.5), Err(Unmet::InitialScale));
    // An entry of the square 5 could be turned around by the pull -5: 0.1 * 5 = 1 - 0.5.
    assert!(bound(1e-3, 0.05).is_ok_and(|bound| bound < 5.0));
    assert_eq!(bound(1e-3, 0.02), Err(Unmet::SignChange));
    assert_eq!(bound(1e-3, 1e-90), Err(Unmet::Range));
}

/// Ville's inequality against 4,000 walks of 1,000 steps. If each exceeded the bound with probability
/// `chance` exactly, more than `chance + 4 sqrt(chance (1 - chance)/4000)` of them would with
/// probability below 4e-5; THEORY has seen 0.379 where the bound says 0.415.
#[test]
fn the_bound_holds_for_the_recursion() {
    let (step_size, init_scale, pulls) = (0.1, 1e-3, [7.0, -5.0]);
    for chance in [0.5, 0.2, 0.05] {
        let distribution = Pulls::equal(&pulls).expect("two pulls");
        let bound = distribution
            .supremum_bound(step_size, init_scale, chance)
            .expect("a bound");
        let runs = 4000;
        let exceeding = (0..runs)
            .filter(|&run| {
                let mut rng = stream(run, Purpose::Environments, 0);
                let mut b: f64 = init_scale;
                (0..1000).any(|_| {
                    let pull = pulls[below(&mut rng, 2) as usize];
                    b = population_step(b, step_size, pull);
                    b * b >= bound
                })
            })
            .count() as f64;
        let share = exceeding / runs as f64;
        let slack = 4.0 * libm::sqrt(chance * (1.0 - chance) / runs as f64);
        assert!(share <= chance + slack, "{chance}: {share}");
    }
}

fn coefficient<T: heterosgd::Scalar>(step_size: T, pulls: &[T]) -> Result<T, Unmet> {
    Pulls::equal(pulls)?.adjustment_coefficient(step_size)
}

type Formula = fn(&Pulls<'_, f64>) -> Result<f64, Unmet>;

/// A weight is as good as a repetition, and a weight of 0 as an absence.
#[test]
fn weights_are_repetitions() {
    let repeated = Pulls::equal(&[7.0, 7.0, -5.0, -5.0, -5.0, 1.3]).expect("six pulls");
    let values = [7.0, -5.0, 1.3, -1e9];
    let weighted = Pulls::weighted(&values, &[2.0, 3.0, 1.0, 0.0]).expect("weights");
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-14 * a.abs(), "{a} {b}");
    close(repeated.mean(), weighted.mean());
    close(repeated.lyapunov(0.1), weighted.lyapunov(0.1));
    assert_eq!((weighted.smallest(), weighted.largest()), (-5.0, 7.0));
    let formulas: [Formula; 5] = [
        |pulls| pulls.adjustment_coefficient(0.1),
        |pulls| pulls.critical_step_size(),
        |pulls| pulls.critical_heterogeneity(0.3, 0.1),
        |pulls| pulls.kesten_index(0.1, 1.0),
        |pulls| pulls.supremum_bound(0.1, 1e-3, 0.1),
    ];
    for formula in formulas {
        let value = formula(&repeated).expect("inside the assumptions");
        let other = formula(&weighted).expect("inside the assumptions");
        assert!((value / other - 1.0).abs() < 1e-12, "{value} {other}");
    }
    for weights in [
        &[1.0, 1.0][..],
        &[1.0, -1.0, 1.0, 1.0],
        &[0.0; 4],
        &[f64::NAN; 4],
        &[f64::INFINITY; 4],
        &[1e308; 4],
    ] {
        assert_eq!(Pulls::weighted(&values, weights), Err(Unmet::Weights));
    }
    assert_eq!(Pulls::<f64>::equal(&[]), Err(Unmet::Pulls));
}

/// docs/theory.md, section 3: at mean 1, M = 5, step size 0.1 and sigma 1 the factors of the cross block
/// are 1.5 and 0.5, whose mean is 1: the index is exactly 1.
#[test]
fn kesten_indices() {
    let pulls = Pulls::equal(&[6.0, -4.0]).expect("two pulls");
    let kappa: f64 = pulls.kesten_index(0.1, 1.0).expect("stable");
    assert!((kappa - 1.0).abs() < 1e-13, "{kappa}");
    let wide = Pulls::equal(&[9.0, -7.0]).expect("two pulls");
    let kappa = wide.kesten_index(0.1f64, 1.0).expect("stable");
    let moment = f64::midpoint(libm::pow(1.8, kappa), libm::pow(0.2, kappa));
    assert!((moment - 1.0).abs() < 1e-14);
    let calm = Pulls::equal(&[0.5, 0.4]).expect("two pulls");
    assert_eq!(calm.kesten_index(0.1, 1.0), Err(Unmet::NeverGrows));
    let growing = Pulls::equal(&[3.0, 2.0]).expect("two pulls");
    assert_eq!(growing.kesten_index(0.1, 1.0), Err(Unmet::Learned));
    assert_eq!(growing.kesten_index(0.1, 0.0), Err(Unmet::Strength));
    assert_eq!(growing.kesten_index(0.0, 1.0), Err(Unmet::StepSize));
}

/// Chernoff's bound at a fixed step, against the exact distribution: of t steps k are up, and `b_t` is at
/// most `alpha 1.7^k 0.5^(t-k)`. It holds, and is not idle: within a factor of 10.
#[test]
fn fixed_time_bound_holds() {
    let pulls = Pulls::equal(&[7.0, -5.0]).expect("two pulls");
    let steps = 200u32;
    let (up, down) = (libm::log(1.7), libm::log(0.5));
    for growth in [-30.0f64, -20.0, -10.0, -5.0, 1.0, 5.0] {
        let exact: f64 = (0..=steps)
            .filter(|&k| f64::from(k) * up + f64::from(steps - k) * down >= growth)
            .map(|k| {
                let [n, k] = [steps, k].map(f64::from);
                let choose =
                    libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
                libm::exp(choose - n * core::f64::consts::LN_2)
            })
            .sum();
        let bound = pulls
            .fixed_time_chance(0.1, growth, steps)
            .expect("suppressed");
        assert!(exact <= bound, "{growth}: {exact} {bound}");
        assert!(bound <= 10.0 * exact, "{growth}: {exact} {bound}");
    }
    assert_eq!(pulls.fixed_time_chance(0.1, -30.0, 0), Ok(1.0));
    let found = pulls.fixed_time_chance(0.1, f64::NAN, 1);
    assert_eq!(found, Err(Unmet::Range));
    assert_eq!(pulls.fixed_time_chance(0.05, 1.0, 10), Err(Unmet::Learned));
}

/// The bound of 2.3 by hand, and outside its assumptions.
#[test]
fn recovery_by_hand() {
    let spurious = [Pulls::equal(&[9.0, -7.0]).expect("two pulls"); 2];
    let run = Recovery {
        step_size: 0.1,
        init_scale: 1e-3,
        invariant: &[1.0, 2.0],
        spurious: &spurious,
        dim: 10,
    };
    let guarantee = run.bound(0.01, 0.05).expect("inside");
    let theta = spurious[0].adjustment_coefficient(0.1).expect("suppressed");
    let spurious_part = 2.0 * 1e-12 * libm::pow(2.0 / 0.05, 4.0 / theta);
    let expected = 0.02 * 0.02 + 0.04 * 0.04 + spurious_part + 6.0 * 1e-12;
    assert!((guarantee.squared_error / expected - 1.0).abs() < 1e-12);
    let slower = signal_steps(1.0, 0.1, 1e-3).expect("inside")
        + settling_steps(1.0, 0.1, 0.01).expect("inside");
    assert_eq!(guarantee.from_step, slower);
    let refused = |run: Recovery<'_, f64>| run.bound(0.01, 0.05).map(|_| ()).unwrap_err();
    let none: &[f64] = &[];
    assert_eq!(refused(Recovery { dim: 3, ..run }), Unmet::Dimension);
    let nothing = Recovery {
        invariant: none,
        ..run
    };
    assert_eq!(refused(nothing), Unmet::Dimension);
    let small_step = Recovery {
        step_size: 0.03,
        ..run
    };
    assert_eq!(refused(small_step), Unmet::Learned);
    assert_eq!(run.bound(0.01, 0.0), Err(Unmet::Chance));
    assert_eq!(run.bound(0.0, 0.1), Err(Unmet::Tolerance));
    // Without spurious directions nothing is left to chance.
    let alone = Recovery {
        spurious: &[],
        ..run
    };
    let certain = alone.bound(0.01, 1.0).expect("inside").squared_error;
    assert!((certain - (0.02 * 0.02 + 0.04 * 0.04 + 8e-12)).abs() < 1e-17);
}

#[test]
fn homogeneous_window_by_hand() {
    let run = Homogeneous {
        dim: 16,
        condition: 2.0,
        step_size: 0.01,
        init_scale: 1e-6,
    };
    let window = run.window().expect("a window");
    assert!((window.from - 200.0 * libm::log(16e6)).abs() < 1e-9);
    assert!((window.to - 100.0 / libm::sqrt(32e-6)).abs() < 1e-9);
    assert!((run.squared_error().expect("inside") - 1e-6).abs() < 1e-18);
    let refused = |run: Homogeneous<f64>| run.window().map(|_| ()).unwrap_err();
    for (bad, unmet) in [
        (Homogeneous { dim: 0, ..run }, Unmet::Dimension),
        (
            Homogeneous {
                condition: 0.5,
                ..run
            },
            Unmet::Strength,
        ),
        (
            Homogeneous {
                step_size: 0.0,
                ..run
            },
            Unmet::StepSize,
        ),
        (
            Homogeneous {
                init_scale: 1.0,
                ..run
            },
            Unmet::InitialScale,
        ),
        (
            Homogeneous {
                init_scale: 0.5,
                ..run
            },
            Unmet::EmptyWindow,
        ),
    ] {
        assert_eq!(refused(bad), unmet);
    }
}

/// The check that firmware makes when it is compiled agrees with the formulas.
#[test]
fn admissible_step_sizes() {
    const { assert!(check_step_size(0.1, 1.0, &[7.0, -5.0]).is_ok()) }
    for i in 1..400 {
        let step_size = f64::from(i) * 5e-4;
        for pulls in [
            &[7.0, -5.0][..],
            &[6.0, 4.0, -8.0],
            &[-1.0],
            &[5.0, 0.0, -6.0],
        ] {
            let inside = pulls.iter().all(|&s| f64::abs(step_size * s) < 1.0);
            let suppressed = lyapunov(step_size, pulls.iter().copied()) < 0.0;
            let expected = match (inside, suppressed) {
                (false, _) => Err(Unmet::SignChange),
                (true, false) => Err(Unmet::Learned),
                (true, true) => Ok(()),
            };
            assert_eq!(check_step_size(step_size, 1.0, pulls), expected);
        }
    }
    // A product of 20,000 factors neither overflows nor vanishes on the way.
    let mut many = vec![7.0; 10_000];
    many.resize(20_000, -5.0);
    assert_eq!(check_step_size(0.1, 1.0, &many), Ok(()));
    assert_eq!(check_step_size(0.05, 1.0, &many), Err(Unmet::Learned));
    for (step_size, strongest, pulls, unmet) in [
        (0.0, 1.0, &[1.0][..], Unmet::StepSize),
        (f64::NAN, 1.0, &[1.0], Unmet::StepSize),
        (0.1, -1.0, &[1.0], Unmet::Strength),
        (0.1, 1.0, &[], Unmet::Pulls),
        (0.1, 1.0, &[1.0, f64::NAN], Unmet::Pulls),
        (0.1, 5.1, &[1.0], Unmet::LargeStep),
    ] {
        assert_eq!(check_step_size(step_size, strongest, pulls), Err(unmet));
    }
}
