//! The ledger of a sweep: one line for each finished run, appended as runs finish, so that a kill loses
//! next to none of them (`gather`).
//!
//! The first line says which sweep it is. Every line ends with the CRC-32 of what stands before, so that
//! a line that a kill or a full disk cut short is not taken for a result.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::grid::Grid;
use crate::error::{Error, Result};

/// The name of the ledger in its directory.
pub(super) const NAME: &str = "sweep.ledger";

/// Which part of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shard {
    /// From 1.
    pub(super) index: u64,
    pub(super) count: u64,
}

impl Shard {
    /// All of it.
    pub(super) const WHOLE: Self = Self { index: 1, count: 1 };

    /// Reads `I/N`.
    pub(super) fn parse(text: &str) -> std::result::Result<Self, String> {
        let right = || "right would be I/N with 1 <= I <= N, for example 3/8".to_owned();
        let (index, count) = text.split_once('/').ok_or_else(right)?;
        let index = index.trim().parse().map_err(|_| right())?;
        let count = count.trim().parse().map_err(|_| right())?;
        if (1..=count).contains(&index) {
            Ok(Self { index, count })
        } else {
            Err(right())
        }
    }

    /// Whether run number `run` belongs to it.
    pub(super) fn holds(self, run: u64) -> bool {
        run % self.count == self.index - 1
    }
}

/// What the first line says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    /// Of the program: another version may give other numbers.
    pub(super) version: String,
    pub(super) shard: Shard,
    pub(super) grid: Grid,
}

impl Header {
    /// Whether a sweep can have written it: the checksum of a line says nothing of who wrote it.
    fn is_sound(&self) -> bool {
        (1..=self.shard.count).contains(&self.shard.index) && self.grid.check().is_ok()
    }
}

/// Runs by number, one bit each.
#[derive(Debug, Clone)]
pub(super) struct Done(Vec<u64>);

impl Done {
    fn new(runs: u64) -> Self {
        Self(vec![
            0;
            usize::try_from(runs.div_ceil(64)).unwrap_or(usize::MAX)
        ])
    }

    /// Whether run number `run` is done.
    pub(super) fn holds(&self, run: u64) -> bool {
        let word = self.0.get((run / 64) as usize);
        word.is_some_and(|word| word >> (run % 64) & 1 == 1)
    }

    /// Marks a run; whether it was new.
    fn mark(&mut self, run: u64) -> bool {
        let Some(word) = self.0.get_mut((run / 64) as usize) else {
            return false;
        };
        let bit = 1 << (run % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// How many are done.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

/// A ledger that is open for more lines. Locked: a second process cannot open it.
#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    file: File,
    pub(super) done: Done,
}

fn sealed(text: &str) -> String {
    format!("{text},{:08x}\n", crc32fast::hash(text.as_bytes()))
}

/// The text of a whole, undamaged line.
fn unsealed(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (text, sum) = line.rsplit_once(',')?;
    let sum = u32::from_str_radix(sum, 16).ok()?;
    (sum == crc32fast::hash(text.as_bytes())).then_some(text)
}

impl Ledger {
    /// Opens the ledger of this sweep in `directory`, or begins it; a damaged end is cut off.
    ///
    /// # Errors
    /// Bad usage if the directory holds another sweep, or another process is at work on this one; errors of
    /// reading and writing.
    pub(super) fn open(directory: &Path, header: &Header) -> Result<Self> {
        let path = directory.join(NAME);
        let io = || Error::io(&path);
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(io())?;
        if file.try_lock().is_err() {
            return Err(Error::file(
                &path,
                "another process is at work on this sweep",
            ));
        }
        let mut ledger = Self {
            done: Done::new(header.grid.runs()),
            path: path.clone(),
            file,
        };
        let mut good = 0;
        let mut reader = BufReader::new(File::open(&path).map_err(io())?);
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).map_err(io())? > 0 {
            match unsealed(&line) {
                Some(text) => {
                    let found: Header = serde_json::from_str(text)
                        .map_err(|_| Error::file(&path, "this is no ledger of a sweep"))?;
                    if found != *header {
                        return Err(Error::file(
                            &path,
                            "this is the ledger of another sweep (other values, seed, shard or version); give another --out",
                        ));
                    }
                    good += line.len() as u64;
                }
                // Cut off while it was begun; nothing else may be overwritten.
                None if !line.ends_with(b"\n") && line.starts_with(b"{\"version\"") => {}
                None => return Err(Error::file(&path, "this is no ledger of a sweep")),
            }
        }
        if good > 0 {
            loop {
                line.clear();
                if reader.read_until(b'\n', &mut line).map_err(io())? == 0 {
                    break;
                }
                let Some(run) = unsealed(&line).and_then(run_of) else {
                    break;
                };
                ledger.done.mark(run);
                good += line.len() as u64;
            }
        }
        ledger.file.set_len(good).map_err(io())?;
        if good == 0 {
            let text =
                serde_json::to_string(header).map_err(|error| Error::Failed(error.to_string()))?;
            ledger.write(&sealed(&text))?;
        }
        Ok(ledger)
    }

    fn write(&mut self, lines: &str) -> Result<()> {
        self.file
            .write_all(lines.as_bytes())
            .map_err(Error::io(&self.path))
    }

    /// The line of a finished run.
    pub(super) fn line(run: u64, row: &str) -> String {
        sealed(&format!("{run},{row}"))
    }

    /// Appends the [lines](Self::line) of finished runs.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(super) fn append(&mut self, runs: &[u64], lines: &str) -> Result<()> {
        self.write(lines)?;
        for &run in runs {
            self.done.mark(run);
        }
        Ok(())
    }

    /// Makes sure that what was appended is on the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(Error::io(&self.path))
    }
}

fn run_of(text: &str) -> Option<u64> {
    text.split_once(',')?.0.parse().ok()
}

/// Reads the rows of a ledger in the order in which they were appended.
#[derive(Debug)]
pub(super) struct Rows<R = BufReader<File>> {
    path: PathBuf,
    reader: R,
    pub(super) header: Header,
}

impl Rows {
    /// Opens the ledger in `directory`.
    ///
    /// # Errors
    /// If there is none, or its first line is damaged.
    pub(super) fn open(directory: &Path) -> Result<Self> {
        let path = directory.join(NAME);
        let file = File::open(&path).map_err(Error::io(&path))?;
        Self::read(path, BufReader::new(file))
    }
}

impl<R: BufRead> Rows<R> {
    /// Reads the ledger in `reader`, which errors call `path`.
    ///
    /// # Errors
    /// If its first line is damaged.
    pub(super) fn read(path: PathBuf, mut reader: R) -> Result<Self> {
        let mut line = Vec::new();
        reader
            .read_until(b'\n', &mut line)
            .map_err(Error::io(&path))?;
        let header = unsealed(&line)
            .and_then(|text| serde_json::from_str(text).ok())
            .filter(Header::is_sound)
            .ok_or_else(|| Error::file(&path, "this is no ledger of a sweep"))?;
        Ok(Self {
            path,
            reader,
            header,
        })
    }

    /// The next run and its row; `None` at the end, also at a damaged one.
    pub(super) fn next(&mut self) -> Result<Option<(u64, String)>> {
        let mut line = Vec::new();
        let read = self.reader.read_until(b'\n', &mut line);
        read.map_err(Error::io(&self.path))?;
        let row = unsealed(&line).and_then(|text| {
            let (run, row) = text.split_once(',')?;
            Some((run.parse().ok()?, row.to_owned()))
        });
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::{Done, Shard, sealed, unsealed};

    #[test]
    fn lines_are_whole_or_none() {
        let line = sealed("12,0.5,hetero");
        assert_eq!(unsealed(line.as_bytes()), Some("12,0.5,hetero"));
        for cut in 0..line.len() {
            assert_eq!(unsealed(&line.as_bytes()[..cut]), None, "{cut}");
        }
        for position in 0..line.len() - 1 {
            let mut damaged = line.clone().into_bytes();
            damaged[position] ^= 1;
            assert_eq!(unsealed(&damaged), None, "{position}");
        }
    }

    #[test]
    fn shards_share_the_runs() {
        let shards: Vec<Shard> = (1..=3)
            .map(|i| Shard::parse(&format!("{i}/3")).unwrap())
            .collect();
        for run in 0..20 {
            let holding = shards.iter().filter(|shard| shard.holds(run)).count();
            assert_eq!(holding, 1);
        }
        assert!((0..9).all(|run| Shard::WHOLE.holds(run)));
        for bad in ["", "1", "0/3", "4/3", "a/b", "1/0", "1/2/3"] {
            assert!(Shard::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn marks() {
        let mut done = Done::new(130);
        assert!(done.mark(129) && !done.mark(129) && done.mark(0));
        assert!(done.holds(129) && done.holds(0) && !done.holds(64));
        assert_eq!(done.count(), 2);
        assert!(!done.holds(1 << 40));
    }
}
