//! The text report of `learn`.

use std::fmt::Write as _;

use serde_json::Value;

use super::job::Job;
use super::outcome::{Fit, Outcome, Summary};
use super::space::positions;
use crate::data::list;

const LEGEND: &str = "over environments: the value fitted in each environment by itself, its mean and how much it differs.\n\
    exponent: predicted growth per step from near zero at this step size; below 0 it dies out.";

/// The report.
pub(super) fn text(job: &Job, outcome: &Outcome) -> String {
    let mut text = String::new();
    let s = &outcome.summary;
    // Writing to a string cannot fail.
    let _ = header(&mut text, job, s);
    if !s.diverged {
        let _ = if job.is_linear() {
            coefficients(&mut text, job, s)
        } else {
            matrix(&mut text, s)
        };
        let _ = scores(&mut text, job, s);
    }
    let _ = writeln!(text, "\n{}", s.statement);
    text
}

fn header(text: &mut String, job: &Job, s: &Summary) -> std::fmt::Result {
    writeln!(
        text,
        "{} ({} model) of {} on {} rows of {}",
        s.method,
        s.model,
        job.target,
        s.rows,
        job.recording.file.display()
    )?;
    if job.design.labelled {
        writeln!(
            text,
            "environments ({}): {}",
            job.recording.env_column.as_deref().unwrap_or_default(),
            list(&s.environments)
        )?;
    } else {
        write!(text, "environments: not labelled; rows in file order")?;
        if s.left_over > 0 {
            write!(
                text,
                ", the last {} (not a full batch) left out",
                s.left_over
            )?;
        }
        writeln!(text)?;
    }
    if !s.constant.is_empty() {
        writeln!(
            text,
            "constant within every environment, so not learned: {}",
            list(&s.constant)
        )?;
    }
    writeln!(
        text,
        "step size {:.4} ({}), batch {}, {} steps, initial scale {}, seed {}\n",
        s.step_size, s.step_size_chosen, s.batch, s.steps, s.init_scale, s.seed
    )
}

/// Five significant digits at most, whatever the unit.
fn significant(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e6).contains(&size) {
        let whole = libm::floor(libm::log10(size)) as i32 + 1;
        format!("{value:.*}", (5 - whole).clamp(0, 4) as usize)
    } else {
        format!("{value:.2e}")
    }
}

/// A learned value; what is nothing beside `largest` prints as 0.
fn learned(value: f64, largest: f64) -> String {
    let nothing = value.abs() < 1e-6 * largest;
    significant(if nothing { 0.0 } else { value })
}

fn coefficients(text: &mut String, job: &Job, s: &Summary) -> std::fmt::Result {
    let names = &job.lift.names;
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .max(11);
    headings(text, "coefficient", width)?;
    for (index, name) in names.iter().enumerate() {
        let d = s.diagnosis.get(name);
        // Coefficients of different features differ in unit: each has a scale of its own.
        let own = number(d, "/own/mean").abs() + number(d, "/own/spread");
        let column = |fit: &Fit| learned(fit.raw[index], own);
        let ols = s
            .ols
            .as_ref()
            .map_or_else(|| "-".to_owned(), |ols| column(&ols.fit));
        let values = [column(&s.fit), column(&s.pooled.fit), ols];
        row(text, name, width, &values, d)?;
    }
    writeln!(text, "\nCoefficients in raw units. {LEGEND}")
}

fn matrix(text: &mut String, s: &Summary) -> std::fmt::Result {
    match s.fit.estimate.as_ref() {
        Some(rows) if rows.len() <= 12 => {
            writeln!(text, "estimate, raw units:")?;
            for row in rows {
                for value in row {
                    write!(text, " {:>10}", significant(*value))?;
                }
                writeln!(text)?;
            }
            writeln!(text)?;
        }
        _ => writeln!(text, "estimate: too large to print; see --json or --out\n")?,
    }
    headings(text, "direction", 12)?;
    for (name, d) in &s.diagnosis {
        let vector: Vec<f64> = d
            .pointer("/direction")
            .and_then(Value::as_array)
            .map(|entries| entries.iter().filter_map(Value::as_f64).collect())
            .unwrap_or_default();
        let along = |standardised: &[f64]| {
            let value: f64 = positions(vector.len())
                .zip(standardised)
                .map(|((i, j), w)| {
                    let weight = if i == j { 1.0 } else { 2.0 };
                    weight * w * vector[i] * vector[j]
                })
                .sum();
            significant(value)
        };
        let ols = s
            .ols
            .as_ref()
            .map_or_else(|| "-".to_owned(), |ols| along(&ols.fit.standardised));
        let values = [
            along(&s.fit.standardised),
            along(&s.pooled.fit.standardised),
            ols,
        ];
        row(text, name, 12, &values, Some(d))?;
    }
    writeln!(
        text,
        "\nStrength of each method's estimate along eigen-directions, standardised units. signal: of the estimate;\n\
         varying: in which the environments differ most. {LEGEND}"
    )
}

fn headings(text: &mut String, first: &str, width: usize) -> std::fmt::Result {
    writeln!(
        text,
        "{first:width$} {:>10} {:>10} {:>10}   {:>22}   {:>8}  verdict",
        "HeteroSGD", "PooledSGD", "OLS", "over environments", "exponent"
    )
}

fn row(
    text: &mut String,
    name: &str,
    width: usize,
    values: &[String; 3],
    diagnosis: Option<&Value>,
) -> std::fmt::Result {
    let [hetero, pooled, ols] = values;
    let own = format!(
        "{} +- {}",
        significant(number(diagnosis, "/own/mean")),
        significant(number(diagnosis, "/own/spread"))
    );
    let verdict = diagnosis
        .and_then(|d| d.pointer("/verdict"))
        .and_then(Value::as_str)
        .unwrap_or("-");
    writeln!(
        text,
        "{name:width$} {hetero:>10} {pooled:>10} {ols:>10}   {own:>22}   {:>8.4}  {verdict}",
        number(diagnosis, "/batch_lyapunov"),
    )
}

fn number(diagnosis: Option<&Value>, pointer: &str) -> f64 {
    diagnosis
        .and_then(|d| d.pointer(pointer))
        .and_then(Value::as_f64)
        // The one value that JSON cannot hold: the exponent where 1 + step_size * s_e = 0.
        .unwrap_or(f64::NEG_INFINITY)
}

fn scores(text: &mut String, job: &Job, s: &Summary) -> std::fmt::Result {
    let Some(test) = &s.fit.test else {
        return Ok(());
    };
    let labels: Vec<&str> = test
        .environments
        .iter()
        .map(|(label, _)| label.as_str())
        .collect();
    let environments = match &job.test_column {
        Some(column) => format!("{column}: {}", list(&labels)),
        None => "one environment".to_owned(),
    };
    writeln!(
        text,
        "\nR^2 on held-out data ({environments}), mean of each environment removed:"
    )?;
    let mut line = |name: &str, fit: &Fit| {
        fit.test.as_ref().map_or(Ok(()), |score| {
            writeln!(text, "  {name:10} {:>8.3}", score.r2)
        })
    };
    line("HeteroSGD", &s.fit)?;
    line("PooledSGD", &s.pooled.fit)?;
    s.ols.as_ref().map_or(Ok(()), |ols| line("OLS", &ols.fit))
}
