//! What is promised of any input, as functions that panic where a promise is broken.
//!
//! `cargo xtask fuzz` has libFuzzer look for such inputs; the ordinary tests replay the corpus that it has
//! found (`corpus/TARGET`), and everything that was once a failure.
#![allow(
    clippy::missing_panics_doc,
    reason = "a panic is how a broken promise is reported"
)]

pub mod certificate;
pub mod checkpoint;
pub mod ledger;
pub mod rows;
pub mod sequence;

/// A fuzz target: its name, and what is promised.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 5] = [
    ("rows", rows::any_file),
    ("checkpoint", checkpoint::any_bytes),
    ("certificate", certificate::any_log),
    ("ledger", ledger::any_ledger),
    ("sequence", sequence::any_calls),
];
