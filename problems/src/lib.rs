#![doc = "The problems that a host and a board both run, bit for bit."]
//!
//! A [`Problem`] is the paper's, with one invariant and one spurious direction and two
//! environments. It runs on the core's own experiment loop ([`heterosgd::experiment`]) and reports
//! to a [`Sink`]: semihosting on a board, a string on a host. Two reports of one problem are
//! compared line by line; see [`report`] for the format. [`operations`] runs everything that the core
//! can do, once.
#![no_std]

mod chain;
mod named;
pub mod operations;
pub mod power;
mod problem;
pub mod report;
mod run;
mod scene;
pub mod stream;

pub use chain::Chain;
pub use named::{DOUBLE, GAUSSIAN, NAMES, POOLED, RADEMACHER, RANK_ONE};
pub use problem::{Parameters, Problem};
pub use report::Sink;
pub use run::Request;
pub use scene::Scene;

/// Stored samples that a board takes in at once to be timed.
pub const STORED: u32 = 8;

/// Sign measurements that a board learns from at once to be timed.
pub const SIGNS: u32 = 64;
