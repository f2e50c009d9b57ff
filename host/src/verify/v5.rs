//! V5: the combined recovery bound.

use heterosgd::theory::{Pulls, Recovery, population_step};
use rayon::prelude::*;

use super::check::{Check, Row};
use super::lab::Lab;
use super::walk::{environments, one_of};
use crate::error::{Error, Result};
use crate::plot::{Chart, Figure, Series};
use crate::statistics::Proportion;

const DIM: u32 = 10;
const INVARIANT: [f64; 2] = [1.0, 2.0];
const SPURIOUS: usize = 2;
const STEP_SIZE: f64 = 0.1;
/// Mean, heterogeneity, initial scale, tolerance.
const SETS: [(f64, f64, f64, f64); 2] = [(1.0, 8.0, 1e-5, 1e-6), (1.0, 9.0, 1e-4, 1e-4)];
const CHANCES: [f64; 2] = [0.05, 0.01];
const ALARM: f64 = 1e-6;
/// Steps after the guaranteed one during which the bound is watched.
const WATCHED: u64 = 1000;

/// The squared error after every step, in the population, and the largest squared spurious part.
fn run_once(lab: &Lab, set: (f64, f64, f64, f64), steps: u64, seed: u64) -> (Vec<f64>, f64) {
    let (mean, m, init_scale, _) = set;
    let eta = lab.step_size(STEP_SIZE);
    let mut rng = environments(seed);
    let mut a = INVARIANT.map(|sigma| (sigma, init_scale));
    let mut b = [init_scale; SPURIOUS];
    let mut c = init_scale;
    let nulls = f64::from(DIM) - (INVARIANT.len() + SPURIOUS) as f64;
    let mut largest: f64 = 0.0;
    let errors = (0..steps).map(|_| {
        let mut sum = 0.0;
        for (sigma, a) in &mut a {
            *a = population_step(*a, eta, *sigma);
            sum += (*a * *a - *sigma) * (*a * *a - *sigma);
        }
        let mut spurious = 0.0;
        for b in &mut b {
            let pull = lab.pull(mean, m, one_of(&[1.0, -1.0], &mut rng));
            *b = population_step(*b, eta, pull);
            spurious += *b * *b * *b * *b;
        }
        // An entry is infinite before it is NaN, and NaN shows in the error.
        largest = largest.max(spurious);
        c = population_step(c, eta, 0.0);
        sum + spurious + nulls * c * c * c * c
    });
    (errors.collect(), largest)
}

pub(super) fn run(lab: &Lab) -> Result<Check> {
    let runs = lab.pick(2000, 20_000);
    let mut rows = Vec::new();
    let mut charts = Vec::new();
    for (index, set) in (0u64..).zip(SETS) {
        let (mean, m, init_scale, tolerance) = set;
        let values = [mean + m, mean - m];
        let pulls = Pulls::equal(&values).map_err(|unmet| Error::Failed(unmet.to_string()))?;
        let plan = Recovery {
            step_size: STEP_SIZE,
            init_scale,
            invariant: &INVARIANT,
            spurious: &[pulls; SPURIOUS],
            dim: DIM,
        };
        let mut chart = Chart::new(format!("M = {m}, \u{3b1} = {init_scale:e}"))
            .x_label("step")
            .y_label("squared error")
            .log_y();
        for chance in CHANCES {
            let guarantee = plan
                .bound(tolerance, chance)
                .map_err(|unmet| Error::Failed(format!("V5, set {index}: {unmet}")))?;
            let from = guarantee.from_step;
            let steps = from + WATCHED;
            let share = chance / SPURIOUS as f64;
            let part = pulls
                .supremum_bound(STEP_SIZE, init_scale, share)
                .map_err(|unmet| Error::Failed(format!("V5, set {index}: {unmet}")))?;
            let spurious_limit = SPURIOUS as f64 * part * part;
            let (late, ever) = (0..runs)
                .into_par_iter()
                .map(|run| {
                    let seed = lab.seed(5, index * 1_000_000 + run);
                    let (errors, largest) = run_once(lab, set, steps, seed);
                    // The first entry is that after step 1.
                    let skipped = usize::try_from(from)
                        .unwrap_or(usize::MAX)
                        .saturating_sub(1);
                    let mut judged = errors.iter().skip(skipped);
                    let late = judged.any(|e| *e > guarantee.squared_error || e.is_nan());
                    let ever = largest > spurious_limit;
                    (u64::from(late), u64::from(ever))
                })
                .reduce(|| (0, 0), |x, y| (x.0 + y.0, x.1 + y.1));
            let what = format!("M = {m}, \u{3b1} = {init_scale:e}, p = {chance}");
            for (event, hits) in [
                (
                    format!(
                        "squared error above {:.2e} at step {from} or later",
                        guarantee.squared_error
                    ),
                    late,
                ),
                (
                    format!("squared spurious part above {spurious_limit:.2e} at any step"),
                    ever,
                ),
            ] {
                let seen = Proportion { hits, runs };
                rows.push(
                    Row::at_most(
                        format!("{what}: {event}, lower end of Clopper-Pearson"),
                        seen.lower(ALARM),
                        chance,
                    )
                    .over(runs, ALARM),
                );
                rows.push(
                    Row::reported(
                        format!("{what}: {event}, share of runs"),
                        chance,
                        seen.share(),
                    )
                    .over(runs, 0.0),
                );
            }
            let label = format!("bound, p = {chance}");
            chart = chart.horizontal(guarantee.squared_error, label);
            if chance == CHANCES[0] {
                chart = chart.vertical(from as f64, "T1 + T2");
                for run in 0..3 {
                    let seed = lab.seed(5, index * 1_000_000 + run);
                    let (errors, _) = run_once(lab, set, steps, seed);
                    let points = (1..).zip(errors).map(|(t, e): (u32, _)| (f64::from(t), e));
                    chart = chart.series(Series::line(format!("run {run}"), points).thin());
                }
            }
        }
        charts.push(chart);
    }
    lab.progress.inc(1);
    Ok(Check {
        name: "V5",
        title: "The recovery bound",
        statement: "With probability 1 - p, the squared error stays below the bound of docs/theory.md, \
            2.3, at every step from T1 + T2 on, and the squared spurious part below its share of it at every \
            step: the lower end of the interval of the share of runs that violate it must not exceed p.",
        rows,
        figure: Figure::row(charts),
    })
}
