//! V7: finite batches: the error floor, and the stationary variance of the null entries.

use heterosgd::algebra::Dual;
use heterosgd::experiment::Sensing;
use heterosgd::learner::OneEnvironment;
use heterosgd::sampling::Gaussian;
use heterosgd::{Learner, Model as _, Packing, Plain, Psd, Schedule, Settings, Size, Symmetric};
use rayon::prelude::*;

use super::check::{Check, Row};
use super::lab::Lab;
use crate::error::{Error, Result};
use crate::plot::{Chart, Figure, Series};
use crate::problem::{Problem, Shape, Strengths};
use crate::simd::Vectors;
use crate::statistics::Slope;
use crate::trial::{Method, Setting};

/// Where the cross blocks have a finite variance (kappa > 2) and the exponent is negative.
const MEAN: f64 = 0.2;
const HETEROGENEITY: f64 = 3.0;
const STEP_SIZE: f64 = 0.1;
const D: usize = 10;
/// The slope's interval misses a true -1/2 this often, residuals normal.
const ALARM: f64 = 1e-3;
const TOLERANCE: f64 = 0.15;
/// Steps until the run is stationary.
const BURN_IN: u64 = 400;

fn setting(lab: &Lab, batch: u32) -> Setting {
    Setting {
        dim: D,
        mu: lab.mean(MEAN),
        heterogeneity: HETEROGENEITY,
        method: lab.hetero(),
        batch,
        step_size: lab.step_size(STEP_SIZE),
        steps: BURN_IN,
        ..Setting::default()
    }
}

fn floor(lab: &Lab) -> Result<(Row, Series)> {
    let batches = lab.pick(vec![800, 1600, 3200], vec![800, 1600, 3200, 6400, 12_800]);
    let seeds = lab.pick(6, 20);
    let cases: Vec<(u32, u64)> = batches
        .iter()
        .flat_map(|&batch| (0..seeds).map(move |seed| (batch, seed)))
        .collect();
    let points = cases
        .into_par_iter()
        .map(|(batch, run)| {
            let seed = lab.seed(7, u64::from(batch) * 1000 + run);
            let ending = setting(lab, batch).run(seed)?;
            Ok((f64::from(batch), ending.last.error))
        })
        .collect::<Result<Vec<(f64, f64)>>>()?;
    let runs = points.len() as u64;
    let row = match Slope::of_logarithms(&points) {
        Some(slope) => {
            let (low, high) = slope.interval(ALARM);
            let room = (high - low) / 2.0;
            let what = format!(
                "slope of log error in log m, m = {} to {}",
                batches.first().copied().unwrap_or(0),
                batches.last().copied().unwrap_or(0)
            );
            Row::between(what, -0.5, slope.value, (-0.5 - room, -0.5 + room)).over(runs, ALARM)
        }
        None => Row::between("slope", -0.5, f64::NAN, (-0.5, -0.5)),
    };
    Ok((row, Series::points("error of the last iterate", points)))
}

/// What is left at one step of a run with one direction of each kind: the mean square of the entries of
/// U between null directions and the invariant one, and the squared error of the invariant entry of the
/// estimate, `sigma` without noise.
pub(super) fn left<const D: usize>(
    model: &Psd<f64, D, D>,
    problem: &Problem<D>,
    sigma: f64,
) -> [f64; 2]
where
    Size<D>: Packing,
{
    let ([u], [v]) = (&*problem.invariant, &*problem.spurious) else {
        return [f64::NAN; 2];
    };
    let factor = model.factor();
    // U u, less its parts along u and v, is what null directions have of it.
    let image: Vec<f64> = (0..D)
        .map(|i| (0..D).map(|j| factor[(i, j)] * u[j]).sum())
        .collect();
    let along = |w: &[f64; D]| image.iter().zip(w).map(|(a, b)| a * b).sum::<f64>();
    let square: f64 = image.iter().map(|x| x * x).sum();
    let null = (square - along(u) * along(u) - along(v) * along(v)) / (D - 2) as f64;
    let error = Dual::new(&model.estimate()).quadratic(u) - sigma;
    [null, error * error]
}

/// What is left in a stationary run with one direction of each kind, times m: the mean square of the
/// entries of U between null directions and the invariant one, and the mean squared error of the
/// invariant entry of the estimate.
fn variances(lab: &Lab, batch: u32, steps: u64, seed: u64) -> Result<[f64; 2]> {
    let shape = Shape {
        dim: D,
        rank: 1,
        spurious: 1,
    };
    let strengths = Strengths {
        sigma: 1.0,
        mu: lab.mean(MEAN),
        heterogeneity: HETEROGENEITY,
    };
    let mut problem = Problem::<D>::new(shape, strengths, seed);
    if lab.hetero() == Method::Pooled {
        let pulls = vec![vec![strengths.mu]; 2];
        problem = Problem::with_pulls(shape, strengths, pulls, 0.0, seed);
    }
    let signals: Vec<Dual<f64, D>> = problem.matrices().map(|m| Dual::new(&m)).collect();
    let schedule = Schedule::Uniform { environments: 2 };
    let failed = |error: heterosgd::Error| Error::Failed(format!("V7: {error}"));
    let sensing =
        Sensing::<Psd<f64, D, D>, Symmetric<f64, D>, Gaussian>::new(&signals, schedule, seed)
            .map_err(failed)?;
    let mut learner = Learner::<Psd<f64, D, D>, OneEnvironment, Plain>::new(Settings {
        step_size: lab.step_size(STEP_SIZE),
        init_scale: 1e-3,
        seed,
    })
    .map_err(failed)?;
    let kernel = Vectors::detect();
    let (mut sums, mut count) = ([0.0; 2], 0u64);
    for step in 0..BURN_IN + steps {
        if kernel
            .simulate(&sensing, &mut learner, step, batch)
            .is_err()
        {
            return Ok([f64::INFINITY; 2]);
        }
        if step < BURN_IN {
            continue;
        }
        let squares = left(learner.model(), &problem, strengths.sigma);
        for (sum, square) in sums.iter_mut().zip(squares) {
            *sum += square;
        }
        count += 1;
    }
    let scale = f64::from(batch) / count as f64;
    Ok(sums.map(|sum| sum * scale))
}

pub(super) fn run(lab: &Lab) -> Result<Check> {
    let (slope, points) = floor(lab)?;
    let mut rows = vec![slope];
    let squared = MEAN * MEAN + HETEROGENEITY * HETEROGENEITY;
    // Times m: eta v/(2 - eta sigma) with v = ||A^(e)||^2/(2 m), and eta ||A^(e)||^2/(m (1 - eta sigma)).
    let predicted = [
        STEP_SIZE * squared / 2.0 / (2.0 - STEP_SIZE),
        STEP_SIZE * squared / (1.0 - STEP_SIZE),
    ];
    let runs = lab.pick(4, 8);
    let steps = lab.pick(3000, 6000);
    let mut measured = Vec::new();
    for batch in lab.pick(vec![1600], vec![1600, 6400]) {
        let values = (0..runs)
            .into_par_iter()
            .map(|run| variances(lab, batch, steps, lab.seed(7, 10_000_000 + run)))
            .collect::<Result<Vec<_>>>()?;
        let mean = |i: usize| values.iter().map(|v| v[i]).sum::<f64>() / values.len() as f64;
        // The entries are normal with correlation times of 2/(eta sigma) and 1/(eta sigma) steps; the
        // tolerance is so many standard deviations of their mean square.
        let per_run = runs as f64 * steps as f64 * STEP_SIZE;
        for (i, what, independent) in [
            (
                0,
                "variance of a null entry",
                per_run * (D - 2) as f64 / 2.0,
            ),
            (1, "squared error of the invariant entry", per_run),
        ] {
            let z = TOLERANCE / libm::sqrt(2.0 / independent);
            let alarm = libm::erfc(z * core::f64::consts::FRAC_1_SQRT_2);
            let what = format!("m = {batch}: m times the {what}");
            rows.push(Row::within(what, predicted[i], mean(i), TOLERANCE).over(runs, alarm));
        }
        measured.push((f64::from(batch), mean(0) / predicted[0]));
    }
    let fitted = rows.first().map_or(f64::NAN, |row| row.measured);
    let chart = Chart::new(format!("(a) Error floor, slope {fitted:.3}"))
        .x_label("batch m")
        .y_label("||UU\u{1d40} \u{2212} A*||")
        .log_x()
        .log_y()
        .series(points);
    let ratio = Chart::new("(b) Variance of a null entry")
        .x_label("batch m")
        .y_label("measured / predicted")
        .y_range(0.0, 1.5)
        .horizontal(1.0, "\u{3b7}v/(2 \u{2212} \u{3b7}\u{3c3})")
        .series(Series::points("HeteroSGD", measured));
    lab.progress.inc(1);
    Ok(Check {
        name: "V7",
        title: "Finite batches leave an error floor",
        statement: "The error of the last iterate falls like m^(-1/2), and the entries of U between null \
            directions and an invariant one have the variance eta v/(2 - eta sigma), v = ||A^(e)||^2/(2m); an \
            invariant entry of the estimate has the squared error eta ||A^(e)||^2/(m (1 - eta sigma)) \
            (docs/theory.md, section 3).",
        rows,
        figure: Figure::row([chart, ratio]),
    })
}
