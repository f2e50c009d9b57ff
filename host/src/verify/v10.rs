//! V10: the restricted isometry constant of an ensemble.

use heterosgd::sampling::{Ensemble, Gaussian, GaussianRankOne, Rademacher};
use heterosgd::{IsotropicRankOne, Symmetric};
use rayon::prelude::*;

use super::check::{Check, Row};
use super::lab::Lab;
use crate::isometry::{Dense, Isometry};
use crate::plot::{Chart, Figure, Series};
use crate::simulate::EnsembleKind;
use crate::statistics::Slope;

/// The interval of a slope misses it this often, residuals normal.
const ALARM: f64 = 1e-3;
const STARTS: u32 = 4;

fn constant<const D: usize>(kind: EnsembleKind, rank: usize, samples: u32, seed: u64) -> f64
where
    heterosgd::Size<D>: heterosgd::Packing,
{
    fn of<X: Dense<D>, S: Ensemble<X>, const D: usize>(rank: usize, samples: u32, seed: u64) -> f64
    where
        heterosgd::Size<D>: heterosgd::Packing,
    {
        Isometry::<D>::of_ensemble::<X, S>(samples, seed).constant(rank, STARTS, seed)
    }
    match kind {
        EnsembleKind::Gaussian => of::<Symmetric<f64, D>, Gaussian, D>(rank, samples, seed),
        EnsembleKind::Rademacher => of::<Symmetric<f64, D>, Rademacher, D>(rank, samples, seed),
        EnsembleKind::RankOne => {
            of::<IsotropicRankOne<f64, D>, GaussianRankOne, D>(rank, samples, seed)
        }
    }
}

pub(super) fn run(lab: &Lab) -> Check {
    // Where the law is one: at fewer measurements the next order, dk/m, adds to it; for rank one a single
    // long x does, d^2/(2m).
    let batches = lab.pick(
        vec![4000, 16_000, 64_000],
        vec![4000, 8000, 16_000, 32_000, 64_000, 128_000],
    );
    let seeds = lab.pick(2, 6);
    let mut rows = Vec::new();
    let mut chart = Chart::new("Lower estimate of the constant")
        .x_label("dk/m")
        .y_label("\u{3b4}")
        .log_x()
        .log_y();
    for (kind, name) in [
        (EnsembleKind::Gaussian, "Gaussian"),
        (EnsembleKind::Rademacher, "Rademacher"),
        (EnsembleKind::RankOne, "rank one, centred"),
    ] {
        for (dim, rank) in [(10, 1), (10, 2), (16, 2)] {
            let long = kind == EnsembleKind::RankOne;
            if long && dim > 10 {
                continue;
            }
            let least = if long { 16_000 } else { 0 };
            let cases: Vec<(u32, u64)> = batches
                .iter()
                .filter(|m| **m >= least)
                .flat_map(|&m| (0..seeds).map(move |seed| (m, seed)))
                .collect();
            let points: Vec<(f64, f64)> = cases
                .into_par_iter()
                .map(|(m, run)| {
                    let seed = lab.seed(10, u64::from(m) * 100 + run);
                    let delta = if dim == 10 {
                        constant::<10>(kind, rank, m, seed)
                    } else {
                        constant::<16>(kind, rank, m, seed)
                    };
                    ((dim * rank) as f64 / f64::from(m), delta)
                })
                .collect();
            let what = format!("{name}, d = {dim}, k = {rank}: slope of log \u{3b4} in log(dk/m)");
            let row = match Slope::of_logarithms(&points) {
                Some(slope) => {
                    let (low, high) = slope.interval(ALARM);
                    let room = (high - low) / 2.0;
                    Row::between(what, 0.5, slope.value, (0.5 - room, 0.5 + room))
                }
                None => Row::between(what, 0.5, f64::NAN, (0.5, 0.5)),
            };
            rows.push(row.over(points.len() as u64, ALARM));
            let label = format!("{name}, d = {dim}, k = {rank}");
            chart = chart.series(Series::points(label, points));
        }
    }
    lab.progress.inc(1);
    Check {
        name: "V10",
        title: "Restricted isometry",
        statement: "The restricted isometry constant of m measurements falls like sqrt(dk/m) \
            (docs/theory.md, section 3). What is measured is a lower estimate: alternating maximisation finds \
            a unit matrix of rank k, not always the worst one.",
        rows,
        figure: Figure::row([chart]),
    }
}
