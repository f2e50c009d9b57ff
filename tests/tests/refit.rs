//! The refit: exact joint least squares without a stored row, honest standard errors, and refusals that
//! leave no trace.

use heterosgd::sampling::{Ensemble, GaussianFeatures, Purpose, stream};
use heterosgd::{Error, Features, Findings, Refit, Scalar, Screen, Verdict};
use heterosgd_tests::naive::solved;
use heterosgd_tests::recording::{P, Row, part, refused, rows, screened, with};
use proptest::prelude::*;

/// The common coefficients of the joint least squares in which every environment has an intercept and
/// coefficients of its own for the features of `own`, rows weighted by `weights`: normal equations of
/// all unknowns at once.
fn joint(rows: &[Row], own: &[usize], common: &[usize], weights: &[f64]) -> Vec<f64> {
    let each = 1 + own.len();
    let n = common.len() + weights.len() * each;
    let (mut a, mut b) = (vec![vec![0.0; n]; n], vec![0.0; n]);
    for (environment, x, y) in rows {
        let mut unknowns: Vec<(usize, f64)> =
            common.iter().enumerate().map(|(k, &j)| (k, x[j])).collect();
        let first = common.len() + *environment as usize * each;
        unknowns.push((first, 1.0));
        unknowns.extend(own.iter().enumerate().map(|(k, &j)| (first + 1 + k, x[j])));
        let weight = weights[*environment as usize];
        for &(i, p) in &unknowns {
            b[i] += weight * p * y;
            for &(j, q) in &unknowns {
                a[i][j] += weight * p * q;
            }
        }
    }
    solved(&a, &b)[..common.len()].to_vec()
}

/// One over the residual variance of each environment's own fit on all features.
fn weights(rows: &[Row], environments: u32, features: &[usize]) -> Vec<f64> {
    let fit = |environment: u32| {
        let mine: Vec<Row> = rows
            .iter()
            .filter(|row| row.0 == environment)
            .map(|&(_, x, y)| (0, x, y))
            .collect();
        let coefficients = joint(&mine, &[], features, &[1.0]);
        let residual = |(_, x, y): &Row| {
            y - features
                .iter()
                .zip(&coefficients)
                .map(|(&j, c)| c * x[j])
                .sum::<f64>()
        };
        let n = mine.len() as f64;
        let mean = mine.iter().map(residual).sum::<f64>() / n;
        let rss: f64 = mine
            .iter()
            .map(|row| residual(row) - mean)
            .map(|r| r * r)
            .sum();
        (n - features.len() as f64 - 1.0) / rss
    };
    (0..environments).map(fit).collect()
}

const VERDICTS: [Verdict; P] = [
    Verdict::Invariant,
    Verdict::Unsure,
    Verdict::Varies,
    Verdict::Varies,
    Verdict::Zero,
];

fn refitted<const OPEN: usize>(rows: &[Row], labelled: bool) -> Refit<f64, P, OPEN> {
    let mut refit = Refit::<f64, P, OPEN>::new(Findings::from_verdicts(VERDICTS));
    let mut last = None;
    for &(environment, x, y) in rows {
        if !labelled && last.is_some_and(|last| last != environment) {
            refit.end_visit().expect("long enough");
        }
        last = Some(environment);
        let taken = if labelled {
            refit.observe_from(environment, &Features(x), y)
        } else {
            refit.observe(&Features(x), y)
        };
        assert_eq!(taken, Ok(true));
    }
    refit.end_all();
    refit
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Labelled, unlabelled, and with all environments open at once: the joint least squares, to 1e-9.
    #[test]
    fn the_refit_is_the_joint_least_squares(seed in 0u64..1000, environments in 2u32..5, each in 20u32..60) {
        let rows = rows(environments, each, 0.5, seed);
        let weights = weights(&rows, environments, &[0, 1, 2, 3]);
        let expected = joint(&rows, &[2, 3], &[0, 1], &weights);
        let mut mixed = rows.clone();
        mixed.sort_by_key(|row| (row.2 * 1e3) as i64);
        let answers = [
            refitted::<1>(&rows, true).answer(),
            refitted::<1>(&rows, false).answer(),
            refitted::<8>(&mixed, true).answer(),
        ];
        for answer in answers {
            let answer = answer.expect("there are visits");
            prop_assert_eq!(answer.visits, environments);
            for (found, expected) in answer.coefficients.iter().zip(&expected) {
                prop_assert!((found - expected).abs() < 1e-9, "{} for {}", found, expected);
            }
            prop_assert_eq!(&answer.coefficients[2..], &[0.0; 3]);
            prop_assert!((0.1..0.7).contains(&answer.noise), "{}", answer.noise);
        }
    }

    /// The order of the environments changes nothing beyond rounding.
    #[test]
    fn the_order_of_environments_does_not_matter(seed in 0u64..1000) {
        let rows = rows(4, 40, 0.5, seed);
        let mut turned = rows.clone();
        turned.rotate_left(80);
        let [one, other] = [&rows, &turned].map(|rows| {
            let mut screen = Screen::<f64, P>::new();
            for &(environment, x, y) in rows {
                screen.observe_from(environment, &Features(x), y).expect("a good row");
            }
            screen.end_all();
            let findings = screen.findings();
            (findings, refitted::<1>(rows, true).answer().expect("visits"))
        });
        for j in 0..P {
            prop_assert_eq!(one.0.of[j].verdict, other.0.of[j].verdict);
            prop_assert!((one.0.of[j].mean - other.0.of[j].mean).abs() < 1e-9);
            prop_assert!((one.1.coefficients[j] - other.1.coefficients[j]).abs() < 1e-9);
            prop_assert!((one.1.standard_errors[j] - other.1.standard_errors[j]).abs() < 1e-9);
        }
    }
}

/// A coefficient of 50 +- 12 varies by more than a tenth, and has a mean worth knowing.
#[test]
fn around_a_mean() {
    let mut draws = stream(1, Purpose::Measurements, 0);
    let own = [35.0, 65.0, 42.0, 61.0, 47.0];
    let rows: Vec<(u32, [f64; 1], f64)> = (0..500)
        .map(|t| {
            let Features(x): Features<f64, 1> = GaussianFeatures::draw(&mut draws);
            (
                t / 100,
                x,
                own[t as usize / 100] * x[0] + f64::standard_normal(&mut draws),
            )
        })
        .collect();
    let findings = screened::<f64, 1, 8>(&rows);
    assert_eq!(findings.of[0].verdict, Verdict::Around);
    let mut refit = Refit::<f64, 1>::new(findings);
    for (environment, x, y) in &rows {
        refit
            .observe_from(*environment, &Features(*x), *y)
            .expect("a good row");
    }
    refit.end_all();
    let answer = refit.answer().expect("visits");
    assert!((answer.coefficients[0] - 50.0).abs() < 2.0 && answer.standard_errors[0] > 2.0);
}

/// The interval of two standard errors holds the truth as often as it should.
#[test]
fn standard_errors_are_honest() {
    let mut covered = 0;
    for seed in 0..100 {
        let rows = rows(4, 100, 0.5, 100 + seed);
        let mut refit = Refit::<f64, P>::new(screened::<f64, P, 8>(&rows));
        for &(environment, x, y) in &rows {
            refit
                .observe_from(environment, &Features(x), y)
                .expect("a good row");
        }
        refit.end_all();
        let answer = refit.answer().expect("visits");
        for (j, truth) in [1.0, -0.5].into_iter().enumerate() {
            covered += u32::from(
                (answer.coefficients[j] - truth).abs() < 1.96 * answer.standard_errors[j],
            );
        }
    }
    println!("{covered} of 200 intervals hold the truth");
    // 95 % of 200 is 190; fewer than 178 have a chance of 3e-4.
    assert!(covered >= 178, "{covered}");
}

#[test]
fn bad_input_leaves_the_refit_as_it_was() {
    let good = rows(3, 40, 0.5, 9);
    let mut refit = Refit::<f64, P, 1>::new(Findings::from_verdicts(VERDICTS));
    refused(&mut refit, Error::EmptyBatch, Refit::end_visit);
    refused(&mut refit, Error::EmptyBatch, |r| r.answer());
    for &(environment, x, y) in &good[..9] {
        refit
            .observe_from(environment, &Features(x), y)
            .expect("a good row");
    }
    refused(
        &mut refit,
        Error::ShortVisit {
            rows: 9,
            needed: 11,
        },
        Refit::end_visit,
    );
    refused(&mut refit, Error::NotFinite(part(1)), |r| {
        r.observe(&with(&good[0], 1, f64::NAN), 1.0)
    });
    // No survivors: everything varies, and there is no common coefficient.
    let mut nothing = Refit::<f64, P, 1>::new(Findings::from_verdicts([Verdict::Varies; P]));
    for &(environment, x, y) in &good {
        nothing
            .observe_from(environment, &Features(x), y)
            .expect("a good row");
    }
    nothing.end_all();
    assert_eq!(nothing.answer().expect("visits").coefficients, [0.0; P]);
    // A rank-deficient Gram matrix: the third feature is the sum of the first two.
    let mut deficient = Screen::<f64, P>::new();
    for &(environment, mut x, y) in &good {
        x[2] = x[0] + x[1];
        deficient
            .observe_from(environment, &Features(x), y)
            .expect("a good row");
    }
    deficient.end_all();
    let findings = deficient.findings();
    assert_eq!(
        (findings.of[2].visits, findings.of[2].verdict),
        (0, Verdict::Unsure)
    );
    // A response that never moves.
    let mut constant = Refit::<f64, P, 1>::new(Findings::from_verdicts(VERDICTS));
    for &(_, x, _) in &good[..40] {
        constant.observe(&Features(x), 3.0).expect("a good row");
    }
    refused(
        &mut constant,
        Error::FlatVisit { coordinate: P },
        Refit::end_visit,
    );
}

/// A response that is explained to six digits has the weight and the standard error of its noise, not
/// of what rounding leaves.
#[test]
fn a_response_that_is_nearly_explained_keeps_its_noise() {
    let mut refit = Refit::<f64, 1>::new(Findings::from_verdicts([Verdict::Invariant]));
    for t in 0..20 {
        let x = if t % 2 == 0 { 1.0 } else { -1.0 };
        let noise = if t % 4 < 2 { 0.5 } else { -0.5 };
        refit
            .observe(&Features([x]), 1000.0 * x + noise)
            .expect("a good row");
    }
    assert_eq!(refit.end_visit(), Ok(()));
    let answer = refit.answer().expect("a visit");
    // 5 in 18 degrees of freedom, and 20 squares of x.
    assert!((answer.noise - 5.0 / 18.0).abs() < 1e-6, "{}", answer.noise);
    let expected = libm::sqrt(5.0 / 18.0 / 20.0);
    assert!(
        (answer.standard_errors[0] - expected).abs() < 1e-6,
        "{}",
        answer.standard_errors[0]
    );
}

/// Where no visit could be screened nothing is left out: the common fit is the answer.
#[test]
fn without_findings_all_are_common() {
    let rows = rows(3, 40, 0.1, 2);
    let mut refit = Refit::<f64, P>::new(Screen::<f64, P>::new().findings());
    for &(environment, x, y) in &rows {
        refit
            .observe_from(environment, &Features(x), y)
            .expect("a good row");
    }
    refit.end_all();
    let all = [0, 1, 2, 3, 4];
    let expected = joint(&rows, &[], &all, &weights(&rows, 3, &all));
    let answer = refit.answer().expect("visits");
    for (found, expected) in answer.coefficients.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }
}
