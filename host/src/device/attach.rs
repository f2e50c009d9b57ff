//! Boards that are really there: the command that runs one, and its report.

use std::io::Read as _;
use std::path::Path;

use heterosgd_boards::Board;
use heterosgd_problems::Request;
use serde::Serialize;

use super::compare::{Rerun, difference};
use super::firmware::Built;
use super::problems;
use super::report::Report;
use crate::cli::Common;
use crate::error::{Error, Result};
use crate::output;

/// Prints how to flash and run the binaries.
pub(super) fn print_commands(built: &Built, boards: &[&Board], names: &[&str]) -> Result<()> {
    let mut text = String::from(
        "With the board attached, flash and run one of these, and give its output to\n\
         `cargo heterosgd device --report -`:\n",
    );
    for board in boards {
        for name in names {
            text += &format!(
                "  probe-rs run --chip {} {}\n",
                board.chip.unwrap_or("CHIP"),
                built.binary(board, name).display()
            );
        }
    }
    if boards.iter().any(|board| board.chip.is_none()) {
        text += "CHIP: the part on your board, as `probe-rs chip list` names it, its memory in firmware/memory.\n";
    }
    output::print(&text)
}

/// The JSON summary of a compared report.
#[derive(Debug, Serialize)]
struct Summary {
    problem: String,
    bits_equal: bool,
    steps: u64,
    digest: String,
    difference: Option<super::compare::Difference>,
}

/// A report cannot be run again.
struct Recorded;

impl Rerun for Recorded {
    fn rerun(&self, _: &Request) -> Result<Report> {
        Err(Error::Failed(
            "the report differs from the host's run; to find where, run the board with checkpoint=1 and compare that report"
                .into(),
        ))
    }
}

struct OnHost(String);

impl Rerun for OnHost {
    fn rerun(&self, request: &Request) -> Result<Report> {
        Report::read(&problems::run(&self.0, request)?, "the host")
    }
}

/// Compares the report of an attached board with the host's own run.
pub(super) fn compare_report(path: &Path, common: &Common) -> Result<()> {
    let mut text = String::new();
    if path == Path::new("-") {
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(Error::io(Path::new("standard input")))?;
    } else {
        text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    }
    let report = Report::read(&text, "the board")?;
    let name = report.problem()?.to_owned();
    let digests = report.digests()?;
    // The spacing of the report's own checkpoints.
    let request = Request {
        checkpoint: digests.first().map(|&[step, _]| step),
        ..Request::default()
    };
    let host = OnHost(name.clone());
    let expected = host.rerun(&request)?;
    let difference = match first_checkpoint(&expected, &report)? {
        Some(found) => Some(found),
        None => difference(&request, (&expected, &host), (&report, &Recorded))?,
    };
    let done = report.done()?;
    let summary = Summary {
        problem: name,
        bits_equal: difference.is_none(),
        steps: done.steps,
        digest: format!("{:016x}", done.digest),
        difference,
    };
    if output::wants_report(common) {
        let verdict = match &summary.difference {
            None => "bits equal to the host's".to_owned(),
            Some(difference) => difference.text(),
        };
        output::print(&format!(
            "{}: {} steps, digest {}: {verdict}\n",
            summary.problem, summary.steps, summary.digest
        ))?;
    }
    output::summary(common, &summary)?;
    match summary.difference {
        None => Ok(()),
        Some(difference) => Err(Error::Failed(format!(
            "{}: {}",
            summary.problem,
            difference.text()
        ))),
    }
}

/// The first checkpoint at which a recorded report differs: all that can be said of it.
fn first_checkpoint(host: &Report, board: &Report) -> Result<Option<super::compare::Difference>> {
    let (ours, theirs) = (host.digests()?, board.digests()?);
    let parted = ours
        .iter()
        .zip(&theirs)
        .find(|(ours, theirs)| ours != theirs);
    Ok(
        parted.map(|(&[step, ours], &[_, theirs])| super::compare::Difference {
            step: Some(step),
            entry: None,
            host: format!("digest {ours:016x}"),
            board: format!("digest {theirs:016x}"),
        }),
    )
}
