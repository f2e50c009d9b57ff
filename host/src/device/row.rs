//! One problem on one board.

use heterosgd_boards::Board;
use heterosgd_problems::Request;
use serde::Serialize;

use super::budget::{Budget, Figures};
use super::compare::{Difference, Rerun, difference};
use super::costs::Costs;
use super::elf::{Binary, Sizes};
use super::firmware::{Built, Profile};
use super::report::Report;
use super::{emulator, problems};
use crate::error::{Error, Result};

/// What one problem did on one board.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) board: String,
    processor: &'static str,
    pub(super) problem: String,
    bits_equal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<Difference>,
    steps: u64,
    samples: u64,
    digest: String,
    #[serde(flatten)]
    sizes: Sizes,
    peak_stack: u64,
    stack_available: u64,
    /// The worst case of the stack from the program itself, exceptions and interrupts apart.
    static_stack: Option<u64>,
    /// What that figure does not cover: functions of unknown frame, calls through registers, recursion.
    static_stack_gaps: Vec<String>,
    /// The functions of its worst path, the entry first.
    static_stack_path: Vec<String>,
    /// Assembly whose frames were read from its code.
    static_stack_assembly: Vec<String>,
    instructions: Costs,
    /// Whether observing a sample always takes the same number of instructions.
    constant_time: bool,
    /// Whether it has to: the board does the arithmetic of the problem itself.
    constant_time_promised: bool,
    /// Symbols that only a reachable panic leaves; searched for in release.
    panics: Vec<String>,
    /// Where instructions multiply and add at once; searched for in release.
    fused: Vec<u64>,
    /// What is over the budget.
    over_budget: Vec<String>,
}

struct OnHost<'a>(&'a str);

impl Rerun for OnHost<'_> {
    fn rerun(&self, request: &Request) -> Result<Report> {
        // Faults are for boards.
        let request = Request {
            lose_sample: None,
            ..*request
        };
        Report::read(&problems::run(self.0, &request)?, "the host")
    }
}

struct OnBoard<'a> {
    board: &'a Board,
    binary: std::path::PathBuf,
}

impl Rerun for OnBoard<'_> {
    fn rerun(&self, request: &Request) -> Result<Report> {
        Report::read(
            &emulator::run(self.board, &self.binary, request)?,
            self.board.name,
        )
    }
}

impl Row {
    /// Runs `problem` on `board` and on the host.
    pub(super) fn run(
        built: &Built,
        board: &'static Board,
        problem: &'static str,
        request: &Request,
    ) -> Result<Self> {
        let host = OnHost(problem);
        let device = OnBoard {
            board,
            binary: built.binary(board, problem),
        };
        let binary = Binary::read(&device.binary)?;
        let (expected, report) = (host.rerun(request)?, device.rerun(request)?);
        check_origin(&report, board, problem)?;
        let difference = difference(request, (&expected, &host), (&report, &device))?;
        let done = report.done()?;
        let [peak_stack, stack_available] = report.row("stack")?;
        let instructions = Costs::read(&report)?;
        let [_, _, scalar_bytes] = report.row("size")?;
        Ok(Self {
            board: board.name.to_owned(),
            processor: board.processor,
            problem: problem.to_owned(),
            bits_equal: difference.is_none(),
            difference,
            steps: done.steps,
            samples: done.samples,
            digest: format!("{:016x}", done.digest),
            sizes: binary.sizes,
            peak_stack,
            stack_available,
            static_stack: binary.stack.bytes,
            static_stack_gaps: binary.stack.gaps(),
            static_stack_path: binary.stack.path,
            static_stack_assembly: binary.stack.assembly,
            instructions,
            constant_time: instructions.observe.is_constant() && instructions.stored.is_constant(),
            constant_time_promised: board.single_precision_unit && scalar_bytes == 4,
            panics: match built.profile() {
                Profile::Release => binary.panics,
                Profile::Dev => Vec::new(),
            },
            fused: match built.profile() {
                Profile::Release => binary.fused,
                Profile::Dev => Vec::new(),
            },
            over_budget: Vec::new(),
        })
    }

    /// The static bound of the stack, marked where it does not cover everything.
    fn bound(&self) -> String {
        match (self.static_stack, self.static_stack_gaps.is_empty()) {
            (Some(bytes), true) => bytes.to_string(),
            (Some(bytes), false) => format!("{bytes}?"),
            (None, _) => "-".to_owned(),
        }
    }

    /// Compares with the budget.
    pub(super) fn judged(mut self, budget: &Budget, compiler: &str) -> Self {
        self.over_budget = budget.exceeded(compiler, &self.board, &self.problem, self.figures());
        self
    }

    /// The figures that a budget is made of.
    pub(super) fn figures(&self) -> Figures {
        Figures::new(self.sizes, self.peak_stack, self.instructions)
    }

    /// What is wrong, in plain words.
    pub(super) fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        if let Some(difference) = &self.difference {
            failures.push(difference.text());
        }
        if self.peak_stack >= self.stack_available {
            failures.push("the stack ran into static data".to_owned());
        }
        let sound = self.static_stack_gaps.is_empty();
        if let Some(bound) = self
            .static_stack
            .filter(|&bound| sound && bound < self.peak_stack)
        {
            failures.push(format!(
                "the stack reached {} bytes, beyond its static bound of {bound}",
                self.peak_stack
            ));
        }
        if self.constant_time_promised && !self.constant_time {
            failures.push(format!(
                "observing a sample took {} to {} instructions, a stored one {} to {}, depending on the data",
                self.instructions.observe.least,
                self.instructions.observe.most,
                self.instructions.stored.least,
                self.instructions.stored.most
            ));
        }
        if let Some(panic) = self.panics.first() {
            failures.push(format!("a panic was left in the program: symbol {panic}"));
        }
        if let Some(at) = self.fused.first() {
            failures.push(format!(
                "{} instructions multiply and add at once (vmla, vfma), the first at {at:#x}",
                self.fused.len()
            ));
        }
        failures.extend(self.over_budget.iter().cloned());
        let place = format!("{}, {}", self.board, self.problem);
        failures
            .into_iter()
            .map(|what| format!("{place}: {what}"))
            .collect()
    }
}

/// A report has to be of what was asked for.
fn check_origin(report: &Report, board: &Board, problem: &str) -> Result<()> {
    let target = report.words("target")?.first().map(String::as_str);
    // The last record; without it the board stopped half-way.
    report.words("end")?;
    if target == Some(board.target) && report.problem()? == problem {
        return Ok(());
    }
    Err(Error::Failed(format!(
        "{}: the report is of problem {} on {}, asked for was {problem} on {}",
        board.name,
        report.problem()?,
        target.unwrap_or("an unnamed target"),
        board.target
    )))
}

/// All rows as a table.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:11} {:11} {:5} {:>6} {:>16} {:>7} {:>6} {:>6} {:>6} {:>15} {:>15} {:>15} {:>17}\n",
        "board",
        "problem",
        "bits",
        "steps",
        "digest",
        "flash",
        "static",
        "stack",
        "bound",
        "draw",
        "observe",
        "stored",
        "step"
    );
    for row in rows {
        let span = |span: super::costs::Span| {
            if span.is_constant() {
                span.most.to_string()
            } else {
                format!("{}..{}", span.least, span.most)
            }
        };
        text += &format!(
            "{:11} {:11} {:5} {:>6} {:>16} {:>7} {:>6} {:>6} {:>6} {:>15} {:>15} {:>15} {:>17}\n",
            row.board,
            row.problem,
            if row.bits_equal { "equal" } else { "DIFFER" },
            row.steps,
            row.digest,
            row.sizes.flash,
            row.sizes.static_ram,
            row.peak_stack,
            row.bound(),
            span(row.instructions.draw),
            span(row.instructions.observe),
            span(row.instructions.stored),
            span(row.instructions.step),
        );
    }
    text += "flash, static RAM, stack (painted, and bound from the program): bytes; interrupts apart. draw, observe a sample, observe a stored one, step: instructions, one figure\n\
             where they do not depend on the data.\n";
    text
}
