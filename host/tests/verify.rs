//! `verify`: checks pass, threads do not show, and planted faults are found.
//!
//! The whole of `verify --quick` is run by `cargo xtask test` in release.

mod common;

use common::heterosgd;
use serde_json::Value;

/// The checks that take a moment.
const FAST: &str = "V1,V2,V5,V6,V12";

fn run(arguments: &[&str]) -> (Option<i32>, Value, String) {
    let output = heterosgd(["verify", "--json", "-"])
        .args(arguments)
        .output()
        .expect("the command runs");
    let summary = serde_json::from_slice(&output.stdout).expect("JSON on standard output");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), summary, message)
}

fn failing(summary: &Value) -> Vec<&str> {
    let checks = summary["checks"].as_array().expect("checks");
    checks
        .iter()
        .filter(|check| check["holds"] == false)
        .map(|check| check["name"].as_str().expect("a name"))
        .collect()
}

#[test]
fn checks_pass_with_pages_and_plots() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().to_string_lossy().into_owned();
    let (status, summary, message) = run(&["--only", FAST, "--out", &out]);
    assert_eq!(status, Some(0), "{message}");
    assert_eq!(summary["holds"], true);
    for check in summary["checks"].as_array().expect("checks") {
        let rows = check["rows"].as_array().expect("rows");
        let judged = rows.iter().filter(|row| row["verdict"] == "pass").count();
        assert!(judged > 0, "{check}");
        let alarm = check["false_alarm"].as_f64().expect("a number");
        assert!((0.0..=0.01).contains(&alarm), "{alarm}");
        let name = check["name"].as_str().expect("a name").to_lowercase();
        for kind in ["svg", "png"] {
            assert!(directory.path().join(format!("{name}.{kind}")).is_file());
        }
    }
    let page = std::fs::read_to_string(directory.path().join("verify.html")).expect("written");
    assert!(page.contains("5 of 5 checks pass") && page.contains("id=\"v12\""));
}

#[test]
fn threads_do_not_show() {
    let one = run(&["--only", "V4,V11,V12", "--threads", "1"]);
    let two = run(&["--only", "V4,V11,V12", "--threads", "2"]);
    assert_eq!(one.1, two.1);
    assert_eq!(one.0, Some(0), "{}", one.2);
}

/// A factor 2 in the step size: the matrices are not the scalars, the boundary is elsewhere.
#[test]
fn a_double_step_is_found() {
    let (status, summary, message) = run(&["--only", "V1,V4,V11,V12", "--fault", "double-step"]);
    assert_eq!(status, Some(1), "{message}");
    for check in ["V1", "V12"] {
        assert!(failing(&summary).contains(&check), "{check}: {message}");
    }
    assert!(message.contains("checks failed"), "{message}");
}

/// Pooled batches where HeteroSGD is claimed: spurious entries grow instead of dying out.
#[test]
fn pooled_batches_are_found() {
    let (status, summary, message) =
        run(&["--only", "V1,V4,V5,V11,V12", "--fault", "pooled-batches"]);
    assert_eq!(status, Some(1), "{message}");
    for check in ["V1", "V4", "V5", "V11", "V12"] {
        assert!(failing(&summary).contains(&check), "{check}: {message}");
    }
}

/// A mean with the wrong sign: PooledSGD does not learn it.
#[test]
fn a_wrong_sign_of_the_mean_is_found() {
    let (status, summary, message) = run(&["--only", "V1,V6,V11,V12", "--fault", "mean-sign"]);
    assert_eq!(status, Some(1), "{message}");
    for check in ["V6", "V11", "V12"] {
        assert!(failing(&summary).contains(&check), "{check}: {message}");
    }
}

/// Labels with a quarter more noise: every variance that comes from them, and nothing that has none.
#[test]
fn noisy_labels_are_found() {
    let (status, summary, message) = run(&["--only", "V12", "--fault", "noisy-labels"]);
    assert_eq!(status, Some(1), "{message}");
    let rows = summary["checks"][0]["rows"].as_array().expect("rows");
    let mut failed = 0;
    for row in rows.iter().filter(|row| row["verdict"] != "reported") {
        let what = row["what"].as_str().expect("words");
        let noiseless = what.contains("estimate");
        assert_eq!(row["verdict"] == "pass", noiseless, "{row}");
        failed += u32::from(!noiseless);
    }
    assert_eq!(failed, 12);
}

#[test]
fn unknown_checks_are_refused() {
    let output = heterosgd(["verify", "--only", "V0"])
        .output()
        .expect("the command runs");
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("V1 to V12"), "{message}");
}
