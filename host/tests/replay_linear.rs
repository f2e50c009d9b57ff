//! `replay --model linear`: an independent program of a few lines, in `f64`, gets the same answers on
//! the measured ranges.

#![allow(
    clippy::needless_range_loop,
    reason = "the second opinion is written as in a textbook, with indices"
)]

mod common;

use common::{json, number, uwb};

const BATCH: usize = 25;
const STEP_SIZE: f64 = 0.3;

/// Columns px, py, cos, sin and their products, as `replay` orders them; the response last.
fn lifted(row: &[f64]) -> Vec<f64> {
    let x = &row[2..6];
    let mut lifted = x.to_vec();
    for i in 0..4 {
        for j in i..4 {
            lifted.push(x[i] * x[j]);
        }
    }
    lifted.push(row[1]);
    lifted
}

/// One over the standard deviations within anchors.
fn scales(rows: &[(f64, Vec<f64>)]) -> Vec<f64> {
    let mut squares = [0.0; 15];
    for anchor in 0..8 {
        let own: Vec<&Vec<f64>> = rows
            .iter()
            .filter(|(label, _)| *label == f64::from(anchor))
            .map(|(_, row)| row)
            .collect();
        for k in 0..15 {
            let mean = own.iter().map(|row| row[k]).sum::<f64>() / own.len() as f64;
            squares[k] += own
                .iter()
                .map(|row| (row[k] - mean) * (row[k] - mean))
                .sum::<f64>();
        }
    }
    squares
        .iter()
        .map(|sum| 1.0 / libm::sqrt(sum / rows.len() as f64))
        .collect()
}

/// Coefficients of the scaled problem; every batch centred on its own means.
fn naive(rows: &[(f64, Vec<f64>)], centred: bool) -> (Vec<f64>, usize) {
    let (mut u, mut v) = ([0.05; 14], [0.05; 14]);
    let mut steps = 0;
    for run in rows.chunk_by(|(a, _), (b, _)| a == b) {
        for batch in run.chunks(BATCH) {
            let m = batch.len() as f64;
            let w: Vec<f64> = (0..14).map(|k| u[k] * u[k] - v[k] * v[k]).collect();
            let mut x: Vec<Vec<f64>> = batch.iter().map(|(_, row)| row.clone()).collect();
            if centred {
                for k in 0..15 {
                    let mean = x.iter().map(|row| row[k]).sum::<f64>() / m;
                    for row in &mut x {
                        row[k] -= mean;
                    }
                }
            }
            for k in 0..14 {
                let mut gradient = 0.0;
                for row in &x {
                    let prediction: f64 = (0..14).map(|j| row[j] * w[j]).sum();
                    gradient += (prediction - row[14]) * row[k] / m;
                }
                u[k] *= 1.0 - STEP_SIZE * gradient;
                v[k] *= 1.0 + STEP_SIZE * gradient;
            }
            steps += 1;
        }
    }
    ((0..14).map(|k| u[k] * u[k] - v[k] * v[k]).collect(), steps)
}

#[test]
fn agrees_with_a_naive_program() {
    let file = std::fs::File::open(uwb("uwb_fast.csv.gz")).expect("the data");
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    let mut rows: Vec<(f64, Vec<f64>)> = reader
        .records()
        .map(|record| {
            let record = record.expect("a row");
            let row: Vec<f64> = record
                .iter()
                .map(|f| f.parse().expect("a number"))
                .collect();
            (row[0], lifted(&row))
        })
        .collect();
    let scales = scales(&rows);
    for (_, row) in &mut rows {
        for (value, scale) in row.iter_mut().zip(&scales) {
            *value *= scale;
        }
    }
    let data = uwb("uwb_fast.csv.gz");
    for (precision, tolerance) in [("f64", 1e-9), ("f32", 1e-3)] {
        let (batch, step_size) = (BATCH.to_string(), STEP_SIZE.to_string());
        let arguments = [
            "replay",
            &data,
            "--model",
            "linear",
            "--env",
            "anchor",
            "--target",
            "range_squared",
            "--degree",
            "2",
            "--centred",
            "--standardise",
            "--batch",
            &batch,
            "--step-size",
            &step_size,
            "--init-scale",
            "0.05",
            "--precision",
            precision,
            "--json",
            "-",
        ];
        let summary = json(&arguments);
        let (expected, steps) = naive(&rows, true);
        assert_eq!(number(&summary, "/steps"), steps as f64);
        assert_eq!(number(&summary, "/samples"), rows.len() as f64);
        let largest = expected.iter().fold(0.0, |most: f64, w| most.max(w.abs()));
        let coefficients = summary["coefficients"].as_object().expect("coefficients");
        assert_eq!(coefficients.len(), 14);
        for ((name, raw), (k, expected)) in coefficients.iter().zip(expected.iter().enumerate()) {
            let ours = raw.as_f64().expect("a number") * scales[14] / scales[k];
            assert!(
                (ours - expected).abs() <= tolerance * largest,
                "{precision} {name}: {ours} {expected}"
            );
            let scale = number(&summary, &format!("/scales/{k}"));
            assert!((scale / scales[k] - 1.0).abs() < 1e-12, "{name}: {scale}");
        }
    }
    // Without centring it is another problem: the option has an effect.
    let (centred, _) = naive(&rows, true);
    let (as_given, _) = naive(&rows, false);
    assert!((centred[0] - as_given[0]).abs() > 1e-3 || as_given[0].is_nan());
}
