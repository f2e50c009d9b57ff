//! The golden digests from other machine code: every instruction of this processor, optimised for any,
//! and no optimisation.
//!
//! The tests compare them as cargo builds by default. Here the program that prints the
//! table is built, not the test: it needs the core and nothing else.

use std::fs;

use crate::failure::Failure;
use crate::runner::{Run, root};

const RECORDED: &str = "tests/golden/digests.txt";

/// The program that prints the table.
const PROGRAM: [&str; 6] = [
    "run",
    "--quiet",
    "--package",
    "heterosgd-tests",
    "--bin",
    "golden",
];

/// Prints the table.
pub(crate) fn print() -> Result<(), Failure> {
    Run::cargo(PROGRAM).quietly()
}

/// Compares the table with the recorded one, computed with every instruction of this processor. Builds
/// with other flags have target directories of their own, so that others stay as they are.
pub(crate) fn check() -> Result<(), Failure> {
    let native = ["--locked", "--release", "--target-dir", "target/native"];
    let command = program(&native).env("RUSTFLAGS", "-Ctarget-cpu=native");
    compare(&command.step_output("golden digests, all instructions of this processor")?)
}

/// The same as every computer of this kind runs it, and without any optimisation.
pub(crate) fn check_others() -> Result<(), Failure> {
    compare(&program(&["--locked", "--release"]).step_output("golden digests, optimised")?)?;
    let plain = ["--locked", "--target-dir", "target/unoptimised"];
    let command = program(&plain).env("CARGO_PROFILE_DEV_OPT_LEVEL", "0");
    compare(&command.step_output("golden digests, not optimised")?)
}

fn program(options: &[&str]) -> Run {
    let command = Run::cargo(PROGRAM.into_iter().chain(options.iter().copied()));
    // Flags that we inherit would win over those that are set here.
    command.without_env("CARGO_ENCODED_RUSTFLAGS")
}

fn compare(computed: &str) -> Result<(), Failure> {
    let recorded = fs::read_to_string(root().join(RECORDED))
        .map_err(|error| Failure::Check(format!("{RECORDED}: {error}")))?;
    let lines = matching(&recorded, computed).map_err(Failure::Check)?;
    println!("   {lines} digests are the recorded ones");
    Ok(())
}

/// The number of lines, or what differs.
fn matching(recorded: &str, computed: &str) -> Result<usize, String> {
    let (old, new) = (recorded.lines().count(), computed.lines().count());
    if old == 0 || old != new {
        return Err(format!("{RECORDED} has {old} lines, computed were {new}"));
    }
    let moved: Vec<String> = recorded
        .lines()
        .zip(computed.lines())
        .filter(|(recorded, computed)| recorded != computed)
        .map(|(recorded, computed)| format!("recorded {recorded}\ncomputed {computed}"))
        .collect();
    if moved.is_empty() {
        Ok(old)
    } else {
        Err(format!(
            "{} of {old} digests moved:\n{}",
            moved.len(),
            moved.join("\n")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::matching;

    #[test]
    fn moved_and_missing_lines_are_named() {
        assert_eq!(matching("1 a\n2 b\n", "1 a\n2 b\n"), Ok(2));
        let moved = matching("1 a\n2 b\n", "1 a\n3 b\n").unwrap_err();
        assert_eq!(moved, "1 of 2 digests moved:\nrecorded 2 b\ncomputed 3 b");
        let short = matching("1 a\n2 b\n", "1 a\n").unwrap_err();
        assert!(short.ends_with("2 lines, computed were 1"), "{short}");
        assert!(matching("", "").is_err(), "an empty table proves nothing");
    }
}
