//! The tooling of the repository, as `cargo xtask COMMAND`.

mod assembly;
mod bare_metal;
mod boards;
mod failure;
mod figures;
mod fuzz;
mod golden;
mod instructions;
mod metadata;
mod msrv;
mod peers;
mod runner;
mod setup;
mod soak;
mod test;
mod theory;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

/// Tests, sets up and inspects the heterosgd workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs every check that a change has to pass; CI runs this and nothing else.
    Test(test::Options),
    /// Makes a fresh machine able to build for bare metal and to emulate the boards.
    Setup {
        /// Let apt replace newer QEMU tools by those that go with the emulators.
        #[arg(long)]
        allow_downgrades: bool,
    },
    /// Builds the core, alone, for every supported bare-metal target.
    BareMetal(HostOnly),
    /// Looks for inputs that break a promise: libFuzzer on every target of `fuzz`, a minute each.
    Fuzz(fuzz::Options),
    /// Long runs: 10^9 samples through one learner, 4 GB through one process.
    Soak(soak::Options),
    /// Prints the golden digests, to be put into tests/golden/digests.txt by hand.
    Golden,
    /// Counts instructions of the core under valgrind, and compares them with benches/instructions.toml.
    Instructions(instructions::Options),
    /// Disassembles the kernels of x86-64, checks them, and writes docs/assembly.md.
    Assembly,
    /// Times this library beside its peers on the same bytes, and writes docs/peers.md.
    Peers(peers::Options),
}

#[derive(clap::Args)]
struct HostOnly {
    /// Leave out the bare-metal targets that this machine cannot build for; never in CI.
    #[arg(long)]
    host_only: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nFAILED: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<(), Failure> {
    match task {
        Task::Test(options) => test::run(options),
        Task::Setup { allow_downgrades } => setup::run(*allow_downgrades),
        Task::BareMetal(options) => bare_metal::run(options.host_only).map(|_| ()),
        Task::Fuzz(options) => fuzz::run(options),
        Task::Soak(options) => soak::run(options),
        Task::Golden => golden::print(),
        Task::Instructions(options) => instructions::run(options),
        Task::Assembly => assembly::run(),
        Task::Peers(options) => peers::run(options),
    }
}
