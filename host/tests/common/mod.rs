//! Runs the `heterosgd` command as a user does.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses its own part of this module"
)]

#[cfg(not(all(feature = "png", feature = "parquet")))]
compile_error!("the command is tested with all its features: add `--features heterosgd-host/full`");

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The command with its arguments.
pub fn heterosgd<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heterosgd"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the command with `input` on its standard input.
pub fn with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = heterosgd(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // The command may end before it has read everything: that is the business of the test.
    let _ = child.stdin.take().expect("piped").write_all(input);
    child.wait_with_output().expect("the command ends")
}

/// Runs the command, asserts success, and parses the JSON on standard output.
pub fn json(arguments: &[&str]) -> Value {
    let output = heterosgd(arguments).output().expect("the command runs");
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON on standard output")
}

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the measured UWB ranges.
pub fn uwb(name: &str) -> String {
    repository()
        .join("data/uwb")
        .join(name)
        .display()
        .to_string()
}

/// A number of a JSON value, by pointer.
pub fn number(value: &Value, pointer: &str) -> f64 {
    value
        .pointer(pointer)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("no number at {pointer}"))
}
