//! The command line: which commands there are, the options they share, exit statuses.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueHint};

use crate::error::{Error, Result};
use crate::{device, learn, plan, replay, reproduce, simulate, sweep, verify};

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
    /// Write plots as PNG too; a build with the feature `png` does so unasked.
    #[arg(long, global = true)]
    pub png: bool,
    /// No report on standard output, no progress bar.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Recorded multi-environment data in, the invariant model out, with a report.
    Learn(learn::Options),
    /// Do exactly what a device of a compiled size (see --dim) would do with a recorded stream.
    Replay(replay::Options),
    /// Reproduce the paper's figures.
    Reproduce(reproduce::Options),
    /// Check every bound of the theory against measured runs.
    Verify(verify::Options),
    /// Run every combination of a grid of settings, on all cores.
    Sweep(sweep::Options),
    /// Put the shards of a sweep together.
    Merge(sweep::MergeOptions),
    /// Step size, batch, initial scale and steps, and what they cost on a board.
    Plan(plan::Options),
    /// Write a multi-environment data set of the paper's problem.
    Simulate(simulate::Options),
    /// Run on emulated or attached boards, and compare the bits with the host's.
    Device(device::Options),
}

/// Parses the arguments of the process, runs the command, and reports errors on standard error.
pub fn main() -> ExitCode {
    let cli = match Cli::from_command_line() {
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
    fn from_command_line() -> std::result::Result<Self, clap::Error> {
        let mut command = Self::command()
            .mut_args(numeric)
            .mut_subcommands(|command| command.mut_args(numeric));
        let matches = command.try_get_matches_from_mut(std::env::args_os())?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }

    fn run(&self) -> Result<()> {
        Error::require_feature("png", !self.common.png || cfg!(feature = "png"))?;
        match &self.command {
            Command::Learn(options) => learn::run(options, &self.common),
            Command::Replay(options) => replay::run(options, &self.common),
            Command::Reproduce(options) => reproduce::run(options, &self.common),
            Command::Verify(options) => verify::run(options, &self.common),
            Command::Sweep(options) => sweep::run(options, &self.common),
            Command::Merge(options) => sweep::merge(options, &self.common),
            Command::Plan(options) => plan::run(options, &self.common),
            Command::Simulate(options) => simulate::run(options, &self.common),
            Command::Device(options) => device::run(options, &self.common),
        }
    }
}

/// Takes `-1` for the value of an option, so that our own checks say what would be right; clap would
/// take it for an option that it does not know. Paths stay as they are.
fn numeric(argument: Arg) -> Arg {
    let takes_number = argument.get_action().takes_values()
        && !argument.is_positional()
        && argument.get_value_hint() != ValueHint::AnyPath;
    if takes_number {
        argument.allow_negative_numbers(true)
    } else {
        argument
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{Cli, numeric};

    #[test]
    fn numbers_may_be_negative_and_paths_may_not() {
        let command = Cli::command()
            .mut_args(numeric)
            .mut_subcommands(|command| command.mut_args(numeric));
        command.clone().debug_assert();
        let learn = command.find_subcommand("learn").expect("a command");
        let negative = |name: &str| {
            let mut all = learn.get_arguments().chain(command.get_arguments());
            let argument = all.find(|argument| argument.get_id() == name);
            argument.expect("an option").is_allow_negative_numbers_set()
        };
        for name in ["step_size", "init_scale", "batch", "rank", "seed"] {
            assert!(negative(name), "{name}");
        }
        for name in ["data", "test", "json", "out", "quiet"] {
            assert!(!negative(name), "{name}");
        }
    }
}
