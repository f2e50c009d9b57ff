//! The same run under several seeds, and the spread of its curves.

use heterosgd::learner::Rule;
use heterosgd::{Metrics, Packing, Size};
use indicatif::ProgressBar;
use rayon::prelude::*;

use super::outcome::Table;
use super::problem::{Problem, Strengths};
use super::statistics::Spread;
use super::training::{Run, Training};
use crate::error::Result;
use crate::plot::Series;

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
            let run = training.run::<R, D>(&Problem::new(strengths, seed), seed);
            context.progress.inc(training.work(D));
            run
        })
        .collect()
}

/// A quantity of the metrics, with its name in tables.
pub(super) type Quantity = (&'static str, fn(&Metrics<f64>) -> f64);

pub(super) const INVARIANT: Quantity = ("invariant", |m| m.invariant);
pub(super) const SPURIOUS: Quantity = ("spurious", |m| m.spurious);
pub(super) const ERROR: Quantity = ("error", |m| m.error);
pub(super) const POOLED_ERROR: Quantity = ("pooled_error", |m| m.pooled_error);

/// The curves of a quantity over all runs. A run that has diverged counts as infinite.
pub(super) fn spread(runs: &[Run], training: &Training, quantity: Quantity) -> Vec<(f64, Spread)> {
    (0..)
        .zip(training.recorded_steps())
        .map(|(i, step): (usize, u64)| {
            let values: Vec<f64> = runs
                .iter()
                .map(|run| run.curve.get(i).map_or(f64::INFINITY, quantity.1))
                .collect();
            (step as f64, Spread::of(&values))
        })
        .collect()
}

/// The median as a line and the quartiles as a band.
pub(super) fn series(label: &str, curve: &[(f64, Spread)]) -> Series {
    Series::line(label, curve.iter().map(|(step, s)| (*step, s.median)))
        .band(curve.iter().map(|(_, s)| (s.lower, s.upper)))
}

/// A table of the spread of several quantities over the steps.
pub(super) fn table(
    name: impl Into<String>,
    runs: &[Run],
    training: &Training,
    quantities: &[Quantity],
) -> Table {
    let parts = ["median", "lower_quartile", "upper_quartile", "min", "max"];
    let names = quantities
        .iter()
        .flat_map(|(name, _)| parts.map(|part| format!("{name}_{part}")));
    let mut table = Table::new(name, std::iter::once("step".to_owned()).chain(names));
    let curves: Vec<_> = quantities
        .iter()
        .map(|&quantity| spread(runs, training, quantity))
        .collect();
    for (i, step) in training.recorded_steps().into_iter().enumerate() {
        let mut row = vec![step as f64];
        for (_, s) in curves.iter().filter_map(|curve| curve.get(i)) {
            row.extend([s.median, s.lower, s.upper, s.min, s.max]);
        }
        table.rows.push(row);
    }
    table
}

/// A quantity of an estimate of each run.
pub(super) fn collect(
    runs: &[Run],
    estimate: fn(&Run) -> &Metrics<f64>,
    quantity: Quantity,
) -> Vec<f64> {
    runs.iter().map(|run| quantity.1(estimate(run))).collect()
}

/// The three estimates of a run's end, with their names in summaries.
pub(super) const ESTIMATES: [(&str, fn(&Run) -> &Metrics<f64>); 3] = [
    ("last", |run| &run.last),
    ("tail", |run| &run.tail),
    ("tail_cut", |run| &run.tail_cut),
];
