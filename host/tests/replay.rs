//! `replay` and `simulate`: an independent program of a few lines gets the same answers.

#![allow(
    clippy::needless_range_loop,
    reason = "the second opinion is written as in a textbook, with indices"
)]

mod common;

use common::{heterosgd, json, number, with_input};
use serde_json::Value;

/// Textbook replay: full matrices, plain loops, f64.
fn naive(text: &str, d: usize, batch: usize, step_size: f64, init_scale: f64) -> Vec<Vec<f64>> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let column = |name: String| header.iter().position(|&h| h == name).expect("a column");
    let dense = header.contains(&"x_1_1");
    let mut u = vec![vec![0.0; d]; d];
    for (i, row) in u.iter_mut().enumerate() {
        row[i] = init_scale;
    }
    let mut open: Vec<(Vec<Vec<f64>>, f64)> = Vec::new();
    let mut environment = String::new();
    let step = |u: &mut Vec<Vec<f64>>, open: &mut Vec<(Vec<Vec<f64>>, f64)>| {
        let mut m = vec![vec![0.0; d]; d];
        for (x, y) in open.iter() {
            let mut r = -y;
            for i in 0..d {
                for j in 0..d {
                    for k in 0..d {
                        r += x[i][j] * u[i][k] * u[j][k];
                    }
                }
            }
            for i in 0..d {
                for j in 0..d {
                    m[i][j] += r * x[i][j] / open.len() as f64;
                }
            }
        }
        let old = u.clone();
        for i in 0..d {
            for k in 0..d {
                for j in 0..d {
                    u[i][k] -= step_size * m[i][j] * old[j][k];
                }
            }
        }
        open.clear();
    };
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let value = |name: String| fields[column(name)].parse::<f64>().expect("a number");
        let env = fields[column("env".to_owned())];
        if !open.is_empty() && (open.len() == batch || env != environment) {
            step(&mut u, &mut open);
        }
        env.clone_into(&mut environment);
        let mut x = vec![vec![0.0; d]; d];
        for i in 0..d {
            for j in i..d {
                let entry = if dense {
                    value(format!("x_{}_{}", i + 1, j + 1))
                } else {
                    value(format!("x_{}", i + 1)) * value(format!("x_{}", j + 1))
                };
                x[i][j] = entry;
                x[j][i] = entry;
            }
        }
        open.push((x, value("y".to_owned())));
    }
    if !open.is_empty() {
        step(&mut u, &mut open);
    }
    u
}

fn replayed(text: &str, d: usize, batch: usize, step_size: f64, precision: &str) -> Value {
    let (d, batch, step_size) = (d.to_string(), batch.to_string(), step_size.to_string());
    let output = with_input(
        &[
            "replay",
            "-",
            "--dim",
            &d,
            "--batch",
            &batch,
            "--step-size",
            &step_size,
            "--init-scale",
            "0.001",
            "--precision",
            precision,
            "--json",
            "-",
        ],
        text.as_bytes(),
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn simulated(arguments: &[&str]) -> String {
    let output = heterosgd([&["simulate"], arguments].concat())
        .output()
        .expect("runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The largest difference of the factors, relative to the largest entry.
fn distance(summary: &Value, naive: &[Vec<f64>]) -> f64 {
    let (mut most, mut largest) = (0.0_f64, 0.0_f64);
    for (i, row) in naive.iter().enumerate() {
        for (j, value) in row.iter().enumerate() {
            let ours = number(summary, &format!("/factor/{i}/{j}"));
            most = most.max((ours - value).abs());
            largest = largest.max(value.abs());
        }
    }
    most / largest
}

#[test]
fn agrees_with_a_naive_program_after_200_steps() {
    for (d, batch, ensemble, step_size) in [
        ("8", "40", "gaussian", 0.05),
        ("8", "40", "rank-one", 0.01),
        ("20", "40", "gaussian", 0.01),
        ("20", "40", "rank-one", 0.002),
        ("11", "30", "rademacher", 0.02),
    ] {
        let text = simulated(&[
            "--dim",
            d,
            "--batches",
            "200",
            "--batch",
            batch,
            "--ensemble",
            ensemble,
            "--heterogeneity",
            "3",
            "--noise",
            "0.1",
            "--seed",
            "7",
        ]);
        let (d, batch) = (d.parse().expect("d"), batch.parse().expect("m"));
        let expected = naive(&text, d, batch, step_size, 1e-3);
        let summary = replayed(&text, d, batch, step_size, "f64");
        assert_eq!(summary["steps"], 200);
        let error = distance(&summary, &expected);
        assert!(error < 1e-9, "d = {d}, {ensemble}: {error:e}");
        let single = replayed(&text, d, batch, step_size, "f32");
        let error = distance(&single, &expected);
        assert!(error < 2e-3, "d = {d}, {ensemble}, f32: {error:e}");
    }
}

#[test]
fn batches_close_after_m_rows_and_early_at_another_environment() {
    let rows = "a,1,1,0.5,2\na,2,0,1,1\na,1,2,0,1\nb,3,1,1,1\nc,1,0,0,1\nc,0,1,2,0\n";
    let text = format!("env,y,x_1_1,x_1_2,x_2_2\n{rows}");
    let summary = replayed(&text, 2, 2, 0.1, "f64");
    // {a a} {a} {b} {c c}
    assert_eq!(summary["steps"], 4);
    assert_eq!(summary["samples"], 6);
    assert_eq!(summary["environments"], serde_json::json!(["a", "b", "c"]));
    assert!(distance(&summary, &naive(&text, 2, 2, 0.1, 1e-3)) < 1e-12);
    let u = number(&summary, "/factor/0/0");
    let v = number(&summary, "/factor/0/1");
    assert!((number(&summary, "/estimate/0/0") - (u * u + v * v)).abs() < 1e-15);
}

#[test]
fn column_order_gzip_and_spaces_do_not_matter() {
    let plain = "env,y,x_1,x_2\n1,2,0.5,1\n1,1,1,-1\n2,0.25,0.125,3\n";
    let shuffled = "x_2 , y, env,x_1\n1,2,1,0.5\n-1,1,1,1\n3, 0.25,2,0.125\n";
    let digest = replayed(plain, 2, 2, 0.1, "f32")["digest"].clone();
    assert_eq!(replayed(shuffled, 2, 2, 0.1, "f32")["digest"], digest);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, plain.as_bytes()).expect("in memory");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("s.csv.gz");
    std::fs::write(&path, gzip.finish().expect("in memory")).expect("written");
    let summary = json(&[
        "replay",
        &path.display().to_string(),
        "--dim",
        "2",
        "--batch",
        "2",
        "--step-size",
        "0.1",
        "--init-scale",
        "0.001",
        "--json",
        "-",
    ]);
    assert_eq!(summary["digest"], digest);
}

/// These bits are a promise: a change here is a breaking change (docs/determinism.md).
#[test]
fn golden_digests() {
    for (ensemble, f32_digest, f64_digest) in [
        ("gaussian", "26ae191d6ab53e12", "2d9656b185f4645c"),
        ("rademacher", "8b5594b569b2bb9b", "e6782743ffab2a7f"),
        ("rank-one", "55f53697e1963543", "e476bd75fa90ed0a"),
    ] {
        let text = simulated(&["--batches", "50", "--batch", "20", "--ensemble", ensemble]);
        let digest = |precision| replayed(&text, 8, 20, 0.01, precision)["digest"].clone();
        assert_eq!(digest("f32"), f32_digest, "{ensemble} f32");
        assert_eq!(digest("f64"), f64_digest, "{ensemble} f64");
    }
}

#[test]
fn divergence_keeps_the_last_good_factor_and_exits_1() {
    let text = simulated(&["--batches", "100", "--batch", "10", "--heterogeneity", "3"]);
    let output = with_input(
        &[
            "replay",
            "-",
            "--dim",
            "8",
            "--batch",
            "10",
            "--step-size",
            "50",
            "--init-scale",
            "0.001",
            "--json",
            "-",
        ],
        text.as_bytes(),
    );
    assert_eq!(output.status.code(), Some(1));
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(summary["diverged"], true);
    let steps = number(&summary, "/steps");
    assert!((1.0..100.0).contains(&steps), "{steps}");
    let factor = summary["factor"].as_array().expect("rows");
    assert!(
        factor
            .iter()
            .flat_map(|row| row.as_array().expect("a row"))
            .all(Value::is_number)
    );
    let message = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(
        message.starts_with("error: standard input, line "),
        "{message}"
    );
}

#[test]
fn simulate_states_its_truth() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().display().to_string();
    let status = heterosgd([
        "simulate",
        "--dim",
        "6",
        "--batches",
        "3",
        "--batch",
        "5",
        "--out",
        &out,
    ])
    .status()
    .expect("runs");
    assert!(status.success());
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).expect("written");
    let truth: Value = serde_json::from_str(&read("truth.json")).expect("JSON");
    let stream = read("stream.csv");
    assert_eq!(stream.lines().count(), 16);
    // Without noise every response is <X, A* + A^(e)>.
    for line in stream.lines().skip(1) {
        let fields: Vec<f64> = line
            .split(',')
            .map(|f| f.parse().expect("a number"))
            .collect();
        let environment = fields[0];
        let mut response = 0.0;
        let mut entries = fields[2..].iter();
        for i in 0..6 {
            for j in i..6 {
                let mut signal = number(&truth, &format!("/invariant/{i}/{j}"));
                for k in 0..2 {
                    let v = |i: usize| number(&truth, &format!("/spurious_directions/{k}/{i}"));
                    signal += number(&truth, &format!("/pulls/{environment}/{k}")) * v(i) * v(j);
                }
                let weight = if i == j { 1.0 } else { 2.0 };
                response += weight * signal * entries.next().expect("an entry");
            }
        }
        assert!(
            (response - fields[1]).abs() < 1e-10,
            "{response} {}",
            fields[1]
        );
    }
}
