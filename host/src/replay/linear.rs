//! A stream of features: multi-environment regression, lifted and scaled on the device.

use std::path::Path;

use heterosgd::Scalar;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::feed::{Feed, Refused};
use super::recorded::Recorded;
use super::refit::{Refit, refit};
use super::{Numbers, Precision, Recipe, StepKind};
use crate::any_size::{Kind, Sample};
use crate::cli::Common;
use crate::data::list;
use crate::divergence::Divergence;
use crate::error::{Error, Result};
use crate::output;

/// What was learned.
#[derive(Debug)]
pub(crate) struct Learned {
    pub(crate) steps: u64,
    pub(crate) samples: u64,
    pub(crate) digest: u64,
    /// Coefficients of the scaled problem.
    coefficients: Vec<f64>,
    /// Why the recording was not learned to its end.
    pub(crate) failure: Option<Error>,
}

/// Replays a stream in the precision of the recipe.
pub(crate) fn replay(recorded: &Recorded, recipe: &Recipe, numbers: Numbers) -> Result<Learned> {
    match recipe.precision {
        Precision::F32 => learn::<f32>(recorded, recipe, numbers),
        Precision::F64 => learn::<f64>(recorded, recipe, numbers),
    }
}

fn learn<T: Scalar>(recorded: &Recorded, recipe: &Recipe, numbers: Numbers) -> Result<Learned> {
    let p = recorded.names.len();
    let learner = numbers.learner(Kind::Linear, p, recipe.step(p)?)?;
    let mut feed = Feed::<T>::new(learner, numbers.batch);
    let failure = rows(recorded, &mut feed, numbers).err();
    let learner = feed.learner;
    let coefficients = learner.model().estimate();
    Ok(Learned {
        steps: learner.steps(),
        samples: learner.samples(),
        digest: learner.model().digest(),
        coefficients: coefficients.into_iter().map(T::to_f64).collect(),
        failure,
    })
}

/// Learns to the end of the recording, or to the first row that is refused.
fn rows<T: Scalar>(recorded: &Recorded, feed: &mut Feed<T>, numbers: Numbers) -> Result<()> {
    let stopped = |row: &str, error: heterosgd::Error, steps: u64| {
        let place = format!("{}, {row}", recorded.file.display());
        numbers.stopped(place, &error, steps, &recorded.file)
    };
    for (row, (environment, x, y)) in recorded.rows::<T>().enumerate() {
        let (place, error) = match feed.take(environment, Sample::Entries(&x), y) {
            Ok(()) => continue,
            Err(Refused::Step(error)) => (format!("before data row {}", row + 1), error),
            Err(Refused::Row(error)) => (format!("data row {}", row + 1), error),
        };
        return Err(stopped(&place, error, feed.learner.steps()));
    }
    feed.end()
        .map_err(|error| stopped("after the last row", error, feed.learner.steps()))
}

/// The JSON summary of a linear replay (docs/formats.md).
#[derive(Debug, Serialize)]
struct Summary {
    model: &'static str,
    precision: Precision,
    batch: u32,
    step_size: f64,
    init_scale: f64,
    step: StepKind,
    centred: bool,
    steps: u64,
    samples: u64,
    diverged: bool,
    /// Where and how, if it did.
    divergence: Option<Divergence>,
    environments: Vec<String>,
    /// What the device multiplied lifted entries by, and responses.
    scales: Vec<f64>,
    response_scale: f64,
    coefficients: Map<String, Value>,
    digest: String,
    /// What is common, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    refit: Option<Refit>,
}

/// Replays a stream and reports.
pub(super) fn run(stream: &Path, recipe: &Recipe, numbers: Numbers, common: &Common) -> Result<()> {
    let recorded = Recorded::read(stream, recipe)?;
    let learned = replay(&recorded, recipe, numbers)?;
    let refit = if recipe.refit {
        let common = refit(&recorded, recipe.precision)?;
        Some(Refit::new(&recorded, &common))
    } else {
        None
    };
    let raw = learned.coefficients.iter().zip(&recorded.scales);
    let raw = raw.map(|(w, scale)| w * scale / recorded.response_scale);
    let summary = Summary {
        model: "linear",
        precision: recipe.precision,
        batch: numbers.batch,
        step_size: numbers.step_size,
        init_scale: numbers.init_scale,
        step: recipe.step,
        centred: recipe.centred,
        steps: learned.steps,
        samples: learned.samples,
        diverged: learned.failure.is_some(),
        divergence: learned.failure.as_ref().and_then(Error::divergence),
        environments: recorded.environments.names().to_vec(),
        coefficients: recorded
            .names
            .iter()
            .cloned()
            .zip(raw.map(|w| json!(w)))
            .collect(),
        scales: recorded.scales,
        response_scale: recorded.response_scale,
        digest: format!("{:016x}", learned.digest),
        refit,
    };
    if let Some(directory) = &common.out {
        output::OutDir::create(directory)?.write_json("replay.json", &summary)?;
    }
    if output::wants_report(common) {
        let mut text = format!(
            "{} samples, {} steps, environments {}\ndigest of the factors' bits: {}\n",
            summary.samples,
            summary.steps,
            list(&summary.environments),
            summary.digest
        );
        for (name, value) in &summary.coefficients {
            text += &format!("{name:24} {:>14.6}\n", value.as_f64().unwrap_or(f64::NAN));
        }
        if let Some(refit) = &summary.refit {
            text += &refit.report();
        }
        output::print(&text)?;
    }
    output::summary(common, &summary)?;
    learned.failure.map_or(Ok(()), Err)
}
