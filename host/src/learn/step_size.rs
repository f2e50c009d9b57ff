//! `--step-size auto`: the step size from the predicted exponents.
//!
//! Which and why: the exponents, not leave-one-environment-out. A held-out environment's own
//! spurious part dominates its score, so that score says little about invariance when there are
//! three environments; the exponents say directly which directions die out, and training data
//! alone give them. The test file is never looked at.
//!
//! A run is made at each step size of a fixed grid. At its estimate the pulls `s_e` give the
//! exponent of every direction. A step size is *stable* if the run stayed finite and
//! `step_size * |s_e| < 1` for every direction and environment (the assumption of docs/theory.md,
//! 2.2), and *sufficient* if no direction on which the environments disagree by more than they
//! agree survives: is predicted to be learned, and matters (its mean pull, which is what would be
//! learned of it, is a third of the largest one or more), and the run is long enough for the others
//! that matter. The choice is the geometric middle of the longest stretch of step sizes that are
//! both: away from the boundary below which spurious directions survive, and from the one above
//! which a factor changes sign. Where none is both, the same among the stable ones that miss the
//! fewest directions and, of these, leave the fewest survivors.

use rayon::prelude::*;

use super::design::Design;
use super::diagnosis::Horizon;
use super::directions::{Direction, directions};
use super::train::{Method, Plan, Trained, train};
use crate::error::{Error, Result};

/// Step sizes per decade of the grid.
const PER_DECADE: i32 = 16;

/// The grid runs from 10^-2 to 10^0.5, in standardised units.
fn grid() -> impl Iterator<Item = f64> {
    (-2 * PER_DECADE..=PER_DECADE / 2)
        .map(|k| libm::pow(10.0, f64::from(k) / f64::from(PER_DECADE)))
}

/// One step size of the grid, with its run.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) step_size: f64,
    pub(super) run: Trained,
    pub(super) directions: Vec<Direction>,
    /// The run stayed finite, and `step_size * |s_e| < 1` throughout.
    pub(super) stable: bool,
    /// Number of directions that survive although they vary over environments.
    pub(super) survivors: usize,
    /// Number of directions that matter and do not vary, but are too slow to be learned in the run.
    pub(super) missed: usize,
}

impl Candidate {
    /// Runs HeteroSGD at `step_size` and evaluates the theory at its estimate.
    pub(super) fn run(
        design: &Design,
        names: &[String],
        plan: &Plan,
        step_size: f64,
    ) -> Result<Self> {
        let run = train(design, plan, Method::Hetero, step_size)?;
        let directions = directions(design, names, &run.tail, plan.batch as usize);
        let steepest = directions
            .iter()
            .map(|direction| direction.steepest(design.labelled))
            .fold(0.0, f64::max);
        let survivors = directions
            .iter()
            .filter(|direction| direction.survives(plan, step_size))
            .count();
        let missed = directions
            .iter()
            .filter(|direction| direction.is_missed(plan, step_size))
            .count();
        Ok(Self {
            step_size,
            stable: run.diverged.is_none() && step_size * steepest < 1.0,
            survivors,
            missed,
            run,
            directions,
        })
    }
}

impl Candidate {
    /// Whether no direction survives that the environments disagree on.
    pub(super) fn is_sufficient(&self) -> bool {
        self.run.diverged.is_none() && self.missed == 0 && self.survivors == 0
    }
}

impl Direction {
    /// The pull that limits the step size: the largest of any environment. Where batches stand in
    /// for environments, their root mean square: the largest of thousands is an outlier.
    fn steepest(&self, labelled: bool) -> f64 {
        if labelled {
            self.pulls
                .iter()
                .fold(0.0, |most, pull| most.max(pull.abs()))
        } else {
            libm::sqrt(self.mean() * self.mean() + self.spread() * self.spread())
        }
    }

    /// Whether the direction is learned although it varies, and matters.
    pub(super) fn survives(&self, plan: &Plan, step_size: f64) -> bool {
        let exponent = self.batch_exponent(plan.model, step_size);
        self.varies() && self.matters && plan.horizon().learns(exponent)
    }

    /// Whether the run is too short for the direction although it matters and does not vary.
    fn is_missed(&self, plan: &Plan, step_size: f64) -> bool {
        let exponent = self.batch_exponent(plan.model, step_size);
        !self.varies() && self.matters && !plan.horizon().learns(exponent)
    }
}

impl Plan {
    /// The time scale of the run.
    pub(super) fn horizon(&self) -> Horizon {
        Horizon {
            init_scale: self.init_scale,
            steps: self.steps,
        }
    }
}

/// A run at every step size of the grid, in ascending order.
pub(super) fn scan(
    design: &Design,
    names: &[String],
    plan: &Plan,
    done: impl Fn() + Sync,
) -> Result<Vec<Candidate>> {
    grid()
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|step_size| {
            let candidate = Candidate::run(design, names, plan, step_size);
            done();
            candidate
        })
        .collect()
}

/// Number of step sizes in a scan.
pub(super) fn scan_length() -> u64 {
    grid().count() as u64
}

/// The smallest step size from which on the heterogeneity is enough, if there is a stable one.
pub(super) fn sufficient_from(scan: &[Candidate]) -> Option<f64> {
    stretch(scan, (0, 0))
        .first()
        .map(|candidate| candidate.step_size)
}

/// The choice of `--step-size auto`.
pub(super) fn choose(scan: &[Candidate]) -> Result<f64> {
    let stable = scan.iter().filter(|candidate| candidate.stable);
    let fewest = stable.map(|c| (c.missed, c.survivors)).min();
    let stretch = fewest.map_or(&[][..], |fewest| stretch(scan, fewest));
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else {
        return Err(Error::Failed(
            "no step size from 0.01 to 3.2 is stable on these data; give one with --step-size"
                .to_owned(),
        ));
    };
    Ok(libm::sqrt(first.step_size * last.step_size))
}

/// The longest run of neighbouring step sizes that are stable and have so many (missed, survivors);
/// the later of two.
fn stretch(scan: &[Candidate], counts: (usize, usize)) -> &[Candidate] {
    let good = |c: &Candidate| c.stable && (c.missed, c.survivors) == counts;
    scan.chunk_by(|a, b| good(a) == good(b))
        .filter(|run| run.first().is_some_and(good))
        .max_by_key(|run| run.len())
        .unwrap_or(&[])
}
