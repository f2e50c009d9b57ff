//! With label noise: what it leaves of a run.

use heterosgd::Size;
use heterosgd::model::GramPacking;
use rayon::prelude::*;

use super::super::check::Row;
use super::super::lab::Lab;
use super::super::v7;
use super::ALARM;
use super::law::{Law, judged};
use super::sensor::{SIGMA, STEP_SIZE, Signals, coordinates, learner};
use crate::error::Result;

/// Mean pull and heterogeneity, as in V7: cross blocks have a finite variance.
const PULLS: (f64, f64) = (0.2, 3.0);
/// Standard deviation of the label noise: so small that the recursions are linear.
const NOISE: f64 = 0.05;
const INIT_SCALE: f64 = 1e-3;
/// Steps until the run is stationary.
const BURN_IN: u64 = 400;

/// Means over the steps of a stationary run: the square of an entry of U between a null direction and
/// the invariant one, and the squared error of the invariant entry of the estimate.
fn squares<const D: usize>(lab: &Lab, size: u32, steps: u64, seed: u64) -> Result<[f64; 2]>
where
    Size<D>: GramPacking,
{
    let signals = Signals::<D>::new(lab, 1, PULLS, seed);
    let sensor = signals.sensor(lab, NOISE, seed)?;
    let mut learner = learner::<D>(lab, INIT_SCALE, Some(0.0))?;
    let mut sums = [0.0; 2];
    for step in 0..BURN_IN + steps {
        if sensor.step(&mut learner, step, size).is_err() {
            return Ok([f64::INFINITY; 2]);
        }
        if step >= BURN_IN {
            let left = v7::left(learner.model(), &signals.claimed, SIGMA);
            for (sum, square) in sums.iter_mut().zip(left) {
                *sum += square / steps as f64;
            }
        }
    }
    Ok(sums)
}

pub(super) fn run(lab: &Lab) -> Result<Vec<Row>> {
    let runs = lab.pick(4, 8);
    let steps = lab.pick(3_000, 12_000);
    let mut rows = Vec::new();
    for d in [4, 8] {
        let coordinates = coordinates(d);
        let law = Law {
            noise: NOISE,
            batch: 2 * coordinates,
            coordinates,
        };
        let found = (0..runs)
            .into_par_iter()
            .map(|run| {
                let seed = lab.seed(12, (2 << 32) + run);
                match d {
                    4 => squares::<4>(lab, law.batch, steps, seed),
                    _ => squares::<8>(lab, law.batch, steps, seed),
                }
            })
            .collect::<Result<Vec<_>>>()?;
        // The floors of section 3 with this variance in place of ||A^(e)||^2/m.
        let (rate, variance) = (STEP_SIZE * SIGMA, law.variance());
        let null = STEP_SIZE * variance / 2.0 / (2.0 - rate);
        let invariant = SIGMA * STEP_SIZE * variance / (1.0 - rate);
        for (i, (what, predicted, count, contraction)) in [
            ("variance of a null entry", null, (d - 2) as f64, 1.0 - rate),
            (
                "squared error of the invariant entry",
                invariant,
                1.0,
                1.0 - 2.0 * rate,
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let mean = found.iter().map(|squares| squares[i]).sum::<f64>() / runs as f64;
            let relative = law.of_recursion(count, (runs * steps) as f64, contraction);
            let what = format!("d = {d}, m = {}: {what}", law.batch);
            rows.push(judged(what, predicted, mean, relative).over(runs, ALARM));
        }
    }
    Ok(rows)
}
