//! `heterosgd verify`: every bound of docs/theory.md against measured runs.
//!
//! A check is a function from a `Lab` (seeds, how much to do) to rows of predictions,
//! measurements and verdicts, with a plot. A fault can be planted to see the checks fail.

mod check;
mod lab;
mod page;
mod scalars;
mod v1;
mod v10;
mod v11;
mod v12;
mod v2;
mod v3;
mod v4;
mod v5;
mod v6;
mod v7;
mod v8;
mod v9;
mod walk;

use std::fmt::Write as _;
use std::num::NonZeroUsize;

use clap::Args;
use serde_json::{Value, json};

use self::check::{Check, Row};
use self::lab::{Fault, Lab};
use crate::cli::Common;
use crate::error::{Error, Result};
use crate::output::{self, OutDir};
use crate::progress;
use crate::report::short;

/// Options of `heterosgd verify`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Fewer runs, under half a minute. What happens if nothing is said.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// All runs, a few minutes.
    #[arg(long)]
    full: bool,
    /// Only these checks, for example V3,V4.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,
    /// Threads to use; all cores if not given. Does not change the results.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Plant a mistake in what is run, to see the checks fail.
    #[arg(long, value_enum, hide = true)]
    fault: Option<Fault>,
}

type Run = fn(&Lab) -> Result<Check>;

/// The checks, by name.
const CHECKS: [(&str, Run); 12] = [
    ("V1", |lab| Ok(v1::run(lab))),
    ("V2", |lab| Ok(v2::run(lab))),
    ("V3", v3::run),
    ("V4", v4::run),
    ("V5", v5::run),
    ("V6", v6::run),
    ("V7", v7::run),
    ("V8", v8::run),
    ("V9", v9::run),
    ("V10", |lab| Ok(v10::run(lab))),
    ("V11", |lab| Ok(v11::run(lab))),
    ("V12", v12::run),
];

fn chosen(only: &[String]) -> Result<Vec<Run>> {
    let known = |name: &String| {
        CHECKS
            .iter()
            .any(|(check, _)| check.eq_ignore_ascii_case(name))
    };
    if let Some(unknown) = only.iter().find(|name| !known(name)) {
        return Err(Error::usage(format!(
            "--only {unknown}: the checks are V1 to V{}",
            CHECKS.len()
        )));
    }
    let wanted =
        |check: &str| only.is_empty() || only.iter().any(|name| name.eq_ignore_ascii_case(check));
    Ok(CHECKS
        .iter()
        .filter(|(check, _)| wanted(check))
        .map(|(_, run)| *run)
        .collect())
}

/// Runs the command.
///
/// # Errors
/// [`Error::Failed`] if a check fails, after everything has been written; errors of writing.
pub fn run(options: &Options, common: &Common) -> Result<()> {
    let checks = chosen(&options.only)?;
    // Before minutes of work: can the results be written?
    let out = common.out.as_deref().map(OutDir::create).transpose()?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.map_or(0, NonZeroUsize::get))
        .build()
        .map_err(|error| Error::Failed(format!("threads cannot be started: {error}")))?;
    let lab = Lab {
        seed: common.seed,
        full: options.full,
        fault: options.fault,
        progress: progress::bar(common, checks.len() as u64, "verify"),
    };
    let results = pool.install(|| {
        checks
            .iter()
            .map(|check| check(&lab))
            .collect::<Result<Vec<_>>>()
    });
    lab.progress.finish_and_clear();
    let results = results?;
    let summary = summary(&lab, &results);
    if let Some(out) = &out {
        for check in &results {
            check.figure.save(out, &check.name.to_lowercase())?;
        }
        out.write_json("verify.json", &summary)?;
        out.write("verify.html", page::html(&lab, &results)?.as_bytes())?;
    }
    output::summary(common, &summary)?;
    if output::wants_report(common) {
        output::print(&text(&results, out.as_ref()))?;
    }
    let failed: Vec<&str> = results
        .iter()
        .filter(|c| !c.holds())
        .map(|c| c.name)
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Error::Failed(format!(
            "{} of {} checks failed at seed {}: {}",
            failed.len(),
            results.len(),
            common.seed,
            failed.join(", ")
        )))
    }
}

/// The machine-readable summary (docs/formats.md).
fn summary(lab: &Lab, checks: &[Check]) -> Value {
    let entries: Vec<Value> = checks
        .iter()
        .map(|check| {
            json!({
                "name": check.name,
                "title": check.title,
                "statement": check.statement,
                "holds": check.holds(),
                "false_alarm": check.false_alarm(),
                "rows": check.rows,
            })
        })
        .collect();
    json!({
        "command": "verify",
        "version": env!("CARGO_PKG_VERSION"),
        "seed": lab.seed,
        "full": lab.full,
        "fault": lab.fault,
        "holds": checks.iter().all(Check::holds),
        "checks": entries,
    })
}

/// The report on standard output.
fn text(checks: &[Check], out: Option<&OutDir>) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    for check in checks {
        let verdict = if check.holds() { "pass" } else { "FAIL" };
        let _ = writeln!(
            text,
            "{} {verdict}  {} (false alarm {})",
            check.name,
            check.title,
            short(check.false_alarm())
        );
        for row in &check.rows {
            let _ = writeln!(text, "  {:8} {}", row.verdict.word(), line(row));
        }
    }
    let passed = checks.iter().filter(|check| check.holds()).count();
    let _ = writeln!(text, "{passed} of {} checks pass.", checks.len());
    if let Some(out) = out {
        let _ = writeln!(text, "Page and plots are in {}", out.path("").display());
    }
    text
}

fn line(row: &Row) -> String {
    let limits = limits(row);
    format!(
        "{}: predicted {}, measured {}{}; runs {}, false alarm {}",
        row.what,
        short(row.predicted),
        short(row.measured),
        if limits.is_empty() {
            limits
        } else {
            format!(" ({limits})")
        },
        row.runs,
        short(row.false_alarm),
    )
}

/// Between which limits a measurement has to lie.
fn limits(row: &Row) -> String {
    match (row.low.is_finite(), row.high.is_finite()) {
        (true, true) => format!("{} to {}", short(row.low), short(row.high)),
        (true, false) => format!("at least {}", short(row.low)),
        (false, true) => format!("at most {}", short(row.high)),
        (false, false) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, chosen};

    #[test]
    fn checks_are_chosen_by_name() {
        let only =
            |names: &[&str]| chosen(&names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>());
        assert_eq!(only(&[]).unwrap().len(), CHECKS.len());
        assert_eq!(only(&["v11", "V1"]).unwrap().len(), 2);
        let message = only(&["V13"]).unwrap_err().to_string();
        assert!(message.contains("V1 to V12"), "{message}");
    }
}
