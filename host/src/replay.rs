//! `heterosgd replay`: exactly what the device would do with a recorded stream.
//!
//! Rows in file order; a batch closes after M rows; a row of another environment closes it early,
//! and so does the end of the file: a partial batch steps with its own size. No centring, no
//! standardising; the factor has as many columns as rows (K = D) and starts at `init_scale * I`.

mod layout;
mod run;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::Common;
use crate::data::CsvReader;
use crate::error::{Error, Result};
use crate::output;
use layout::Layout;

/// Options of `heterosgd replay`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The stream: CSV with the columns `env,y,x_1_1,x_1_2,...,x_D_D` (upper triangle of X, row by
    /// row) or `env,y,x_1,...,x_D` (X = x x^T); plain or gzip; `-` reads standard input.
    pub stream: PathBuf,
    /// Rows of X and of the factor. Learners of 1 to 10, 12, 16, 20, 24, 32, 48 and 64 rows are
    /// compiled. Another D runs zero-padded in the next one: the same up to rounding, but its digest
    /// is not that of a device of exactly D rows.
    #[arg(long, value_name = "D")]
    pub dim: usize,
    /// Samples of a batch.
    #[arg(long, value_name = "M")]
    pub batch: u32,
    /// The step size of `U <- (I - ETA * M) U`.
    #[arg(long, value_name = "ETA")]
    pub step_size: f64,
    /// The starting factor is ALPHA times the identity.
    #[arg(long, value_name = "ALPHA")]
    pub init_scale: f64,
    /// The scalar of the device.
    #[arg(long, value_enum, default_value_t = Precision::F32)]
    pub precision: Precision,
}

/// The scalar of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits.
    F32,
    /// 64 bits.
    F64,
}

/// The JSON summary of a replay (docs/formats.md).
#[derive(Debug, Clone, Serialize)]
struct Summary {
    dim: usize,
    /// The compiled size that ran; larger than `dim` if there is none of that size.
    compiled_dim: usize,
    measurement: &'static str,
    precision: Precision,
    batch: u32,
    step_size: f64,
    init_scale: f64,
    steps: u64,
    samples: u64,
    environments: Vec<String>,
    diverged: bool,
    estimate: Vec<Vec<f64>>,
    factor: Vec<Vec<f64>>,
    digest: String,
}

/// Runs the command.
///
/// # Errors
/// Bad input or usage; a stream on which the learner diverged (after the summary was written).
pub fn run(options: &Options, common: &Common) -> Result<()> {
    check(options)?;
    let reader = CsvReader::open(&options.stream)?;
    let layout = Layout::find(&reader, options.dim)?;
    let outcome = match options.precision {
        Precision::F32 => run::replay::<f32>(options, reader, &layout)?,
        Precision::F64 => run::replay::<f64>(options, reader, &layout)?,
    };
    let summary = Summary {
        dim: options.dim,
        compiled_dim: outcome.compiled_dim,
        measurement: layout.name(),
        precision: options.precision,
        batch: options.batch,
        step_size: options.step_size,
        init_scale: options.init_scale,
        steps: outcome.steps,
        samples: outcome.samples,
        environments: outcome.environments,
        diverged: outcome.failure.is_some(),
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

fn check(options: &Options) -> Result<()> {
    let positive = |name: &str, value: f64| {
        if value > 0.0 && value.is_finite() {
            Ok(())
        } else {
            Err(Error::usage(format!(
                "{name} {value}: a finite number above 0 is needed"
            )))
        }
    };
    positive("--step-size", options.step_size)?;
    positive("--init-scale", options.init_scale)?;
    if options.batch == 0 {
        return Err(Error::usage("--batch 0: a batch needs at least one sample"));
    }
    let largest = crate::sizes::SYMMETRIC.last().copied().unwrap_or(0);
    if options.dim == 0 || options.dim > largest {
        return Err(Error::usage(format!(
            "--dim {}: sizes from 1 to {largest} are compiled",
            options.dim
        )));
    }
    Ok(())
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
    if summary.compiled_dim != summary.dim {
        text += &format!(
            "note: no learner of size {0} is compiled here; one of size {1} ran, zero-padded. Up to rounding that is what\n\
             a device of size {0} does, but the digest is not that of such a device (docs/formats.md).\n",
            summary.dim, summary.compiled_dim
        );
    }
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
