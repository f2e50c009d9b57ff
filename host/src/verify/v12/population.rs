//! Without label noise: a whitened run and the scalars of the population.

use heterosgd::model::GramPacking;
use heterosgd::nalgebra::SMatrix;
use heterosgd::theory::{population_step, settling_steps, signal_steps};
use heterosgd::{Model as _, Psd, Size};
use rayon::prelude::*;

use super::super::check::{Row, worst};
use super::super::lab::Lab;
use super::super::scalars;
use super::sensor::{SIGMA, STEP_SIZE, Signals, coordinates, learner};
use crate::error::{Error, Result};
use crate::plot::{Chart, Series};

const INIT_SCALE: f64 = 1e-3;
/// The learning phase ends when an invariant entry is that close to its end, by the bound T1 + T2.
const TOLERANCE: f64 = 1e-3;
/// A factor entry that has ever been below this is followed as a part of the estimate only: the
/// rounding of larger entries is a large share of it, and stays that share when it grows again.
const LEAST: f64 = 1e-3 * INIT_SCALE;
const LIMIT: f64 = 1e-6;
/// Mean pull and heterogeneity: a spurious signal that is suppressed, one that is learned, and the
/// paper's.
const PHASES: [(f64, f64); 3] = [(0.2, 3.0), (1.0, 2.0), PAPER];
const PAPER: (f64, f64) = (1.0, 6.0);
/// There the rounding has a tail index of 1 (docs/theory.md, section 3): 1e-15 grows to 1e-6 in one of
/// 1e9 steps and cross blocks. The largest amount of work has 64 runs, 180 steps, 4 blocks.
const PAPER_ALARM: f64 = 1e-4;

/// The steps of the learning phase (docs/theory.md, 2.1).
fn steps() -> Result<u64> {
    signal_steps(SIGMA, STEP_SIZE, INIT_SCALE)
        .and_then(|t1| Ok(t1 + settling_steps(SIGMA, STEP_SIZE, TOLERANCE)?))
        .map_err(|unmet| Error::Failed(format!("V12: {unmet}")))
}

/// `v^T U v`.
fn entry<const D: usize>(factor: &SMatrix<f64, D, D>, v: &[f64; D]) -> f64 {
    let row = |i: usize| (0..D).map(|j| factor[(i, j)] * v[j]).sum::<f64>();
    (0..D).map(|i| v[i] * row(i)).sum()
}

/// How far a run is from the scalars, step by step: the relative distance of the estimate, and the
/// largest relative deviation of the factor entries of directions with a signal.
fn deviations<const D: usize>(lab: &Lab, case: Case, seed: u64) -> Result<Vec<[f64; 2]>>
where
    Size<D>: GramPacking,
{
    let signals = Signals::<D>::new(lab, D / 4, case.phase, seed);
    let problem = &signals.claimed;
    let sensor = signals.sensor(lab, 0.0, seed)?;
    let mut learner = learner::<D>(lab, INIT_SCALE, case.ridge)?;
    let mut scalars = scalars::start(problem, INIT_SCALE);
    let mut lowest = scalars.clone();
    (0..steps()?)
        .map(|step| {
            if sensor.step(&mut learner, step, 2 * coordinates(D)).is_err() {
                return Ok([f64::INFINITY; 2]);
            }
            let invariant = problem.invariant.iter().map(|_| SIGMA);
            let environment = sensor.environment(step) as usize;
            let spurious = problem.pulls.get(environment).into_iter().flatten();
            let pulls = invariant.chain(spurious.copied()).chain([0.0]);
            for ((b, low), pull) in scalars.iter_mut().zip(&mut lowest).zip(pulls) {
                *b = population_step(*b, STEP_SIZE, pull);
                *low = low.min(b.abs());
            }
            let model: &Psd<f64, D, D> = learner.model();
            let directions = problem.invariant.iter().chain(&problem.spurious);
            let entries = directions
                .zip(&scalars)
                .zip(&lowest)
                .filter(|(_, low)| **low >= LEAST)
                .map(|((v, b), _)| (entry(model.factor(), v) / b - 1.0).abs());
            let estimate = scalars::distance(&model.estimate(), &scalars, problem);
            Ok([estimate, worst(entries)])
        })
        .collect()
}

/// A setting of the runs.
#[derive(Debug, Clone, Copy)]
struct Case {
    d: usize,
    phase: (f64, f64),
    /// `None` for the usual one.
    ridge: Option<f64>,
}

/// The largest over runs, step by step: of estimates, and of estimates and entries.
fn largest(lab: &Lab, case: Case, first: u64, runs: u64) -> Result<[Vec<f64>; 2]> {
    let curves = (first..first + runs)
        .into_par_iter()
        .map(|run| {
            let seed = lab.seed(12, run);
            match case.d {
                4 => deviations::<4>(lab, case, seed),
                _ => deviations::<8>(lab, case, seed),
            }
        })
        .collect::<Result<Vec<_>>>()?;
    let of_step = |step: usize, kinds: usize| {
        let all = curves.iter().filter_map(|curve| curve.get(step));
        worst(all.flat_map(|kind| kind.iter().take(kinds)).copied())
    };
    let steps = steps()? as usize;
    Ok([1, 2].map(|kinds| (0..steps).map(|step| of_step(step, kinds)).collect()))
}

pub(super) fn run(lab: &Lab) -> Result<(Vec<Row>, Chart)> {
    let runs = lab.pick(8, 64);
    let mut cases = Vec::new();
    for d in [4, 8] {
        let ridge = Some(0.0);
        cases.extend(PHASES.map(|phase| Case { d, phase, ridge }));
    }
    cases.push(Case {
        d: 8,
        phase: PHASES[0],
        ridge: None,
    });
    let mut rows = Vec::new();
    let mut chart = Chart::new("(a) Deviation from the population, no label noise")
        .x_label("step")
        .y_label("relative deviation")
        .log_y()
        .horizontal(LIMIT, "limit");
    for (first, case) in (0..).step_by(1000).zip(cases) {
        let [estimates, all] = largest(lab, case, first, runs)?;
        let Case { d, phase, ridge } = case;
        let mut name = format!("d = {d}, \u{3bc} = {}, M = {}", phase.0, phase.1);
        let setting = format!("{name}, m = {}, {} steps", 2 * coordinates(d), all.len());
        let curve = if ridge.is_some() {
            let what = format!("{setting}: estimate and entries");
            let alarm = if phase == PAPER { PAPER_ALARM } else { 0.0 };
            rows.push(Row::at_most(what, worst(all.iter().copied()), LIMIT).over(runs, alarm));
            all
        } else {
            name += ", usual ridge";
            let what = format!("{setting}, usual ridge of 2^-10: estimate");
            let found = worst(estimates.iter().copied());
            rows.push(Row::reported(what, LIMIT, found).over(runs, 0.0));
            estimates
        };
        let points = (1..)
            .zip(curve)
            .map(|(step, x): (u32, _)| (f64::from(step), x));
        chart = chart.series(Series::line(name, points));
    }
    Ok((rows, chart))
}
