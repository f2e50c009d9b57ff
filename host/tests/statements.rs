//! What `learn` says of recordings whose truth is known: it has to be true, above all where the
//! method cannot help.

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::{heterosgd, json, number};
use serde_json::Value;

/// Numbers from -sqrt(3) to sqrt(3), so of variance 1, by a generator of the test's own.
fn generator(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 / (1u64 << 53) as f64 - 0.5) * libm::sqrt(12.0)
    }
}

/// `y = 2 a + s_e b + 0.1 noise + offset_e`, 1,000 rows for each slope.
fn record(path: &Path, slopes: &[f64], seed: u64) -> String {
    let mut uniform = generator(seed);
    let mut text = String::from("env,y,a,b\n");
    for (environment, slope) in slopes.iter().enumerate() {
        for _ in 0..1000 {
            let (a, b) = (uniform(), uniform());
            let y = 2.0 * a + slope * b + 0.1 * uniform() + 100.0 * environment as f64;
            let _ = writeln!(text, "{environment},{y},{a},{b}");
        }
    }
    std::fs::write(path, text).expect("written");
    path.display().to_string()
}

fn learn(slopes: &[f64]) -> Value {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = record(&directory.path().join("r.csv"), slopes, 7);
    json(&["learn", &data, "--env", "env", "--json", "-"])
}

fn verdict<'a>(summary: &'a Value, name: &str) -> &'a str {
    summary["diagnosis"][name]["verdict"]
        .as_str()
        .expect("a verdict")
}

#[test]
fn enough_heterogeneity() {
    let summary = learn(&[7.0, -5.0]);
    assert_eq!(summary["heterogeneity_sufficient"], true);
    assert_eq!(verdict(&summary, "a"), "invariant");
    assert_eq!(verdict(&summary, "b"), "suppressed");
    assert!((number(&summary, "/coefficients/a") - 2.0).abs() < 0.2);
    assert!(number(&summary, "/coefficients/b").abs() < 0.2);
    assert!(number(&summary, "/pooled/coefficients/b") > 0.7);
    for (own, slope) in ["0", "1"].iter().zip([7.0, -5.0]) {
        let own = number(&summary, &format!("/diagnosis/b/own/values/{own}"));
        assert!((own - slope).abs() < 0.2, "{own} for {slope}");
    }
}

/// M = 0.5 mu, 0.95 mu and 2 mu: no step size below the instability suppresses b.
#[test]
fn too_little_heterogeneity_is_said_to_be_too_little() {
    for slopes in [[1.5, 0.5], [1.95, 0.05], [3.0, -1.0]] {
        let summary = learn(&slopes);
        assert_eq!(summary["heterogeneity_sufficient"], false, "{slopes:?}");
        assert_eq!(summary["sufficient_from"], Value::Null, "{slopes:?}");
        assert_eq!(verdict(&summary, "a"), "invariant", "{slopes:?}");
        assert_eq!(verdict(&summary, "b"), "undecided", "{slopes:?}");
        let statement = summary["statement"].as_str().expect("text");
        assert!(
            statement.contains("not enough") && statement.contains(" b,"),
            "{statement}"
        );
    }
}

#[test]
fn equal_environments_are_not_called_enough() {
    let summary = learn(&[1.0, 1.0, 1.0]);
    assert_eq!(summary["heterogeneity_sufficient"], false);
    assert_eq!(verdict(&summary, "b"), "invariant");
    let statement = summary["statement"].as_str().expect("text");
    assert!(statement.contains("agree on everything"), "{statement}");
}

/// Twelve recordings with slopes of random size: whatever `learn` calls enough has lost its
/// spurious part, and the result is the invariant one.
#[test]
fn enough_means_that_nothing_spurious_is_left() {
    let mut draw = generator(11);
    let mut called_enough = 0;
    for _ in 0..12 {
        let (mean, half) = (draw(), 4.0 * draw().abs());
        let summary = learn(&[mean + half, mean - half]);
        if summary["heterogeneity_sufficient"] == true {
            called_enough += 1;
            let (a, b) = (
                number(&summary, "/coefficients/a"),
                number(&summary, "/coefficients/b"),
            );
            assert!(
                b.abs() <= 0.25 && (a - 2.0).abs() < 0.4,
                "{mean} +- {half}: {a} {b}"
            );
        }
    }
    assert!(called_enough >= 3, "{called_enough}");
}

/// Rows after the last full batch have no mean to be removed: they are left out, and said to be.
#[test]
fn left_over_rows_change_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut uniform = generator(5);
    let mut text = String::from("y,a,b\n");
    for batch in 0..100 {
        let slope = if batch % 2 == 0 { 5.0 } else { -3.0 };
        for _ in 0..32 {
            let (a, b) = (uniform(), uniform());
            let _ = writeln!(text, "{},{a},{b}", 2.0 * a + slope * b + 1000.0);
        }
    }
    let path = directory.path().join("even.csv");
    std::fs::write(&path, &text).expect("written");
    let even = json(&["learn", &path.display().to_string(), "--json", "-"]);
    for _ in 0..31 {
        let (a, b) = (uniform(), uniform());
        let _ = writeln!(text, "{},{a},{b}", 2.0 * a + 5.0 * b + 1000.0);
    }
    let path = directory.path().join("odd.csv");
    std::fs::write(&path, &text).expect("written");
    let odd = json(&["learn", &path.display().to_string(), "--json", "-"]);
    assert_eq!(odd["coefficients"], even["coefficients"]);
    assert_eq!(odd["left_over"], 31);
    assert_eq!(even["left_over"], 0);
    assert!(number(&even, "/coefficients/b").abs() < 0.2);
}

#[test]
fn a_diverged_run_has_no_result() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = record(&directory.path().join("r.csv"), &[7.0, -5.0], 7);
    let output = heterosgd([
        "learn",
        &data,
        "--env",
        "env",
        "--step-size",
        "3",
        "--json",
        "-",
    ])
    .output()
    .expect("the command runs");
    assert_eq!(output.status.code(), Some(1));
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(summary["diverged"], true);
    assert_eq!(summary["coefficients"]["a"], Value::Null);
    assert_eq!(summary["heterogeneity_sufficient"], false);
    let statement = summary["statement"].as_str().expect("text");
    assert!(
        statement.contains("no result") && statement.contains("enough at step sizes"),
        "{statement}"
    );
}

/// x with a mean of three standard deviations: scales come from what varies.
#[test]
fn rank_one_measurements_may_have_an_offset() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut uniform = generator(3);
    let mut text = String::from("env,y,p,q\n");
    for environment in 0..2 {
        let pull = if environment == 0 { 7.0 } else { -5.0 };
        for _ in 0..3000 {
            let (p, q) = (3.0 + uniform(), uniform());
            let _ = writeln!(text, "{environment},{},{p},{q}", p * p + pull * q * q);
        }
    }
    let path = directory.path().join("r.csv");
    std::fs::write(&path, text).expect("written");
    let summary = json(&[
        "learn",
        &path.display().to_string(),
        "--env",
        "env",
        "--model",
        "psd",
        "--batch",
        "500",
        "--json",
        "-",
    ]);
    let (p, q) = (
        number(&summary, "/estimate/0/0"),
        number(&summary, "/estimate/1/1"),
    );
    assert!((p - 1.0).abs() < 0.1, "{p}");
    let pooled = number(&summary, "/pooled/estimate/1/1");
    assert!(pooled > 0.7 && q.abs() < pooled / 3.0, "{q} {pooled}");
}
