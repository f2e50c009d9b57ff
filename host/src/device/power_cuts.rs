//! A learner kept in flash whose power is cut after every byte, on two boards; what keeping it costs; and what
//! sign measurements cost, which no problem has.

use heterosgd_boards::Board;
use heterosgd_problems::{Request, SIGNS};
use rayon::prelude::*;
use serde::Serialize;

use super::costs::{Clock, Span};
use super::elf::{Binary, Sizes};
use super::emulator;
use super::firmware::{Built, Firmware};
use super::report::Report;
use crate::error::Result;

/// The runner.
pub(super) const BINARY: &str = "power-cuts";

/// The boards it runs on: one with a unit for `f32`, and one of 16 KB whose bits are not Arm's.
const NAMES: [&str; 2] = ["mps2-an386", "sifive-e"];

/// What is kept, and how the power is cut, in the order of the report.
const RUNS: [&str; 3] = [
    "store, between bytes",
    "store, torn",
    "sequential-storage, between bytes",
];

/// All cuts on one board.
#[derive(Debug, Serialize)]
pub(super) struct PowerCuts {
    board: &'static str,
    bits_equal: bool,
    runs: Vec<Cuts>,
    #[serde(flatten)]
    sizes: Sizes,
    peak_stack: u64,
    /// Instructions of writing a checkpoint of the problem `rank-one`.
    checkpoint: Span,
    /// Of verifying and taking it.
    restore: Span,
    /// Of opening and closing guarded state.
    guard: Span,
    signs: Signs,
}

/// Instructions of sign measurements of d = 8 by tables.
#[derive(Debug, Serialize)]
struct Signs {
    /// Filling the tables for a batch.
    fill: Span,
    /// Learning from a sample in memory.
    learn: Span,
    /// Drawing a sample and learning from it.
    draw_and_learn: Span,
    /// Adding what the tables hold to the batch.
    add: Span,
}

impl Signs {
    fn read(clock: Clock, report: &Report) -> Result<Self> {
        Ok(Self {
            fill: clock.span(report, "signs-fill")?,
            learn: clock.span(report, "signs")?.of_one(SIGNS),
            draw_and_learn: clock.span(report, "signs-drawn")?.of_one(SIGNS),
            add: clock.span(report, "signs-add")?,
        })
    }
}

/// The cuts of one run.
#[derive(Debug, Serialize)]
struct Cuts {
    run: &'static str,
    tried: u64,
    /// The learner of the save before was found.
    before: u64,
    /// The learner of the save that was cut was found.
    after: u64,
    lost: u64,
    digest: String,
}

impl PowerCuts {
    /// Those of the boards in `boards` on which they run.
    pub(super) fn run(
        firmware: &Firmware,
        built: &Built,
        boards: &[&'static Board],
    ) -> Result<Vec<Self>> {
        let expected = rows(&Report::part(&firmware.reference(BINARY)?, "the host"))?;
        boards
            .par_iter()
            .filter(|board| NAMES.contains(&board.name))
            .map(|board| Self::on(built, board, &expected))
            .collect()
    }

    fn on(built: &Built, board: &'static Board, expected: &[[u64; 5]]) -> Result<Self> {
        let path = built.binary(board, BINARY);
        let sizes = Binary::read(&path)?.sizes;
        let text = emulator::run(board, &path, &Request::default())?;
        let report = Report::part(&text, board.name);
        let found = rows(&report)?;
        let clock = Clock::read(&report)?;
        let [peak_stack, _] = report.row("stack")?;
        let runs = RUNS.iter().zip(&found);
        Ok(Self {
            board: board.name,
            bits_equal: found == expected,
            runs: runs
                .map(|(run, &[tried, before, after, lost, digest])| Cuts {
                    run,
                    tried,
                    before,
                    after,
                    lost,
                    digest: format!("{digest:016x}"),
                })
                .collect(),
            sizes,
            peak_stack,
            checkpoint: clock.span(&report, "checkpoint")?,
            restore: clock.span(&report, "restore")?,
            guard: clock.span(&report, "guard")?,
            signs: Signs::read(clock, &report)?,
        })
    }

    /// What is wrong, in plain words.
    pub(super) fn failures(&self) -> Vec<String> {
        let board = self.board;
        let lost = self
            .runs
            .iter()
            .filter(|cuts| cuts.lost > 0 || cuts.tried == 0)
            .map(|cuts| {
                format!(
                    "{board}, {BINARY}, {}: {} of {} power cuts lost what was learned",
                    cuts.run, cuts.lost, cuts.tried
                )
            });
        let differs = (!self.bits_equal || self.runs.len() != RUNS.len())
            .then(|| format!("{board}, {BINARY}: results differ from the host's"));
        lost.chain(differs).collect()
    }
}

fn rows(report: &Report) -> Result<Vec<[u64; 5]>> {
    report.table("power-cuts")
}

/// All of them as a table.
pub(super) fn table(list: &[PowerCuts]) -> String {
    let mut text = format!(
        "\n{:11} {:34} {:6} {:>6} {:>6} {:>5} {:>4}\n",
        "board", "power cuts", "bits", "tried", "before", "after", "lost"
    );
    for board in list {
        for cuts in &board.runs {
            text += &format!(
                "{:11} {:34} {:6} {:>6} {:>6} {:>5} {:>4}\n",
                board.board,
                cuts.run,
                if board.bits_equal { "equal" } else { "DIFFER" },
                cuts.tried,
                cuts.before,
                cuts.after,
                cuts.lost,
            );
        }
    }
    for board in list {
        text += &format!(
            "{}: {} instructions to write a checkpoint of rank-one, {} to verify and take it, {} to open and close guarded state; \
             the runner takes {} bytes of stack\n",
            board.board,
            board.checkpoint.most,
            board.restore.most,
            board.guard.most,
            board.peak_stack
        );
        let Signs {
            fill,
            learn,
            draw_and_learn,
            add,
        } = &board.signs;
        text += &format!(
            "{}: {} instructions for a sign measurement of d = 8 by tables, {} with its drawing; {} to fill the tables for a batch, \
             {} to add what they hold to it\n",
            board.board, learn.most, draw_and_learn.most, fill.most, add.most
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use heterosgd_boards::BOARDS;

    use super::NAMES;

    #[test]
    fn its_boards_exist() {
        for name in NAMES {
            assert!(BOARDS.iter().any(|board| board.name == name), "{name}");
        }
    }
}
