//! Where a board's run and the host's part.

use heterosgd_problems::Request;
use serde::Serialize;

use super::report::Report;
use crate::error::{Error, Result};

/// Records that have to be the same, beside the digests.
const COMPARED: [&str; 7] = [
    "problem",
    "size",
    "plan",
    "last",
    "tail",
    "done",
    "heterosgd",
];

/// The first difference of two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    /// The first step after which the factors differ; `None` if only other records do.
    pub(super) step: Option<u64>,
    /// The first entry of U that differs then, as (row, column) from 1.
    pub(super) entry: Option<(u64, u64)>,
    /// The host's value, by its bits (as `f64`).
    pub(super) host: String,
    /// The board's.
    pub(super) board: String,
}

/// Runs a problem again with another request, on the host or on the board.
pub(super) trait Rerun {
    /// The report.
    fn rerun(&self, request: &Request) -> Result<Report>;
}

/// Compares two reports of the same request; where they differ, finds the first step and entry by
/// running both again.
pub(super) fn difference(
    request: &Request,
    host: (&Report, &dyn Rerun),
    board: (&Report, &dyn Rerun),
) -> Result<Option<Difference>> {
    if host.0.digests()? == board.0.digests()? {
        return other_record(host.0, board.0);
    }
    let every_step = Request {
        checkpoint: Some(1),
        ..*request
    };
    let (ours, theirs) = (host.1.rerun(&every_step)?, board.1.rerun(&every_step)?);
    let (ours, theirs) = (ours.digests()?, theirs.digests()?);
    let parted = ours
        .iter()
        .zip(&theirs)
        .find(|(ours, theirs)| ours != theirs);
    let Some((&[step, ours], &[_, theirs])) = parted else {
        return Err(Error::Failed(
            "the runs differ at their checkpoints, but not when every step is compared: the board does not repeat itself"
                .into(),
        ));
    };
    let dump = Request {
        dump: Some(step),
        ..*request
    };
    let columns = host.0.row::<3>("size")?[1].max(1);
    let (host, board) = (host.1.rerun(&dump)?, board.1.rerun(&dump)?);
    let (host, board) = (host.table::<3>("factor")?, board.table::<3>("factor")?);
    let entry = host
        .iter()
        .zip(&board)
        .find(|(ours, theirs)| ours != theirs);
    Ok(Some(match entry {
        Some((&[_, index, ours], &[_, _, theirs])) => Difference {
            step: Some(step),
            entry: Some((index / columns + 1, index % columns + 1)),
            host: number(ours),
            board: number(theirs),
        },
        None => Difference {
            step: Some(step),
            entry: None,
            host: format!("digest {ours:016x}"),
            board: format!("digest {theirs:016x}"),
        },
    }))
}

fn other_record(host: &Report, board: &Report) -> Result<Option<Difference>> {
    for key in COMPARED {
        let (ours, theirs) = (host.words(key)?, board.words(key)?);
        if ours != theirs {
            return Ok(Some(Difference {
                step: None,
                entry: None,
                host: format!("{key} {}", ours.join(" ")),
                board: format!("{key} {}", theirs.join(" ")),
            }));
        }
    }
    Ok(None)
}

fn number(bits: u64) -> String {
    format!("{} ({bits:016x})", f64::from_bits(bits))
}

impl Difference {
    /// In plain words.
    pub(super) fn text(&self) -> String {
        let place = match (self.step, self.entry) {
            (Some(step), Some((row, column))) => {
                format!("from step {step} on, first in entry ({row}, {column}) of U")
            }
            (Some(step), None) => format!("from step {step} on"),
            _ => "in a record".to_owned(),
        };
        format!("differs {place}: host {}, board {}", self.host, self.board)
    }
}

#[cfg(test)]
mod tests {
    use heterosgd_problems::Request;

    use super::{Rerun, difference};
    use crate::device::problems;
    use crate::device::report::Report;
    use crate::error::Result;

    /// The host in the place of a board, with a fault or without.
    struct Stand {
        lose_sample: Option<u64>,
    }

    impl Rerun for Stand {
        fn rerun(&self, request: &Request) -> Result<Report> {
            let request = Request {
                lose_sample: self.lose_sample,
                ..*request
            };
            Report::read(&problems::run("double", &request)?, "a stand-in")
        }
    }

    fn compare(lose_sample: Option<u64>) -> Option<super::Difference> {
        let (host, board) = (Stand { lose_sample: None }, Stand { lose_sample });
        let request = Request::default();
        let reports = (
            host.rerun(&request).expect("a report"),
            board.rerun(&request).expect("a report"),
        );
        difference(&request, (&reports.0, &host), (&reports.1, &board)).expect("comparable")
    }

    #[test]
    fn equal_runs_are_equal() {
        assert_eq!(compare(None), None);
    }

    #[test]
    fn a_lost_sample_is_found_at_its_step() {
        for step in [1, 40, 123, 400] {
            let found = compare(Some(step)).expect("a difference");
            assert_eq!(found.step, Some(step));
            assert_eq!(found.entry, Some((1, 1)));
            assert_ne!(found.host, found.board);
        }
    }
}
