//! V1: the matrix implementation is the scalar recursions, to rounding error.

use heterosgd::sampling::{Purpose, below, stream};
use heterosgd::stored::Kernel;
use heterosgd::theory::population_step;
use heterosgd::{Model as _, Packing, Psd, Scalar, Size, Symmetric};
use rayon::prelude::*;

use super::check::{Check, Row, worst};
use super::lab::Lab;
use super::scalars;
use crate::plot::{Chart, Figure, Series};
use crate::problem::{Problem, Shape, Strengths};
use crate::simd::Vectors;
use crate::trial::Method;

const STEPS: usize = 2000;
const INIT_SCALE: f64 = 1e-3;
const SHAPE: (usize, usize) = (2, 2);
const STEP_SIZE: f64 = 0.1;
/// Mean pull and heterogeneity: where the spurious signal dies out, and where it is learned. Rounding errors
/// in the block between spurious and invariant directions are a Kesten process like any other noise
/// (docs/theory.md, section 3); the first phase has a tail index of 2.77, so that they stay near the rounding.
const PHASES: [(f64, f64); 2] = [(0.2, 3.0), (1.0, 2.0)];
/// Here the index is 1: every now and then rounding errors grow by the number of steps.
const HEAVY_TAILED: (f64, f64) = (1.0, 7.0);

/// The relative distance of the matrix from the scalars, step by step.
fn distances<T: Scalar, const D: usize>(lab: &Lab, phase: (f64, f64), seed: u64) -> Vec<f64>
where
    Size<D>: Packing,
    Vectors: Kernel<T>,
{
    let (mu, heterogeneity) = phase;
    let shape = Shape {
        dim: D,
        rank: SHAPE.0,
        spurious: SHAPE.1,
    };
    let strengths = Strengths {
        sigma: 1.0,
        mu,
        heterogeneity,
    };
    let problem = Problem::<D>::new(shape, strengths, seed);
    let run_step = T::from_f64(lab.step_size(STEP_SIZE));
    let mut model = Psd::<T, D, D>::initial(T::from_f64(INIT_SCALE), seed);
    let invariant = [strengths.sigma; SHAPE.0];
    let mut entries = scalars::start(&problem, INIT_SCALE);
    let mut rng = stream(seed, Purpose::Environments, 0);
    let mut mean = Symmetric::<f64, D>::zero();
    for signal in problem.matrices() {
        mean.add_scaled(&signal, 1.0 / problem.pulls.len() as f64);
    }
    let signals: Vec<_> = problem.matrices().collect();
    (0..STEPS)
        .map(|_| {
            let environment = below(&mut rng, problem.pulls.len() as u32) as usize;
            let signal = match lab.hetero() {
                Method::Hetero => signals.get(environment).unwrap_or(&mean),
                Method::Pooled => &mean,
            };
            let mut gradient = model.estimate();
            for (to, from) in gradient.as_mut_slice().iter_mut().zip(signal.as_slice()) {
                *to -= T::from_f64(*from);
            }
            // A refused step leaves the matrix behind, and a distance that shows it.
            model.step(&gradient, run_step);
            let pulls = problem.pulls.get(environment);
            let all = invariant
                .iter()
                .chain(pulls.into_iter().flatten())
                .chain(&[0.0]);
            for (entry, &pull) in entries.iter_mut().zip(all) {
                *entry = population_step(*entry, STEP_SIZE, pull);
            }
            scalars::distance(&model.estimate(), &entries, &problem)
        })
        .collect()
}

pub(super) fn run(lab: &Lab) -> Check {
    let runs = lab.pick(2, 8);
    let curve = |double: bool, run: u64, phase: (f64, f64)| {
        let seed = lab.seed(1, run);
        match (double, run % 3) {
            (true, 0) => distances::<f64, 5>(lab, phase, seed),
            (true, 1) => distances::<f64, 10>(lab, phase, seed),
            (true, _) => distances::<f64, 20>(lab, phase, seed),
            (false, 0) => distances::<f32, 5>(lab, phase, seed),
            (false, 1) => distances::<f32, 10>(lab, phase, seed),
            (false, _) => distances::<f32, 20>(lab, phase, seed),
        }
    };
    let mut rows = Vec::new();
    let mut chart = Chart::new("Relative distance from the scalars, largest over runs")
        .x_label("step")
        .y_label("relative Frobenius distance")
        .log_y();
    for (name, double, limit) in [("f64", true, 1e-12), ("f32", false, 1e-4)] {
        for phase in [PHASES[0], PHASES[1], HEAVY_TAILED] {
            let curves: Vec<_> = (0..runs)
                .into_par_iter()
                .map(|run| curve(double, run, phase))
                .collect();
            let of_step = |i: usize| worst(curves.iter().filter_map(|c| c.get(i)).copied());
            let distances: Vec<f64> = (0..STEPS).map(of_step).collect();
            let largest = worst(distances.iter().copied());
            let what = format!("{name}, \u{3bc} = {}, M = {}", phase.0, phase.1);
            let row = if phase == HEAVY_TAILED {
                Row::reported(format!("{what} (index 1), {STEPS} steps"), limit, largest)
            } else {
                Row::at_most(
                    format!("{what}, {STEPS} steps, d = 5, 10, 20"),
                    largest,
                    limit,
                )
            };
            rows.push(row.over(runs, 0.0));
            let points = (1..)
                .zip(&distances)
                .map(|(step, &d): (u32, _)| (f64::from(step), d));
            chart = chart.series(Series::line(what, points));
        }
    }
    lab.progress.inc(1);
    Check {
        name: "V1",
        title: "Matrices are their scalars",
        statement: "With infinite batches, orthogonal signals and U = alpha I, every direction of the \
            matrix implementation follows its scalar recursion, in bases rotated at random \
            (docs/theory.md, section 2).",
        rows,
        figure: Figure::row([chart]),
    }
}
