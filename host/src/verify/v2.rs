//! V2: the signal is learned within T1 + T2 steps.

use heterosgd::theory::{population_step, settling_steps, signal_steps};

use super::check::{Check, Row, worst};
use super::lab::Lab;
use crate::plot::{Chart, Figure, Series};

/// The first step from which on the relative error stays at or below `tolerance`, up to `most`.
fn settled(sigma: f64, step_size: f64, init_scale: f64, tolerance: f64, most: u64) -> u64 {
    let (mut a, mut from) = (init_scale, 0);
    let root = libm::sqrt(sigma);
    for step in 1..=most {
        a = population_step(a, step_size, sigma);
        if (1.0 - a / root).abs() > tolerance {
            from = step + 1;
        }
    }
    from
}

pub(super) fn run(lab: &Lab) -> Check {
    let mut rows = Vec::new();
    let mut chart = Chart::new("Hitting time over its bound")
        .x_label("\u{3b7}\u{3c3}")
        .y_label("measured / (T1 + T2)")
        .log_x()
        .y_range(0.0, 1.05)
        .horizontal(1.0, "bound");
    let rates = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5];
    for init_scale in [1e-1, 1e-3, 1e-6] {
        for tolerance in [0.1, 1e-3, 1e-9] {
            let mut points = Vec::new();
            for rate in rates {
                for sigma in [0.2, 1.0, 5.0] {
                    let step_size = rate / sigma;
                    let bound = signal_steps(sigma, step_size, init_scale)
                        .and_then(|t1| Ok(t1 + settling_steps(sigma, step_size, tolerance)?));
                    let ratio = bound.map_or(f64::NAN, |bound| {
                        let step_size = lab.step_size(step_size);
                        let most = bound + bound / 2;
                        settled(sigma, step_size, init_scale, tolerance, most) as f64 / bound as f64
                    });
                    points.push((rate, ratio));
                }
            }
            let largest = worst(points.iter().map(|p| p.1));
            let what = format!("\u{3b1} = {init_scale:e}, tolerance {tolerance:e}");
            rows.push(
                Row::at_most(format!("{what}: largest ratio"), largest, 1.0)
                    .over(points.len() as u64, 0.0),
            );
            let least = points.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
            rows.push(Row::reported(format!("{what}: least ratio"), 1.0, least));
            chart = chart.series(Series::points(what, points));
        }
    }
    lab.progress.inc(1);
    Check {
        name: "V2",
        title: "The signal is learned in known time",
        statement: "The relative error of an invariant entry stays at or below the tolerance from \
            step T1 + T2 on (docs/theory.md, 2.1). Measured over bound, 27 combinations of step size \
            and strength in each row.",
        rows,
        figure: Figure::row([chart]),
    }
}
