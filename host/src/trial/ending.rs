//! What a run came to.

use heterosgd::Metrics;
use serde::{Deserialize, Serialize};

/// The parts of an estimate, as Frobenius norms ([`heterosgd::Metrics`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// Within the invariant subspace.
    pub invariant: f64,
    /// Within the spurious subspace.
    pub spurious: f64,
    /// Outside of both.
    pub null: f64,
    /// The distance to A*.
    pub error: f64,
    /// The distance to A* plus the mean spurious signal, where it is positive.
    pub pooled_error: f64,
}

impl From<Metrics<f64>> for Parts {
    fn from(metrics: Metrics<f64>) -> Self {
        Self {
            invariant: metrics.invariant,
            spurious: metrics.spurious,
            null: metrics.null,
            error: metrics.error,
            pooled_error: metrics.pooled_error,
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// The last estimate in range.
    pub last: Parts,
    /// The average over the last half of the steps; the last estimate where the run diverged before.
    pub tail: Parts,
    /// That average cut back to its r leading eigenvectors.
    pub tail_cut: Parts,
    /// Steps done when the next one left the finite range, if one did.
    pub diverged_at: Option<u64>,
}
