//! Placeholder while the module is being written.

use clap::Args;

use crate::cli::Common;
use crate::error::Result;

/// Options.
#[derive(Debug, Clone, Args)]
pub struct Options {}

/// Runs the command.
///
/// # Errors
/// None yet.
pub fn run(_options: &Options, _common: &Common) -> Result<()> {
    Ok(())
}
