//! The plan as JSON and as text.

use std::path::PathBuf;

use serde::Serialize;

use super::board::Cost;
use super::interval::Interval;
use super::schedule::{Goal, Schedule};
use super::signals::Signals;
use crate::error::{Error, Result};
use crate::report::short;

/// What the data of --from told, beside the signals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Source {
    pub(super) file: PathBuf,
    pub(super) rows: u64,
    pub(super) environments: usize,
    /// What of the spurious signals does not share common eigenvectors, as a share.
    pub(super) not_common: f64,
}

/// The JSON summary (docs/formats.md).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Summary {
    pub(super) command: &'static str,
    pub(super) version: &'static str,
    pub(super) signals: Signals,
    pub(super) goal: Goal,
    pub(super) margin: f64,
    pub(super) source: Option<Source>,
    pub(super) interval: Interval,
    pub(super) feasible: bool,
    /// Where the plan is not feasible: the heterogeneity that would do.
    pub(super) needed_heterogeneity: Option<f64>,
    pub(super) plan: Option<Schedule>,
    pub(super) cost: Option<Cost>,
}

impl Summary {
    /// Whether the plan will do.
    ///
    /// # Errors
    /// [`Error::Failed`] if no step size does, or the board is too small.
    pub(super) fn verdict(&self) -> Result<()> {
        if !self.feasible {
            return Err(Error::Failed(match self.needed_heterogeneity {
                Some(needed) => format!(
                    "the heterogeneity {} is too small: no step size both suppresses the spurious signal and learns the invariant one; {} would do",
                    short(self.signals.heterogeneity().unwrap_or(0.0)),
                    short(needed)
                ),
                None => "some spurious direction has a positive mean pull that does not vary: no step size suppresses it".to_owned(),
            }));
        }
        match &self.cost {
            Some(cost) if !cost.fits => Err(Error::Failed(format!(
                "the learner needs about {} bytes of RAM; {} has {}",
                cost.ram, cost.board, cost.ram_available
            ))),
            _ => Ok(()),
        }
    }

    /// The report on standard output.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if let Some(source) = &self.source {
            text += &format!(
                "{} rows of {} environments: {} invariant directions of strengths {} to {}, {} spurious ones, noise {}\n",
                source.rows,
                source.environments,
                self.signals.rank,
                short(self.signals.sigma.0),
                short(self.signals.sigma.1),
                self.signals.pulls.len(),
                short(self.signals.noise),
            );
            if source.not_common > 0.1 {
                text += &format!(
                    "the environments do not share eigenvectors ({} of the spurious signal is off them): the formulas are approximate\n",
                    short(source.not_common)
                );
            }
        }
        let Interval {
            low,
            high,
            critical,
        } = self.interval;
        text += &format!(
            "step sizes    critical {}; with a margin of {}: {} to {}\n",
            short(critical),
            self.margin,
            short(low),
            short(high)
        );
        let Some(plan) = &self.plan else {
            return text;
        };
        text += &format!(
            "step size     {}   (exponent {}, tail index {})\ninitial scale {}\nbatch         {} samples\nsteps         {}   ({} samples)\n",
            short(plan.step_size),
            short(plan.exponent),
            short(plan.tail_index),
            short(plan.init_scale),
            plan.batch,
            plan.steps,
            plan.samples,
        );
        if plan.average {
            text += "estimate      average over the last half of the steps, cut back to its leading eigenvectors: the last iterate has no finite variance\n";
        }
        text += &format!(
            "error         {} of ||A*||: {} by the recovery bound with probability {}, {} by the noise of batches\n",
            short(plan.error),
            short(plan.bound),
            1.0 - self.goal.chance,
            short(plan.floor),
        );
        if let Some(cost) = &self.cost {
            text += &format!(
                "on {} ({}): learner {} bytes, RAM {} of {} bytes; {} instructions a sample, {} a step, {} in all\n  {} `{}`, at most\n",
                cost.board,
                cost.processor,
                cost.learner,
                cost.ram,
                cost.ram_available,
                cost.observe,
                cost.step,
                cost.total,
                if cost.scaled {
                    "scaled by the number of operations from the measured problem"
                } else {
                    "as measured for the problem"
                },
                cost.measured,
            );
        }
        text
    }
}
