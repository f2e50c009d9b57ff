//! `replay --step` and `--refit`: what the core does with the same rows, to the last bit.

mod common;

use common::{number, with_input};
use heterosgd::learner::Step;
use heterosgd::{
    Centred, Features, HeteroSgd, Linear, Measurement, Model, Psd, Refit, Scalar, Screen,
    Sequential, Settings, Symmetric, Whitened,
};
use heterosgd_problems::stream::answer_digest;
use serde_json::Value;

/// Features of a row.
const P: usize = 3;

/// The environment, the features or the packed matrix, the response.
type Row<const N: usize> = (u32, [f64; N], f64);

/// Rows of `environments`, in visits of `each`: the second coefficient is each environment's own.
fn rows<const N: usize>(environments: u32, each: u32) -> Vec<Row<N>> {
    let mut state = 1_u64;
    let mut draw = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // 20 bits: exact in both precisions, and as decimals.
        (state >> 44) as f64 / f64::from(1 << 18) - 2.0
    };
    let mut rows = Vec::new();
    for environment in 0..environments {
        let own = if environment % 2 == 0 { 3.0 } else { -1.0 };
        for _ in 0..each {
            let x: [f64; N] = std::array::from_fn(|_| draw());
            let y = x[0] + own * x[1] - 0.5 * x[2] + 0.125 * draw();
            rows.push((environment, x, y));
        }
    }
    rows
}

fn csv<const N: usize>(names: &[&str; N], rows: &[Row<N>]) -> String {
    let mut text = format!("env,y,{}\n", names.join(","));
    for (environment, x, y) in rows {
        let x: Vec<String> = x.iter().map(f64::to_string).collect();
        text += &format!("{environment},{y},{}\n", x.join(","));
    }
    text
}

/// The digest of the core's learner: a batch ends after 7 rows, or where the environment changes.
fn digest<M, S, X, const N: usize>(rows: &[Row<N>], sample: impl Fn([M::Scalar; N]) -> X) -> String
where
    M: Model,
    S: Step<M>,
    X: Measurement<M>,
{
    let mut learner = HeteroSgd::<M, S>::new(Settings {
        step_size: M::Scalar::from_f64(0.05),
        init_scale: M::Scalar::from_f64(0.1),
        seed: 0,
    })
    .expect("in range");
    for (environment, x, y) in rows {
        let batch = learner.resume();
        let is_other = batch.environment().is_some_and(|open| open != *environment);
        if is_other || batch.count() == 7 {
            batch.step().expect("a step");
        }
        let x = sample(x.map(M::Scalar::from_f64));
        learner
            .resume()
            .observe_from(*environment, &x, M::Scalar::from_f64(*y))
            .expect("a good row");
    }
    learner.resume().step().expect("a step");
    format!("{:016x}", learner.digest())
}

fn replayed(text: &str, more: &[&str]) -> Value {
    let arguments = ["replay", "-", "--batch", "7", "--step-size", "0.05"];
    let rest = ["--init-scale", "0.1", "--json", "-"];
    let output = with_input(&[&arguments, more, &rest].concat(), text.as_bytes());
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn steps_of_features_are_those_of_the_core() {
    fn core<S: Step<Linear<f32, P>>>(rows: &[Row<P>]) -> String {
        digest::<Linear<f32, P>, S, _, P>(rows, Features)
    }
    let rows = rows::<P>(3, 40);
    let text = csv(&["a", "b", "c"], &rows);
    let ours =
        |more: &[&str]| replayed(&text, &[&["--model", "linear"], more].concat())["digest"].clone();
    assert_eq!(ours(&["--step", "whitened"]), core::<Whitened>(&rows));
    assert_eq!(
        ours(&["--step", "whitened", "--centred"]),
        core::<Centred<Whitened>>(&rows)
    );
    assert_eq!(ours(&["--step", "sequential"]), core::<Sequential>(&rows));
}

#[test]
fn steps_of_matrices_are_those_of_the_core() {
    fn core<S: Step<Psd<f64, 2, 2>>>(rows: &[Row<3>]) -> String {
        digest::<Psd<f64, 2, 2>, S, _, 3>(rows, Symmetric::from_packed)
    }
    let rows = rows::<3>(2, 30);
    let text = csv(&["x_1_1", "x_1_2", "x_2_2"], &rows);
    let ours = |step| {
        let more = ["--dim", "2", "--precision", "f64", "--step", step];
        replayed(&text, &more)["digest"].clone()
    };
    assert_eq!(ours("whitened"), core::<Whitened>(&rows));
    assert_eq!(ours("sequential"), core::<Sequential>(&rows));
}

/// Verdicts, coefficients and standard errors are the core's, number for number.
#[test]
fn a_refit_is_that_of_the_core() {
    fn same<T: Scalar>(rows: &[Row<P>], summary: &Value) {
        let row = |(_, x, y): &Row<P>| (Features(x.map(T::from_f64)), T::from_f64(*y));
        let mut screen = Screen::<T, P>::new();
        for sample in rows {
            let (x, y) = row(sample);
            screen.observe_from(sample.0, &x, y).expect("a good row");
        }
        screen.end_all();
        let findings = screen.findings();
        let mut refit = Refit::<T, P>::new(findings);
        for sample in rows {
            let (x, y) = row(sample);
            refit.observe_from(sample.0, &x, y).expect("a good row");
        }
        refit.end_all();
        let answer = refit.answer().expect("visits");
        for (k, name) in ["a", "b", "c"].into_iter().enumerate() {
            let ours = |what: &str| number(summary, &format!("/refit/{what}/{name}"));
            // Decimals read back may differ in the last place; the digest says the rest.
            let near = |ours: f64, theirs: f64| (ours - theirs).abs() <= 1e-14 * theirs.abs();
            assert!(near(ours("coefficients"), answer.coefficients[k]));
            assert!(near(ours("standard_errors"), answer.standard_errors[k]));
            let verdict = summary["refit"]["verdicts"][name].as_str().expect("a word");
            let theirs = format!("{:?}", findings.of[k].verdict).to_lowercase();
            assert_eq!(verdict, theirs);
        }
        let digest = answer_digest(
            &findings.of,
            &answer.coefficients,
            &answer.standard_errors,
            [answer.noise, f64::from(answer.visits)],
        );
        assert_eq!(summary["refit"]["digest"], format!("{digest:016x}"));
        assert_eq!(summary["refit"]["visits"], answer.visits);
        assert_eq!(summary["refit"]["skipped"], answer.skipped);
        assert_eq!(summary["refit"]["directions"], findings.design.directions);
    }
    // The last visit is too short, and left out.
    let mut all = rows::<P>(4, 300);
    all.extend(rows::<P>(1, 5).into_iter().map(|(_, x, y)| (9, x, y)));
    let text = csv(&["a", "b", "c"], &all);
    let ours = |precision| {
        let more = ["--model", "linear", "--refit", "--precision", precision];
        replayed(&text, &more)
    };
    same::<f32>(&all, &ours("f32"));
    let summary = ours("f64");
    same::<f64>(&all, &summary);
    assert_eq!(summary["refit"]["skipped"], 1);
    assert_eq!(summary["refit"]["verdicts"]["a"], "invariant");
    assert_eq!(summary["refit"]["verdicts"]["b"], "varies");
    assert!((number(&summary, "/refit/coefficients/c") + 0.5).abs() < 0.02);
}

#[test]
fn what_cannot_be_asked_for_is_said() {
    let text = csv(&["a", "b", "c"], &rows::<P>(2, 5));
    for (more, message) in [
        (
            &["--model", "linear", "--step", "sequential", "--centred"][..],
            "--centred is for plain and whitened steps",
        ),
        (
            &["--dim", "2", "--refit"],
            "--refit belongs to --model linear",
        ),
        (&["--model", "linear", "--refit"], "is long enough: 9 rows"),
    ] {
        let arguments = ["replay", "-", "--batch", "7", "--step-size", "0.05"];
        let rest = ["--init-scale", "0.1"];
        let output = with_input(&[&arguments, more, &rest].concat(), text.as_bytes());
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(message), "{errors}");
    }
}
