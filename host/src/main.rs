//! The `heterosgd` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    heterosgd_host::cli::main()
}
