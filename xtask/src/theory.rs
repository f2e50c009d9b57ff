//! The theory against measured runs.

use crate::failure::Failure;
use crate::runner::Run;

/// Every check of `heterosgd verify`, with few runs.
pub(crate) fn check() -> Result<(), Failure> {
    verify("--quick")
}

/// Every check, with as many runs as docs/verification.md reports.
pub(crate) fn check_in_full() -> Result<(), Failure> {
    verify("--full")
}

fn verify(size: &str) -> Result<(), Failure> {
    Run::heterosgd(&["verify", size, "--quiet", "--out", "target/verify"])?
        .step(&format!("bounds against runs, {size}"))
}
