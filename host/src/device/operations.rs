//! Every public operation of the core, on every board: no panic in the program, the same bits.

use heterosgd_boards::Board;
use heterosgd_problems::Request;
use rayon::prelude::*;
use serde::Serialize;

use super::costs::{Clock, Span};
use super::elf::{Binary, Sizes};
use super::emulator;
use super::firmware::{Built, Firmware, Profile};
use super::report::Report;
use crate::error::{Error, Result};

/// The runners: three for each scalar, for all operations together would not fit into the flash of
/// the smallest board; and what a device would hold, alone, so that its memory can be told.
pub(super) const RUNNERS: [&str; 9] = [
    "every-operation",
    "every-operation-double",
    "every-checkpoint",
    "every-checkpoint-double",
    "every-estimate",
    "every-estimate-double",
    "whitened",
    "whitened-matrix",
    "refit",
];

/// The runners that time a sample and a step.
const TIMED: [&str; 2] = ["whitened", "whitened-matrix"];

/// Instructions of a whitened learner.
#[derive(Debug, Serialize)]
struct StepCosts {
    observe: Span,
    step: Span,
}

impl StepCosts {
    fn read(report: &Report) -> Result<Self> {
        let clock = Clock::read(report)?;
        Ok(Self {
            observe: clock.span(report, "observe")?,
            step: clock.span(report, "step")?,
        })
    }
}

/// The operations of one runner on one board.
#[derive(Debug, Serialize)]
pub(super) struct Operations {
    board: String,
    runner: &'static str,
    bits_equal: bool,
    results: u64,
    digest: String,
    #[serde(flatten)]
    sizes: Sizes,
    peak_stack: u64,
    panics: Vec<String>,
    /// Instructions of a sample and of a step, of the runners that time them.
    #[serde(skip_serializing_if = "Option::is_none")]
    costs: Option<StepCosts>,
    /// The first part whose results differ, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u64>,
}

impl Operations {
    /// Runs every runner on every one of the boards, and on the host.
    pub(super) fn run(
        firmware: &Firmware,
        built: &Built,
        boards: &[&'static Board],
    ) -> Result<Vec<Self>> {
        let mut expected = Vec::new();
        for runner in RUNNERS {
            expected.push((runner, parts(&firmware.reference(runner)?)?));
        }
        let pairs: Vec<_> = boards
            .iter()
            .flat_map(|board| expected.iter().map(move |pair| (*board, pair)))
            .collect();
        pairs
            .into_par_iter()
            .map(|(board, (runner, ours))| Self::on(built, board, runner, ours))
            .collect()
    }

    fn on(built: &Built, board: &Board, runner: &'static str, ours: &[[u64; 3]]) -> Result<Self> {
        let path = built.binary(board, runner);
        let binary = Binary::read(&path)?;
        let text = emulator::run(board, &path, &Request::default())?;
        let theirs = parts(&text)?;
        let [results, digest] = last(&theirs)?;
        let parted = ours.iter().zip(&theirs).position(|(a, b)| a != b);
        let report = Report::part(&text, board.name);
        let [peak_stack, _] = report.row("stack")?;
        let timed = TIMED.contains(&runner);
        Ok(Self {
            board: board.name.to_owned(),
            runner,
            bits_equal: ours == theirs,
            results,
            digest: format!("{digest:016x}"),
            sizes: binary.sizes,
            peak_stack,
            panics: match built.profile() {
                Profile::Release => binary.panics,
                Profile::Dev => Vec::new(),
            },
            costs: timed.then(|| StepCosts::read(&report)).transpose()?,
            part: parted.map(|part| part as u64),
        })
    }

    /// What is wrong, in plain words.
    pub(super) fn failures(&self) -> Vec<String> {
        let place = format!("{}, {}", self.board, self.runner);
        let differs = (!self.bits_equal).then(|| {
            format!(
                "{place}: results differ from the host's, first in part {}",
                self.part
                    .map_or_else(|| "?".to_owned(), |part| part.to_string())
            )
        });
        let panic = self
            .panics
            .first()
            .map(|symbol| format!("{place}: a panic was left in the program: symbol {symbol}"));
        differs.into_iter().chain(panic).collect()
    }
}

fn parts(text: &str) -> Result<Vec<[u64; 3]>> {
    Report::part(text, "a report of operations").table("part")
}

fn last(parts: &[[u64; 3]]) -> Result<[u64; 2]> {
    parts
        .last()
        .map(|&[_, results, digest]| [results, digest])
        .ok_or_else(|| Error::Failed("a report of operations has no part".into()))
}

/// All of them as a table.
pub(super) fn table(list: &[Operations]) -> String {
    let mut text = format!(
        "\n{:11} {:22} {:6} {:>7} {:>16} {:>7} {:>6} {:>6}  panics\n",
        "board", "runner", "bits", "results", "digest", "flash", "static", "stack"
    );
    for row in list {
        text += &format!(
            "{:11} {:22} {:6} {:>7} {:>16} {:>7} {:>6} {:>6}  {}\n",
            row.board,
            row.runner,
            if row.bits_equal { "equal" } else { "DIFFER" },
            row.results,
            row.digest,
            row.sizes.flash,
            row.sizes.static_ram,
            row.peak_stack,
            row.panics.len(),
        );
    }
    for row in list {
        if let Some(StepCosts { observe, step }) = &row.costs {
            text += &format!(
                "{}, {}: {} to {} instructions a sample, {} to {} a step\n",
                row.board, row.runner, observe.least, observe.most, step.least, step.most
            );
        }
    }
    text
}
