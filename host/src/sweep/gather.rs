//! Finished rows on their way to the ledger.
//!
//! Small runs take microseconds, less than to wait for a lock and to write a line: each thread gathers its rows,
//! and writes them together now and then. What a sweep that is killed has not written is done again: of each
//! thread, less than `HELD` of finished runs.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::ledger::Ledger;
use crate::error::{Error, Result};

/// Runs that finish within so long of the last write wait for the next one.
const HELD: Duration = Duration::from_millis(20);

/// A ledger that threads of a pool write to.
pub(super) struct Gathered {
    ledger: Mutex<Ledger>,
    /// One for each thread of the pool.
    rows: Vec<Mutex<Rows>>,
}

/// Rows of one thread that are not written.
struct Rows {
    runs: Vec<u64>,
    lines: String,
    written: Instant,
}

impl Gathered {
    /// For a pool of so many threads.
    pub(super) fn new(ledger: Ledger, threads: usize) -> Self {
        let rows = || {
            Mutex::new(Rows {
                runs: Vec::new(),
                lines: String::new(),
                written: Instant::now(),
            })
        };
        Self {
            ledger: Mutex::new(ledger),
            rows: (0..threads.max(1)).map(|_| rows()).collect(),
        }
    }

    /// Takes in the row of a finished run.
    ///
    /// # Errors
    /// If rows cannot be written.
    pub(super) fn push(&self, run: u64, row: &str) -> Result<()> {
        let own = rayon::current_thread_index().unwrap_or(0) % self.rows.len();
        let mut rows = lock(&self.rows[own])?;
        rows.runs.push(run);
        rows.lines += &Ledger::line(run, row);
        if rows.written.elapsed() >= HELD {
            self.write(&mut rows)?;
        }
        Ok(())
    }

    /// Writes all rows.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(super) fn flush(&self) -> Result<()> {
        self.rows
            .iter()
            .try_for_each(|rows| self.write(&mut *lock(rows)?))
    }

    /// The ledger, with all rows.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(super) fn finish(self) -> Result<Ledger> {
        self.flush()?;
        self.ledger.into_inner().map_err(|_| poisoned())
    }

    fn write(&self, rows: &mut Rows) -> Result<()> {
        lock(&self.ledger)?.append(&rows.runs, &rows.lines)?;
        rows.runs.clear();
        rows.lines.clear();
        rows.written = Instant::now();
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>> {
    mutex.lock().map_err(|_| poisoned())
}

fn poisoned() -> Error {
    Error::Failed("a thread of the sweep failed".to_owned())
}
