//! A board, emulated by QEMU.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use heterosgd_boards::Board;
use heterosgd_problems::Request;

use super::firmware::emulator_remedy;
use crate::error::{Error, Result};

/// A run takes seconds; one that hangs is ended.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs `binary` on `board` and gives what it reports.
pub(super) fn run(board: &Board, binary: &Path, request: &Request) -> Result<String> {
    let mut arguments = String::from("enable=on,chardev=report,arg=heterosgd");
    let requests = [
        ("checkpoint", request.checkpoint),
        ("dump", request.dump),
        ("chain", request.chain.then_some(1)),
        ("lose-sample", request.lose_sample),
    ];
    for (key, value) in requests {
        if let Some(value) = value {
            arguments += &format!(",arg={key}={value}");
        }
    }
    let mut child = Command::new(board.emulator)
        .args(["-machine", board.machine])
        // Virtual time advances by instructions, so that every run is the same.
        .args(["-icount", &format!("shift={}", board.time_shift)])
        .args(["-display", "none", "-serial", "none", "-monitor", "none"])
        .args(["-chardev", "stdio,id=report"])
        .args(["-semihosting-config", &arguments])
        .arg("-kernel")
        .arg(binary)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| {
            Error::usage(format!(
                "{} cannot be run ({error}); install it by\n  {}",
                board.emulator,
                emulator_remedy()
            ))
        })?;
    let mut reader = child.stdout.take();
    let output = thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(reader) = &mut reader {
            // What was read before an error is judged as it is.
            let _ = reader.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(20)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
        }
    };
    let report = output.join().unwrap_or_default();
    match status {
        Some(status) if status.success() => Ok(report),
        Some(status) => Err(Error::Failed(format!(
            "{}: the run ended with {status} after\n{}",
            board.name,
            last_lines(&report)
        ))),
        None => Err(Error::Failed(format!(
            "{}: the run did not end within {} s; it had got to\n{}",
            board.name,
            PATIENCE.as_secs(),
            last_lines(&report)
        ))),
    }
}

fn last_lines(report: &str) -> String {
    let lines: Vec<&str> = report.lines().collect();
    let from = lines.len().saturating_sub(5);
    lines.get(from..).unwrap_or_default().join("\n")
}
