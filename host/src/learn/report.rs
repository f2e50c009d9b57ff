//! The text report of `learn`.

use std::fmt::Write as _;

use serde_json::Value;

use super::job::Job;
use super::outcome::{Fit, Outcome, Summary};

const LEGEND: &str = "s: pull of an environment, standardised. exponent: predicted growth\nper step from near zero, from s; in batch: the same with the sampling noise of batches. Negative: dies out.";

/// The report.
pub(super) fn text(job: &Job, outcome: &Outcome) -> String {
    let mut text = String::new();
    let s = &outcome.summary;
    // Writing to a string cannot fail.
    let _ = header(&mut text, job, s);
    let _ = if job.is_linear() {
        coefficients(&mut text, job, s)
    } else {
        matrix(&mut text, s)
    };
    let _ = scores(&mut text, job, s);
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
            crate::data::list(&s.environments)
        )?;
    } else {
        writeln!(text, "environments: not labelled; rows in file order")?;
    }
    writeln!(
        text,
        "step size {:.4} ({}), batch {}, {} steps, initial scale {}, seed {}\n",
        s.step_size, s.step_size_chosen, s.batch, s.steps, s.init_scale, s.seed
    )
}

fn coefficients(text: &mut String, job: &Job, s: &Summary) -> std::fmt::Result {
    let width = job
        .lift
        .names
        .iter()
        .map(String::len)
        .max()
        .unwrap_or(0)
        .max(11);
    writeln!(
        text,
        "{:width$} {:>12} {:>12} {:>12}   {:>8} {:>8} {:>9} {:>9}  verdict",
        "coefficient", "HeteroSGD", "PooledSGD", "OLS", "mean s", "spread", "exponent", "in batch"
    )?;
    for (index, name) in job.lift.names.iter().enumerate() {
        let column = |fit: &Fit| format!("{:>12.4}", fit.raw[index]);
        write!(
            text,
            "{name:width$} {} {} {}   ",
            column(&s.fit),
            column(&s.pooled.fit),
            s.ols
                .as_ref()
                .map_or_else(|| format!("{:>12}", "-"), |ols| column(&ols.fit)),
        )?;
        diagnosis(text, s.diagnosis.get(name))?;
    }
    writeln!(text, "\nCoefficients in raw units. {LEGEND}")
}

fn diagnosis(text: &mut String, diagnosis: Option<&Value>) -> std::fmt::Result {
    let number = |field: &str| {
        diagnosis
            .and_then(|d| d.get(field))
            .and_then(Value::as_f64)
            .unwrap_or(f64::NEG_INFINITY)
    };
    let verdict = diagnosis
        .and_then(|d| d.get("verdict"))
        .and_then(Value::as_str)
        .unwrap_or("-");
    writeln!(
        text,
        "{:>8.3} {:>8.3} {:>9.4} {:>9.4}  {verdict}",
        number("mean"),
        number("spread"),
        number("lyapunov"),
        number("batch_lyapunov"),
    )
}

fn matrix(text: &mut String, s: &Summary) -> std::fmt::Result {
    if let Some(rows) = s.fit.estimate.as_ref().filter(|rows| rows.len() <= 12) {
        writeln!(text, "estimate, raw units:")?;
        for row in rows {
            for value in row {
                write!(text, " {value:>10.4}")?;
            }
            writeln!(text)?;
        }
        writeln!(text)?;
    }
    writeln!(
        text,
        "{:12} {:>8} {:>8} {:>9} {:>9}  verdict",
        "direction", "mean s", "spread", "exponent", "in batch"
    )?;
    for (name, value) in &s.diagnosis {
        write!(text, "{name:12} ")?;
        diagnosis(text, Some(value))?;
    }
    writeln!(text, "\n{LEGEND}")
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
    let column = job.test_column.as_deref().unwrap_or("one environment");
    writeln!(
        text,
        "\nR^2 on held-out data ({column}: {}), mean of each environment removed:",
        crate::data::list(&labels)
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
