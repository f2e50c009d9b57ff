//! Figure 6: PooledSGD with small batches goes to neither truth.

use heterosgd::learner::Mixture;
use serde_json::json;

use super::curves::{self, ERROR, POOLED_ERROR, Quantity};
use super::outcome::{Claim, Outcome, numbers};
use super::parameters::{D, FIG6};
use super::problem::problem;
use super::replicates::{self, Context};
use super::statistics::Spread;
use super::training::{Run, Training};
use crate::error::Result;
use crate::plot::{Chart, Figure};

const QUANTITIES: [Quantity; 2] = [ERROR, POOLED_ERROR];

fn training(step_size: f64) -> Training {
    Training {
        step_size,
        init_scale: FIG6.init_scale,
        batch: FIG6.batch,
        steps: FIG6.steps,
        stride: FIG6.stride,
    }
}

pub(super) fn work() -> u64 {
    let step_sizes = FIG6.step_sizes.iter();
    step_sizes
        .map(|&eta| FIG6.replicates * training(eta).work(D))
        .sum()
}

/// The least value of the median curve over the last half of the steps.
fn least_of_last_half(curve: &[(f64, Spread)]) -> f64 {
    let half = FIG6.steps as f64 / 2.0;
    curve
        .iter()
        .filter(|(step, _)| *step >= half)
        .map(|(_, spread)| spread.median)
        .fold(f64::INFINITY, f64::min)
}

pub(super) fn run(context: &Context) -> Result<Outcome> {
    let all: Vec<(Training, Vec<Run>)> = FIG6
        .step_sizes
        .into_iter()
        .map(|step_size| {
            let training = training(step_size);
            let runs =
                replicates::run::<Mixture, D>(context, FIG6.strengths, training, FIG6.replicates)?;
            Ok((training, runs))
        })
        .collect::<Result<_>>()?;
    let truth = problem::<D>(FIG6.strengths, context.seed);
    let norms = [truth.truth.norm(), truth.pooled_truth.norm()];
    let mut values = Vec::new();
    let mut claims = Vec::new();
    let mut tables = Vec::new();
    for (training, runs) in &all {
        let eta = training.step_size;
        let diverged = runs.iter().filter(|run| run.diverged_at.is_some()).count();
        values.push((format!("diverged_eta{eta}"), diverged as f64));
        let targets = ["A*", "A* + mean A"];
        for ((quantity, norm), target) in QUANTITIES.into_iter().zip(norms).zip(targets) {
            let curve = curves::spread(runs, training, quantity);
            let least = least_of_last_half(&curve) / norm;
            values.push((format!("least_relative_{}_eta{eta}", quantity.name), least));
            if Some(&eta) == FIG6.step_sizes.last() {
                claims.push(Claim::at_least(
                    format!(
                        "least distance from {target} over the last half at step size {eta}, \
                         relative to its norm (median over seeds)"
                    ),
                    least,
                    FIG6.distance_bound,
                ));
            }
        }
        tables.push(curves::table(
            format!("eta{eta}"),
            runs,
            training,
            &QUANTITIES,
        ));
    }
    let figure = Figure::row([
        chart("(a) Distance from A*", ERROR, norms[0], &all),
        chart(
            "(b) Distance from A* + mean A",
            POOLED_ERROR,
            norms[1],
            &all,
        ),
    ]);
    Ok(Outcome {
        name: "fig6",
        title: "PooledSGD with small batches stays away from both truths",
        explanation: format!(
            "PooledSGD on batches of {} samples, at three step sizes. The spurious signals of all \
             environments act as label noise of the size of the heterogeneity. Small steps \
             average it out and come near A* + mean A; at the large steps that HeteroSGD thrives \
             on, the estimate stays away from that truth and from A* alike. Large steps as such \
             do not give invariance: batches from one environment do. Lines are medians over \
             seeds, bands quartiles; the dashed line is the distance of the zero estimate.",
            FIG6.batch
        ),
        parameters: json!({ "dimension": D, "choices": FIG6 }),
        numbers: numbers(values),
        claims,
        figure,
        tables,
    })
}

fn chart(title: &str, quantity: Quantity, norm: f64, all: &[(Training, Vec<Run>)]) -> Chart {
    let chart = Chart::new(title)
        .x_label("step")
        .y_label("Frobenius norm")
        .y_range(0.0, 3.2)
        .horizontal(norm, "zero estimate");
    all.iter().fold(chart, |chart, (training, runs)| {
        let label = format!("\u{3b7} = {}", training.step_size);
        let curve = curves::spread(runs, training, quantity);
        chart.series(curves::series(&label, &curve))
    })
}
