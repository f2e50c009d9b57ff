//! Figure 6: PooledSGD with small batches and large steps goes to neither truth.

use heterosgd::learner::Mixture;
use serde_json::json;

use super::curves::{self, ERROR, POOLED_ERROR, Quantity};
use super::outcome::{Claim, Outcome, numbers};
use super::parameters::{D, FIG6};
use super::problem::problem;
use super::replicates::{self, Context};
use super::training::{Run, Training};
use crate::error::Result;
use crate::plot::{Chart, Figure};
use crate::statistics::Spread;

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
    let mut tables = Vec::new();
    let mut least = Vec::new();
    for (training, runs) in &all {
        let eta = training.step_size;
        let diverged = runs.iter().filter(|run| run.diverged_at.is_some()).count();
        values.push((format!("diverged_eta{eta}"), diverged as f64));
        let distances = [(ERROR, norms[0]), (POOLED_ERROR, norms[1])].map(|(quantity, norm)| {
            let distance = least_of_last_half(&curves::spread(runs, training, quantity)) / norm;
            values.push((
                format!("least_relative_{}_eta{eta}", quantity.name),
                distance,
            ));
            distance
        });
        least.push((eta, distances));
        tables.push(curves::table(
            format!("eta{eta}"),
            runs,
            training,
            &QUANTITIES,
        ));
    }
    let reach = reach(&least);
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
        title: "PooledSGD with small batches and large steps stays away from both truths",
        explanation: format!(
            "PooledSGD on batches of {} samples, at three step sizes. The spurious signals of all \
             environments act as label noise of the size of the heterogeneity. Small steps \
             average it out and come near A* + mean A; at the large steps that HeteroSGD thrives \
             on, the estimate stays away from that truth and from A* alike: {reach}. Large steps as such \
             do not give invariance: batches from one environment do. Lines are medians over \
             seeds, bands quartiles; the dashed line is the distance of the zero estimate.",
            FIG6.batch
        ),
        parameters: json!({ "dimension": D, "choices": FIG6 }),
        numbers: numbers(values),
        claims: claims(&least, &reach),
        figure,
        tables,
    })
}

/// The least distances from both truths, relative to their norms, at one step size.
type Least = (f64, [f64; 2]);

/// At which step sizes the bound holds for both truths, in words.
fn reach(least: &[Least]) -> String {
    let (away, near): (Vec<&Least>, Vec<&Least>) = least
        .iter()
        .partition(|(_, distances)| distances.iter().all(|d| *d >= FIG6.distance_bound));
    let list = |some: &[&Least]| {
        let step_sizes: Vec<String> = some.iter().map(|(eta, _)| eta.to_string()).collect();
        match step_sizes.as_slice() {
            [] => "none".to_owned(),
            all => all.join(", "),
        }
    };
    format!(
        "at least {} of the norm from both at step sizes {}, not at {}",
        FIG6.distance_bound,
        list(&away),
        list(&near)
    )
}

/// The claims are about the largest step size; they say what holds at the others.
fn claims(least: &[Least], reach: &str) -> Vec<Claim> {
    let Some((eta, distances)) = least.last() else {
        return Vec::new();
    };
    let statement = |(target, &distance): (&str, &f64)| {
        let statement = format!(
            "least distance from {target} over the last half at step size {eta}, relative to its \
             norm (median over seeds; {reach})"
        );
        Claim::at_least(statement, distance, FIG6.distance_bound)
    };
    let targets = ["A*", "A* + mean A"];
    targets.into_iter().zip(distances).map(statement).collect()
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

#[cfg(test)]
mod tests {
    use super::{claims, reach};

    #[test]
    fn claims_say_at_which_step_sizes_they_hold() {
        let least = [(0.01, [0.9, 0.28]), (0.05, [0.9, 0.6]), (0.1, [1.1, 0.8])];
        let text = reach(&least);
        assert!(
            text.ends_with("at step sizes 0.05, 0.1, not at 0.01"),
            "{text}"
        );
        let claims = claims(&least, &text);
        assert_eq!(claims.len(), 2);
        assert!(
            claims
                .iter()
                .all(|claim| claim.holds && claim.statement.contains(&text))
        );
        assert!(reach(&least[..1]).ends_with("sizes none, not at 0.01"));
    }
}
