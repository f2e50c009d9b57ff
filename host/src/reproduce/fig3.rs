//! Figure 3: trajectories at strong and weak heterogeneity, and the phase transition in between.

use heterosgd::learner::OneEnvironment;
use heterosgd::theory::critical_heterogeneity;
use serde_json::json;

use super::curves::{self, ERROR, INVARIANT, Quantity, SPURIOUS};
use super::outcome::{Claim, Outcome, Table, numbers};
use super::parameters::{D, D_SMALL, FIG3, MU, strengths};
use super::replicates::{self, Context};
use super::transition::{self, Sweep};
use crate::error::Result;
use crate::plot::{Chart, Figure, SERIES, Series};

/// The spurious part on top: at weak heterogeneity the error is all but equal to it.
const QUANTITIES: [Quantity; 3] = [INVARIANT, ERROR, SPURIOUS];

pub(super) fn work() -> u64 {
    let trajectories = FIG3.trajectory_replicates * FIG3.trajectory.work(D);
    FIG3.trajectory_heterogeneity.len() as u64 * trajectories + transition::work()
}

pub(super) fn run(context: &Context) -> Result<Outcome> {
    let mut tables = Vec::new();
    let mut charts = Vec::new();
    for (heterogeneity, part) in FIG3
        .trajectory_heterogeneity
        .into_iter()
        .zip(["(a)", "(b)"])
    {
        let runs = replicates::run::<OneEnvironment, D>(
            context,
            strengths(heterogeneity),
            FIG3.trajectory,
            FIG3.trajectory_replicates,
        )?;
        let title = format!("{part} M = {heterogeneity}");
        charts.push(curves::chart(&title, &runs, &FIG3.trajectory, &QUANTITIES));
        let name = format!("trajectory_m{heterogeneity}");
        tables.push(curves::table(name, &runs, &FIG3.trajectory, &QUANTITIES));
    }
    let predicted = critical_heterogeneity(MU, FIG3.step_size).unwrap_or(f64::NAN);
    let measured = transition::by_growth_rate(context);
    let population = transition::population(context);
    let half = transition::half_point(&population);
    let sweeps = transition::sweeps(context)?;
    charts.push(phases(&population, &sweeps, predicted));
    tables.push(population_table(&population));
    tables.push(sweep_table(&sweeps));

    let mut values = vec![
        ("predicted_transition".to_owned(), predicted),
        ("population_transition".to_owned(), measured),
        ("population_half_point".to_owned(), half),
    ];
    for sweep in &sweeps {
        // A half point is compared with a half point: the boundary lies where nothing is left.
        let at = sweep.half_point();
        values.push((format!("half_point_m{}", sweep.batch), at));
        values.push((
            format!("half_point_shift_from_population_m{}", sweep.batch),
            at - half,
        ));
        values.push((
            format!("diverged_m{}", sweep.batch),
            sweep.diverged() as f64,
        ));
    }
    Ok(Outcome {
        name: "fig3",
        title: "A phase transition in the heterogeneity M",
        explanation: "(a), (b) HeteroSGD at strong and at weak heterogeneity: the spurious part \
            dies out in the one and is learned in the other, where it makes up the whole error. \
            (c) What is left of the spurious signal, as a share of what PooledSGD would learn, in \
            the average over the last half of each run. In the population the boundary is where \
            the growth rate of a small spurious factor, measured on the recursion itself, changes \
            sign; the dashed line is the predicted \u{221a}(\u{3bc}\u{b2} + 2\u{3bc}/\u{3b7}). \
            With finite batches no such boundary can be measured; what is compared is the half \
            point, where the share falls below one half, with that of the population's own curve. \
            Half points lie below the boundary: curves fall gradually and reach 0 only there. \
            Lines are medians over \
            seeds, bands quartiles in (a) and (b), the range in (c)."
            .to_owned(),
        parameters: json!({ "dimension": D, "dimension_of_sweeps": D_SMALL, "mu": MU, "choices": FIG3 }),
        numbers: numbers(values),
        claims: vec![Claim::at_most(
            "relative distance of the transition measured in the population from the predicted one",
            (measured - predicted).abs() / predicted,
            FIG3.transition_tolerance,
        )],
        figure: Figure::row(charts),
        tables,
    })
}

fn phases(population: &[(f64, f64)], sweeps: &[Sweep], predicted: f64) -> Chart {
    let chart = Chart::new("(c) Final average against M")
        .x_label("heterogeneity M")
        .y_label("spurious part / pooled value")
        .y_range(0.0, 1.25)
        .vertical(predicted, "predicted boundary")
        .series(Series::line("population", population.iter().copied()).colour(SERIES[6]));
    sweeps.iter().fold(chart, |chart, sweep| {
        let middle = sweep.points.iter().map(|(m, spread)| (*m, spread.median));
        let band = sweep
            .points
            .iter()
            .map(|(_, spread)| (spread.min, spread.max));
        chart.series(
            Series::line(format!("m = {}", sweep.batch), middle)
                .band(band)
                .markers(),
        )
    })
}

fn population_table(population: &[(f64, f64)]) -> Table {
    let mut table = Table::new("population", ["heterogeneity", "spurious_share"]);
    table.rows = population
        .iter()
        .map(|&(m, share)| vec![m, share])
        .collect();
    table
}

fn sweep_table(sweeps: &[Sweep]) -> Table {
    let header = [
        "batch",
        "heterogeneity",
        "spurious_share_median",
        "min",
        "max",
    ];
    let mut table = Table::new("finite_batches", header);
    for sweep in sweeps {
        for (m, s) in &sweep.points {
            table
                .rows
                .push(vec![f64::from(sweep.batch), *m, s.median, s.min, s.max]);
        }
    }
    table
}
