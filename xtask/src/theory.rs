//! The theory against measured runs.

use crate::failure::Failure;
use crate::runner::Run;

/// Every check of `heterosgd verify`, with few runs.
pub(crate) fn check() -> Result<(), Failure> {
    Run::heterosgd(&["verify", "--quick", "--quiet", "--out", "target/verify"])
        .step("bounds against runs")
}
