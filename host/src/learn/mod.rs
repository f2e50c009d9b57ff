//! `heterosgd learn`: recorded multi-environment data in, the invariant model out.
//!
//! Data flow: `recording` (rows as recorded) -> `lift` (feature names and values) ->
//! `design` (standardised, grouped by environment) -> `train` (the core's learners) ->
//! `diagnosis` and `step_size` (what theory predicts for these data) -> `report`.

mod baseline;
mod design;
mod diagnosis;
mod directions;
mod evidence;
mod job;
mod lift;
mod options;
mod outcome;
mod plot;
mod pulls;
mod recording;
mod report;
mod score;
mod space;
mod statement;
mod step_size;
mod train;

pub use options::Options;

use crate::cli::Common;
use crate::error::{Error, Result};
use crate::output;

/// Runs the command.
///
/// # Errors
/// Bad input or usage; a run that diverged at a step size given by hand (after everything up to
/// there was written).
pub fn run(options: &Options, common: &Common) -> Result<()> {
    options.check()?;
    let job = job::Job::prepare(options, common.seed)?;
    let outcome = job.solve(common)?;
    if let Some(directory) = &common.out {
        let directory = output::OutDir::create(directory)?;
        plot::write(&directory, &job, &outcome)?;
        directory.write_json("learn.json", &outcome.summary)?;
        directory.write("report.txt", report::text(&job, &outcome).as_bytes())?;
    }
    if output::wants_report(common) {
        output::print(&report::text(&job, &outcome))?;
    }
    output::summary(common, &outcome.summary)?;
    match outcome.summary.divergence {
        None => Ok(()),
        Some(divergence) => Err(Error::Diverged {
            place: options.data.display().to_string(),
            divergence,
            advice: outcome.advice(),
        }),
    }
}
