//! What is learned against the step size, with the predicted boundary.

use heterosgd::nalgebra::{DMatrix, SymmetricEigen};

use super::job::Job;
use super::outcome::Outcome;
use super::space::{Space, full};
use super::step_size::Candidate;
use crate::error::{Error, Result};
use crate::output::OutDir;
use crate::plot::{Chart, Figure, Series};

/// At most this many lines, but for those with a boundary; the largest are kept.
const MOST_LINES: usize = 14;

/// Writes `step_sizes.csv` and the plot `step_sizes`.
pub(super) fn write(directory: &OutDir, job: &Job, outcome: &Outcome) -> Result<()> {
    let curves = curves(job, &outcome.scan);
    directory.write("step_sizes.csv", &table(&curves, &outcome.scan)?)?;
    let boundaries = boundaries(job, &outcome.scan);
    let stable: Vec<bool> = outcome.scan.iter().map(|c| c.stable).collect();
    let kept = kept(&curves, &stable, &boundaries);
    let mut chart = Chart::new(title(outcome.summary.model, kept.len(), curves.len()))
        .x_label("step size")
        .y_label(if job.is_linear() {
            "coefficient (standardised)"
        } else {
            "eigenvalue (standardised)"
        })
        .log_x();
    for (name, values) in kept {
        let points = outcome.scan.iter().zip(values);
        let points = points.filter(|(candidate, _)| candidate.stable);
        chart = chart.series(Series::line(
            name,
            points.map(|(candidate, &value)| (candidate.step_size, value)),
        ));
    }
    for (names, step_size) in together(boundaries) {
        let label = format!("{} predicted to die", names.join(", "));
        chart = match names.as_slice() {
            [name] => chart.vertical_of(name, step_size, label),
            _ => chart.vertical(step_size, label),
        };
    }
    chart = chart.vertical(outcome.summary.step_size, "chosen");
    Figure::row([chart]).save(directory, "step_sizes")?;
    Ok(())
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

fn title(model: &str, kept: usize, all: usize) -> String {
    let left_out = if kept < all {
        format!("; {} smaller of {all} lines left out", all - kept)
    } else {
        String::new()
    };
    format!("HeteroSGD, {model} model{left_out}")
}

/// The curves to draw: those with a boundary, and the largest of the others where they are drawn,
/// which is at stable step sizes. A run that blows up says nothing about which of them matter.
fn kept<'a>(curves: &'a [Curve], stable: &[bool], boundaries: &[(String, f64)]) -> Vec<&'a Curve> {
    let size = |curve: &Curve| {
        let values = curve.1.iter().zip(stable).filter(|(_, stable)| **stable);
        values.fold(0.0, |most: f64, (v, _)| most.max(v.abs()))
    };
    let bounded = |curve: &Curve| boundaries.iter().any(|(name, _)| *name == curve.0);
    let mut order: Vec<usize> = (0..curves.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&curves[a], &curves[b]);
        let by_size = || size(b).total_cmp(&size(a));
        bounded(b).cmp(&bounded(a)).then_with(by_size)
    });
    let many = MOST_LINES.max(boundaries.len());
    order.truncate(many);
    order.sort_unstable();
    order.into_iter().map(|index| &curves[index]).collect()
}

/// Boundaries in ascending order; those between the same two step sizes of the scan are one line.
fn together(mut boundaries: Vec<(String, f64)>) -> Vec<(Vec<String>, f64)> {
    boundaries.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut lines: Vec<(Vec<String>, f64)> = Vec::new();
    for (name, step_size) in boundaries {
        match lines.last_mut() {
            Some((names, at)) if *at == step_size => names.push(name),
            _ => lines.push((vec![name], step_size)),
        }
    }
    lines
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

#[cfg(test)]
mod tests {
    use super::{Curve, MOST_LINES, kept, title, together};

    #[test]
    fn the_largest_where_stable_and_those_with_a_boundary_are_drawn() {
        // The smaller curve k is while runs are stable, the larger where they blow up.
        let curves: Vec<Curve> = (0..20_u32)
            .map(|k| {
                let k = f64::from(k);
                (format!("c{k}"), vec![-0.1, k - 30.0, 1e9 / (1.0 + k)])
            })
            .collect();
        let drawn = kept(&curves, &[true, true, false], &[("c19".to_owned(), 0.5)]);
        let names: Vec<&str> = drawn.iter().map(|(name, _)| name.as_str()).collect();
        let expected: Vec<String> = (0..13).chain([19]).map(|k| format!("c{k}")).collect();
        assert_eq!(names, expected, "in file order");
        assert_eq!(
            title("linear", MOST_LINES, 20),
            "HeteroSGD, linear model; 6 smaller of 20 lines left out"
        );
        assert_eq!(kept(&curves[..3], &[true; 3], &[]).len(), 3);
        assert_eq!(title("psd", 3, 3), "HeteroSGD, psd model");
    }

    #[test]
    fn boundaries_at_one_place_share_a_line() {
        let boundaries = [("a", 0.3), ("b", 0.1), ("c", 0.3)];
        let boundaries = boundaries.map(|(name, at)| (name.to_owned(), at));
        let lines = together(boundaries.to_vec());
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(lines, [(names(&["b"]), 0.1), (names(&["a", "c"]), 0.3)]);
    }
}
