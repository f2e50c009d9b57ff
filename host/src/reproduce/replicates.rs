//! The same run under several seeds.

use heterosgd::learner::Rule;
use heterosgd::{Metrics, Packing, Size};
use indicatif::ProgressBar;
use rayon::prelude::*;

use super::problem::problem;
use super::training::{Run, Training};
use crate::error::Result;
use crate::problem::Strengths;

/// What every figure is given.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) seed: u64,
    pub(super) progress: ProgressBar,
}

impl Context {
    /// The seed of replicate `k`: 1000 seed + k, for problem, measurements and environments alike.
    pub(super) fn replicate(&self, k: u64) -> u64 {
        self.seed.wrapping_mul(1000).wrapping_add(k)
    }
}

/// One run for each replicate, in their order whatever the number of threads.
pub(super) fn run<R: Rule, const D: usize>(
    context: &Context,
    strengths: Strengths,
    training: Training,
    replicates: u64,
) -> Result<Vec<Run>>
where
    Size<D>: Packing,
{
    (0..replicates)
        .into_par_iter()
        .map(|k| {
            let seed = context.replicate(k);
            let run = training.run::<R, D>(&problem(strengths, seed), seed);
            context.progress.inc(training.work(D));
            run
        })
        .collect()
}

/// One of the estimates that a run ends with, with its name in summaries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Estimate {
    pub(super) name: &'static str,
    of: fn(&Run) -> Metrics<f64>,
}

/// The last iterate.
pub(super) const LAST: Estimate = Estimate {
    name: "last",
    of: |run| run.last,
};
/// The average of the last half.
pub(super) const TAIL: Estimate = Estimate {
    name: "tail",
    of: |run| run.tail,
};
/// That average cut to rank r.
pub(super) const TAIL_CUT: Estimate = Estimate {
    name: "tail_cut",
    of: |run| run.tail_cut,
};

impl Estimate {
    /// A quantity of this estimate of each run. A run that has diverged counts as infinite.
    pub(super) fn collect(&self, runs: &[Run], quantity: fn(&Metrics<f64>) -> f64) -> Vec<f64> {
        runs.iter()
            .map(|run| match run.diverged_at {
                Some(_) => f64::INFINITY,
                None => quantity(&(self.of)(run)),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use heterosgd::learner::{Mixture, OneEnvironment};

    use super::{Context, LAST, TAIL, run};
    use crate::reproduce::parameters::strengths;
    use crate::reproduce::training::{Run, Training};

    const SHORT: Training = Training {
        step_size: 0.1,
        init_scale: 1e-3,
        batch: 50,
        steps: 40,
        stride: 10,
    };

    fn curves(threads: usize, training: Training) -> Vec<Run> {
        let context = Context {
            seed: 3,
            progress: indicatif::ProgressBar::hidden(),
        };
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(|| run::<OneEnvironment, 5>(&context, strengths(6.0), training, 4).unwrap())
    }

    #[test]
    fn threads_do_not_show() {
        let (one, three) = (curves(1, SHORT), curves(3, SHORT));
        assert_eq!(one.len(), 4);
        for (a, b) in one.iter().zip(&three) {
            assert_eq!(a.curve, b.curve);
            assert_eq!(a.curve.len(), 5, "steps 0, 10, 20, 30, 40");
            assert_eq!((a.last, a.tail, a.tail_cut), (b.last, b.tail, b.tail_cut));
        }
        assert_ne!(one[0].last, one[1].last, "replicates differ");
    }

    #[test]
    fn divergence_is_an_outcome() {
        let wild = Training {
            step_size: 50.0,
            ..SHORT
        };
        let runs = curves(2, wild);
        assert!(runs.iter().all(|run| run.diverged_at.is_some()));
        assert!(
            LAST.collect(&runs, |m| m.error)
                .iter()
                .all(|e| e.is_infinite())
        );
        let calm = curves(2, SHORT);
        assert!(
            TAIL.collect(&calm, |m| m.error)
                .iter()
                .all(|e| e.is_finite())
        );
    }

    #[test]
    fn rules_share_the_measurements_but_not_the_batches() {
        let context = Context {
            seed: 3,
            progress: indicatif::ProgressBar::hidden(),
        };
        // Without heterogeneity all environments are one, and the two rules are the same.
        let hetero = run::<OneEnvironment, 5>(&context, strengths(0.0), SHORT, 1).unwrap();
        let pooled = run::<Mixture, 5>(&context, strengths(0.0), SHORT, 1).unwrap();
        assert_eq!(hetero[0].curve, pooled[0].curve);
        let hetero = run::<OneEnvironment, 5>(&context, strengths(6.0), SHORT, 1).unwrap();
        let pooled = run::<Mixture, 5>(&context, strengths(6.0), SHORT, 1).unwrap();
        assert_ne!(hetero[0].curve, pooled[0].curve);
    }
}
