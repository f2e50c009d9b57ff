//! `heterosgd simulate`: a multi-environment data set of the paper's problem, for `replay` and `learn`.

mod table;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use heterosgd::experiment::Sensing;
use heterosgd::sampling::{Ensemble, Gaussian, GaussianRankOne, Purpose, Rademacher, stream};
use heterosgd::{Measurement, Packing, Psd, RankOne, Schedule, Size, Symmetric};
use serde::{Deserialize, Serialize};

use table::Table;

use crate::cli::Common;
use crate::error::{Error, Result};
use crate::output;
use crate::problem::{Problem, Shape, Strengths};
use crate::replay::Precision;
use crate::with_symmetric_size;

/// Most spurious directions: there are 2^q environments.
const MOST_SPURIOUS: usize = 6;

/// Options of `heterosgd simulate`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Where the stream goes; `-` is standard output. With --out, a file name in that directory. CSV,
    /// or a .npy array with named fields if the name ends in .npy.
    #[arg(default_value = "-")]
    pub stream: PathBuf,
    /// Rows of the matrices.
    #[arg(long, value_name = "D", default_value_t = 8)]
    pub dim: usize,
    /// Invariant directions, r.
    #[arg(long, value_name = "R", default_value_t = 2)]
    pub rank: usize,
    /// Spurious directions, q; there are 2^q environments, one for each combination of signs.
    #[arg(long, value_name = "Q", default_value_t = 2)]
    pub spurious: usize,
    /// Strength of every invariant direction.
    #[arg(long, value_name = "SIGMA", default_value_t = 1.0)]
    pub sigma: f64,
    /// Mean pull on every spurious direction.
    #[arg(long, value_name = "MU", default_value_t = 1.0)]
    pub mu: f64,
    /// Heterogeneity: the pull of an environment is MU + M or MU - M.
    #[arg(long, value_name = "M", default_value_t = 6.0)]
    pub heterogeneity: f64,
    /// Standard deviation of the noise of a response.
    #[arg(long, value_name = "SD", default_value_t = 0.0)]
    pub noise: f64,
    /// Batches.
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub batches: u64,
    /// Samples of a batch; all of one environment.
    #[arg(long, value_name = "M", default_value_t = 400)]
    pub batch: u32,
    /// The distribution of measurements.
    #[arg(long, value_enum, default_value_t = EnsembleKind::Gaussian)]
    pub ensemble: EnsembleKind,
    /// In which order the environments come.
    #[arg(long, value_enum, default_value_t = ScheduleKind::Uniform)]
    pub schedule: ScheduleKind,
    /// Numbers are rounded to it.
    #[arg(long, value_enum, default_value_t = Precision::F64)]
    pub precision: Precision,
}

/// The distribution of measurements, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnsembleKind {
    /// Dense symmetric Gaussian X.
    Gaussian,
    /// Dense symmetric signs X.
    Rademacher,
    /// X = x x^T with Gaussian x; the columns are x.
    RankOne,
}

/// The order of environments, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleKind {
    /// Drawn afresh for every batch.
    Uniform,
    /// One after the other.
    Cyclic,
}

/// The JSON summary: what the stream was made from (docs/formats.md).
#[derive(Debug, Serialize)]
struct Truth {
    #[serde(flatten)]
    shape: Shape,
    #[serde(flatten)]
    strengths: Strengths,
    noise: f64,
    batches: u64,
    batch: u32,
    ensemble: EnsembleKind,
    schedule: ScheduleKind,
    seed: u64,
    /// The invariant signal A*.
    invariant: Vec<Vec<f64>>,
    /// A* plus the mean spurious signal, where it is positive.
    pooled: Vec<Vec<f64>>,
    /// Orthonormal columns of the spurious signals.
    spurious_directions: Vec<Vec<f64>>,
    /// The pull on each of them, environment by environment.
    pulls: Vec<Vec<f64>>,
}

/// Runs the command.
///
/// # Errors
/// Bad usage, or a stream that cannot be written.
pub fn run(options: &Options, common: &Common) -> Result<()> {
    check(options)?;
    if options.stream == Path::new("-")
        && common.out.is_none()
        && common.json.as_deref() == Some(Path::new("-"))
    {
        return Err(Error::usage(
            "the stream and --json cannot both go to standard output",
        ));
    }
    with_symmetric_size!(options.dim, D => sized::<D>(options, common))
        .unwrap_or_else(|| Err(Error::usage("no compiled size holds this --dim")))
}

fn check(options: &Options) -> Result<()> {
    let largest = crate::sizes::SYMMETRIC.last().copied().unwrap_or(0);
    if options.dim == 0 || options.dim > largest {
        return Err(Error::usage(format!(
            "--dim {}: sizes from 1 to {largest} are compiled",
            options.dim
        )));
    }
    if options.spurious > MOST_SPURIOUS || options.rank + options.spurious > options.dim {
        return Err(Error::usage(format!(
            "--rank {} and --spurious {}: together at most --dim {}, and at most {MOST_SPURIOUS} spurious",
            options.rank, options.spurious, options.dim
        )));
    }
    if options.batch == 0 || options.batches == 0 {
        return Err(Error::usage("--batch and --batches must be above 0"));
    }
    let numbers = [
        ("--sigma", options.sigma, 0.0),
        ("--mu", options.mu, f64::NEG_INFINITY),
        ("--heterogeneity", options.heterogeneity, 0.0),
        ("--noise", options.noise, 0.0),
    ];
    for (name, value, least) in numbers {
        if !(value.is_finite() && value >= least) {
            let right = if least == 0.0 { ", 0 or above," } else { "" };
            return Err(Error::usage(format!(
                "{name} {value}: a finite number{right} is needed"
            )));
        }
    }
    Ok(())
}

fn sized<const D: usize>(options: &Options, common: &Common) -> Result<()>
where
    Size<D>: Packing,
{
    let shape = Shape {
        dim: options.dim,
        rank: options.rank,
        spurious: options.spurious,
    };
    let strengths = Strengths {
        sigma: options.sigma,
        mu: options.mu,
        heterogeneity: options.heterogeneity,
    };
    let problem = Problem::<D>::new(shape, strengths, common.seed);
    let seed = common.seed;
    let write = |sink: &mut dyn Write| {
        let mut table = Table::new(options, sink)?;
        match options.ensemble {
            EnsembleKind::Gaussian => {
                stream_of::<D, Symmetric<f64, D>, Gaussian>(options, seed, &problem, &mut table)
            }
            EnsembleKind::Rademacher => {
                stream_of::<D, Symmetric<f64, D>, Rademacher>(options, seed, &problem, &mut table)
            }
            EnsembleKind::RankOne => stream_of::<D, RankOne<f64, D>, GaussianRankOne>(
                options, seed, &problem, &mut table,
            ),
        }
    };
    let d = options.dim;
    let corner = |matrix: &Symmetric<f64, D>| -> Vec<Vec<f64>> {
        let row = |i| (0..d).map(|j| matrix.get(i, j).unwrap_or(0.0)).collect();
        (0..d).map(row).collect()
    };
    let truth = Truth {
        shape,
        strengths,
        noise: options.noise,
        batches: options.batches,
        batch: options.batch,
        ensemble: options.ensemble,
        schedule: options.schedule,
        seed: common.seed,
        invariant: corner(&problem.truth),
        pooled: corner(&problem.pooled_truth),
        spurious_directions: problem.spurious.iter().map(|v| v[..d].to_vec()).collect(),
        pulls: problem.pulls.clone(),
    };
    match &common.out {
        Some(directory) => {
            let directory = output::OutDir::create(directory)?;
            let name = if options.stream == Path::new("-") {
                Path::new("stream.csv")
            } else {
                &options.stream
            };
            output::write_stream(&directory.path(&name.to_string_lossy()), write)?;
            directory.write_json("truth.json", &truth)?;
        }
        None if options.stream == Path::new("-") => {
            let mut stdout = BufWriter::new(std::io::stdout().lock());
            write(&mut stdout)
                .and_then(|()| stdout.flush())
                .map_err(Error::io(&options.stream))?;
        }
        None => output::write_stream(&options.stream, write)?,
    }
    output::summary(common, &truth)
}

/// What a row of a stream holds of a measurement.
trait Columns {
    /// Entry k of the columns of a `d`-dimensional measurement.
    fn values(&self, d: usize) -> impl Iterator<Item = f64>;
}

impl<const D: usize> Columns for Symmetric<f64, D>
where
    Size<D>: Packing,
{
    fn values(&self, d: usize) -> impl Iterator<Item = f64> {
        let row = move |i| (i..d).map(move |j| self.get(i, j).unwrap_or(0.0));
        (0..d).flat_map(row)
    }
}

impl<const D: usize> Columns for RankOne<f64, D> {
    fn values(&self, d: usize) -> impl Iterator<Item = f64> {
        self.0.iter().copied().take(d)
    }
}

fn stream_of<const D: usize, X, S>(
    options: &Options,
    seed: u64,
    problem: &Problem<D>,
    table: &mut Table<'_>,
) -> std::io::Result<()>
where
    Size<D>: Packing,
    X: Measurement<Psd<f64, D, D>> + Columns,
    S: Ensemble<X>,
{
    let environments = u32::try_from(problem.signals.len()).unwrap_or(u32::MAX);
    let schedule = match options.schedule {
        ScheduleKind::Uniform => Schedule::Uniform { environments },
        ScheduleKind::Cyclic => Schedule::Cyclic { environments },
    };
    let sensing = Sensing::<Psd<f64, D, D>, X, S>::new(&problem.signals, schedule, seed)
        .and_then(|sensing| sensing.with_noise(options.noise))
        .map_err(std::io::Error::other)?;
    for batch in 0..options.batches {
        let mut draws = stream(seed, Purpose::Measurements, batch);
        let environment = sensing.environment(batch);
        for _ in 0..options.batch {
            let (x, y) = sensing
                .sample(environment, &mut draws)
                .map_err(std::io::Error::other)?;
            table.row(environment, std::iter::once(y).chain(x.values(options.dim)))?;
        }
    }
    Ok(())
}
