//! What a check is given: how much to do, seeds, and the fault to be found, if one was planted.

use clap::ValueEnum;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::trial::Method;

/// A deliberate mistake in what is run; predictions are left as they are. It shows that the checks can
/// fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fault {
    /// Steps are twice as large as claimed.
    DoubleStep,
    /// Batches mix environments where HeteroSGD is claimed.
    PooledBatches,
    /// Mean pulls have the wrong sign.
    MeanSign,
    /// Labels carry more noise than claimed.
    NoisyLabels,
}

/// How much to do, and with which seeds.
#[derive(Debug)]
pub(super) struct Lab {
    pub(super) seed: u64,
    pub(super) full: bool,
    pub(super) fault: Option<Fault>,
    pub(super) progress: ProgressBar,
}

impl Lab {
    /// Little work, as claimed.
    #[cfg(test)]
    pub(super) fn quick(seed: u64) -> Self {
        Self {
            seed,
            full: false,
            fault: None,
            progress: ProgressBar::hidden(),
        }
    }

    /// One of two amounts of work.
    pub(super) fn pick<T>(&self, quick: T, full: T) -> T {
        if self.full { full } else { quick }
    }

    /// The seed of run number `run` of check number `check`.
    pub(super) fn seed(&self, check: u64, run: u64) -> u64 {
        let base = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        base.wrapping_add(check << 40).wrapping_add(run)
    }

    /// The step size that is run where `claimed` is claimed.
    pub(super) fn step_size(&self, claimed: f64) -> f64 {
        match self.fault {
            Some(Fault::DoubleStep) => 2.0 * claimed,
            _ => claimed,
        }
    }

    /// The mean pull that is run where `claimed` is claimed.
    pub(super) fn mean(&self, claimed: f64) -> f64 {
        match self.fault {
            Some(Fault::MeanSign) => -claimed,
            _ => claimed,
        }
    }

    /// The standard deviation of the label noise that is run where `claimed` is claimed.
    pub(super) fn noise(&self, claimed: f64) -> f64 {
        match self.fault {
            Some(Fault::NoisyLabels) => 1.25 * claimed,
            _ => claimed,
        }
    }

    /// The method that is run where HeteroSGD is claimed.
    pub(super) fn hetero(&self) -> Method {
        match self.fault {
            Some(Fault::PooledBatches) => Method::Pooled,
            _ => Method::Hetero,
        }
    }

    /// The pull that is run where deviation `z` of heterogeneity `m` is claimed.
    pub(super) fn pull(&self, mean: f64, m: f64, z: f64) -> f64 {
        match self.hetero() {
            Method::Hetero => self.mean(mean) + m * z,
            Method::Pooled => self.mean(mean),
        }
    }
}
