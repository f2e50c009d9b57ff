//! What a computer reports where a board runs a runner of the firmware: `reference RUNNER`.
//!
//! A program of its own, so that the users' command does not contain every operation of the core.

use std::io::Write as _;
use std::process::ExitCode;

use heterosgd_problems::Sink;
use heterosgd_problems::operations::{
    checkpoint_operations, estimate_operations, operations, refit, whitened, whitened_matrix,
};
use heterosgd_problems::power::power_cuts;

/// Keeps the report, to be printed whole.
#[derive(Default)]
struct Text(Vec<u8>);

impl Sink for Text {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

fn main() -> ExitCode {
    let mut text = Text::default();
    match std::env::args().nth(1).as_deref() {
        Some("every-operation") => operations::<f32>(&mut text),
        Some("every-operation-double") => operations::<f64>(&mut text),
        Some("every-checkpoint") => checkpoint_operations::<f32>(&mut text),
        Some("every-checkpoint-double") => checkpoint_operations::<f64>(&mut text),
        Some("every-estimate") => estimate_operations::<f32>(&mut text),
        Some("every-estimate-double") => estimate_operations::<f64>(&mut text),
        Some("whitened") => whitened(&mut text),
        Some("whitened-matrix") => whitened_matrix(&mut text),
        Some("refit") => refit(&mut text),
        Some("power-cuts") => power_cuts(&mut text),
        _ => {
            eprintln!("usage: reference RUNNER, one of firmware/src/bin that is no problem");
            return ExitCode::from(2);
        }
    }
    match std::io::stdout().write_all(&text.0) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
