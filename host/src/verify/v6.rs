//! V6: PooledSGD goes to A* plus the positive part of the mean spurious signal.

use rayon::prelude::*;

use super::check::{Check, Row, worst};
use super::lab::Lab;
use crate::error::Result;
use crate::plot::{Chart, Figure, Series};
use crate::statistics::median;
use crate::trial::{Method, Setting};

pub(super) fn run(lab: &Lab) -> Result<Check> {
    let mut rows = Vec::new();
    for (mu, overlap, what) in [
        (1.0, 0.0, "mean 1"),
        (-1.0, 0.0, "mean \u{2212}1"),
        (1.0, 0.3, "mean 1, overlap 0.3"),
    ] {
        let setting = Setting {
            mu: lab.mean(mu),
            overlap,
            method: Method::Pooled,
            init_scale: 1e-6,
            step_size: lab.step_size(0.1),
            steps: 2000,
            ..Setting::default()
        };
        let runs = 3;
        let mut distances = Vec::new();
        // What is left of the mean signal beside the invariant subspace.
        let left = 1.0 - overlap * overlap;
        let claimed = left * mu.max(0.0) * libm::sqrt(setting.spurious as f64);
        let norm = libm::sqrt(setting.rank as f64);
        for run in 0..runs {
            let end = setting.run(lab.seed(6, run))?.last;
            distances.extend([
                end.pooled_error / norm,
                (end.spurious - claimed).abs() / norm,
            ]);
        }
        rows.push(
            Row::at_most(
                format!("population, {what}: relative distance"),
                worst(distances),
                1e-9,
            )
            .over(runs, 0.0),
        );
    }
    let mut points = Vec::new();
    let mut batches = lab.pick(vec![1000, 4000], vec![1000, 4000, 16_000]);
    batches.sort_unstable();
    for batch in batches {
        let setting = Setting {
            mu: lab.mean(1.0),
            method: Method::Pooled,
            batch,
            step_size: lab.step_size(0.05),
            steps: 400,
            ..Setting::default()
        };
        let distances = (0..lab.pick(2, 5))
            .into_par_iter()
            .map(|run| {
                let ending = setting.run(lab.seed(6, 100 + run))?;
                Ok(ending.tail.pooled_error / 2.0)
            })
            .collect::<Result<Vec<f64>>>()?;
        let distance = median(&distances);
        let what = format!("batches of {batch}: relative distance of the tail average");
        rows.push(Row::reported(what, 0.0, distance).over(distances.len() as u64, 0.0));
        points.push((f64::from(batch), distance));
    }
    let chart = Chart::new("Distance of the tail average from A* + (mean A)\u{207a}")
        .x_label("batch m")
        .y_label("relative distance")
        .log_x()
        .log_y()
        .series(Series::line("PooledSGD", points).markers());
    lab.progress.inc(1);
    Ok(Check {
        name: "V6",
        title: "PooledSGD learns the mean",
        statement: "PooledSGD converges to A* plus the positive part of the mean spurious signal \
            (docs/theory.md, 2.4), also where the signals overlap.",
        rows,
        figure: Figure::row([chart]),
    })
}
