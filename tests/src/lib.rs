//! Helpers of the integration tests: what the core is compared with.
//!
//! - [`naive`]: a second opinion on every kernel, in textbook loops over full matrices;
//! - [`exact`]: batches whose gradient is the population gradient, an exact oracle;
//! - [`problem`]: the paper's problem with one invariant and one spurious direction;
//! - [`recording`]: recordings of several environments, and refusals that leave no trace;
//! - [`statistics`]: limits of statistical tests, with their false-alarm probabilities;
//! - [`checkpoint`]: learners in the middle of a run;
//! - [`phase`]: screens and refits in the middle of a visit;
//! - [`golden`]: the runs whose digests are kept in the repository.
#![allow(
    clippy::missing_panics_doc,
    reason = "a helper of a test panics where the test should fail"
)]

pub mod checkpoint;
pub mod exact;
pub mod golden;
pub mod naive;
pub mod phase;
pub mod problem;
pub mod recording;
pub mod statistics;
