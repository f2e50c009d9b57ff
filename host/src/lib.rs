//! The host side of [`heterosgd`]: what the `heterosgd` command does, as a library.
//!
//! One module per command; none of them has a copy of a formula that the core has.
#![forbid(unsafe_code)]

mod any_size;
pub mod cli;
pub mod data;
pub mod deviations;
pub mod device;
pub mod divergence;
pub mod error;
pub mod isometry;
pub mod learn;
pub mod lyapunov;
pub mod output;
pub mod plan;
pub mod plot;
pub mod problem;
pub mod progress;
pub mod replay;
mod report;
pub mod reproduce;
pub mod simd;
pub mod simulate;
pub mod sizes;
mod statistics;
pub mod sweep;
pub mod trial;
pub mod verify;

pub use error::{Error, Result};
