//! The theory against measured runs.

use crate::failure::Failure;
use crate::runner::Run;

/// Every check of `heterosgd verify`, with few runs.
pub(crate) fn check() -> Result<(), Failure> {
    let program = [
        "run",
        "--locked",
        "--release",
        "--package",
        "heterosgd-host",
    ];
    let command = ["--bin", "heterosgd", "--", "verify", "--quick", "--quiet"];
    let options = ["--out", "target/verify"];
    Run::cargo(program.into_iter().chain(command).chain(options)).step("bounds against runs")
}
