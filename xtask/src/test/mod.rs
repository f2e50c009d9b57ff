//! The test command of the README, in three tiers: everything that a change has to pass, the part of
//! it that is worth waiting for every hour, and campaigns.

mod clock;
mod first;
mod tests;

use heterosgd_boards::BOARDS;

use self::clock::Clock;
use crate::failure::Failure;
use crate::runner::{Run, in_ci};
use crate::{
    assembly, bare_metal, boards, figures, fuzz, golden, instructions, metadata, msrv, soak, theory,
};

/// Of `cargo xtask test`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only what finds most mistakes, in under 3 minutes where everything is built.
    #[arg(long, conflicts_with = "long")]
    quick: bool,
    /// The campaigns instead, under an hour: long fuzzing, soak, every bound in full, every board with
    /// assertions, README's first command in a fresh clone.
    #[arg(long, conflicts_with = "host_only")]
    long: bool,
    /// Leave out the bare-metal targets that this machine cannot build for; never in CI.
    #[arg(long)]
    host_only: bool,
}

/// Runs the tier; stops at the first failure.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut clock = Clock::start();
    let outcome = if options.quick {
        quick(&mut clock)
    } else if options.long {
        long(&mut clock)
    } else {
        whole(&mut clock, options.host_only)
    };
    println!("{}", clock.table());
    let passed = outcome?;
    println!("\n{passed}");
    Ok(())
}

/// What passed, in a sentence.
fn quick(clock: &mut Clock) -> Result<String, Failure> {
    sources(clock)?;
    clock.step("tests of the core", tests::device)?;
    clock.step("unit tests of the host", tests::host_units)?;
    Ok("The quick checks passed. Left out: the command's own tests, fuzz corpus, figures, bounds, golden digests \
        optimised and for this processor, assembly, instruction counts, bare metal, boards: `cargo xtask test`."
        .into())
}

fn sources(clock: &mut Clock) -> Result<(), Failure> {
    clock.step("format", || {
        Run::cargo(["fmt", "--all", "--check"]).step("format")
    })?;
    clock.step("one minimum Rust version", msrv::check)?;
    clock.step("lints", lints)
}

fn whole(clock: &mut Clock, host_only: bool) -> Result<String, Failure> {
    let mut skipped = String::new();
    sources(clock)?;
    clock.step("documentation", documentation)?;
    clock.step("features of the core, the plain command", features)?;
    clock.step("tests of the core", tests::device)?;
    clock.step("building the host", tests::build_host)?;
    clock.step("tests of the host", tests::host)?;
    clock.step("golden digests", golden::check)?;
    clock.step("figures", figures::check)?;
    clock.step("bounds", theory::check)?;
    if !clock.step("assembly", assembly::check)? {
        skipped += "\nThe search for fused operations was SKIPPED.";
    }
    if !clock.step("instruction counts", || instructions::check(host_only))? {
        skipped += "\nInstruction counts were SKIPPED.";
    }
    let built = clock.step("bare metal", || bare_metal::beside_boards(host_only))?;
    let boards = clock.step("boards", || boards::run(host_only))?;
    let (targets, all) = (bare_metal::covered(), BOARDS.len());
    Ok(if built + boards < targets {
        format!(
            "The host checks passed, but {} of {targets} bare-metal targets, {} of {all} boards among them, were SKIPPED: \
             this run does not stand in for `cargo xtask test`.{}",
            targets - built - boards,
            all - boards,
            skipped
        )
    } else {
        format!(
            "All checks passed: host tests, the core on {targets} bare-metal targets, and every problem on {all} boards.{skipped}"
        )
    })
}

fn long(clock: &mut Clock) -> Result<String, Failure> {
    clock.step("README's first command in a fresh clone", first::check)?;
    clock.step("building the host", tests::build_host)?;
    clock.step("tests of the host, checked", tests::host_checked)?;
    clock.step("every bound in full", theory::check_in_full)?;
    clock.step("golden digests, optimised and not", golden::check_others)?;
    clock.step("bare metal, built", || bare_metal::run(false))?;
    clock.step("every board with assertions", boards::checked)?;
    clock.step("second power cuts, hundreds of kills", tests::campaigns)?;
    clock.step("soak", || soak::run(&soak::Options::default()))?;
    let mut passed = String::from(
        "All campaigns passed; their figures belong in docs/reliability.md and docs/verification.md.",
    );
    if fuzz::is_ready() || in_ci() {
        clock.step("fuzzing", || fuzz::run(&fuzz::Options::default()))?;
    } else {
        passed += "\nFuzzing was SKIPPED: `cargo xtask fuzz` says what to install.";
    }
    Ok(passed)
}

fn lints() -> Result<(), Failure> {
    Run::cargo([
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--features",
        "heterosgd-host/full,heterosgd-problems/programs",
        "--",
        "-D",
        "warnings",
        "-D",
        "clippy::incompatible_msrv",
    ])
    .step("lints, warnings denied")
}

/// Libraries only: the command is called `heterosgd` like the core, and would overwrite its pages.
fn documentation() -> Result<(), Failure> {
    Run::cargo([
        "doc",
        "--locked",
        "--workspace",
        "--no-deps",
        "--lib",
        "--features",
        "heterosgd-host/full",
    ])
    .env("RUSTDOCFLAGS", "-D warnings")
    .step("documentation, warnings denied")
}

/// Each feature of the core by itself, none, and all together; and the command without its features.
fn features() -> Result<(), Failure> {
    let check = |more: &[&str]| {
        let core = ["check", "--locked", "-p", "heterosgd"];
        Run::cargo(core.into_iter().chain(more.iter().copied())).step("features of the core")
    };
    check(&["--no-default-features"])?;
    for feature in metadata::core_features()? {
        check(&["--no-default-features", "--features", &feature])?;
    }
    check(&["--all-features"])?;
    Run::cargo(["check", "--locked", "-p", "heterosgd-host"]).step("the command without features")
}
