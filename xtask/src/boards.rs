//! The runner on every emulated board: the same bits, within the budget, without a panic.

use heterosgd_boards::BOARDS;

use crate::failure::Failure;
use crate::runner::{Run, in_ci};
use crate::setup;

/// Runs every problem on every board, optimised and not; how many boards ran. They may be left out
/// only with `host_only` and outside CI.
pub(crate) fn run(host_only: bool) -> Result<usize, Failure> {
    if !setup::is_ready() && host_only && !in_ci() {
        println!("\n!! SKIPPED all boards: no compiler or no emulator for them (--host-only)");
        return Ok(0);
    }
    Run::new(
        "cargo",
        ["fmt", "--check", "--manifest-path", "firmware/Cargo.toml"],
    )
    .step("format of the firmware")?;
    device(&[]).step("all boards, budget and search for panics")?;
    device(&["--profile", "dev"]).step("all boards, with assertions and overflow checks")?;
    faults()?;
    Ok(BOARDS.len())
}

fn device(more: &[&str]) -> Run {
    let program = [
        "run",
        "--locked",
        "--release",
        "--package",
        "heterosgd-host",
    ];
    let command = ["--bin", "heterosgd", "--", "device"];
    Run::cargo(
        program
            .into_iter()
            .chain(command)
            .chain(more.iter().copied()),
    )
}

/// Checks that cannot fail prove nothing: a fault in the run, and a panic in the program, are found.
fn faults() -> Result<(), Failure> {
    let lost = [
        "--board",
        "mps2-an386",
        "--problem",
        "double",
        "--lose-sample",
        "123",
        "--quiet",
    ];
    expect(
        &lost,
        "differs from step 123 on, first in entry (1, 1) of U",
    )
}

fn expect(arguments: &[&str], message: &str) -> Result<(), Failure> {
    let (status, errors) = device(arguments).failing("a fault, to be found")?;
    if status == Some(1) && errors.contains(message) {
        println!("   found: {message}");
        return Ok(());
    }
    Err(Failure::Check(format!(
        "a fault was not found: expected status 1 and {message:?}, got {status:?} and {errors}"
    )))
}
