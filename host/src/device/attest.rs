//! Certificates: the log of a run with its hash chain, checked by replaying the run.

use std::path::Path;

use heterosgd::theory::{Pulls, population_step};
use heterosgd_boards::Board;
use heterosgd_problems::Request;
use serde::Serialize;

use super::firmware::Built;
use super::report::Report;
use super::{emulator, problems};
use crate::cli::Common;
use crate::error::{At, Error, Result};
use crate::output;

/// The probability with which the bound of the theory may be exceeded.
const CHANCE: f64 = 0.05;

pub(super) const REQUEST: Request = Request {
    checkpoint: None,
    dump: None,
    chain: true,
    lose_sample: None,
};

/// Runs one problem on one board and writes its log: the part of the report that the host can
/// compute too.
pub(super) fn write_log(built: &Built, board: &Board, problem: &str, path: &Path) -> Result<()> {
    let report = emulator::run(board, &built.binary(board, problem), &REQUEST)?;
    let lines: Vec<&str> = report.lines().collect();
    let end = lines.iter().position(|line| line.starts_with("done "));
    let log = end.and_then(|end| lines.get(..=end)).ok_or_else(|| {
        Error::Failed(format!(
            "{}: the report of {problem} has no end",
            board.name
        ))
    })?;
    output::write_file(path, (log.join("\n") + "\n").as_bytes())
}

/// The JSON summary of a checked log.
#[derive(Debug, Serialize)]
struct Summary {
    problem: String,
    /// Whether every line of the log is what the run gives.
    log_equal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<Damage>,
    steps: u64,
    digest: String,
    /// The end of the chain, in hexadecimal: it stands for the whole run.
    chain: String,
    bound: Theory,
}

/// The first line of a log that is not what the run gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Damage {
    line: usize,
    /// The word in the line, from 1.
    word: usize,
    /// The step, where the line is of the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    expected: String,
    found: String,
}

/// The recovery bound of docs/theory.md, 2.3, and what the run did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Theory {
    /// With this probability the bound may be exceeded.
    chance: f64,
    /// The adjustment coefficient; `null` where the theory promises nothing.
    coefficient: Option<f64>,
    /// What the spurious part of the estimate stays below at all times, batches of infinite size assumed.
    spurious_bound: Option<f64>,
    /// The largest it gets with batches of infinite size from the environments of this run.
    spurious_population: f64,
    /// Whether that stays below.
    holds: Option<bool>,
    /// The largest it was in the run, where the noise of the batches comes on top.
    spurious_seen: f64,
    /// The distance to A* at the end; it is due to the size of the batches.
    error: f64,
}

/// Replays the run of a log and checks every line of it.
pub(super) fn check_log(path: &Path, common: &Common) -> Result<()> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let text = String::from_utf8_lossy(&bytes);
    let problem = name(&text).ok_or_else(|| {
        Error::data(
            path,
            Some(At::Line(2)),
            None,
            "expected `problem` and one of the names; is this a log of `device --log`?",
        )
    })?;
    let expected = problems::run(&problem, &REQUEST)?;
    let damage = damage(&expected, &text);
    let report = Report::read(&expected, "the host")?;
    let done = report.done()?;
    let chain = report.table::<7>("chain")?;
    let [_, _, _, a, b, c, d] = chain.last().copied().unwrap_or_default();
    let summary = Summary {
        log_equal: damage.is_none(),
        damage,
        steps: done.steps,
        digest: format!("{:016x}", done.digest),
        chain: format!("{a:016x}{b:016x}{c:016x}{d:016x}"),
        bound: bound(&problem)?,
        problem,
    };
    if output::wants_report(common) {
        output::print(&summary.text())?;
    }
    output::summary(common, &summary)?;
    match summary.damage {
        None => Ok(()),
        Some(damage) => Err(Error::Failed(format!(
            "{}: {}",
            path.display(),
            damage.text()
        ))),
    }
}

/// The name of the problem, also where a bit of it is wrong: the known name that differs least.
pub(super) fn name(text: &str) -> Option<String> {
    let found = text.lines().nth(1)?.split(' ').nth(1)?;
    let known = heterosgd_problems::NAMES;
    let distance = |name: &str| {
        let pairs = name.bytes().zip(found.bytes());
        pairs.filter(|(a, b)| a != b).count() + name.len().abs_diff(found.len())
    };
    let nearest = known.into_iter().min_by_key(|name| distance(name))?;
    (distance(nearest) <= 2).then(|| nearest.to_owned())
}

/// The first difference of two logs.
pub(super) fn damage(expected: &str, found: &str) -> Option<Damage> {
    let (mut ours, mut theirs) = (expected.split('\n'), found.split('\n'));
    let mut line = 0;
    loop {
        line += 1;
        let (a, b) = (ours.next(), theirs.next());
        if a.is_none() && b.is_none() {
            return None;
        }
        let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
        if a == b {
            continue;
        }
        let words: Vec<&str> = a.split(' ').collect();
        let other: Vec<&str> = b.split(' ').collect();
        let word = words.iter().zip(&other).position(|(a, b)| a != b);
        let word = word.unwrap_or(words.len().min(other.len()));
        let step = (words.first() == Some(&"chain")).then(|| words.get(1));
        return Some(Damage {
            line,
            word: word + 1,
            step: step
                .flatten()
                .and_then(|step| u64::from_str_radix(step, 16).ok()),
            expected: words.get(word).copied().unwrap_or_default().to_owned(),
            found: other.get(word).copied().unwrap_or_default().to_owned(),
        });
    }
}

impl Damage {
    pub(super) fn text(&self) -> String {
        let step = self
            .step
            .map_or_else(String::new, |step| format!(" (step {step})"));
        format!(
            "line {}{step}, word {}: the run gives {:?}, the log has {:?}",
            self.line, self.word, self.expected, self.found
        )
    }
}

fn bound(problem: &str) -> Result<Theory> {
    let (parameters, trajectory) = problems::trajectory(problem)?;
    let values = [
        parameters.mean + parameters.heterogeneity,
        parameters.mean - parameters.heterogeneity,
    ];
    let (step_size, init_scale) = (parameters.step_size, parameters.init_scale);
    // Under PooledSGD the pulls are mixed, and there is nothing to promise.
    let hetero = problem != heterosgd_problems::POOLED.parameters.name;
    let pulls = Pulls::equal(&values).ok().filter(|_| hetero);
    let limit = pulls.and_then(|pulls| pulls.supremum_bound(step_size, init_scale, CHANCE).ok());
    let seen = trajectory.iter().map(|(_, m)| m.spurious);
    let mut entry = init_scale;
    let population = trajectory.iter().map(|&(environment, _)| {
        let pull = values.get(environment as usize).copied().unwrap_or(0.0);
        entry = population_step(entry, step_size, pull);
        entry * entry
    });
    let population = population.fold(0.0, f64::max);
    Ok(Theory {
        chance: CHANCE,
        coefficient: pulls.and_then(|pulls| pulls.adjustment_coefficient(step_size).ok()),
        spurious_bound: limit,
        spurious_population: population,
        holds: limit.map(|limit| population < limit),
        spurious_seen: seen.fold(0.0, f64::max),
        error: trajectory.last().map_or(f64::NAN, |(_, m)| m.error),
    })
}

impl Summary {
    fn text(&self) -> String {
        let log = if self.log_equal {
            "every line is what the run gives"
        } else {
            "DAMAGED"
        };
        let Theory {
            chance,
            spurious_population: population,
            spurious_seen: seen,
            ..
        } = self.bound;
        let bound = match (self.bound.spurious_bound, self.bound.holds) {
            (Some(limit), Some(holds)) => format!(
                "spurious part, batches of infinite size from the environments of this run: at most {population:.3}; the bound, with\n\
                 probability {}, is {limit:.3}: {}\nspurious part in the run, the noise of its batches included: at most {seen:.3}",
                1.0 - chance,
                if holds {
                    "it holds"
                } else {
                    "EXCEEDED, as it may be with the rest of the probability"
                }
            ),
            _ => format!(
                "spurious part in the run: at most {seen:.3}; theory promises nothing for this run"
            ),
        };
        format!(
            "{}: {} steps, digest {}, chain {}\nlog: {log}\n{bound}\ndistance to A* at the end: {:.3}\n",
            self.problem, self.steps, self.digest, self.chain, self.bound.error
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{REQUEST, damage, name};
    use crate::device::problems;

    /// Every bit of a log counts: each flip is found, in its own line.
    #[test]
    fn a_flipped_bit_is_found_and_located() {
        let log = problems::run("double", &REQUEST).expect("a log");
        assert_eq!(damage(&log, &log), None);
        assert!(
            log.lines()
                .filter(|line| line.starts_with("chain "))
                .count()
                == 400
        );
        for position in (0..log.len()).step_by(97) {
            for bit in 0..7 {
                let mut bytes = log.clone().into_bytes();
                bytes[position] ^= 1 << bit;
                let flipped = String::from_utf8_lossy(&bytes);
                let found = damage(&log, &flipped).expect("a flipped bit");
                let line = log[..position].matches('\n').count() + 1;
                assert_eq!(found.line, line, "bit {bit} of byte {position}");
            }
        }
        let shorter = log.trim_end().rsplit_once('\n').expect("lines").0;
        assert!(damage(&log, shorter).is_some());
    }

    #[test]
    fn a_flipped_bit_in_the_name_is_no_other_problem() {
        let log = problems::run("pooled", &REQUEST).expect("a log");
        assert_eq!(name(&log).as_deref(), Some("pooled"));
        let flipped = log.replacen("problem pooled", "problem pkoled", 1);
        assert_eq!(name(&flipped).as_deref(), Some("pooled"));
        assert_eq!(name("heterosgd 1\nproblem elephant\n"), None);
        assert_eq!(name(""), None);
    }
}
