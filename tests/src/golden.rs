//! The runs whose digests are kept in `tests/golden/digests.txt`.
//!
//! A digest covers the factor after each of 200 steps, so that a difference that later
//! contracts away is still seen. Kernels, samplers and decompositions each have their lines: a
//! change that moves bits shows which of them moved.

mod functions;
mod problems;
mod runs;

use core::fmt::Write as _;

/// A named digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What was run.
    pub name: String,
    /// The digest of its bits.
    pub digest: u64,
}

/// Computes every digest.
pub fn compute() -> Vec<Line> {
    let mut lines = Vec::new();
    functions::add(&mut lines);
    runs::add(&mut lines);
    problems::add(&mut lines);
    lines
}

/// The text of the file: one `digest name` a line.
pub fn render(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        writeln!(text, "{:016x} {}", line.digest, line.name).expect("a string takes any text");
    }
    text
}
