//! V4: the bound on the supremum of a suppressed entry.

use heterosgd::theory::Pulls;
use rayon::prelude::*;

use super::check::{Check, Row};
use super::lab::Lab;
use super::walk::{environments, highest, one_of};
use crate::deviations::Deviations;
use crate::error::{Error, Result};
use crate::plot::{Chart, Figure, Series};
use crate::statistics::Proportion;

/// Mean, heterogeneity, step size, distribution.
const SETS: [(f64, f64, f64, Deviations); 6] = [
    (1.0, 6.0, 0.1, Deviations::TwoPoint),
    (1.0, 8.0, 0.1, Deviations::TwoPoint),
    (1.0, 5.0, 0.1, Deviations::TwoPoint),
    (0.5, 4.5, 0.1, Deviations::Uniform),
    (1.0, 5.5, 0.1, Deviations::Normal),
    (0.5, 5.0, 0.08, Deviations::Skewed),
];
const ENVIRONMENTS: u32 = 24;
const INIT_SCALE: f64 = 1e-3;
const LEVELS: [f64; 4] = [1.0, 2.0, 3.0, 4.0];
/// The probability of a false alarm of each of the 24 comparisons.
const ALARM: f64 = 1e-6;

pub(super) fn run(lab: &Lab) -> Result<Check> {
    let runs = lab.pick(10_000, 100_000);
    let mut rows = Vec::new();
    let mut chart = Chart::new("Frequency over its bound")
        .x_label("x")
        .y_label("P(sup b \u{2265} \u{3b1}e^x) measured / e^(\u{2212}\u{3b8}x)")
        .y_range(0.0, 1.1)
        .horizontal(1.0, "bound");
    for (set, (mean, m, step_size, distribution)) in (0u64..).zip(SETS) {
        let deviations = distribution.environments(ENVIRONMENTS)?;
        let claimed: Vec<f64> = deviations.iter().map(|z| mean + m * z).collect();
        let theta = Pulls::equal(&claimed)
            .and_then(|pulls| pulls.adjustment_coefficient(step_size))
            .map_err(|unmet| Error::Failed(format!("V4, set {set}: {unmet}")))?;
        let pulls: Vec<f64> = deviations.iter().map(|z| lab.pull(mean, m, *z)).collect();
        let eta = lab.step_size(step_size);
        // Deeper down it comes back with a probability below 1e-9.
        let depth = 20.8 / theta;
        let heights: Vec<f64> = (0..runs)
            .into_par_iter()
            .map(|run| {
                let mut rng = environments(lab.seed(4, set * 1_000_000 + run));
                highest(eta, INIT_SCALE, depth, 200_000, || one_of(&pulls, &mut rng))
            })
            .collect();
        let mut points = Vec::new();
        for x in LEVELS {
            let hits = heights.iter().filter(|h| **h >= x).count() as u64;
            let seen = Proportion { hits, runs };
            let bound = libm::exp(-theta * x);
            let most = Proportion::most_hits(runs, bound, ALARM) as f64 / runs as f64;
            let what = format!(
                "\u{3bc} = {mean}, M = {m}, \u{3b7} = {step_size}, {distribution}, x = {x}: frequency"
            );
            let limits = (f64::NEG_INFINITY, most);
            rows.push(Row::between(what, bound, seen.share(), limits).over(runs, ALARM));
            points.push((x, seen.share() / bound));
        }
        let label = format!("\u{3bc} {mean}, M {m}, \u{3b7} {step_size}, {distribution}");
        let tightest = points.iter().map(|p| p.1).fold(0.0, f64::max);
        let loosest = points.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
        for (which, ratio) in [("largest", tightest), ("least", loosest)] {
            let what = format!("{label}: {which} frequency over bound");
            rows.push(Row::reported(what, 1.0, ratio).over(runs, 0.0));
        }
        chart = chart.series(Series::line(label, points).markers());
    }
    lab.progress.inc(1);
    Ok(Check {
        name: "V4",
        title: "A suppressed entry seldom rises",
        statement: "P(sup_t b_t >= alpha e^x) <= e^(-theta x), theta the adjustment coefficient \
            (docs/theory.md, 2.3): the frequency may exceed the bound by no more than a binomial \
            variable of that probability does once in a million.",
        rows,
        figure: Figure::row([chart]),
    })
}
