//! `heterosgd device`: builds the runner for a board, runs it, and compares it with the host.
//!
//! Per board and problem: the bits at every checkpoint (where they differ, the first step and entry),
//! sizes, stack, instructions, whether they depend on the data, and whether a panic is left in
//! the binary; all against the budget.

mod attach;
mod attest;
pub(crate) mod budget;
mod compare;
mod costs;
mod elf;
mod emulator;
mod firmware;
mod fused;
pub mod log;
mod operations;
mod power_cuts;
mod problems;
mod report;
mod row;
mod stack_bound;
mod stream;

use std::path::PathBuf;
use std::sync::Mutex;

use clap::Args;
use heterosgd_boards::{BOARDS, Board};
use heterosgd_problems::Request;
use rayon::prelude::*;
use serde::Serialize;

use crate::cli::Common;
use crate::error::{Error, Result};
use crate::output;
use crate::replay::Recipe;
use budget::Budget;
pub use firmware::Profile;
use firmware::{Built, Firmware};
use operations::Operations;
use power_cuts::PowerCuts;
use row::Row;

/// Options of `heterosgd device`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The board: microbit, sifive-e, lm3s6965, mps2-an386, mps2-an505, or all.
    #[arg(long, value_name = "NAME", default_value = "all")]
    pub board: String,
    /// The problem: rank-one, gaussian, rademacher, double, pooled, or all.
    #[arg(long, value_name = "NAME", default_value = "all")]
    pub problem: String,
    /// How the runner is compiled. Budgets and the search for panics are for release.
    #[arg(long, value_enum, default_value = "release")]
    pub profile: Profile,
    /// The sources of the firmware [default: `firmware` here or in a directory above].
    #[arg(long, value_name = "DIR")]
    pub firmware: Option<PathBuf>,
    /// Write the measured figures into the budget, firmware/budget.toml, instead of comparing.
    #[arg(long)]
    pub update_budget: bool,
    /// Let the board lose the last sample of this step: shows that the comparison finds it.
    #[arg(long, value_name = "STEP")]
    pub lose_sample: Option<u64>,
    /// Build the runner of every operation with a panic in it: shows that the search finds it.
    #[arg(long, conflicts_with_all = ["update_budget", "attach", "report", "log", "attest", "stream"])]
    pub deliberate_panic: bool,
    /// Build for an attached board, and print the command that runs it there.
    #[arg(long, conflicts_with_all = ["update_budget", "lose_sample", "report"])]
    pub attach: bool,
    /// Pack a recorded stream into the firmware, let the boards learn from it row by row, and compare
    /// with `replay`; the options below say how it is learned.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["update_budget", "lose_sample", "report", "attach", "log", "attest"])]
    pub stream: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) recipe: Recipe,
    /// Write the log of one problem on one board, every step with its hash chain.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["update_budget", "lose_sample", "report", "attach"])]
    pub log: Option<PathBuf>,
    /// Check a log: replay the run, compare every line, evaluate the recovery bound.
    #[arg(long, value_name = "LOG", conflicts_with_all = ["update_budget", "lose_sample", "report", "attach", "log"])]
    pub attest: Option<PathBuf>,
    /// Compare the report of an attached board, read from FILE or with `-` from standard input.
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["update_budget", "lose_sample"])]
    pub report: Option<PathBuf>,
}

/// The JSON summary (docs/formats.md).
#[derive(Debug, Serialize)]
struct Summary {
    profile: &'static str,
    compiler: String,
    passed: bool,
    rows: Vec<Row>,
    /// Every operation of the core, with `--problem all`.
    operations: Vec<Operations>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    power_cuts: Vec<PowerCuts>,
}

/// Runs the command.
///
/// # Errors
/// Bad usage, or a machine that cannot build or emulate; [`Error::Failed`] where a board differs from
/// the host, exceeds its budget, or a panic was left.
pub fn run(options: &Options, common: &Common) -> Result<()> {
    if let Some(path) = &options.report {
        return attach::compare_report(path, common);
    }
    if let Some(path) = &options.attest {
        return attest::check_log(path, common);
    }
    let problems = problems::named(&options.problem)?;
    let boards = boards(&options.board)?;
    let one = (boards.len(), problems.len()) == (1, 1);
    if options.log.is_some() && !one {
        return Err(Error::usage("--log needs one --board and one --problem"));
    }
    let firmware = Firmware::find(options.firmware.as_deref(), common.quiet)?;
    if let Some(path) = &options.stream {
        let profile = options.profile;
        return stream::run(path, &options.recipe, &firmware, &boards, profile, common);
    }
    // Panics are searched for in release; with checks in it, all of it is too large for a board.
    let everything =
        options.problem == "all" && !options.attach && options.profile == Profile::Release;
    let mut binaries = problems.clone();
    let mut features = Vec::new();
    if everything || options.deliberate_panic {
        binaries.extend(operations::RUNNERS);
        binaries.push(power_cuts::BINARY);
    }
    if options.deliberate_panic {
        features.push("deliberate-panic");
    }
    let built = firmware.build(&boards, &binaries, options.profile, &features)?;
    if options.attach {
        return attach::print_commands(&built, &boards, &problems);
    }
    if let (Some(path), [board], [problem]) = (&options.log, boards.as_slice(), problems.as_slice())
    {
        return attest::write_log(&built, board, problem, path);
    }
    let budget_path = firmware.root().join("budget.toml");
    let budget = match Budget::read(&budget_path) {
        Ok(budget) => budget,
        Err(Error::Io { .. }) if options.update_budget => Budget::default(),
        Err(error) => return Err(error),
    };
    let operations = if everything || options.deliberate_panic {
        Operations::run(&firmware, &built, &boards)?
    } else {
        Vec::new()
    };
    let power_cuts = if everything {
        PowerCuts::run(&firmware, &built, &boards)?
    } else {
        Vec::new()
    };
    let rows = rows(options, common, &built, &boards, &problems)?;
    let compiler = built.compiler()?;
    let rows = if options.update_budget {
        update(budget, &compiler, &rows)?.write(&budget_path)?;
        rows
    } else if options.profile == Profile::Release {
        let judged = rows.into_iter();
        judged.map(|row| row.judged(&budget, &compiler)).collect()
    } else {
        rows
    };
    let failed = operations.iter().flat_map(Operations::failures);
    let failed = failed.chain(power_cuts.iter().flat_map(PowerCuts::failures));
    let failures: Vec<String> = rows.iter().flat_map(Row::failures).chain(failed).collect();
    let summary = Summary {
        profile: options.profile.name(),
        compiler,
        passed: failures.is_empty(),
        rows,
        operations,
        power_cuts,
    };
    if output::wants_report(common) {
        output::print(&row::table(&summary.rows))?;
        if !summary.operations.is_empty() {
            output::print(&operations::table(&summary.operations))?;
        }
        if !summary.power_cuts.is_empty() {
            output::print(&power_cuts::table(&summary.power_cuts))?;
        }
    }
    output::summary(common, &summary)?;
    if failures.is_empty() {
        Ok(())
    } else {
        Err(Error::Failed(failures.join("\n       ")))
    }
}

fn boards(name: &str) -> Result<Vec<&'static Board>> {
    if name == "all" {
        return Ok(BOARDS.iter().collect());
    }
    let names = BOARDS.map(|board| board.name).join(", ");
    Board::find(name)
        .map(|board| vec![board])
        .ok_or_else(|| Error::usage(format!("--board {name}: there are {names} and all")))
}

/// Every problem on every board.
fn rows(
    options: &Options,
    common: &Common,
    built: &Built,
    boards: &[&'static Board],
    problems: &[&'static str],
) -> Result<Vec<Row>> {
    let request = Request {
        lose_sample: options.lose_sample,
        ..Request::default()
    };
    let pairs: Vec<_> = boards
        .iter()
        .flat_map(|board| problems.iter().map(move |problem| (*board, *problem)))
        .collect();
    let bar = Mutex::new(crate::progress::bar(common, pairs.len() as u64, "runs"));
    let rows = pairs
        .into_par_iter()
        .map(|(board, problem)| {
            let row = Row::run(built, board, problem, &request);
            if let Ok(bar) = bar.lock() {
                bar.inc(1);
            }
            row
        })
        .collect();
    if let Ok(bar) = bar.lock() {
        bar.finish_and_clear();
    }
    rows
}

fn update(mut budget: Budget, compiler: &str, rows: &[Row]) -> Result<Budget> {
    for row in rows {
        if let Some(failure) = row.failures().into_iter().next() {
            return Err(Error::Failed(format!(
                "the budget was not written: {failure}"
            )));
        }
        budget.set(compiler, &row.board, &row.problem, row.figures());
    }
    Ok(budget)
}
