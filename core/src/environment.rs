//! In which order a run meets its environments.

use rand_core::Rng;

use crate::Error;
use crate::sampling::below;

/// Which environment the next batch (or, under PooledSGD, the next sample) comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Schedule<'a> {
    /// Independent draws, all `environments` equally likely.
    Uniform {
        /// Number of environments.
        environments: u32,
    },
    /// Independent draws with odds proportional to `weights`, one weight per environment. The
    /// weights add up to 1 at least and `u32::MAX` at most; [`check`](Schedule::check) refuses
    /// others, and [`environment`](Schedule::environment) cuts off what is beyond.
    Weighted {
        /// One weight per environment.
        weights: &'a [u32],
    },
    /// 0, 1, ... and again from 0: one environment after the other.
    Cyclic {
        /// Number of environments.
        environments: u32,
    },
    /// As `Cyclic`, each environment for `length` draws in a row.
    Blocks {
        /// Number of environments.
        environments: u32,
        /// Draws before the next environment, 1 or more.
        length: u32,
    },
    /// As recorded: draw `t` is `labels[t mod len]`.
    AsRecorded {
        /// The environment of each draw.
        labels: &'a [u32],
    },
}

impl Schedule<'_> {
    /// Whether the schedule can run on a problem with `known` environments.
    ///
    /// # Errors
    /// [`Error::Environments`] if it names none, or one that is not below `known`;
    /// [`Error::Weights`] if all weights are 0 or their sum is above `u32::MAX`;
    /// [`Error::BlockLength`] for blocks of length 0.
    pub fn check(&self, known: usize) -> Result<(), Error> {
        let named = self.environments() as usize;
        if named == 0 || named > known {
            return Err(Error::Environments);
        }
        match *self {
            Self::Weighted { weights } => {
                let sum = weights
                    .iter()
                    .try_fold(0u32, |sum, &weight| sum.checked_add(weight));
                if matches!(sum, None | Some(0)) {
                    return Err(Error::Weights);
                }
            }
            Self::Blocks { length: 0, .. } => return Err(Error::BlockLength),
            _ => {}
        }
        Ok(())
    }

    /// The environment of draw number `draw` (from 0); the random schedules use one `u32` of `rng`.
    /// 0 where there is nothing to choose from.
    pub fn environment<R: Rng + ?Sized>(&self, draw: u64, rng: &mut R) -> u32 {
        match *self {
            Self::Uniform { environments } => below(rng, environments),
            Self::Weighted { weights } => weighted(weights, rng),
            Self::Cyclic { environments } => cyclic(draw, environments),
            Self::Blocks {
                environments,
                length,
            } => cyclic(
                draw.checked_div(u64::from(length)).unwrap_or(0),
                environments,
            ),
            Self::AsRecorded { labels } => {
                let index = draw.checked_rem(labels.len() as u64).unwrap_or(0);
                labels.get(index as usize).copied().unwrap_or(0)
            }
        }
    }

    /// One more than the largest environment that the schedule can name; 0 if it names none.
    pub fn environments(&self) -> u32 {
        match *self {
            Self::Uniform { environments }
            | Self::Cyclic { environments }
            | Self::Blocks { environments, .. } => environments,
            Self::Weighted { weights } => u32::try_from(weights.len()).unwrap_or(u32::MAX),
            Self::AsRecorded { labels } => labels
                .iter()
                .max()
                .map_or(0, |&largest| largest.saturating_add(1)),
        }
    }
}

fn cyclic(draw: u64, environments: u32) -> u32 {
    draw.checked_rem(u64::from(environments)).unwrap_or(0) as u32
}

fn weighted<R: Rng + ?Sized>(weights: &[u32], rng: &mut R) -> u32 {
    let total = weights.iter().fold(0u32, |sum, &w| sum.saturating_add(w));
    let mut point = below(rng, total);
    for (environment, &weight) in (0u32..).zip(weights) {
        if point < weight {
            return environment;
        }
        point -= weight;
    }
    0
}
