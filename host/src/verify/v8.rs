//! V8: the heavy tail of the block between a spurious direction and an invariant one.

use heterosgd::sampling::{Purpose, stream};
use heterosgd::theory::Pulls;
use heterosgd::{Model as _, Psd, Scalar as _, Symmetric};
use rayon::prelude::*;

use super::check::{Check, Row};
use super::lab::Lab;
use super::walk::{environments, one_of};
use crate::error::{Error, Result};
use crate::plot::{Chart, Figure, Series};
use crate::statistics::Hill;

/// Mean and heterogeneity, at sigma = 1.
const SETS: [(f64, f64); 3] = [(1.0, 5.0), (0.5, 4.5), (0.2, 4.0)];
const STEP_SIZE: f64 = 0.1;
/// Standard deviation of the noise in a gradient: so small that the tail has eight decades before the
/// block is no longer small.
const NOISE: f64 = 1e-9;
const STEPS: usize = 400;
const D: usize = 2;
/// The interval misses the index of an exact power law this often.
const ALARM: f64 = 1e-3;

/// The entry of U between the spurious and the invariant direction after a run of the matrix step on
/// the population's gradient plus a little noise, from the signal learned and nothing else.
fn entry(lab: &Lab, (mean, m): (f64, f64), seed: u64) -> f64 {
    let eta = lab.step_size(STEP_SIZE);
    let mut rng = environments(seed);
    let mut noise = stream(seed, Purpose::Measurements, 0);
    let mut factor = heterosgd::nalgebra::SMatrix::<f64, D, D>::zeros();
    factor[(0, 0)] = 1.0;
    let Ok(mut model) = Psd::<f64, D, D>::from_factor(factor) else {
        return f64::NAN;
    };
    for _ in 0..STEPS {
        let pull = lab.pull(mean, m, one_of(&[1.0, -1.0], &mut rng));
        let mut gradient: Symmetric<f64, D> = model.estimate();
        let signal = [1.0, 0.0, pull];
        for (entry, value) in gradient.as_mut_slice().iter_mut().zip(signal) {
            *entry += NOISE * f64::standard_normal(&mut noise) - value;
        }
        if !model.step(&gradient, eta) {
            return f64::INFINITY;
        }
    }
    model.factor()[(1, 0)].abs()
}

pub(super) fn run(lab: &Lab) -> Result<Check> {
    let runs = lab.pick(20_000, 200_000);
    let mut rows = Vec::new();
    let mut chart = Chart::new("Tail of the cross block")
        .x_label("entry / noise")
        .y_label("share of runs above")
        .log_x()
        .log_y();
    for (index, set) in (0u64..).zip(SETS) {
        let values = [set.0 + set.1, set.0 - set.1];
        let kappa = Pulls::equal(&values)
            .and_then(|pulls| pulls.kesten_index(STEP_SIZE, 1.0))
            .map_err(|unmet| Error::Failed(format!("V8: {unmet}")))?;
        let found: Vec<f64> = (0..runs)
            .into_par_iter()
            .map(|run| entry(lab, set, lab.seed(8, index * 1_000_000 + run)))
            .collect();
        let largest = found.len() / 200;
        let what = format!("\u{3bc} = {}, M = {}: tail index", set.0, set.1);
        let row = match Hill::of(&found, largest) {
            Some(hill) => {
                // Around the prediction instead of the estimate: the same statement.
                let (low, high) = hill.interval(ALARM);
                let limits = (kappa - (high - hill.index), kappa + (hill.index - low));
                Row::between(what, kappa, hill.index, limits)
            }
            None => Row::between(what, kappa, f64::NAN, (kappa, kappa)),
        };
        rows.push(row.over(runs, ALARM));
        let mut sorted = found;
        sorted.sort_by(|a, b| b.total_cmp(a));
        let share = |i: usize| (i as f64 + 1.0) / runs as f64;
        let points = (0..)
            .map(|k| libm::pow(1.3, f64::from(k)) as usize)
            .take_while(|&i| i < sorted.len())
            .map(|i| (sorted.get(i).copied().unwrap_or(f64::NAN) / NOISE, share(i)));
        let label = format!("\u{3bc} {}, M {}: \u{3ba} = {kappa:.3}", set.0, set.1);
        chart = chart.series(Series::line(label, points.collect::<Vec<_>>()));
    }
    lab.progress.inc(1);
    Ok(Check {
        name: "V8",
        title: "Cross blocks have heavy tails",
        statement: "The entry of U between a spurious direction and an invariant one is heavy-tailed with \
            the index kappa of E|1 - eta sigma + eta s|^kappa = 1 (docs/theory.md, section 3): Hill's \
            estimate over independent runs of the matrix step, from the largest 0.5 %.",
        rows,
        figure: Figure::row([chart]),
    })
}
