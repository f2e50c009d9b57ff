//! What is learned against the step size, with the predicted boundary.

use heterosgd::nalgebra::{DMatrix, SymmetricEigen};

use super::job::Job;
use super::outcome::Outcome;
use super::space::{Space, full};
use super::step_size::Candidate;
use crate::error::{Error, Result};
use crate::output::OutDir;
use crate::plot::{Chart, Figure, Series};

/// At most this many lines; the largest are kept.
const MOST_LINES: usize = 14;

/// Writes `step_sizes.svg`, `step_sizes.png` and `step_sizes.csv`.
pub(super) fn write(directory: &OutDir, job: &Job, outcome: &Outcome) -> Result<()> {
    let curves = curves(job, &outcome.scan);
    directory.write("step_sizes.csv", &table(&curves, &outcome.scan)?)?;
    let mut chart = Chart::new(format!("HeteroSGD, {} model", outcome.summary.model))
        .x_label("step size")
        .y_label(if job.is_linear() {
            "coefficient (standardised)"
        } else {
            "eigenvalue (standardised)"
        })
        .log_x();
    for (name, values) in largest(&curves) {
        let points = outcome.scan.iter().zip(values);
        let points = points.filter(|(candidate, _)| candidate.stable);
        chart = chart.series(Series::line(
            name,
            points.map(|(candidate, &value)| (candidate.step_size, value)),
        ));
    }
    for (name, step_size) in boundaries(job, &outcome.scan) {
        chart = chart.vertical(step_size, format!("{name} predicted to die"));
    }
    chart = chart.vertical(outcome.summary.step_size, "chosen");
    Figure::row([chart]).save(directory, "step_sizes")
}

type Curve = (String, Vec<f64>);

/// One value per step size: coefficients, or the leading eigenvalues.
fn curves(job: &Job, scan: &[Candidate]) -> Vec<Curve> {
    match job.design.space {
        Space::Features(_) => job
            .lift
            .names
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let values = scan.iter().map(|candidate| candidate.run.tail[index]);
                (name.clone(), values.collect())
            })
            .collect(),
        Space::Matrix(d) => {
            let spectra: Vec<Vec<f64>> = scan
                .iter()
                .map(|candidate| spectrum(&candidate.run.tail, d))
                .collect();
            (0..d)
                .map(|k| {
                    let values = spectra.iter().map(|spectrum| spectrum[k]);
                    (format!("eigenvalue {}", k + 1), values.collect())
                })
                .collect()
        }
    }
}

/// Eigenvalues in descending order of absolute value.
fn spectrum(packed: &[f64], d: usize) -> Vec<f64> {
    let rows = full(packed, d);
    let matrix = DMatrix::from_fn(d, d, |i, j| rows[i][j]);
    let mut values: Vec<f64> = SymmetricEigen::new(matrix)
        .eigenvalues
        .iter()
        .copied()
        .collect();
    values.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
    values
}

fn largest(curves: &[Curve]) -> Vec<&Curve> {
    let size = |curve: &Curve| curve.1.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    let mut sizes: Vec<f64> = curves.iter().map(size).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let threshold = sizes.get(MOST_LINES - 1).copied().unwrap_or(0.0);
    curves
        .iter()
        .filter(|curve| size(curve) >= threshold)
        .take(MOST_LINES)
        .collect()
}

/// For each direction that survives small steps although it varies: the step size at which its
/// predicted exponent turns negative, if it does while steps are stable.
fn boundaries(job: &Job, scan: &[Candidate]) -> Vec<(String, f64)> {
    let exponent = |candidate: &Candidate, name: &str| {
        let mut directions = candidate.directions.iter();
        let direction = directions.find(|direction| direction.name == name)?;
        let value = direction.batch_exponent(job.plan.model, candidate.step_size);
        (candidate.stable && direction.is_spurious()).then_some(value)
    };
    let names = scan
        .first()
        .map(|candidate| candidate.directions.iter().map(|d| d.name.as_str()))
        .into_iter()
        .flatten();
    names
        .filter_map(|name| {
            let pair = scan.windows(2).find(|pair| {
                let ends = (exponent(&pair[0], name), exponent(&pair[1], name));
                matches!(ends, (Some(before), Some(after)) if before > 0.0 && after <= 0.0)
            })?;
            let boundary = libm::sqrt(pair[0].step_size * pair[1].step_size);
            Some((name.to_owned(), boundary))
        })
        .collect()
}

fn table(curves: &[Curve], scan: &[Candidate]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header = vec!["step_size", "stable", "survivors", "diverged"];
    header.extend(curves.iter().map(|(name, _)| name.as_str()));
    let failed = |error: csv::Error| Error::Failed(format!("step_sizes.csv: {error}"));
    writer.write_record(&header).map_err(failed)?;
    for (index, candidate) in scan.iter().enumerate() {
        let mut row = vec![
            candidate.step_size.to_string(),
            candidate.stable.to_string(),
            candidate.faults.surviving.to_string(),
            candidate.run.diverged.is_some().to_string(),
        ];
        // What a diverged run leaves behind is no estimate.
        row.extend(
            curves
                .iter()
                .map(|(_, values)| match candidate.run.diverged {
                    None => values[index].to_string(),
                    Some(_) => String::new(),
                }),
        );
        writer.write_record(&row).map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|error| Error::Failed(format!("step_sizes.csv: {error}")))
}
