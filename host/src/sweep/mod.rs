//! `heterosgd sweep`: every combination of a grid of settings, on all cores; and `heterosgd merge`, which
//! puts the shards of a sweep together.
//!
//! Finished runs go into a `ledger` as they finish. When all are there, the table and the map are written
//! from it in the order of the grid: the same bytes however the work was spread or interrupted.

mod axes;
mod gather;
mod grid;
mod ledger;
mod map;
#[cfg_attr(not(feature = "parquet"), path = "no_parquet.rs")]
mod parquet;
mod table;
mod values;
mod write;

use std::io::BufRead;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rayon::prelude::*;
use serde::Serialize;

use self::gather::Gathered;
use self::grid::Grid;
use self::ledger::{Header, Ledger, Rows, Shard};
use self::values::Values;
use self::write::Finished;
use crate::cli::Common;
use crate::error::{Error, Result};
use crate::output::{self, OutDir};
use crate::progress;

/// Runs that are handed out at a time. Rows of a ledger are out of order by less than this, so that they are
/// put in order within bounded memory.
const WINDOW: u64 = 16_384;

/// Options of `heterosgd sweep`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    #[command(flatten)]
    values: Values,
    /// What table to write.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Do only the I-th of N parts; `heterosgd merge` puts them together.
    #[arg(long, value_name = "I/N", value_parser = Shard::parse, default_value = "1/1")]
    shard: Shard,
    /// A direction counts as learned above this share of its pooled value, when cells are compared with the
    /// prediction.
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    learned_share: f64,
    /// Threads to use; all cores if not given. Does not change the files.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

/// Options of `heterosgd merge`.
#[derive(Debug, Clone, Args)]
pub struct MergeOptions {
    /// The --out directories of the shards, all of them.
    #[arg(required = true, value_name = "DIR", value_hint = clap::ValueHint::AnyPath)]
    shards: Vec<PathBuf>,
    /// What table to write.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// As for `sweep`.
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    learned_share: f64,
}

/// The format of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// sweep.csv.
    Csv,
    /// sweep.parquet; in a build with the feature `parquet`.
    Parquet,
    /// Both.
    Both,
}

impl Format {
    /// Refuses a table that this program cannot write, before the first run.
    fn check(self) -> Result<()> {
        match self {
            Self::Csv => Ok(()),
            Self::Parquet | Self::Both => {
                Error::require_feature("parquet", cfg!(feature = "parquet"))
            }
        }
    }
}

/// Runs `heterosgd sweep`.
///
/// # Errors
/// Bad usage; a ledger of another sweep; errors of reading and writing.
pub fn run(options: &Options, common: &Common) -> Result<()> {
    options.format.check()?;
    let grid = Grid::new(&options.values, common.seed)?;
    check_share(options.learned_share)?;
    let out = OutDir::create(common.required_out()?)?;
    let header = Header {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        shard: options.shard,
        grid,
    };
    let ledger = Ledger::open(&out.path(""), &header)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.map_or(0, NonZeroUsize::get))
        .build()
        .map_err(|error| Error::Failed(format!("threads cannot be started: {error}")))?;
    let ledger = work(ledger, &header, common, &pool)?;
    if options.shard != Shard::WHOLE {
        if output::wants_report(common) {
            output::print(&format!(
                "{} runs of shard {}/{} are done. When all shards are, put them together with\n\
                 heterosgd merge --out DIR SHARD_DIR...\n",
                ledger.done.count(),
                options.shard.index,
                options.shard.count
            ))?;
        }
        return output::summary(
            common,
            &serde_json::json!({
                "command": "sweep",
                "version": header.version,
                "shard": header.shard,
                "runs": ledger.done.count(),
            }),
        );
    }
    let rows = Rows::open(&out.path(""))?;
    finish(
        &header.grid,
        vec![rows],
        &out,
        common,
        options.format,
        options.learned_share,
    )
}

/// Runs `heterosgd merge`.
///
/// # Errors
/// Bad usage; shards of different sweeps; missing shards or runs; errors of reading and writing.
pub fn merge(options: &MergeOptions, common: &Common) -> Result<()> {
    options.format.check()?;
    check_share(options.learned_share)?;
    let shards = options
        .shards
        .iter()
        .map(|directory| Rows::open(directory))
        .collect::<Result<Vec<_>>>()?;
    let Some(first) = shards.first() else {
        return Err(Error::usage("name the directories of the shards"));
    };
    let count = first.header.shard.count;
    for (rows, directory) in shards.iter().zip(&options.shards) {
        let same = rows.header.grid == first.header.grid
            && rows.header.version == first.header.version
            && rows.header.shard.count == count;
        if !same {
            return Err(Error::file(
                directory,
                "this is a shard of another sweep than the first one",
            ));
        }
    }
    let mut present: Vec<u64> = shards.iter().map(|rows| rows.header.shard.index).collect();
    present.sort_unstable();
    if !present.iter().copied().eq(1..=count) {
        return Err(Error::usage(format!(
            "shards {present:?} of {count} were given; each of 1 to {count} is needed once"
        )));
    }
    let out = OutDir::create(common.required_out()?)?;
    let grid = first.header.grid.clone();
    finish(
        &grid,
        shards,
        &out,
        common,
        options.format,
        options.learned_share,
    )
}

fn check_share(share: f64) -> Result<()> {
    if share > 0.0 && share.is_finite() {
        Ok(())
    } else {
        Err(Error::usage(format!(
            "--learned-share {share}: a finite number above 0 is needed"
        )))
    }
}

/// Does the runs of the shard that the ledger does not have.
fn work(
    ledger: Ledger,
    header: &Header,
    common: &Common,
    pool: &rayon::ThreadPool,
) -> Result<Ledger> {
    let (grid, shard) = (&header.grid, header.shard);
    let done = ledger.done.clone();
    let mine = |run: &u64| shard.holds(*run) && !done.holds(*run);
    let total = (0..grid.runs()).filter(|run| shard.holds(*run)).count() as u64;
    let bar = progress::bar(common, total, "sweep");
    bar.inc(done.count());
    bar.reset_eta();
    let gathered = Gathered::new(ledger, pool.current_num_threads());
    for first in (0..grid.runs()).step_by(WINDOW as usize) {
        let window: Vec<u64> = (first..grid.runs().min(first + WINDOW))
            .filter(mine)
            .collect();
        if window.is_empty() {
            continue;
        }
        let outcome = pool.install(|| {
            // One run at a time, so that cores stay busy to the end of the window.
            window.par_iter().with_max_len(1).try_for_each(|&run| {
                gathered.push(run, &row(grid, run)?)?;
                bar.inc(1);
                Ok(())
            })
        });
        // What is finished is kept, whatever happened to another run.
        gathered.flush()?;
        outcome?;
    }
    bar.finish_and_clear();
    let ledger = gathered.finish()?;
    ledger.sync()?;
    Ok(ledger)
}

/// Does one run.
fn row(grid: &Grid, run: u64) -> Result<String> {
    let setting = grid.setting(run / grid.seeds)?;
    let seed = grid.seed.wrapping_add(run % grid.seeds);
    let ending = setting.run(seed)?;
    table::row(&setting, seed, setting.exponent()?, &ending)
}

/// The finished runs of a ledger, by number, and their rows, up to its end or its first damaged line. Errors
/// call it `path`.
///
/// # Errors
/// If it cannot be read, or its first line is not that of a ledger.
pub fn ledger_rows(path: &Path, reader: impl BufRead) -> Result<Vec<(u64, String)>> {
    let mut rows = Rows::read(path.to_owned(), reader)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(row);
    }
    Ok(all)
}

/// Writes the table, the map and the summary from complete ledgers.
fn finish(
    grid: &Grid,
    ledgers: Vec<Rows>,
    out: &OutDir,
    common: &Common,
    format: Format,
    learned_share: f64,
) -> Result<()> {
    let Finished { files, agreement } = write::all(grid, ledgers, out, format, learned_share)?;
    let summary = serde_json::json!({
        "command": "sweep",
        "version": env!("CARGO_PKG_VERSION"),
        "grid": grid,
        "runs": grid.runs(),
        "agreement": agreement,
        "files": files,
    });
    out.write_json("sweep.json", &summary)?;
    output::summary(common, &summary)?;
    if output::wants_report(common) {
        let mut text = format!("{} runs of {} settings.\n", grid.runs(), grid.cells());
        if let Some(agreement) = agreement {
            text += &format!(
                "{} of {} cells ({:.1} %) are on the predicted side of the boundary, outside a band of {} % around it.\n",
                agreement.right,
                agreement.judged,
                100.0 * agreement.share,
                100.0 * agreement.band,
            );
        }
        text += &format!(
            "Files are in {}: {}\n",
            out.path("").display(),
            files.join(", ")
        );
        output::print(&text)?;
    }
    Ok(())
}
