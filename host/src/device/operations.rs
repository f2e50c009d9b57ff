//! Every public operation of the core, on every board: no panic in the program, the same bits.

use heterosgd_boards::Board;
use heterosgd_problems::Request;
use heterosgd_problems::operations::{checkpoint_operations, operations};
use serde::Serialize;

use super::elf::{Binary, Sizes};
use super::emulator;
use super::firmware::{Built, Profile};
use super::problems::Text;
use super::report::Report;
use crate::error::{Error, Result};

/// A runner, and what it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runner {
    pub(super) binary: &'static str,
    operations: fn(&mut Text),
}

/// Two for each scalar: all operations together would not fit into the flash of the smallest board.
pub(super) const RUNNERS: [Runner; 4] = [
    Runner {
        binary: "every-operation",
        operations: operations::<f32>,
    },
    Runner {
        binary: "every-operation-double",
        operations: operations::<f64>,
    },
    Runner {
        binary: "every-checkpoint",
        operations: checkpoint_operations::<f32>,
    },
    Runner {
        binary: "every-checkpoint-double",
        operations: checkpoint_operations::<f64>,
    },
];

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
    /// The first part whose results differ, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u64>,
}

impl Operations {
    /// Runs them on `board` and on the host.
    pub(super) fn run(built: &Built, board: &Board, runner: Runner) -> Result<Self> {
        let path = built.binary(board, runner.binary);
        let binary = Binary::read(&path)?;
        let text = emulator::run(board, &path, &Request::default())?;
        let mut expected = Text::default();
        (runner.operations)(&mut expected);
        let (ours, theirs) = (parts(&expected.into_text())?, parts(&text)?);
        let [results, digest] = last(&theirs)?;
        let parted = ours.iter().zip(&theirs).position(|(a, b)| a != b);
        let [peak_stack, _] = Report::part(&text, board.name).row("stack")?;
        Ok(Self {
            board: board.name.to_owned(),
            runner: runner.binary,
            bits_equal: ours == theirs,
            results,
            digest: format!("{digest:016x}"),
            sizes: binary.sizes,
            peak_stack,
            panics: match built.profile() {
                Profile::Release => binary.panics,
                Profile::Dev => Vec::new(),
            },
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
    text
}
