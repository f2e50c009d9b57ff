//! Options of `heterosgd learn`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::recording::listed;
use crate::error::{Error, Result};

/// Options of `heterosgd learn`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Recorded samples: CSV with a header line, plain or gzip; `-` reads standard input.
    pub data: PathBuf,
    /// The column that says which environment a row is from. Without it, rows are taken in file
    /// order: every batch is a run of consecutive rows.
    #[arg(long, value_name = "COL")]
    pub env: Option<String>,
    /// Learn from these environments only.
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = listed, requires = "env")]
    pub train_envs: Vec<String>,
    /// The column to be predicted.
    #[arg(long, value_name = "COL", default_value = "y")]
    pub target: String,
    /// Lift the feature columns to all monomials up to this degree (linear model).
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub degree: u8,
    /// Leave out these columns, or lifted features such as `px*py`.
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = listed)]
    pub drop: Vec<String>,
    /// Held-out samples that score the models; never looked at before.
    #[arg(long, value_name = "FILE")]
    pub test: Option<PathBuf>,
    /// Score on these environments of the test file only.
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = listed, requires = "test")]
    pub test_envs: Vec<String>,
    /// The environment column of the test file. Default: the one of `--env` or, if the test file
    /// has no such column, the only column that is neither the target nor a feature.
    #[arg(long, value_name = "COL", requires = "test")]
    pub test_env: Option<String>,
    /// Samples of a batch [default: 32; psd and signed: 8 for each unknown of the matrix].
    #[arg(long, value_name = "M")]
    pub batch: Option<u32>,
    /// The step size, or `auto`: chosen from the exponents that theory predicts for these data.
    #[arg(long, value_name = "ETA|auto", default_value = "auto")]
    pub step_size: StepSize,
    /// Refuse a step that would take the Frobenius norm of the factor, for standardised data, above N: the
    /// run has diverged then.
    #[arg(long, value_name = "N")]
    pub norm_limit: Option<f64>,
    /// The scale of the starting factor, for standardised data [default: 0.05 linear, 0.01 psd and signed].
    #[arg(long, value_name = "ALPHA")]
    pub init_scale: Option<f64>,
    /// Columns of the factor (psd and signed) [default: as many as rows].
    #[arg(long, value_name = "K")]
    pub rank: Option<usize>,
    /// Passes over the training rows [default: enough for 6000 steps].
    #[arg(long, value_name = "N")]
    pub epochs: Option<u32>,
    /// What is learned.
    #[arg(long, value_enum, default_value_t = ModelKind::Linear)]
    pub model: ModelKind,
    /// How the columns of a row make the measurement X (psd and signed): `rank-one` takes them as
    /// x and X = x x^T; `dense` takes columns that end in `_i_j` as the upper triangle of X.
    #[arg(long, value_enum)]
    pub measurement: Option<MeasurementKind>,
}

/// A step size given by hand, or to be chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepSize {
    /// Chosen from the predicted exponents.
    Auto,
    /// As given.
    Fixed(f64),
}

impl FromStr for StepSize {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        match text.parse::<f64>() {
            Ok(value) if value > 0.0 && value.is_finite() => Ok(Self::Fixed(value)),
            _ => Err("expected `auto` or a finite number above 0".to_owned()),
        }
    }
}

/// The model, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModelKind {
    /// A positive semidefinite matrix U U^T.
    Psd,
    /// Any symmetric matrix U U^T - V V^T.
    Signed,
    /// Regression coefficients u*u - v*v.
    Linear,
}

impl ModelKind {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Psd => "psd",
            Self::Signed => "signed",
            Self::Linear => "linear",
        }
    }
}

/// The measurement, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MeasurementKind {
    /// X = x x^T.
    RankOne,
    /// X as recorded.
    Dense,
}

impl Options {
    /// Refuses options that make no sense, alone or together.
    ///
    /// # Errors
    /// Bad usage.
    pub fn check(&self) -> Result<()> {
        let linear = self.model == ModelKind::Linear;
        if self.batch == Some(0) {
            return Err(Error::usage("--batch 0: a batch needs at least one sample"));
        }
        if self.epochs == Some(0) {
            return Err(Error::usage(
                "--epochs 0: at least one pass over the data is needed",
            ));
        }
        if let Some(scale) = self.init_scale
            && !(scale > 0.0 && scale <= 1.0)
        {
            return Err(Error::usage(format!(
                "--init-scale {scale}: a number above 0 and at most 1 is needed (the data are standardised)"
            )));
        }
        if let Some(limit) = self.norm_limit
            && !(limit > 0.0 && limit.is_finite())
        {
            return Err(Error::usage(format!(
                "--norm-limit {limit}: a finite number above 0 is needed"
            )));
        }
        if linear && self.rank.is_some() {
            return Err(Error::usage("--rank belongs to --model psd or signed"));
        }
        if linear && self.measurement.is_some() {
            return Err(Error::usage(
                "--measurement belongs to --model psd or signed",
            ));
        }
        if !linear && self.degree != 1 {
            return Err(Error::usage("--degree 2 belongs to --model linear"));
        }
        if self.env.as_deref() == Some(self.target.as_str()) {
            return Err(Error::usage(format!(
                "--env and --target name the same column, {}",
                self.target
            )));
        }
        Ok(())
    }

    /// The scale of the starting factor.
    pub fn init_scale(&self) -> f64 {
        self.init_scale.unwrap_or(match self.model {
            ModelKind::Linear => 0.05,
            ModelKind::Psd | ModelKind::Signed => 0.01,
        })
    }
}
