//! Figure 1: the same problem trained by HeteroSGD and by PooledSGD.

use heterosgd::learner::{Mixture, OneEnvironment};
use serde_json::json;

use super::curves::{self, ERROR, INVARIANT, POOLED_ERROR, Quantity, SPURIOUS};
use super::outcome::{Claim, Outcome, Table, numbers};
use super::parameters::{D, FIG1, Fig1};
use super::problem::problem;
use super::replicates::{self, Context, Estimate, LAST, TAIL, TAIL_CUT};
use super::training::{Run, Training};
use crate::error::Result;
use crate::plot::{Chart, Figure, SERIES, Series};
use crate::report::short;
use crate::statistics::{largest, median};

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
    let truth = problem::<D>(strengths, context.seed);
    let (claims, values) = judge(&hetero, &pooled, truth.pooled_truth.norm());
    let figure = Figure::row([
        curves::chart("(a) HeteroSGD", &hetero, &training, &QUANTITIES),
        curves::chart("(b) PooledSGD", &pooled, &training, &QUANTITIES),
        oscillation(&hetero, &pooled, &training),
    ]);
    Ok(Outcome {
        name: "fig1",
        title: "HeteroSGD removes the spurious signal, PooledSGD learns it",
        explanation: "Both learners see the same measurements of the same problem, drawn anew for \
            each seed; they differ only in which samples share a batch. (a) With one environment \
            per batch the invariant part is learned and the spurious part dies out. (b) With \
            mixed batches the estimate goes to the invariant signal plus the mean spurious one. \
            (c) The spurious part step by step: under HeteroSGD every batch pushes it up or down \
            by a large factor, and down wins; what remains are bursts fed by the noise of finite \
            batches, which is why claims are about averages over the last half of a run. The bound \
            on the spurious part is about that average cut to its r leading eigenvectors, where r \
            is taken as known; the summary has the uncut average (tail) and the last iterate as \
            well. Lines are medians over seeds, bands \
            quartiles."
            .to_owned(),
        parameters: json!({ "dimension": D, "choices": FIG1 }),
        numbers: numbers(values),
        claims,
        figure,
        tables: vec![
            curves::table("heterosgd", &hetero, &training, &QUANTITIES),
            curves::table("pooledsgd", &pooled, &training, &QUANTITIES),
            oscillation_table(&hetero, &pooled, &training),
        ],
    })
}

/// The claims, and the medians of every quantity of every estimate.
fn judge(hetero: &[Run], pooled: &[Run], pooled_norm: f64) -> (Vec<Claim>, Vec<(String, f64)>) {
    let mut values = Vec::new();
    for (rule, runs) in [("heterosgd", hetero), ("pooledsgd", pooled)] {
        for estimate in [LAST, TAIL, TAIL_CUT] {
            for quantity in QUANTITIES {
                let name = format!("{rule}_{}_{}_median", estimate.name, quantity.name);
                values.push((name, median(&estimate.collect(runs, quantity.of))));
            }
        }
    }
    let spurious = TAIL_CUT.collect(hetero, SPURIOUS.of);
    let error_ratio = |estimate: Estimate| {
        median(&estimate.collect(hetero, ERROR.of)) / median(&estimate.collect(pooled, ERROR.of))
    };
    let distance =
        |estimate: Estimate| median(&estimate.collect(pooled, POOLED_ERROR.of)) / pooled_norm;
    let uncut = TAIL.collect(hetero, SPURIOUS.of);
    for (name, value) in [
        ("heterosgd_tail_spurious_largest", largest(&uncut)),
        ("heterosgd_tail_cut_spurious_largest", largest(&spurious)),
        ("tail_error_ratio", error_ratio(TAIL)),
        ("last_error_ratio", error_ratio(LAST)),
        ("pooledsgd_tail_relative_pooled_error", distance(TAIL)),
        ("pooledsgd_last_relative_pooled_error", distance(LAST)),
    ] {
        values.push((name.to_owned(), value));
    }
    let claims = vec![
        Claim::at_most(
            format!(
                "spurious part of HeteroSGD's estimate cut to rank r, its r leading eigenvectors (average of the \
                 last half; median over seeds; {} before the cut, which the bound is not about)",
                short(median(&uncut))
            ),
            median(&spurious),
            FIG1.spurious_bound,
        ),
        Claim::at_most(
            "error of HeteroSGD over error of PooledSGD (averages of the last half; medians over seeds)",
            error_ratio(TAIL),
            FIG1.error_ratio_bound,
        ),
        Claim::at_most(
            "relative distance of PooledSGD from A* + mean A (average of the last half; median over seeds)",
            distance(TAIL),
            FIG1.pooled_bound,
        ),
    ];
    (claims, values)
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
