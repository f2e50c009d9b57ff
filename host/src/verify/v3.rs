//! V3: the phase boundary.

use heterosgd::theory::Pulls;
use rayon::prelude::*;

use super::check::{Check, Row};
use super::lab::Lab;
use super::walk::deviations;
use crate::deviations::Deviations;
use crate::error::Result;
use crate::plot::{Chart, Figure, SERIES, Series};
use crate::statistics::{bisect, last_fall_through, median};
use crate::trial::{Setting, growth_rate};

const MEAN: f64 = 1.0;
const STEP_SIZES: [f64; 3] = [0.04, 0.07, 0.1];
/// Points of the quadrature by which continuous distributions are averaged.
const NODES: u32 = 20_000;
const TOLERANCE: f64 = 0.02;

/// Predicted boundary, measured boundary, probability of a false alarm.
fn boundary(lab: &Lab, distribution: Deviations, step_size: f64, index: u64) -> [f64; 3] {
    let n = f64::from(NODES);
    let nodes: Vec<f64> = (0..NODES)
        .map(|i| distribution.quantile((f64::from(i) + 0.5) / n))
        .collect();
    let Ok(predicted) =
        Pulls::equal(&nodes).and_then(|z| z.critical_heterogeneity(MEAN, step_size))
    else {
        return [f64::NAN; 3];
    };
    let steps = lab.pick(1_600_000, 6_400_000);
    let draws = deviations(distribution, steps, lab.seed(3, index));
    let eta = lab.step_size(step_size);
    let rate = |m: f64| growth_rate(eta, draws.iter().map(|z| lab.pull(MEAN, m, *z)));
    let measured = bisect(rate, 0.3 * predicted, 1.3 * predicted, 1e-4).unwrap_or(f64::NAN);
    // The measured rate at M_c (1 +- tolerance) is normal around the exponent there.
    let alarm = [-TOLERANCE, TOLERANCE].map(|off| {
        let logs = nodes
            .iter()
            .map(|z| libm::log1p(step_size * (MEAN + predicted * (1.0 + off) * z)));
        let (sum, squares) = logs.fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x));
        let (mean, square) = (sum / n, squares / n);
        let deviation = libm::sqrt((square - mean * mean) / steps as f64);
        0.5 * libm::erfc(mean.abs() / deviation * core::f64::consts::FRAC_1_SQRT_2)
    });
    [predicted, measured, alarm.iter().sum()]
}

/// With finite batches: the M at which the median over seeds of the spurious part falls below half of the
/// pooled value, and the curve.
fn finite(lab: &Lab, dim: usize, batch: u32) -> Result<(f64, Vec<(f64, f64)>)> {
    let seeds = lab.pick(2, 4);
    let grid: Vec<f64> = (0..=12).map(|i| 2.0 + 0.25 * f64::from(i)).collect();
    let curve = grid
        .into_par_iter()
        .map(|heterogeneity| {
            let setting = Setting {
                dim,
                mu: lab.mean(MEAN),
                heterogeneity,
                method: lab.hetero(),
                batch,
                step_size: lab.step_size(0.1),
                steps: lab.pick(400, 1000),
                ..Setting::default()
            };
            let shares = (0..seeds)
                .map(|run| {
                    let ending = setting.run(lab.seed(3, 1000 + run))?;
                    let pooled = libm::sqrt(setting.spurious as f64) * MEAN;
                    Ok(match ending.diverged_at {
                        Some(_) => f64::INFINITY,
                        None => ending.tail.spurious / pooled,
                    })
                })
                .collect::<Result<Vec<f64>>>()?;
            Ok((heterogeneity, median(&shares)))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((last_fall_through(&curve, 0.5).unwrap_or(f64::NAN), curve))
}

pub(super) fn run(lab: &Lab) -> Result<Check> {
    let cases: Vec<(Deviations, f64)> = Deviations::ALL
        .into_iter()
        .flat_map(|distribution| STEP_SIZES.map(|step_size| (distribution, step_size)))
        .collect();
    let found: Vec<[f64; 3]> = (0u64..)
        .zip(&cases)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(index, &(distribution, step_size))| boundary(lab, distribution, step_size, index))
        .collect();
    let mut rows = Vec::new();
    let mut chart = Chart::new("(a) Population")
        .x_label("step size \u{3b7}")
        .y_label("boundary M");
    for (distribution, colour) in Deviations::ALL.into_iter().zip(SERIES) {
        let mut points = [Vec::new(), Vec::new()];
        for (&(of, step_size), [predicted, measured, alarm]) in cases.iter().zip(&found) {
            if of != distribution {
                continue;
            }
            let what = format!("{distribution}, \u{3b7} = {step_size}, population");
            rows.push(Row::within(what, *predicted, *measured, TOLERANCE).over(1, *alarm));
            points[0].push((step_size, *predicted));
            points[1].push((step_size, *measured));
        }
        let [predicted, measured] = points;
        chart = chart
            .series(Series::line(format!("{distribution}, \u{39b} = 0"), predicted).colour(colour))
            .series(Series::points(format!("{distribution}, measured"), measured).colour(colour));
    }
    let mut batches = Chart::new("(b) Finite batches, \u{3b7} = 0.1, two-point")
        .x_label("heterogeneity M")
        .y_label("spurious part / pooled value")
        .y_range(0.0, 1.5);
    let predicted = heterosgd::theory::critical_heterogeneity(MEAN, 0.1).unwrap_or(f64::NAN);
    batches = batches.vertical(predicted, "M_c");
    let (half_of_population, curve) = finite(lab, 10, 0)?;
    batches = batches.series(Series::line("population", curve).dashed());
    for (dim, sizes) in lab.pick(
        vec![(10, vec![100, 400])],
        vec![(10, vec![100, 400, 1600]), (20, vec![100, 400, 1600])],
    ) {
        for batch in sizes {
            let (half, curve) = finite(lab, dim, batch)?;
            let what = format!(
                "d = {dim}, m = {batch}: M where the spurious part falls below half, beside that of the population"
            );
            let row = Row::reported(what, half_of_population, half);
            rows.push(row.over(lab.pick(2, 4), 0.0));
            batches = batches.series(Series::line(format!("d = {dim}, m = {batch}"), curve));
        }
    }
    lab.progress.inc(1);
    Ok(Check {
        name: "V3",
        title: "The phase boundary is where the exponent is 0",
        statement: "Bisecting M for the sign of the measured growth rate of a small spurious entry finds \
            the M at which E ln(1 + eta (mu + M z)) = 0 (docs/theory.md, 2.2), for four distributions of z. \
            The M at which the spurious part of the average estimate falls below half of the pooled value is \
            smaller; for finite batches it is reported beside that of the population.",
        rows,
        figure: Figure::row([chart, batches]),
    })
}
