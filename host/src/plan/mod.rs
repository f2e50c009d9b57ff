//! `heterosgd plan`: step size, initial scale, batch size and steps from what is known of the signals, what
//! they lead to, and what they cost on a board.

mod board;
mod estimate;
mod interval;
mod report;
mod schedule;
mod signals;

use std::path::PathBuf;

use clap::Args;

use self::board::Shape;
use self::interval::Interval;
use self::report::{Source, Summary};
use self::schedule::{Goal, Schedule};
use self::signals::Signals;
use crate::cli::Common;
use crate::deviations::Deviations;
use crate::error::{Error, Result};
use crate::output;
use crate::replay::Precision;

/// Options of `heterosgd plan`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Estimate the signals from this stream (as `replay` reads it) instead of from the options below.
    #[arg(long, value_name = "DATA", value_hint = clap::ValueHint::AnyPath)]
    from: Option<PathBuf>,
    /// With --from: the column of environments.
    #[arg(long, value_name = "COL", default_value = "env")]
    env: String,
    /// With --from: the column of responses.
    #[arg(long, value_name = "COL", default_value = "y")]
    target: String,
    /// Rows of the matrices.
    #[arg(long, value_name = "D", default_value_t = 8)]
    dim: usize,
    /// Columns of the factor; as many as rows if not given.
    #[arg(long, value_name = "K")]
    columns: Option<usize>,
    /// Invariant directions.
    #[arg(long, value_name = "R", default_value_t = 2)]
    rank: usize,
    /// Spurious directions.
    #[arg(long, value_name = "Q", default_value_t = 2)]
    spurious: usize,
    /// Strength of the invariant directions, or LOW:HIGH.
    #[arg(long, value_name = "SIGMA", default_value = "1")]
    sigma: String,
    /// Mean pull on the spurious directions.
    #[arg(long, value_name = "MU", default_value_t = 1.0)]
    mu: f64,
    /// Heterogeneity: the standard deviation of the pulls over environments.
    #[arg(long, value_name = "M", default_value_t = 6.0)]
    heterogeneity: f64,
    /// The distribution of the pulls.
    #[arg(long, value_enum, default_value_t = Deviations::TwoPoint)]
    distribution: Deviations,
    /// The pulls themselves, one for each environment, instead of --mu, --heterogeneity and --distribution.
    #[arg(
        long,
        value_name = "S,S,...",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    pulls: Vec<f64>,
    /// Standard deviation of the noise of a response.
    #[arg(long, value_name = "SD", default_value_t = 0.0)]
    noise: f64,
    /// Error to reach, ||U U^T - A*|| over ||A*||.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    accuracy: f64,
    /// Probability with which the bound may fail.
    #[arg(long, value_name = "P", default_value_t = 0.05)]
    chance: f64,
    /// The step size is at least so many times the critical one.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.1)]
    margin: f64,
    /// Cost on this board (see `heterosgd device --help`).
    #[arg(long, value_name = "NAME")]
    board: Option<String>,
    /// The scalar of the device.
    #[arg(long, value_enum, default_value_t = Precision::F32)]
    precision: Precision,
    /// Measurements of rank one, for the cost.
    #[arg(long)]
    rank_one: bool,
}

/// Runs the command.
///
/// # Errors
/// Bad usage or data; [`Error::Failed`] if no step size will do, or the board is too small, after everything
/// has been written.
pub fn run(options: &Options, common: &Common) -> Result<()> {
    let goal = goal(options)?;
    let (signals, source, rank_one) = match &options.from {
        Some(path) => {
            let found = estimate::from_stream(path, &options.env, &options.target)?;
            let source = Source {
                file: path.clone(),
                rows: found.rows,
                environments: found.environments,
                not_common: found.not_common,
            };
            (found.signals, Some(source), found.rank_one)
        }
        None => (stated(options)?, None, options.rank_one),
    };
    signals.check()?;
    let columns = options.columns.unwrap_or(signals.dim);
    if columns == 0 || columns > signals.dim {
        return Err(Error::usage(format!(
            "--columns {columns}: from 1 to --dim {} are possible",
            signals.dim
        )));
    }
    let interval = Interval::of(&signals, options.margin)?;
    let feasible = interval.is_feasible();
    let (plan, needed) = if feasible {
        // Far below, the square of an entry would be lost among the smallest numbers of the scalar.
        let least = match options.precision {
            Precision::F32 => 1e-6,
            Precision::F64 => 1e-12,
        };
        let init_scale = |step_size| schedule::init_scale(&signals, goal, step_size);
        let step_size = interval.best(&signals, least, init_scale)?;
        (Some(Schedule::new(&signals, goal, step_size)?), None)
    } else {
        let factor = interval::needed_spread(&signals, options.margin)?;
        let needed = factor.and_then(|factor| Some(factor * signals.heterogeneity()?));
        (None, needed)
    };
    let shape = Shape {
        dim: signals.dim,
        columns,
        precision: options.precision,
        rank_one,
    };
    let cost = match (&options.board, &plan) {
        (Some(board), Some(plan)) => Some(board::cost(board, shape, plan)?),
        _ => None,
    };
    let summary = Summary {
        command: "plan",
        version: env!("CARGO_PKG_VERSION"),
        signals,
        goal,
        margin: options.margin,
        source,
        interval,
        feasible,
        needed_heterogeneity: needed,
        plan,
        cost,
    };
    if let Some(directory) = &common.out {
        output::OutDir::create(directory)?.write_json("plan.json", &summary)?;
    }
    output::summary(common, &summary)?;
    if output::wants_report(common) {
        output::print(&summary.text())?;
    }
    summary.verdict()
}

fn goal(options: &Options) -> Result<Goal> {
    let inside = |value: f64| value > 0.0 && value < 1.0;
    for (name, value) in [
        ("--accuracy", options.accuracy),
        ("--chance", options.chance),
    ] {
        if !inside(value) {
            return Err(Error::usage(format!(
                "{name} {value}: a number between 0 and 1 is needed"
            )));
        }
    }
    if !(options.margin >= 1.0 && options.margin.is_finite()) {
        return Err(Error::usage(format!(
            "--margin {}: a number of 1 or more is needed",
            options.margin
        )));
    }
    Ok(Goal {
        accuracy: options.accuracy,
        chance: options.chance,
    })
}

/// The signals that the options state.
fn stated(options: &Options) -> Result<Signals> {
    let number = |text: &str| {
        text.trim().parse::<f64>().map_err(|_| {
            Error::usage(format!(
                "--sigma {}: a number, or LOW:HIGH, is needed",
                options.sigma
            ))
        })
    };
    let sigma = match options.sigma.split_once(':') {
        Some((low, high)) => (number(low)?, number(high)?),
        None => (number(&options.sigma)?, number(&options.sigma)?),
    };
    let pulls = if options.pulls.is_empty() {
        let deviations = options.distribution.environments(24)?;
        let pull = |z: &f64| options.mu + options.heterogeneity * z;
        deviations.iter().map(pull).collect()
    } else {
        options.pulls.clone()
    };
    if options.heterogeneity < 0.0 {
        return Err(Error::usage(format!(
            "--heterogeneity {}: a number of 0 or more is needed",
            options.heterogeneity
        )));
    }
    Ok(Signals {
        dim: options.dim,
        rank: options.rank,
        sigma,
        pulls: vec![pulls; options.spurious],
        noise: options.noise,
    })
}
