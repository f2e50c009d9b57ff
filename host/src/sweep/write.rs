//! From ledgers to the files of a sweep.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use super::Format;
use super::grid::Grid;
use super::ledger::Rows;
use super::map::{Agreement, Map};
use super::parquet::Parquet;
use super::table;
use crate::error::{Error, Result};
use crate::output::{self, OutDir};

/// What was written.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) files: Vec<String>,
    /// How many cells are on the predicted side, where there is a map.
    pub(super) agreement: Option<Agreement>,
}

/// The rows of several ledgers in the order of the grid.
struct Ordered {
    ledgers: Vec<Rows>,
    /// Rows that were appended before their turn.
    waiting: BTreeMap<u64, String>,
    next: u64,
    runs: u64,
}

impl Ordered {
    fn next(&mut self) -> Result<Option<(u64, String)>> {
        if self.next == self.runs {
            return Ok(None);
        }
        let run = self.next;
        let count = self.ledgers.len() as u64;
        while !self.waiting.contains_key(&run) {
            // Of the ledger that has it; the ledgers are in the order of their shards.
            let shard = (run % count) as usize;
            let read = self.ledgers.get_mut(shard).map(Rows::next).transpose()?;
            match read.flatten() {
                Some((found, row)) => {
                    self.waiting.insert(found, row);
                }
                None => {
                    return Err(Error::Failed(format!(
                        "run {run} of {} is missing in the ledger of shard {}/{count}; let `heterosgd sweep` finish it first",
                        self.runs,
                        shard + 1
                    )));
                }
            }
        }
        self.next += 1;
        Ok(self.waiting.remove(&run).map(|row| (run, row)))
    }
}

/// Writes everything: the table in `format`, and the map if there is one.
pub(super) fn all(
    grid: &Grid,
    mut ledgers: Vec<Rows>,
    out: &OutDir,
    format: Format,
    learned_share: f64,
) -> Result<Finished> {
    ledgers.sort_by_key(|rows| rows.header.shard.index);
    let mut rows = Ordered {
        ledgers,
        waiting: BTreeMap::new(),
        next: 0,
        runs: grid.runs(),
    };
    let directory = out.path("");
    let mut csv = match format {
        Format::Csv | Format::Both => Some(Pending::new(&directory)?),
        Format::Parquet => None,
    };
    let parquet_file = match format {
        Format::Parquet | Format::Both => Some(Pending::new(&directory)?),
        Format::Csv => None,
    };
    let mut parquet = match &parquet_file {
        Some(file) => Some(Parquet::new(file.writer()?)?),
        None => None,
    };
    let mut map = Map::of(grid)?;
    if let Some(csv) = &mut csv {
        csv.line(&table::header())?;
    }
    while let Some((run, row)) = rows.next()? {
        if let Some(csv) = &mut csv {
            csv.line(&row)?;
        }
        if let Some(map) = &mut map {
            let cells: Vec<&str> = row.split(',').collect();
            let cell = |name| table::position(name).and_then(|i| cells.get(i).copied());
            let spurious = cell("tail_spurious").and_then(|text| text.parse().ok());
            let diverged = cell("diverged_at").is_some_and(|text| !text.is_empty());
            map.add(run / grid.seeds, spurious.unwrap_or(f64::NAN), diverged)?;
        }
        if let Some(parquet) = &mut parquet {
            parquet.push(row)?;
        }
    }
    let mut files = Vec::new();
    if let Some(csv) = csv {
        csv.keep(&out.path("sweep.csv"))?;
        files.push("sweep.csv".to_owned());
    }
    if let Some(parquet) = parquet {
        parquet.finish()?;
    }
    if let Some(file) = parquet_file {
        file.keep(&out.path("sweep.parquet"))?;
        files.push("sweep.parquet".to_owned());
    }
    let mut agreement = None;
    if let Some(map) = &map {
        files.extend(map.figure()?.save(out, "sweep")?);
        agreement = Some(map.agreement(learned_share)?).filter(|found| found.judged > 0);
    }
    Ok(Finished { files, agreement })
}

/// A file under a temporary name, until it is whole.
struct Pending {
    sink: BufWriter<tempfile::NamedTempFile>,
    directory: std::path::PathBuf,
}

impl Pending {
    fn new(directory: &Path) -> Result<Self> {
        let file = output::temporary(directory).map_err(Error::io(directory))?;
        Ok(Self {
            sink: BufWriter::new(file),
            directory: directory.to_owned(),
        })
    }

    fn writer(&self) -> Result<BufWriter<File>> {
        let file = self.sink.get_ref().reopen();
        Ok(BufWriter::new(file.map_err(Error::io(&self.directory))?))
    }

    fn line(&mut self, text: &str) -> Result<()> {
        writeln!(self.sink, "{text}").map_err(Error::io(&self.directory))
    }

    fn keep(self, path: &Path) -> Result<()> {
        let keep = || -> std::io::Result<()> {
            let file = self
                .sink
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)?;
            file.persist(path)?;
            Ok(())
        };
        keep().map_err(Error::io(path))
    }
}
