//! `learn` on the measured UWB ranges: what a user is promised, and what an outsider can check.

#![allow(
    clippy::needless_range_loop,
    reason = "the second opinion is written as in a textbook, with indices"
)]

mod common;

use common::{heterosgd, json, number, uwb};
use serde_json::Value;

/// The main job of the README.
fn main_job(more: &[&str]) -> Value {
    let (data, test) = (uwb("uwb_fast.csv.gz"), uwb("uwb_mid_neutral.csv.gz"));
    let mut arguments = vec![
        "learn",
        &data,
        "--env",
        "anchor",
        "--target",
        "range_squared",
        "--train-envs",
        "2,3,6",
        "--model",
        "linear",
        "--degree",
        "2",
        "--step-size",
        "auto",
        "--test",
        &test,
        "--test-envs",
        "4,15",
        "--json",
        "-",
    ];
    arguments.extend(more);
    json(&arguments)
}

/// The figures of the issue, for five seeds: none of them was chosen.
#[test]
fn finds_what_all_anchors_share() {
    for seed in ["0", "1", "2", "3", "4"] {
        let summary = main_job(&["--seed", seed]);
        let px = number(&summary, "/coefficients/px").abs();
        assert!(px <= 0.1, "seed {seed}: px {px}");
        for name in ["px*px", "py*py"] {
            let value = number(&summary, &format!("/coefficients/{name}"));

            assert!((0.7..=1.3).contains(&value), "seed {seed}: {name} {value}");
        }
        assert!(number(&summary, "/pooled/coefficients/px").abs() >= 2.0);
        assert!(number(&summary, "/test/r2") >= 0.8, "seed {seed}");
        assert!(number(&summary, "/pooled/test/r2") < 0.0);
        assert!(number(&summary, "/ols/test/r2") < 0.0);
        assert_eq!(summary["heterogeneity_sufficient"], true);
        assert_eq!(summary["diagnosis"]["px"]["verdict"], "suppressed");
        assert_eq!(summary["diagnosis"]["px*px"]["verdict"], "invariant");
        assert_eq!(summary["diagnosis"]["py*py"]["verdict"], "invariant");
    }
}

#[test]
fn small_steps_learn_the_spurious_part_and_the_report_says_so() {
    let data = uwb("uwb_fast.csv.gz");
    let summary = json(&[
        "learn",
        &data,
        "--env",
        "anchor",
        "--target",
        "range_squared",
        "--train-envs",
        "2,3,6",
        "--degree",
        "2",
        "--step-size",
        "0.05",
        "--json",
        "-",
    ]);
    assert!(number(&summary, "/coefficients/px") < -1.5);
    assert_eq!(summary["heterogeneity_sufficient"], false);
    assert_ne!(summary["diagnosis"]["px"]["verdict"], "invariant");
    let from = number(&summary, "/sufficient_from");
    assert!((0.3..0.9).contains(&from), "{from}");
    let statement = summary["statement"].as_str().expect("text");
    assert!(
        statement.contains("px") && statement.contains("not enough"),
        "{statement}"
    );
}

/// Least squares and scores by textbook loops of their own: normal equations, Gaussian elimination.
#[test]
fn least_squares_and_scores_agree_with_a_second_opinion() {
    let data = uwb("uwb_fast.csv.gz");
    let summary = json(&[
        "learn",
        &data,
        "--env",
        "anchor",
        "--target",
        "range_squared",
        "--train-envs",
        "2,3,6",
        "--drop",
        "cos_heading,sin_heading",
        "--degree",
        "2",
        "--test",
        &data,
        "--test-envs",
        "0,5",
        "--json",
        "-",
    ]);
    let rows = rows_of("uwb_fast.csv.gz");
    let lifted = |row: &[f64]| {
        [
            row[2],
            row[3],
            row[2] * row[2],
            row[2] * row[3],
            row[3] * row[3],
        ]
    };
    let names = ["px", "py", "px*px", "px*py", "py*py"];
    let mut normal = [[0.0; 6]; 5];
    for anchor in [2.0, 3.0, 6.0] {
        let (x, y) = centred(&rows, anchor, lifted);
        for (x, y) in x.iter().zip(&y) {
            for i in 0..5 {
                for j in 0..5 {
                    normal[i][j] += x[i] * x[j];
                }
                normal[i][5] += x[i] * y;
            }
        }
    }
    let solution = eliminate(normal);
    for (name, value) in names.iter().zip(solution) {
        let ours = number(&summary, &format!("/ols/coefficients/{name}"));
        assert!(
            (ours - value).abs() < 1e-8 * (1.0 + value.abs()),
            "{name}: {ours} {value}"
        );
    }
    for method in ["", "/pooled", "/ols"] {
        let w: Vec<f64> = names
            .iter()
            .map(|name| number(&summary, &format!("{method}/coefficients/{name}")))
            .collect();
        let r2: f64 = [0.0, 5.0]
            .iter()
            .map(|&anchor| {
                let (x, y) = centred(&rows, anchor, lifted);
                let error = |(x, y): (&[f64; 5], &f64)| {
                    let e = y - x.iter().zip(&w).map(|(x, w)| x * w).sum::<f64>();
                    e * e
                };
                let errors: f64 = x.iter().zip(&y).map(error).sum();
                1.0 - errors / y.iter().map(|y| y * y).sum::<f64>()
            })
            .sum::<f64>()
            / 2.0;
        let ours = number(&summary, &format!("{method}/test/r2"));
        assert!((ours - r2).abs() < 1e-9, "{method}: {ours} {r2}");
    }
}

/// `cos^2 + sin^2` is 1 but for the rounding of the file: least squares must not divide by that noise.
#[test]
fn least_squares_is_calm_where_features_are_collinear_up_to_rounding() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("c.csv");
    let mut text = String::from("env,y,c,s\n");
    for row in 0..400_u32 {
        let angle = f64::from(row) * 0.7;
        let (c, s) = (libm::cos(angle), libm::sin(angle));
        let noise = f64::from(row * 37 % 101) / 100.0;
        let y = c * c - s + noise;
        text += &format!("{},{y:.5},{c:.5},{s:.5}\n", row % 2);
    }
    std::fs::write(&path, text).expect("written");
    let path = path.display().to_string();
    let arguments = ["learn", &path, "--env", "env", "--degree", "2"];
    let summary = json(&[&arguments[..], &["--json", "-"]].concat());
    let coefficient = |name: &str| number(&summary, &format!("/ols/coefficients/{name}"));
    // Of all c2 and s2 with c2 - s2 = 1, those of least norm.
    assert!(
        (coefficient("c*c") - 0.5).abs() < 0.1,
        "{}",
        coefficient("c*c")
    );
    assert!(
        (coefficient("s*s") + 0.5).abs() < 0.1,
        "{}",
        coefficient("s*s")
    );
    assert!((coefficient("s") + 1.0).abs() < 0.1, "{}", coefficient("s"));
}

fn rows_of(name: &str) -> Vec<Vec<f64>> {
    let file = std::fs::File::open(uwb(name)).expect("the data");
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    reader
        .records()
        .map(|record| {
            let record = record.expect("a row");
            record
                .iter()
                .map(|field| field.parse().expect("a number"))
                .collect()
        })
        .collect()
}

/// The lifted rows and responses of one anchor, means removed.
fn centred(
    rows: &[Vec<f64>],
    anchor: f64,
    lifted: impl Fn(&[f64]) -> [f64; 5],
) -> (Vec<[f64; 5]>, Vec<f64>) {
    let own: Vec<&Vec<f64>> = rows.iter().filter(|row| row[0] == anchor).collect();
    let mut x: Vec<[f64; 5]> = own.iter().map(|row| lifted(row)).collect();
    let mut y: Vec<f64> = own.iter().map(|row| row[1]).collect();
    let n = own.len() as f64;
    for j in 0..5 {
        let mean = x.iter().map(|x| x[j]).sum::<f64>() / n;
        for row in &mut x {
            row[j] -= mean;
        }
    }
    let mean = y.iter().sum::<f64>() / n;
    for value in &mut y {
        *value -= mean;
    }
    (x, y)
}

/// Solves the augmented system by Gaussian elimination.
fn eliminate(mut a: [[f64; 6]; 5]) -> [f64; 5] {
    for k in 0..5 {
        for i in 0..5 {
            if i != k {
                let factor = a[i][k] / a[k][k];
                for j in k..6 {
                    a[i][j] -= factor * a[k][j];
                }
            }
        }
    }
    core::array::from_fn(|i| a[i][5] / a[i][i])
}

#[test]
fn matrices_are_recovered_from_a_simulated_stream() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let stream = directory.path().join("s.csv").display().to_string();
    let truth = directory.path().join("truth.json").display().to_string();
    for (ensemble, measurement) in [("gaussian", "dense"), ("rank-one", "rank-one")] {
        let status = heterosgd([
            "simulate",
            &stream,
            "--dim",
            "5",
            "--rank",
            "1",
            "--spurious",
            "1",
            "--batches",
            "60",
            "--batch",
            "200",
            "--ensemble",
            ensemble,
            // In turn: drawn at random, 60 environments have a mean of their own.
            "--schedule",
            "cyclic",
            "--heterogeneity",
            "5",
            "--json",
            &truth,
        ])
        .status()
        .expect("the command runs");
        assert!(status.success());
        let truth: Value =
            serde_json::from_str(&std::fs::read_to_string(&truth).expect("written")).expect("JSON");
        for model in ["psd", "signed"] {
            let summary = json(&[
                "learn",
                &stream,
                "--env",
                "env",
                "--model",
                model,
                "--measurement",
                measurement,
                "--batch",
                "200",
                "--json",
                "-",
            ]);
            let distance = |pointer: &str| {
                let mut sum = 0.0;
                for i in 0..5 {
                    for j in 0..5 {
                        let e = number(&summary, &format!("{pointer}/estimate/{i}/{j}"))
                            - number(&truth, &format!("/invariant/{i}/{j}"));
                        sum += e * e;
                    }
                }
                libm::sqrt(sum)
            };
            // ||A*|| = 1 and the mean spurious signal has norm 1: pooled is off by about that.
            let (hetero, pooled) = (distance(""), distance("/pooled"));
            assert!(
                hetero < 0.5 * pooled,
                "{ensemble} {model}: {hetero} {pooled}"
            );
            assert!(pooled > 0.5, "{ensemble} {model}: {pooled}");
        }
    }
}

#[test]
fn file_order_needs_no_labels() {
    // Batches of one environment each, as a device meets them; the label column is dropped.
    let directory = tempfile::tempdir().expect("a temporary directory");
    let stream = directory.path().join("s.csv");
    let mut text = String::from("y,a,b\n");
    let mut state = 1u64;
    let mut uniform = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    for batch in 0..400 {
        let slope = if batch % 2 == 0 { 5.0 } else { -3.0 };
        for _ in 0..32 {
            let (a, b) = (uniform(), uniform());
            let y = 2.0 * a + slope * b + f64::from(batch);
            text += &format!(
                "{y},{a},{b}
"
            );
        }
    }
    std::fs::write(&stream, text).expect("written");
    let stream = stream.display().to_string();
    let summary = json(&["learn", &stream, "--json", "-"]);
    let (a, b) = (
        number(&summary, "/coefficients/a"),
        number(&summary, "/coefficients/b"),
    );
    assert!((a - 2.0).abs() < 0.4, "{a}");
    assert!(b.abs() < 0.2, "{b}");
    let pooled = number(&summary, "/pooled/coefficients/b");
    assert!(pooled > 0.8, "{pooled}");
}

#[test]
fn same_seed_same_files() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let run = |name: &str, threads: &str| {
        let out = directory.path().join(name);
        let data = uwb("uwb_fast.csv.gz");
        let status = heterosgd([
            "learn",
            &data,
            "--env",
            "anchor",
            "--target",
            "range_squared",
            "-q",
        ])
        .args(["--degree", "2", "--out"])
        .arg(&out)
        .env("RAYON_NUM_THREADS", threads)
        .status()
        .expect("the command runs");
        assert!(status.success());
        let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(&out)
            .expect("readable")
            .map(|entry| {
                let entry = entry.expect("readable");
                let bytes = std::fs::read(entry.path()).expect("readable");
                (entry.file_name().to_string_lossy().into_owned(), bytes)
            })
            .collect();
        files.sort();
        files
    };
    let (one, two) = (run("one", "1"), run("two", "2"));
    assert_eq!(one.len(), 5);
    for ((name, a), (_, b)) in one.iter().zip(&two) {
        assert!(a == b, "{name} differs");
    }
}
