//! The runner on every emulated board: the same bits, within the budget, without a panic.

use std::fs;

use heterosgd_boards::BOARDS;

use crate::failure::Failure;
use crate::runner::{Run, in_ci, root};
use crate::setup;

/// The measured ranges of the README, in flash and lifted on the board.
const RANGES: [&str; 14] = [
    "--stream",
    "data/uwb/uwb_fast.csv.gz",
    "--model",
    "linear",
    "--env",
    "anchor",
    "--target",
    "range_squared",
    "--degree",
    "2",
    "--centred",
    "--standardise",
    "--init-scale",
    "0.05",
];

/// How they are learned: in plain steps; and in whitened ones, on batches that are long enough for
/// rows that come one after the other, with the refit of two more passes.
const PLAIN: [&str; 2] = ["--batch=32", "--step-size=0.5"];
const WHITENED: [&str; 4] = [
    "--batch=64",
    "--step-size=0.2",
    "--step=whitened",
    "--refit",
];

/// A simulated stream of matrices, and how it is learned.
const SIMULATED: &str = "target/boards/stream.csv";
const SIMULATE: [&str; 9] = [
    "simulate",
    SIMULATED,
    "--dim",
    "6",
    "--batches",
    "40",
    "--batch",
    "8",
    "--quiet",
];
const MATRICES: [&str; 10] = [
    "--stream",
    SIMULATED,
    "--dim",
    "6",
    "--batch",
    "8",
    "--init-scale",
    "0.001",
    "--step-size",
    "0.1",
];

/// Where a certificate goes.
const LOG: &str = "target/boards/run.log";

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
    device(&[])?.step("all boards, budget and search for panics")?;
    // Whole numbers are the same on all of them; this one computes `f32` in hardware and `f64` in
    // software, the two ways in which floating point is done.
    device(&["--profile", "dev", "--board", "mps2-an386"])?
        .step("a board with assertions and overflow checks")?;
    for (how, what) in [
        (&PLAIN[..], "all boards, learning from measured ranges"),
        (
            &WHITENED,
            "all boards, whitened steps and the refit of measured ranges",
        ),
    ] {
        device(&[&RANGES, how].concat())?.step(what)?;
    }
    let directory = root().join("target/boards");
    fs::create_dir_all(&directory)
        .map_err(|error| Failure::Check(format!("{}: {error}", directory.display())))?;
    Run::heterosgd(&SIMULATE)?.step("a stream of matrices")?;
    device(&MATRICES)?.step("all boards, learning from a stream of matrices")?;
    certificate()?;
    faults()?;
    Ok(BOARDS.len())
}

/// Every problem on every board, with assertions and overflow checks.
pub(crate) fn checked() -> Result<(), Failure> {
    device(&["--profile", "dev"])?.step("all boards, with assertions and overflow checks")
}

/// The log of a run on a board is what the host computes; a damaged one is not.
fn certificate() -> Result<(), Failure> {
    let log = ["--board", "microbit", "--problem", "rank-one", "--log", LOG];
    device(&log)?.step("a certificate from a board")?;
    device(&["--attest", LOG])?.step("the certificate is checked")?;
    let failed = |error: std::io::Error| Failure::Check(format!("{LOG}: {error}"));
    let path = root().join(LOG);
    let mut bytes = fs::read(&path).map_err(failed)?;
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    let line = bytes.iter().take(middle).filter(|&&b| b == b'\n').count() + 1;
    fs::write(&path, &bytes).map_err(failed)?;
    expect(&["--attest", LOG, "--quiet"], &format!("line {line} "))
}

fn device(more: &[&str]) -> Result<Run, Failure> {
    Run::heterosgd(&[&["device"], more].concat())
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
    let (status, errors) = device(arguments)?.failing("a fault, to be found")?;
    if status == Some(1) && errors.contains(message) {
        println!("   found: {message}");
        return Ok(());
    }
    Err(Failure::Check(format!(
        "a fault was not found: expected status 1 and {message:?}, got {status:?} and {errors}"
    )))
}
