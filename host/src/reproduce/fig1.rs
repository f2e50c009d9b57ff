//! Figure 1: the same problem trained by HeteroSGD and by PooledSGD.

use heterosgd::learner::{Mixture, OneEnvironment};
use serde_json::json;

use super::outcome::{Claim, Outcome, Table, numbers};
use super::parameters::{D, FIG1, Fig1};
use super::problem::Problem;
use super::replicates::{
    self, Context, ERROR, INVARIANT, POOLED_ERROR, Quantity, SPURIOUS, collect,
};
use super::statistics::{largest, median};
use super::training::{Run, Training};
use crate::error::Result;
use crate::plot::{Chart, Figure, SERIES, Series};

const QUANTITIES: [Quantity; 4] = [INVARIANT, SPURIOUS, ERROR, POOLED_ERROR];

/// Replicates of which every single step is shown.
const SHOWN: usize = 3;

pub(super) fn work() -> u64 {
    2 * FIG1.replicates * FIG1.training.work(D)
}

pub(super) fn run(context: &Context) -> Result<Outcome> {
    let Fig1 {
        strengths,
        training,
        replicates,
        ..
    } = FIG1;
    let hetero = replicates::run::<OneEnvironment, D>(context, strengths, training, replicates)?;
    let pooled = replicates::run::<Mixture, D>(context, strengths, training, replicates)?;
    let truth = Problem::<D>::new(strengths, context.seed);
    let (claims, values) = judge(&hetero, &pooled, truth.pooled_truth_norm());
    let figure = Figure::row([
        norms("(a) HeteroSGD", &hetero, &training),
        norms("(b) PooledSGD", &pooled, &training),
        oscillation(&hetero, &pooled, &training),
    ]);
    Ok(Outcome {
        name: "fig1",
        title: "HeteroSGD removes the spurious signal, PooledSGD learns it",
        explanation: "Both learners see the same measurements of the same problem, drawn anew for each \
            seed; they differ only in which samples share a batch. (a) With one environment per batch the \
            invariant part is learned and the spurious part dies out. (b) With mixed batches the estimate \
            goes to the invariant signal plus the mean spurious one. (c) The spurious part step by step: \
            under HeteroSGD every batch pushes it up or down by a large factor, and down wins; what \
            remains are bursts fed by the noise of finite batches. Lines are medians over seeds, bands quartiles."
            .to_owned(),
        parameters: json!({ "dimension": D, "choices": FIG1 }),
        numbers: numbers(values),
        claims,
        figure,
        tables: vec![
            replicates::table("heterosgd", &hetero, &training, &QUANTITIES),
            replicates::table("pooledsgd", &pooled, &training, &QUANTITIES),
            oscillation_table(&hetero, &pooled, &training),
        ],
    })
}

fn judge(hetero: &[Run], pooled: &[Run], pooled_norm: f64) -> (Vec<Claim>, Vec<(String, f64)>) {
    let mut values = Vec::new();
    for (rule, runs) in [("heterosgd", hetero), ("pooledsgd", pooled)] {
        for (estimate, pick) in replicates::ESTIMATES {
            for quantity in QUANTITIES {
                let name = format!("{rule}_{estimate}_{}_median", quantity.0);
                values.push((name, median(&collect(runs, pick, quantity))));
            }
        }
    }
    let hetero_cut = collect(hetero, |run| &run.tail_cut, SPURIOUS);
    let hetero_tail = median(&collect(hetero, |run| &run.tail, ERROR));
    let pooled_tail = median(&collect(pooled, |run| &run.tail, ERROR));
    let last_ratio = median(&collect(hetero, |run| &run.last, ERROR))
        / median(&collect(pooled, |run| &run.last, ERROR));
    let distance = median(&collect(pooled, |run| &run.tail, POOLED_ERROR)) / pooled_norm;
    let last_distance = median(&collect(pooled, |run| &run.last, POOLED_ERROR)) / pooled_norm;
    values.push((
        "heterosgd_tail_cut_spurious_largest".to_owned(),
        largest(&hetero_cut),
    ));
    values.push(("last_error_ratio".to_owned(), last_ratio));
    values.push((
        "pooledsgd_last_relative_pooled_error".to_owned(),
        last_distance,
    ));
    let claims = vec![
        Claim::at_most(
            "spurious part of HeteroSGD's final estimate (average of the last half, cut to rank r; median over seeds)",
            median(&hetero_cut),
            FIG1.spurious_bound,
        ),
        Claim::at_most(
            "error of HeteroSGD over error of PooledSGD (averages of the last half, medians over seeds)",
            hetero_tail / pooled_tail,
            FIG1.error_ratio_bound,
        ),
        Claim::at_most(
            "relative distance of PooledSGD from A* + mean A (average of the last half, median over seeds)",
            distance,
            FIG1.pooled_bound,
        ),
    ];
    (claims, values)
}

fn norms(title: &str, runs: &[Run], training: &Training) -> Chart {
    let labels = [
        "invariant part",
        "spurious part",
        "error to A*",
        "error to A* + mean A",
    ];
    QUANTITIES.into_iter().zip(labels).fold(
        Chart::new(title)
            .x_label("step")
            .y_label("Frobenius norm")
            .y_range(0.0, 2.4),
        |chart, (quantity, label)| {
            chart.series(replicates::series(
                label,
                &replicates::spread(runs, training, quantity),
            ))
        },
    )
}

fn oscillation(hetero: &[Run], pooled: &[Run], training: &Training) -> Chart {
    let mut chart = Chart::new("(c) Spurious part, single runs")
        .x_label("step")
        .y_label("Frobenius norm")
        .log_y()
        .y_range(1e-8, 10.0);
    let colours = [SERIES[1], SERIES[3], SERIES[4]];
    for ((k, run), colour) in hetero.iter().enumerate().take(SHOWN).zip(colours) {
        let label = format!("HeteroSGD, seed {k}");
        chart = chart.series(single(label, run, training).thin().colour(colour));
    }
    if let Some(run) = pooled.first() {
        chart =
            chart.series(single("PooledSGD, seed 0".to_owned(), run, training).colour(SERIES[6]));
    }
    chart
}

fn single(label: String, run: &Run, training: &Training) -> Series {
    let steps = training
        .recorded_steps()
        .into_iter()
        .map(|step| step as f64);
    Series::line(label, steps.zip(run.curve.iter().map(|m| m.spurious)))
}

fn oscillation_table(hetero: &[Run], pooled: &[Run], training: &Training) -> Table {
    let shown: Vec<&Run> = hetero.iter().take(SHOWN).chain(pooled.first()).collect();
    let names = (0..hetero.len().min(SHOWN)).map(|k| format!("heterosgd_{k}"));
    let header = std::iter::once("step".to_owned())
        .chain(names)
        .chain(pooled.first().map(|_| "pooledsgd_0".to_owned()));
    let mut table = Table::new("single_runs", header);
    for (i, step) in training.recorded_steps().into_iter().enumerate() {
        let values = shown
            .iter()
            .map(|run| run.curve.get(i).map_or(f64::NAN, |m| m.spurious));
        table
            .rows
            .push(std::iter::once(step as f64).chain(values).collect());
    }
    table
}
