//! `heterosgd reproduce`: the paper's figures, with their claims checked.
//!
//! All choices of ours stand in `parameters`; a figure is a function from a seed to an outcome:
//! pictures, tables, numbers and claims. Runs are spread over threads and collected in order, so that the
//! files are the same bytes whatever the number of threads.

mod curves;
mod fig1;
mod fig2;
mod fig3;
mod fig4;
mod fig6;
mod outcome;
mod parameters;
mod population;
mod problem;
mod replicates;
mod report;
mod training;
mod transition;

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use self::outcome::Outcome;
use self::replicates::Context;
use crate::cli::Common;
use crate::error::{Error, Result};
use crate::output::{self, OutDir};
use crate::progress;
use crate::report::short;

/// Where files go without `--out`.
const DEFAULT_OUT: &str = "out/reproduce";

/// Options.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Which figure.
    #[arg(value_name = "FIGURE")]
    figure: Which,
    /// Threads to use; all cores if not given. Does not change the files.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

/// A figure, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// HeteroSGD and PooledSGD on the same problem.
    Fig1,
    /// One spurious direction: aggregated data against alternating environments.
    Fig2,
    /// Trajectories, and the phase transition in the heterogeneity.
    Fig3,
    /// Heterogeneity against step size.
    Fig4,
    /// PooledSGD with small batches.
    Fig6,
    /// All figures in one report.
    All,
}

impl Which {
    fn figures(self) -> &'static [Which] {
        match self {
            Self::Fig1 => &[Self::Fig1],
            Self::Fig2 => &[Self::Fig2],
            Self::Fig3 => &[Self::Fig3],
            Self::Fig4 => &[Self::Fig4],
            Self::Fig6 => &[Self::Fig6],
            Self::All => &[Self::Fig1, Self::Fig2, Self::Fig3, Self::Fig4, Self::Fig6],
        }
    }

    /// The name on the command line.
    fn name(self) -> &'static str {
        match self {
            Self::Fig1 => "fig1",
            Self::Fig2 => "fig2",
            Self::Fig3 => "fig3",
            Self::Fig4 => "fig4",
            Self::Fig6 => "fig6",
            Self::All => "all",
        }
    }

    /// How much there is to do, in the units of the progress bar.
    fn work(self) -> u64 {
        match self {
            Self::Fig1 => fig1::work(),
            Self::Fig2 => 0,
            Self::Fig3 => fig3::work(),
            Self::Fig4 => fig4::work(),
            Self::Fig6 => fig6::work(),
            Self::All => self.figures().iter().map(|figure| figure.work()).sum(),
        }
    }

    fn reproduce(self, context: &Context) -> Result<Vec<Outcome>> {
        Ok(vec![match self {
            Self::Fig1 => fig1::run(context)?,
            Self::Fig2 => fig2::run(),
            Self::Fig3 => fig3::run(context)?,
            Self::Fig4 => fig4::run(context)?,
            Self::Fig6 => fig6::run(context)?,
            Self::All => {
                let figures = self.figures().iter();
                let outcomes: Vec<_> = figures
                    .map(|figure| figure.reproduce(context))
                    .collect::<Result<_>>()?;
                return Ok(outcomes.into_iter().flatten().collect());
            }
        }])
    }
}

/// Runs the command.
///
/// # Errors
/// [`Error::Failed`] if a claim does not hold, after everything has been written; errors of writing.
pub fn run(options: &Options, common: &Common) -> Result<()> {
    // Before minutes of work: can the results be written?
    let out = OutDir::create(common.out.as_deref().unwrap_or(Path::new(DEFAULT_OUT)))?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.map_or(0, NonZeroUsize::get))
        .build()
        .map_err(|error| Error::Failed(format!("threads cannot be started: {error}")))?;
    let context = Context {
        seed: common.seed,
        progress: progress::bar(common, options.figure.work(), "reproduce"),
    };
    let outcomes = pool.install(|| options.figure.reproduce(&context));
    context.progress.finish_and_clear();
    let outcomes = outcomes?;

    let mut figures = Map::new();
    for outcome in &outcomes {
        let files = outcome.write(&out)?;
        figures.insert(outcome.name.to_owned(), outcome.summary(&files));
    }
    let holds = outcomes.iter().all(Outcome::holds);
    let summary = json!({
        "command": "reproduce",
        "version": env!("CARGO_PKG_VERSION"),
        "seed": common.seed,
        "holds": holds,
        "figures": Value::Object(figures),
    });
    out.write_json("summary.json", &summary)?;
    let page = report::html(options.figure.name(), common.seed, &outcomes)?;
    out.write("report.html", page.as_bytes())?;
    output::summary(common, &summary)?;
    if output::wants_report(common) {
        output::print(&text(&outcomes, &out))?;
    }
    if holds {
        Ok(())
    } else {
        let failed = outcomes.iter().flat_map(|o| &o.claims).filter(|c| !c.holds);
        let names: Vec<_> = failed.map(|claim| claim.statement.as_str()).collect();
        Err(Error::Failed(format!(
            "{} of the claims do not hold at seed {}: {}",
            names.len(),
            common.seed,
            names.join("; ")
        )))
    }
}

/// The report on standard output.
fn text(outcomes: &[Outcome], out: &OutDir) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    for outcome in outcomes {
        let _ = writeln!(text, "{}: {}", outcome.name, outcome.title);
        for claim in &outcome.claims {
            let verdict = if claim.holds { "holds" } else { "FAILS" };
            let _ = writeln!(
                text,
                "  {verdict}  {}: {} {} {}",
                claim.statement,
                short(claim.value),
                claim.relation.sign(),
                short(claim.bound),
            );
        }
    }
    let _ = writeln!(text, "Files are in {}", out.path("").display());
    text
}
