//! The test command of the README: everything that a change has to pass, in order of cost.

use heterosgd_boards::{BOARDS, TARGETS};

use crate::failure::Failure;
use crate::runner::Run;
use crate::{assembly, bare_metal, boards, figures, golden, instructions, metadata, msrv, theory};

/// Stops at the first failure.
pub(crate) fn run(host_only: bool) -> Result<(), Failure> {
    Run::cargo(["fmt", "--all", "--check"]).step("format")?;
    msrv::check()?;
    lints()?;
    documentation()?;
    features()?;
    tests()?;
    golden::check()?;
    figures::check()?;
    theory::check()?;
    let searched = assembly::check()?;
    let counted = instructions::check(host_only)?;
    let built = bare_metal::run(host_only)?;
    let boards = boards::run(host_only)?;
    let (targets, all) = (TARGETS.len(), BOARDS.len());
    let mut skipped = String::new();
    if !counted {
        skipped += "\nInstruction counts were SKIPPED.";
    }
    if !searched {
        skipped += "\nThe search for fused operations was SKIPPED.";
    }
    if built == targets && boards == all {
        println!(
            "\nAll checks passed: host tests, the core on {targets} bare-metal targets, and every problem on {all} boards.{skipped}"
        );
    } else {
        println!(
            "\nThe host checks passed, but {} of {targets} bare-metal targets and {} of {all} boards were SKIPPED: \
             this run does not stand in for `cargo xtask test`.{skipped}",
            targets - built,
            all - boards
        );
    }
    Ok(())
}

fn lints() -> Result<(), Failure> {
    Run::cargo([
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
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
    Run::cargo(["doc", "--locked", "--workspace", "--no-deps", "--lib"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .step("documentation, warnings denied")
}

/// Each feature of the core by itself, none, and all together.
fn features() -> Result<(), Failure> {
    let check = |more: &[&str]| {
        let core = ["check", "--locked", "-p", "heterosgd"];
        Run::cargo(core.into_iter().chain(more.iter().copied())).step("features of the core")
    };
    check(&["--no-default-features"])?;
    for feature in metadata::core_features()? {
        check(&["--no-default-features", "--features", &feature])?;
    }
    check(&["--all-features"])
}

fn tests() -> Result<(), Failure> {
    Run::cargo(["test", "--locked", "--workspace"]).step("all tests")?;
    Run::cargo([
        "test",
        "--locked",
        "--release",
        "-p",
        "heterosgd-tests",
        "--test",
        "golden",
    ])
    .step("golden digests, optimised")
}
