//! Figure 2: one spurious direction, by aggregated data and by two alternating environments.

use heterosgd::theory::{lyapunov, population_step};
use serde_json::json;

use super::outcome::{Claim, Outcome, Table, numbers};
use super::parameters::FIG2;
use super::population::Pulls;
use crate::plot::{Chart, Figure, SERIES, Series};

const PULLS: Pulls = Pulls {
    mu: FIG2.mu,
    heterogeneity: FIG2.heterogeneity,
};

/// The pull of aggregated data at any step.
fn aggregated(_: u64) -> f64 {
    FIG2.mu
}

/// The pull of two environments that take turns.
fn alternating(step: u64) -> f64 {
    PULLS.of((step % 2) as u32)
}

fn trajectory(start: f64, pull: fn(u64) -> f64) -> Vec<f64> {
    let mut b = start;
    let steps = (0..FIG2.steps).map(|step| {
        b = population_step(b, FIG2.step_size, pull(step));
        b
    });
    std::iter::once(start).chain(steps).collect()
}

pub(super) fn run() -> Outcome {
    let curves = [
        (
            "aggregated, from \u{3b1}",
            "aggregated",
            trajectory(FIG2.init_scale, aggregated),
        ),
        (
            "aggregated, from 1",
            "aggregated_learned",
            trajectory(FIG2.learned_start, aggregated),
        ),
        (
            "alternating, from \u{3b1}",
            "alternating",
            trajectory(FIG2.init_scale, alternating),
        ),
        (
            "alternating, from 1",
            "alternating_learned",
            trajectory(FIG2.learned_start, alternating),
        ),
    ];
    let ends = curves
        .each_ref()
        .map(|(_, _, curve)| curve.last().copied().unwrap_or(f64::NAN));
    let [aggregated_end, _, alternating_end, learned_end] = ends;
    let product = (1.0 + FIG2.step_size * PULLS.of(0)) * (1.0 + FIG2.step_size * PULLS.of(1));
    let fixed_point = libm::sqrt(FIG2.mu);
    let mut table = Table::new(
        "trajectories",
        std::iter::once("step").chain(curves.iter().map(|(_, name, _)| *name)),
    );
    for (i, step) in (0..=FIG2.steps).enumerate() {
        let values = curves
            .iter()
            .map(|(_, _, curve)| curve.get(i).copied().unwrap_or(f64::NAN));
        table
            .rows
            .push(std::iter::once(step as f64).chain(values).collect());
    }
    Outcome {
        name: "fig2",
        title: "Aggregated data pull a spurious direction in, alternating environments squeeze it out",
        explanation: "The factor entry b of one spurious direction, without sampling noise. (a) \
            One step as a map b \u{2192} b\u{2032}: aggregated data have a stable fixed point at \
            \u{221a}\u{3bc}. The two environments have steep and shallow maps; the path shows \
            what taking turns does: one step up the steep one, one step down the shallow one, and \
            the pair of them is a contraction. (b) The trajectories."
            .to_owned(),
        parameters: json!(FIG2),
        numbers: numbers([
            ("two_step_factor", product),
            (
                "lyapunov_exponent",
                lyapunov(FIG2.step_size, [PULLS.of(0), PULLS.of(1)]),
            ),
            ("fixed_point", fixed_point),
            ("aggregated_end", aggregated_end),
            ("alternating_end", alternating_end),
            ("alternating_end_from_learned", learned_end),
        ]),
        claims: vec![
            Claim::at_most("factor of two alternating steps near 0", product, 1.0),
            Claim::at_most(
                "distance of the aggregated trajectory from sqrt(mu) at its end",
                (aggregated_end - fixed_point).abs(),
                1e-6,
            ),
            Claim::at_most(
                "end of the alternating trajectory from alpha, over alpha",
                alternating_end.abs() / FIG2.init_scale,
                1.0,
            ),
            Claim::at_most(
                "end of the alternating trajectory from 1, over alpha",
                learned_end.abs() / FIG2.init_scale,
                1.0,
            ),
        ],
        figure: Figure::row([map(), trajectories(&curves)]),
        tables: vec![table, map_table()],
    }
}

const MAP_POINTS: u32 = 140;

fn grid() -> impl Iterator<Item = f64> {
    (0..=MAP_POINTS).map(|i| f64::from(i) * 0.01)
}

fn step_map(pull: f64) -> impl Iterator<Item = (f64, f64)> {
    grid().map(move |b| (b, population_step(b, FIG2.step_size, pull)))
}

fn map() -> Chart {
    let fixed_point = libm::sqrt(FIG2.mu);
    // The cobweb: up or down to the map, across to the diagonal.
    let mut b = FIG2.learned_start;
    let mut path = vec![(b, b)];
    for step in 0..12 {
        let next = population_step(b, FIG2.step_size, alternating(step + 1));
        path.extend([(b, next), (next, next)]);
        b = next;
    }
    let high = 1.4;
    Chart::new("(a) One step as a map")
        .x_label("b")
        .y_label("b\u{2032}, after the step")
        .x_range(0.0, high)
        .y_range(0.0, high)
        .series(
            Series::line("b\u{2032} = b", [(0.0, 0.0), (high, high)])
                .thin()
                .colour(SERIES[6]),
        )
        .series(Series::line("aggregated (\u{3bc})", step_map(FIG2.mu)).colour(SERIES[0]))
        .series(Series::line("environment \u{3bc} + M", step_map(PULLS.of(0))).colour(SERIES[1]))
        .series(
            Series::line("environment \u{3bc} \u{2212} M", step_map(PULLS.of(1))).colour(SERIES[4]),
        )
        .series(
            Series::line("taking turns", path)
                .thin()
                .dashed()
                .colour(SERIES[2]),
        )
        .series(
            Series::points("fixed point \u{221a}\u{3bc}", [(fixed_point, fixed_point)])
                .colour(SERIES[0]),
        )
}

fn map_table() -> Table {
    let mut table = Table::new(
        "map",
        ["b", "aggregated", "environment_plus", "environment_minus"],
    );
    for b in grid() {
        let after = |pull| population_step(b, FIG2.step_size, pull);
        table.rows.push(vec![
            b,
            after(FIG2.mu),
            after(PULLS.of(0)),
            after(PULLS.of(1)),
        ]);
    }
    table
}

fn trajectories(curves: &[(&str, &str, Vec<f64>); 4]) -> Chart {
    let colours = [SERIES[0], SERIES[0], SERIES[2], SERIES[2]];
    let chart = Chart::new("(b) Trajectories")
        .x_label("step")
        .y_label("b")
        .log_y()
        .horizontal(libm::sqrt(FIG2.mu), "\u{221a}\u{3bc}")
        .horizontal(FIG2.init_scale, "\u{3b1}");
    curves
        .iter()
        .zip(colours)
        .enumerate()
        .fold(chart, |chart, (i, ((label, _, curve), colour))| {
            let points = (0..).zip(curve).map(|(step, &b)| (f64::from(step), b));
            let line = Series::line(*label, points).colour(colour);
            chart.series(if i % 2 == 0 { line } else { line.dashed() })
        })
}
