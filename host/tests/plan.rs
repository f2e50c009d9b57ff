//! `plan`: what it promises is what runs come to, and where nothing will do it says so.

mod common;

use common::{heterosgd, json, number};
use heterosgd_host::trial::Setting;
use serde_json::Value;

fn failed(arguments: &[&str]) -> (Option<i32>, Value, String) {
    let output = heterosgd(["plan", "--json", "-"])
        .args(arguments)
        .output()
        .expect("the command runs");
    let summary = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), summary, message)
}

/// Runs of the plan reach its accuracy: the median of seven, of the estimate that the plan names.
#[test]
fn runs_reach_the_planned_accuracy() {
    for signals in [
        ["--mu", "0.2", "--heterogeneity", "3"],
        ["--mu", "0.5", "--heterogeneity", "5"],
    ] {
        let mut arguments = vec!["plan", "--json", "-", "--dim", "8", "--accuracy", "0.2"];
        arguments.extend(signals);
        let plan = json(&arguments);
        let value = |name: &str| number(&plan, &format!("/plan/{name}"));
        let setting = Setting {
            dim: 8,
            mu: signals[1].parse().expect("a number"),
            heterogeneity: signals[3].parse().expect("a number"),
            batch: value("batch") as u32,
            step_size: value("step_size"),
            init_scale: value("init_scale"),
            steps: value("steps") as u64,
            ..Setting::default()
        };
        let average = plan["plan"]["average"] == true;
        let mut errors: Vec<f64> = (0..7)
            .map(|seed| {
                let ending = setting.run(seed).expect("a run");
                assert_eq!(ending.diverged_at, None);
                let parts = if average {
                    ending.tail_cut
                } else {
                    ending.last
                };
                parts.error / core::f64::consts::SQRT_2
            })
            .collect();
        errors.sort_by(f64::total_cmp);
        assert!(errors[3] <= 0.2, "{signals:?}: {errors:?}");
    }
}

#[test]
fn the_interval_is_that_of_the_theory() {
    let plan = json(&["plan", "--json", "-", "--margin", "1"]);
    let critical = number(&plan, "/interval/critical");
    assert!((critical - 2.0 / 35.0).abs() < 1e-12);
    assert!((number(&plan, "/interval/high") - 1.0 / 7.0).abs() < 1e-8);
    assert!(number(&plan, "/plan/exponent") < 0.0);
    let step_size = number(&plan, "/plan/step_size");
    assert!(heterosgd::theory::check_step_size(step_size, 1.0, &[7.0, -5.0]).is_ok());
    let error = number(&plan, "/plan/error");
    assert!(error <= 0.1, "{error}");
}

#[test]
fn too_little_heterogeneity_is_said_plainly() {
    let (status, summary, message) = failed(&["--heterogeneity", "2", "--margin", "1"]);
    assert_eq!(status, Some(1));
    assert!(message.contains("too small"), "{message}");
    // docs/theory.md, 2.2: M > 3 mu.
    assert!((number(&summary, "/needed_heterogeneity") - 3.0).abs() < 1e-6);
    let (status, _, message) = failed(&["--heterogeneity", "0"]);
    assert_eq!(status, Some(1));
    assert!(message.contains("does not vary"), "{message}");
}

#[test]
fn boards_and_their_limits() {
    let plan = json(&[
        "plan",
        "--json",
        "-",
        "--board",
        "mps2-an386",
        "--rank-one",
        "--columns",
        "2",
    ]);
    assert_eq!(plan["cost"]["scaled"], false);
    assert_eq!(plan["cost"]["fits"], true);
    let total = number(&plan, "/cost/total");
    let samples = number(&plan, "/plan/samples") * number(&plan, "/cost/observe");
    let steps = number(&plan, "/plan/steps") * number(&plan, "/cost/step");
    assert_eq!(total, samples + steps);
    let (status, summary, message) = failed(&["--board", "microbit", "--dim", "32"]);
    assert_eq!(status, Some(1));
    assert_eq!(summary["cost"]["fits"], false);
    assert!(message.contains("bytes of RAM"), "{message}");
    let (status, _, message) = failed(&["--board", "nothing"]);
    assert_eq!(status, Some(2));
    assert!(message.contains("microbit"), "{message}");
}

/// The signals of simulated streams are found again: dense and rank one, with noise.
#[test]
fn signals_are_estimated_from_data() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (ensemble, noise) in [("gaussian", 0.1), ("rank-one", 0.1)] {
        let stream = directory.path().join(format!("{ensemble}.csv"));
        let stream = stream.to_string_lossy().into_owned();
        let written = heterosgd([
            "simulate",
            &stream,
            "--dim",
            "6",
            "--mu",
            "0.5",
            "--heterogeneity",
            "5",
            "--noise",
            "0.1",
            "--batches",
            "100",
            "--batch",
            "100",
            "--ensemble",
            ensemble,
            "--quiet",
        ])
        .status();
        assert!(written.expect("the command runs").success());
        let plan = json(&["plan", "--json", "-", "--from", &stream]);
        assert_eq!(plan["signals"]["rank"], 2);
        let pulls = plan["signals"]["pulls"].as_array().expect("pulls");
        assert_eq!(pulls.len(), 2, "{ensemble}");
        for direction in pulls {
            let mut values: Vec<f64> = direction
                .as_array()
                .expect("pulls")
                .iter()
                .map(|s| s.as_f64().expect("a number"))
                .collect();
            values.sort_by(f64::total_cmp);
            for (found, exact) in values.iter().zip([-4.5, -4.5, 5.5, 5.5]) {
                assert!((found - exact).abs() < 0.05, "{ensemble}: {values:?}");
            }
        }
        for end in ["0", "1"] {
            let sigma = number(&plan, &format!("/signals/sigma/{end}"));
            assert!((sigma - 1.0).abs() < 0.05, "{ensemble}: {sigma}");
        }
        // In units of isotropic measurements: x x^T is sqrt(2) of one.
        let scale = if ensemble == "rank-one" {
            core::f64::consts::FRAC_1_SQRT_2
        } else {
            1.0
        };
        let found = number(&plan, "/signals/noise");
        assert!((found / (noise * scale) - 1.0).abs() < 0.05, "{found}");
        assert!(number(&plan, "/source/not_common") < 0.05);
    }
}

#[test]
fn bad_input_is_refused() {
    for (arguments, expected) in [
        (&["--sigma", "0"][..], "--sigma"),
        (&["--sigma", "2:1"], "--sigma"),
        (&["--sigma", "x"], "--sigma"),
        (&["--accuracy", "0"], "--accuracy"),
        (&["--chance", "1"], "--chance"),
        (&["--margin", "0.5"], "--margin"),
        (&["--rank", "0"], "--rank"),
        (&["--rank", "7"], "--dim"),
        (&["--columns", "9"], "--columns"),
        (&["--noise", "-1"], "--noise"),
        (&["--heterogeneity", "-1"], "--heterogeneity"),
        (&["--pulls", "1,nan"], "finite"),
        (&["--from", "/nonexistent.csv"], "nonexistent"),
    ] {
        let (status, _, message) = failed(arguments);
        assert_eq!(status, Some(2), "{arguments:?}: {message}");
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("few.csv");
    let text = "env,y,x_1_1,x_1_2,x_2_2\na,1,1,0,0\nb,1,1,0,0\n";
    std::fs::write(&file, text).expect("written");
    let (status, _, message) = failed(&["--from", &file.to_string_lossy()]);
    assert_eq!(status, Some(2));
    assert!(message.contains("at least 6 are needed"), "{message}");
}
