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
//! 2.2). Among the stable ones those are best that, in this order, learn most of what the
//! environments agree on, have the fewest directions on which they differ and of which theory predicts that
//! something is learned, and the fewest of which something was in fact learned. The choice is the middle of
//! the longest stretch of the best: away from the boundary below which spurious directions survive,
//! and from the one above which a factor changes sign.

use rayon::prelude::*;

use super::design::Design;
use super::diagnosis::Horizon;
use super::directions::{Direction, directions};
use super::evidence::Evidence;
use super::options::ModelKind;
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
    /// What is wrong with it, the worst first.
    pub(super) faults: Faults,
}

/// Numbers of directions that matter and do not become what they should; fewer is better, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Faults {
    /// The environments agree on it, and it was not learned.
    pub(super) missed: usize,
    /// The environments differ on it, and it is predicted to be learned.
    pub(super) surviving: usize,
    /// The environments differ on it, and something of it was left.
    pub(super) left: usize,
}

impl Candidate {
    /// Runs HeteroSGD at `step_size` and evaluates the theory at its estimate.
    pub(super) fn run(
        design: &Design,
        evidence: &Evidence,
        names: &[String],
        plan: &Plan,
        step_size: f64,
    ) -> Result<Self> {
        let run = train(design, plan, Method::Hetero, step_size)?;
        let directions = directions(design, evidence, names, &run.tail, plan.batch as usize);
        let steepest = directions
            .iter()
            .map(|direction| direction.steepest(design.labelled))
            .fold(0.0, f64::max);
        let count = |fault: &dyn Fn(&Direction) -> bool| {
            directions
                .iter()
                .filter(|direction| fault(direction))
                .count()
        };
        Ok(Self {
            step_size,
            stable: run.diverged.is_none() && step_size * steepest < 1.0,
            faults: Faults {
                missed: count(&|direction| direction.is_missed(plan)),
                surviving: count(&|direction| direction.survives(plan, step_size)),
                left: count(&|direction| direction.is_spurious() && !direction.is_gone()),
            },
            run,
            directions,
        })
    }

    /// Whether there are directions on which the environments differ, nothing is left of them, and
    /// what the environments agree on was learned.
    pub(super) fn is_sufficient(&self) -> bool {
        self.run.diverged.is_none()
            && self.faults.missed == 0
            && self.faults.left == 0
            && self.directions.iter().any(Direction::is_spurious)
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

    /// Whether it differs between environments, and more than next to nothing of it is predicted to
    /// be learned.
    pub(super) fn survives(&self, plan: &Plan, step_size: f64) -> bool {
        self.is_spurious() && !self.is_predicted_gone(plan.model, step_size)
    }

    /// Whether it was not learned although the environments agree on it.
    pub(super) fn is_missed(&self, plan: &Plan) -> bool {
        // U U^T has no negative direction to learn.
        let possible = plan.model != ModelKind::Psd || self.opinion.mean > 0.0;
        self.matters && !self.opinion.differs() && possible && !self.is_learned()
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
    evidence: &Evidence,
    names: &[String],
    plan: &Plan,
    done: impl Fn() + Sync,
) -> Result<Vec<Candidate>> {
    grid()
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|step_size| {
            let candidate = Candidate::run(design, evidence, names, plan, step_size);
            done();
            candidate
        })
        .collect()
}

/// Number of step sizes in a scan.
pub(super) fn scan_length() -> u64 {
    grid().count() as u64
}

/// The first stretch of stable step sizes at which the heterogeneity is enough: its two ends.
pub(super) fn sufficient_range(scan: &[Candidate]) -> Option<(f64, f64)> {
    let good = |c: &Candidate| c.stable && c.is_sufficient();
    let mut stretches = scan.chunk_by(|a, b| good(a) == good(b));
    let stretch = stretches.find(|stretch| stretch.first().is_some_and(good))?;
    Some((stretch.first()?.step_size, stretch.last()?.step_size))
}

/// The choice of `--step-size auto`.
pub(super) fn choose(scan: &[Candidate]) -> Result<&Candidate> {
    let stable = || scan.iter().filter(|candidate| candidate.stable);
    let fewest = stable().map(|candidate| candidate.faults).min();
    let best = |c: &Candidate| c.stable && Some(c.faults) == fewest;
    // The later of two stretches of one length: larger steps suppress more.
    scan.chunk_by(|a, b| best(a) == best(b))
        .filter(|stretch| stretch.first().is_some_and(best))
        .max_by_key(|stretch| stretch.len())
        .and_then(|stretch| stretch.get(stretch.len() / 2))
        .ok_or_else(|| {
            Error::Failed(
                "no step size from 0.01 to 3.2 is stable on these data; give one with --step-size"
                    .to_owned(),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Faults, choose, sufficient_range};
    use crate::learn::train::Trained;

    /// Candidates at step sizes 1, 2, 3 ...: stable, and their faults.
    fn scan(list: &[(bool, usize, usize)]) -> Vec<Candidate> {
        list.iter()
            .zip(1..)
            .map(|(&(stable, missed, surviving), step_size)| Candidate {
                step_size: f64::from(step_size),
                run: Trained {
                    tail: Vec::new(),
                    steps: 1,
                    samples: 1,
                    diverged: None,
                },
                directions: Vec::new(),
                stable,
                faults: Faults {
                    missed,
                    surviving,
                    left: 0,
                },
            })
            .collect()
    }

    fn chosen(list: &[(bool, usize, usize)]) -> Option<f64> {
        choose(&scan(list))
            .ok()
            .map(|candidate| candidate.step_size)
    }

    #[test]
    fn the_middle_of_the_longest_best_stretch_is_chosen() {
        let (bad, good, wild) = ((true, 0, 1), (true, 0, 0), (false, 0, 0));
        assert_eq!(chosen(&[bad, good, bad, good, good, good, wild]), Some(5.0));
        assert_eq!(chosen(&[good, good, bad, good, good]), Some(5.0));
        assert_eq!(chosen(&[wild, wild]), None);
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn what_is_missed_counts_before_what_survives() {
        assert_eq!(
            chosen(&[(true, 1, 0), (true, 0, 3), (true, 1, 0)]),
            Some(2.0)
        );
        assert_eq!(chosen(&[(true, 0, 3), (true, 0, 2)]), Some(2.0));
    }

    /// Without a direction on which environments differ there is nothing to be sufficient for.
    #[test]
    fn nothing_to_suppress_is_not_sufficient() {
        assert_eq!(sufficient_range(&scan(&[(true, 0, 0)])), None);
    }
}
