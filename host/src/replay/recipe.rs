//! How a stream is learned: the options that `replay` and `device --stream` share.

use std::path::Path;

use clap::{Args, ValueEnum};
use heterosgd::{Scalar, Settings};
use serde::{Deserialize, Serialize};

use crate::any_size::{Kind, Learner, Step};
use crate::divergence::Divergence;
use crate::error::{Error, Result};

/// The largest matrix of a replay.
const LARGEST: usize = 1024;
/// The most coordinates of a whitened step.
const WHITENED: usize = 4096;

/// How a stream is learned.
#[derive(Debug, Clone, Args)]
pub struct Recipe {
    /// Rows of X and of the factor (psd).
    #[arg(long, value_name = "D")]
    pub dim: Option<usize>,
    /// Samples of a batch.
    #[arg(long, value_name = "M")]
    pub batch: Option<u32>,
    /// The step size of `U <- (I - ETA * M) U`.
    #[arg(long, value_name = "ETA")]
    pub step_size: Option<f64>,
    /// Refuse a step that would take the Frobenius norm of the factor above N: the run has diverged then,
    /// long before its numbers overflow. Two or three times the norm of a solution is a good limit.
    #[arg(long, value_name = "N")]
    pub norm_limit: Option<f64>,
    /// The starting factor is ALPHA times the identity.
    #[arg(long, value_name = "ALPHA")]
    pub init_scale: Option<f64>,
    /// The scalar of the device.
    #[arg(long, value_enum, default_value_t = Precision::F32)]
    pub precision: Precision,
    /// What is learned: psd from the columns `x_1_1`, ... or `x_1`, ...; linear from every column that is
    /// neither the environment nor the target.
    #[arg(long, value_enum, default_value_t = Model::Psd)]
    pub model: Model,
    /// The column of the environment.
    #[arg(long, value_name = "COL", default_value = "env")]
    pub env: String,
    /// The column of the response.
    #[arg(long, value_name = "COL", default_value = "y")]
    pub target: String,
    /// Leave out these columns (linear).
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub drop: Vec<String>,
    /// Let the device lift the columns to all products of two (linear).
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub degree: u8,
    /// How a batch moves the model: as in the paper, whitened by its own Gram matrix, or by sequential
    /// projections.
    #[arg(long, value_enum, default_value_t = StepKind::Plain)]
    pub step: StepKind,
    /// Centre every batch on its own means (linear): an intercept for each environment.
    #[arg(long)]
    pub centred: bool,
    /// Let the device divide lifted columns and target by their scales within environments (linear).
    #[arg(long)]
    pub standardise: bool,
    /// Read the stream twice more: which coefficients are common to all environments, and what they are,
    /// with standard errors (linear). Each run of rows of one environment is a visit.
    #[arg(long)]
    pub refit: bool,
}

/// The model of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// U U^T.
    Psd,
    /// Coefficients u*u - v*v.
    Linear,
}

/// How a batch moves the model (docs/steps.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// The mean gradient.
    Plain,
    /// Premultiplied by the inverse of the batch's Gram matrix.
    Whitened,
    /// One projection a sample.
    Sequential,
}

/// The scalar of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits.
    F32,
    /// 64 bits.
    F64,
}

/// A recipe whose numbers are all there and make sense.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    pub(crate) batch: u32,
    pub(crate) step_size: f64,
    pub(crate) init_scale: f64,
    pub(crate) norm_limit: Option<f64>,
}

impl Numbers {
    /// What is said of a run that ends at `place` of `file` with `steps` done.
    pub(crate) fn stopped(
        self,
        place: String,
        error: &heterosgd::Error,
        steps: u64,
        file: &Path,
    ) -> Error {
        match Divergence::of(error, steps, self.step_size, self.norm_limit) {
            Some(divergence) => Error::Diverged {
                place,
                divergence,
                advice: format!(
                    "`heterosgd plan --from {}` finds one for all of the data",
                    file.display()
                ),
            },
            None => Error::Failed(format!("{place}: {error}")),
        }
    }

    /// A learner of size `d` with these numbers.
    pub(crate) fn learner<T: Scalar>(self, kind: Kind, d: usize, step: Step) -> Result<Learner<T>> {
        let settings = Settings {
            step_size: T::from_f64(self.step_size),
            init_scale: T::from_f64(self.init_scale),
            seed: 0,
        };
        let limit = self.norm_limit.map(T::from_f64);
        Learner::new(kind, d, step, settings, limit).map_err(|error| {
            let option = match error {
                heterosgd::Error::InitialScale => "--init-scale",
                heterosgd::Error::StepSize => "--step-size",
                _ => "--norm-limit",
            };
            Error::usage(format!("{option}: {error}"))
        })
    }
}

impl Recipe {
    /// Checks everything that does not need the data.
    pub(crate) fn numbers(&self) -> Result<Numbers> {
        let positive = |name: &str, value: Option<f64>| {
            let value = value.ok_or_else(|| missing(name))?;
            if value > 0.0 && value.is_finite() {
                Ok(value)
            } else {
                Err(Error::usage(format!(
                    "{name} {value}: a finite number above 0 is needed"
                )))
            }
        };
        let step_size = positive("--step-size", self.step_size)?;
        let init_scale = positive("--init-scale", self.init_scale)?;
        let norm_limit = self
            .norm_limit
            .map(|limit| positive("--norm-limit", Some(limit)))
            .transpose()?;
        let batch = self.batch.ok_or_else(|| missing("--batch"))?;
        if batch == 0 {
            return Err(Error::usage("--batch 0: a batch needs at least one sample"));
        }
        let linear = self.model == Model::Linear;
        let only_linear = [
            ("--degree 2", self.degree == 2),
            ("--drop", !self.drop.is_empty()),
            ("--centred", self.centred),
            ("--standardise", self.standardise),
            ("--refit", self.refit),
        ];
        if let Some((name, _)) = only_linear.iter().find(|(_, used)| *used && !linear) {
            return Err(Error::usage(format!("{name} belongs to --model linear")));
        }
        if linear && self.dim.is_some() {
            return Err(Error::usage(
                "--dim belongs to --model psd; the linear model takes as many features as there are columns",
            ));
        }
        Ok(Numbers {
            batch,
            step_size,
            init_scale,
            norm_limit,
        })
    }

    /// Rows of the matrix.
    pub(crate) fn dim(&self) -> Result<usize> {
        let dim = self.dim.ok_or_else(|| missing("--dim"))?;
        if dim == 0 || dim > LARGEST {
            return Err(Error::usage(format!(
                "--dim {dim}: sizes are from 1 to {LARGEST}"
            )));
        }
        Ok(dim)
    }

    /// The step, for measurements of `coordinates` coordinates.
    pub(crate) fn step(&self, coordinates: usize) -> Result<Step> {
        if self.step == StepKind::Whitened && coordinates > WHITENED {
            return Err(Error::usage(format!(
                "--step whitened: {coordinates} coordinates, and a Gram matrix of as many rows; up to {WHITENED} \
                 are whitened, --step sequential takes more"
            )));
        }
        match (self.step, self.centred) {
            (StepKind::Plain, false) => Ok(Step::Plain),
            (StepKind::Plain, true) => Ok(Step::Centred),
            (StepKind::Whitened, false) => Ok(Step::Whitened),
            (StepKind::Whitened, true) => Ok(Step::CentredWhitened),
            (StepKind::Sequential, false) => Ok(Step::Sequential),
            (StepKind::Sequential, true) => Err(Error::usage(
                "--centred is for plain and whitened steps: means cannot be taken out before a batch ends",
            )),
        }
    }
}

fn missing(name: &str) -> Error {
    Error::usage(format!("{name} is missing; `--help` says what it means"))
}
