//! What this library is to be beside its peers, and whether it is.

use crate::case::Case;
use crate::outcome::{Outcome, STEP};

/// A ratio, or a share of the read limit, that is to be reached.
struct Target {
    what: &'static str,
    /// In these cases.
    holds: fn(Case) -> bool,
    /// What is to be reached for matrices of this size; none where nothing is asked for.
    needed: fn(usize) -> Option<f64>,
    value: fn(&Outcome) -> Option<f64>,
}

const TARGETS: [Target; 14] = [
    Target {
        what: "part of the read limit, DRAM",
        holds: from_memory,
        needed: |d| Some(if d == 8 || d == 16 { 0.95 } else { 0.9 }),
        value: Outcome::share,
    },
    Target {
        what: "part of the read limit, L2",
        holds: from_cache,
        needed: |d| Some(if d == 4 { 0.8 } else { 0.65 }),
        value: Outcome::share,
    },
    Target {
        what: "Eigen packed, L2",
        holds: from_cache,
        needed: |_| Some(1.1),
        value: |outcome| peer(outcome, "eigen-packed"),
    },
    Target {
        what: "Eigen packed, DRAM",
        holds: from_memory,
        needed: |_| Some(0.97),
        value: |outcome| peer(outcome, "eigen-packed"),
    },
    Target {
        what: "Eigen full, DRAM",
        holds: from_memory,
        needed: |d| (d >= 8).then_some(1.7),
        value: |outcome| peer(outcome, "eigen-full"),
    },
    Target {
        what: "NumPy packed, DRAM",
        holds: from_memory,
        needed: |_| Some(2.5),
        value: |outcome| peer(outcome, "numpy-packed"),
    },
    Target {
        what: "NumPy full, DRAM",
        holds: from_memory,
        needed: |_| Some(3.0),
        value: |outcome| peer(outcome, "numpy-full"),
    },
    Target {
        what: "PyTorch, packed or full, DRAM",
        holds: from_memory,
        needed: |_| Some(3.5),
        value: |outcome| peer(outcome, "torch"),
    },
    Target {
        what: "nalgebra full, L2",
        holds: from_cache,
        needed: |_| Some(2.0),
        value: |outcome| peer(outcome, "nalgebra"),
    },
    Target {
        what: "nalgebra full, DRAM",
        holds: from_memory,
        needed: |_| Some(2.0),
        value: |outcome| peer(outcome, "nalgebra"),
    },
    Target {
        what: "nalgebra, rank one, L2",
        holds: rank_one,
        needed: |_| Some(2.0),
        value: |outcome| peer(outcome, "nalgebra"),
    },
    Target {
        what: "Eigen in blocks, rank one, L2",
        holds: rank_one,
        needed: |d| (d >= 16).then_some(1.0),
        value: |outcome| peer(outcome, "eigen-block"),
    },
    Target {
        what: "the best peer, whole step of 64",
        holds: from_cache,
        needed: |_| Some(1.0),
        value: |outcome| outcome.best(|name| name.ends_with(STEP)),
    },
    Target {
        what: "the best peer, whole step of 64, rank one",
        holds: rank_one,
        needed: |_| Some(1.0),
        value: |outcome| outcome.best(|name| name.ends_with(STEP)),
    },
];

fn from_memory(case: Case) -> bool {
    case.from_memory && !case.rank_one
}

fn from_cache(case: Case) -> bool {
    !case.from_memory && !case.rank_one
}

fn rank_one(case: Case) -> bool {
    case.rank_one
}

/// The fastest peer whose name starts so, of those that take in samples and do no step.
fn peer(outcome: &Outcome, start: &str) -> Option<f64> {
    outcome.best(|name| name.starts_with(start) && !name.ends_with(STEP))
}

/// What became of the targets.
#[derive(Default)]
struct Tally {
    reached: usize,
    missed: Vec<String>,
    /// Targets that lack a peer.
    absent: Vec<&'static str>,
}

impl Tally {
    /// Judges `outcome`; the cell of the table.
    fn judge(&mut self, target: &Target, outcome: &Outcome) -> String {
        let case = outcome.case;
        let Some(needed) = (target.needed)(case.d) else {
            return String::from("-");
        };
        let Some(value) = (target.value)(outcome) else {
            if !self.absent.contains(&target.what) {
                self.absent.push(target.what);
            }
            return String::from("not measured");
        };
        if value >= needed {
            self.reached += 1;
            return format!("{value:.2} (of {needed:.2})");
        }
        let (what, scalar, d) = (target.what, case.scalar(), case.d);
        self.missed.push(format!(
            "{what}, {scalar}, d = {d}: {value:.3} of {needed:.2}"
        ));
        format!("**{value:.2}** (of {needed:.2})")
    }

    /// In plain words.
    fn summary(&self) -> String {
        let asked = self.reached + self.missed.len();
        let mut text = format!("{} of {asked} reached.", self.reached);
        if !self.missed.is_empty() {
            text += &format!(
                " Missed, and in bold above:\n\n- {}\n",
                self.missed.join("\n- ")
            );
        }
        if !self.absent.is_empty() {
            text += &format!(
                "\nNot measured, for want of the peer: {}.\n",
                self.absent.join("; ")
            );
        }
        text + "\n"
    }
}

/// The table of targets for matrices of these sizes, and what was missed.
pub(crate) fn markdown(outcomes: &[Outcome], sizes: &[usize]) -> String {
    let mut text = String::from("| times of this library, or part | scalar |");
    for d in sizes {
        text += &format!(" d = {d} |");
    }
    text += &format!("\n|---|---|{}\n", "---|".repeat(sizes.len()));
    let mut tally = Tally::default();
    for target in &TARGETS {
        for scalar in ["f32", "f64"] {
            let row: Vec<&Outcome> = outcomes
                .iter()
                .filter(|outcome| outcome.case.scalar() == scalar && (target.holds)(outcome.case))
                .collect();
            if row.is_empty() {
                continue;
            }
            let cells = sizes.iter().map(|&d| {
                let outcome = row.iter().find(|outcome| outcome.case.d == d);
                outcome.map_or_else(String::new, |outcome| tally.judge(target, outcome))
            });
            let cells: Vec<String> = cells.collect();
            text += &format!("| {} | {scalar} | {} |\n", target.what, cells.join(" | "));
        }
    }
    text + "\n" + &tally.summary()
}

#[cfg(test)]
mod tests {
    use super::markdown;
    use crate::outcome::tests::outcome;

    #[test]
    fn what_is_missed_is_said() {
        let memory = outcome(
            true,
            &[
                ("read", &[9.0]),
                ("heterosgd", &[10.0]),
                ("eigen-packed", &[9.7]),
                ("numpy-packed", &[26.0]),
                ("nalgebra-full", &[20.0]),
            ],
        );
        let text = markdown(&[memory], &[8]);
        assert!(text.contains("| part of the read limit, DRAM | f32 | **0.90** (of 0.95) |"));
        assert!(text.contains("| Eigen packed, DRAM | f32 | 0.97 (of 0.97) |"));
        assert!(text.contains(
            "3 of 4 reached. Missed, and in bold above:\n\n- part of the read limit, DRAM, f32, d = 8: 0.900 of 0.95\n"
        ));
        assert!(text.contains("for want of the peer: Eigen full, DRAM; NumPy full, DRAM; PyTorch"));
        // Nothing was measured from the cache: nothing is said of it.
        assert!(!text.contains("L2"));
    }
}
