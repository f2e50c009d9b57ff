//! Logs and reports of boards as text, for whoever has them and not the board.

use super::report::Report;
use super::{attest, problems};
use crate::error::Result;

/// The log that `device --log` writes of a problem, by its run on this computer.
///
/// # Errors
/// If there is no such problem.
pub fn expected(problem: &str) -> Result<String> {
    problems::run(problem, &attest::REQUEST)
}

/// The name of the problem of a log, also where a bit of it is wrong; `None` if this is no log.
pub fn problem(log: &str) -> Option<String> {
    attest::name(log)
}

/// The first place at which a log is not the `expected` one, in plain words.
pub fn first_damage(expected: &str, log: &str) -> Option<String> {
    attest::damage(expected, log).map(|damage| damage.text())
}

/// Whether a text is the whole report of a run, as `device --report` takes it.
pub fn is_report(text: &str) -> bool {
    Report::read(text, "a report").is_ok_and(|report| {
        report.problem().is_ok() && report.done().is_ok() && report.table::<2>("digest").is_ok()
    })
}
