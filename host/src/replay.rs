//! `heterosgd replay`: exactly what the device would do with a recorded stream.
//!
//! Rows in file order; a batch closes after M rows; a row of another environment closes it early,
//! and so does the end of the file: a partial batch steps with its own size. No centring, no
//! standardising; the factor has as many columns as rows (K = D) and starts at `init_scale * I`.

mod feed;
mod layout;
pub(crate) mod linear;
mod matrices;
mod recipe;
mod recorded;
mod refit;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::Common;
use crate::data::Reader;
use crate::divergence::Divergence;
use crate::error::{Error, Result};
use crate::output;
pub(crate) use layout::Layout;
pub(crate) use recipe::Numbers;
pub use recipe::{Model, Precision, Recipe, StepKind};
pub(crate) use recorded::Recorded;

/// Options of `heterosgd replay`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The stream: CSV, or a .npy array with named fields, with the columns `env,y,x_1_1,x_1_2,...,x_D_D` (upper triangle of X, row by
    /// row) or `env,y,x_1,...,x_D` (X = x x^T); plain or gzip; `-` reads standard input.
    pub stream: PathBuf,
    #[command(flatten)]
    pub(crate) recipe: Recipe,
}

/// The JSON summary of a replay (docs/formats.md).
#[derive(Debug, Clone, Serialize)]
struct Summary {
    dim: usize,
    measurement: &'static str,
    precision: Precision,
    batch: u32,
    step_size: f64,
    init_scale: f64,
    step: StepKind,
    steps: u64,
    samples: u64,
    environments: Vec<String>,
    diverged: bool,
    /// Where and how, if it did.
    divergence: Option<Divergence>,
    estimate: Vec<Vec<f64>>,
    factor: Vec<Vec<f64>>,
    digest: String,
}

/// Runs the command.
///
/// # Errors
/// Bad input or usage; a stream on which the learner diverged (after the summary was written).
pub fn run(options: &Options, common: &Common) -> Result<()> {
    let recipe = &options.recipe;
    let numbers = recipe.numbers()?;
    if recipe.model == Model::Linear {
        return linear::run(&options.stream, recipe, numbers, common);
    }
    let dim = recipe.dim()?;
    let reader = Reader::open(&options.stream)?;
    let layout = Layout::find(&reader, recipe, dim)?;
    let outcome = matrices(recipe, numbers, reader, &layout)?;
    let summary = Summary {
        dim,
        measurement: layout.name(),
        precision: recipe.precision,
        batch: numbers.batch,
        step_size: numbers.step_size,
        init_scale: numbers.init_scale,
        step: recipe.step,
        steps: outcome.steps,
        samples: outcome.samples,
        environments: outcome.environments,
        diverged: outcome.failure.is_some(),
        divergence: outcome.failure.as_ref().and_then(Error::divergence),
        estimate: outcome.estimate,
        factor: outcome.factor,
        digest: format!("{:016x}", outcome.digest),
    };
    if let Some(directory) = &common.out {
        output::OutDir::create(directory)?.write_json("replay.json", &summary)?;
    }
    if output::wants_report(common) {
        output::print(&report(&summary))?;
    }
    output::summary(common, &summary)?;
    outcome.failure.map_or(Ok(()), Err)
}

fn matrices(
    recipe: &Recipe,
    numbers: Numbers,
    reader: Reader,
    layout: &Layout,
) -> Result<matrices::Outcome> {
    match recipe.precision {
        Precision::F32 => matrices::replay::<f32>(recipe, numbers, reader, layout),
        Precision::F64 => matrices::replay::<f64>(recipe, numbers, reader, layout),
    }
}

/// What a device has to come to.
pub(crate) struct Replayed {
    pub(crate) steps: u64,
    pub(crate) samples: u64,
    pub(crate) digest: u64,
    /// The digest of the answer of the refit, if the recipe asks for one.
    pub(crate) refit: Option<u64>,
}

/// A replay for whoever compares with it.
pub(crate) fn replayed(stream: &std::path::Path, recipe: &Recipe) -> Result<Replayed> {
    let numbers = recipe.numbers()?;
    if recipe.model == Model::Linear {
        let recorded = Recorded::read(stream, recipe)?;
        let learned = linear::replay(&recorded, recipe, numbers)?;
        let refit = if recipe.refit {
            Some(refit::refit(&recorded, recipe.precision)?)
        } else {
            None
        };
        return match learned.failure {
            Some(failure) => Err(failure),
            None => Ok(Replayed {
                steps: learned.steps,
                samples: learned.samples,
                digest: learned.digest,
                refit: refit.map(|common| refit::digest(&common)),
            }),
        };
    }
    let dim = recipe.dim()?;
    let reader = Reader::open(stream)?;
    let layout = Layout::find(&reader, recipe, dim)?;
    let outcome = matrices(recipe, numbers, reader, &layout)?;
    match outcome.failure {
        Some(failure) => Err(failure),
        None => Ok(Replayed {
            steps: outcome.steps,
            samples: outcome.samples,
            digest: outcome.digest,
            refit: None,
        }),
    }
}

fn report(summary: &Summary) -> String {
    let mut text = format!(
        "{} samples, {} steps, {} environments, {} measurements, d = {}\ndigest of the factor's bits: {}\n",
        summary.samples,
        summary.steps,
        summary.environments.len(),
        summary.measurement,
        summary.dim,
        summary.digest,
    );
    if summary.dim <= 12 {
        text.push_str("estimate U U^T:\n");
        for row in &summary.estimate {
            for value in row {
                text += &format!(" {value:>10.5}");
            }
            text.push('\n');
        }
    }
    text
}
