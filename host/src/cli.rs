//! The command line: which commands there are, the options they share, exit statuses.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::error::{Error, Result};
use crate::{learn, replay, reproduce, simulate};

/// Learns what stays the same while conditions change.
///
/// Exit status: 0 done, 1 a check failed or a run diverged, 2 bad input or usage.
#[derive(Debug, Parser)]
#[command(
    name = "heterosgd",
    version,
    max_term_width = 100,
    propagate_version = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Seed of everything random: the same seed gives the same files, byte for byte.
    #[arg(long, global = true, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// Write a machine-readable summary to FILE, or to standard output with `-`.
    #[arg(long, global = true, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
    /// Write plots and tables into DIR (made if it is not there).
    #[arg(long, global = true, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// No report on standard output, no progress bar.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Recorded multi-environment data in, the invariant model out, with a report.
    Learn(learn::Options),
    /// Do exactly what the device would do with a recorded stream.
    Replay(replay::Options),
    /// Reproduce the paper's figures.
    Reproduce(reproduce::Options),
    /// Write a multi-environment data set of the paper's problem.
    Simulate(simulate::Options),
}

/// Parses the arguments of the process, runs the command, and reports errors on standard error.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let status = u8::try_from(error.exit_code()).unwrap_or(2);
            // Nothing can be done where even standard error is closed.
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(error.exit_status())
        }
    }
}

impl Cli {
    fn run(&self) -> Result<()> {
        match &self.command {
            Command::Learn(options) => learn::run(options, &self.common),
            Command::Replay(options) => replay::run(options, &self.common),
            Command::Reproduce(options) => reproduce::run(options, &self.common),
            Command::Simulate(options) => simulate::run(options, &self.common),
        }
    }
}

impl Common {
    /// The output directory.
    ///
    /// # Errors
    /// Bad usage if `--out` was not given.
    pub fn required_out(&self) -> Result<&std::path::Path> {
        self.out
            .as_deref()
            .ok_or_else(|| Error::usage("--out DIR is missing: say where the files go"))
    }
}
