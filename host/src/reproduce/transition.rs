//! Where the spurious signal stops being learned: in the population, and with finite batches.

use heterosgd::learner::OneEnvironment;
use rayon::prelude::*;

use super::parameters::{D_SMALL, FIG3, MU, strengths};
use super::population::{Pulls, average_part, growth_rate};
use super::problem::pooled_value;
use super::replicates::{self, Context, TAIL};
use super::training::Training;
use crate::error::Result;
use crate::statistics::{Spread, bisect, last_fall_through, median};

/// Final averages over M at one batch size, as shares of the pooled value.
#[derive(Debug)]
pub(super) struct Sweep {
    pub(super) batch: u32,
    pub(super) points: Vec<(f64, Spread)>,
}

impl Sweep {
    /// Where the median falls below one half for good; NaN if it never does.
    pub(super) fn half_point(&self) -> f64 {
        let medians: Vec<(f64, f64)> = self.points.iter().map(|(m, s)| (*m, s.median)).collect();
        half_point(&medians)
    }

    /// At how many M some run diverged.
    pub(super) fn diverged(&self) -> usize {
        self.points
            .iter()
            .filter(|(_, s)| s.max.is_infinite())
            .count()
    }
}

/// Where a curve of shares falls below one half for good; NaN if it never does.
pub(super) fn half_point(curve: &[(f64, f64)]) -> f64 {
    last_fall_through(curve, 0.5).unwrap_or(f64::NAN)
}

fn training(batch: u32) -> Training {
    Training {
        step_size: FIG3.step_size,
        init_scale: FIG3.init_scale,
        batch,
        steps: FIG3.sweep_steps,
        stride: FIG3.sweep_steps,
    }
}

pub(super) fn work() -> u64 {
    let runs = FIG3.sweep_heterogeneity.len() as u64 * FIG3.sweep_replicates;
    let batches = FIG3.sweep_batches.iter();
    batches
        .map(|&batch| runs * training(batch).work(D_SMALL))
        .sum()
}

/// All sweeps over M with finite batches.
pub(super) fn sweeps(context: &Context) -> Result<Vec<Sweep>> {
    FIG3.sweep_batches
        .into_iter()
        .map(|batch| {
            let points = FIG3
                .sweep_heterogeneity
                .into_par_iter()
                .map(|heterogeneity| {
                    let runs = replicates::run::<OneEnvironment, D_SMALL>(
                        context,
                        strengths(heterogeneity),
                        training(batch),
                        FIG3.sweep_replicates,
                    )?;
                    let shares = TAIL.collect(&runs, |m| m.spurious / pooled_value());
                    Ok((heterogeneity, Spread::of(&shares)))
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(Sweep { batch, points })
        })
        .collect()
}

/// The final average of a spurious direction in the population, as a share of its pooled value;
/// medians over seeds.
pub(super) fn population(context: &Context) -> Vec<(f64, f64)> {
    (0..=FIG3.population_points)
        .into_par_iter()
        .map(|i| {
            let share = f64::from(i) / f64::from(FIG3.population_points);
            let heterogeneity = share * FIG3.population_limit;
            let pulls = Pulls {
                mu: MU,
                heterogeneity,
            };
            let parts: Vec<f64> = (0..FIG3.population_replicates)
                .map(|k| {
                    let seed = context.replicate(k);
                    let (eta, alpha) = (FIG3.step_size, FIG3.init_scale);
                    average_part(pulls, eta, alpha, FIG3.population_steps, seed) / MU
                })
                .collect();
            (heterogeneity, median(&parts))
        })
        .collect()
}

/// The M at which the measured growth rate of a small spurious factor changes sign; the median over
/// seeds, NaN if a search fails.
pub(super) fn by_growth_rate(context: &Context) -> f64 {
    let found: Vec<f64> = (0..FIG3.population_replicates)
        .into_par_iter()
        .map(|k| {
            let seed = context.replicate(k);
            let rate = |heterogeneity| {
                let pulls = Pulls {
                    mu: MU,
                    heterogeneity,
                };
                growth_rate(pulls, FIG3.step_size, FIG3.growth_steps, seed)
            };
            bisect(rate, 0.0, FIG3.population_limit, 1e-4).unwrap_or(f64::NAN)
        })
        .collect();
    if found.iter().any(|m| m.is_nan()) {
        return f64::NAN;
    }
    median(&found)
}
