//! The budget of every board and problem: measured once, kept in the repository, and not exceeded.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::costs::Costs;
use super::elf::Sizes;
use crate::error::{Error, Result};

/// A figure may grow by 2 %.
const ROOM: (u64, u64) = (2, 100);

/// Figures of one problem on one board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Figures {
    /// Bytes of code, constants and initial values.
    pub(crate) flash: u64,
    /// Bytes of static data.
    pub(crate) static_ram: u64,
    /// Bytes of stack, as painted.
    pub(crate) peak_stack: u64,
    /// The most instructions to draw a sample.
    pub(crate) draw: u64,
    /// The most instructions to observe one.
    pub(crate) observe: u64,
    /// The most instructions to observe one of several stored samples.
    pub(crate) stored: u64,
    /// The most instructions of a step.
    pub(crate) step: u64,
}

impl Figures {
    /// The figures of a run.
    pub(super) fn new(sizes: Sizes, peak_stack: u64, costs: Costs) -> Self {
        Self {
            flash: sizes.flash,
            static_ram: sizes.static_ram,
            peak_stack,
            draw: costs.draw.most,
            observe: costs.observe.most,
            stored: costs.stored.most,
            step: costs.step.most,
        }
    }

    fn named(self) -> [(&'static str, u64); 7] {
        [
            ("bytes of flash", self.flash),
            ("bytes of static RAM", self.static_ram),
            ("bytes of stack", self.peak_stack),
            ("instructions to draw a sample", self.draw),
            ("instructions to observe a sample", self.observe),
            ("instructions to observe a stored sample", self.stored),
            ("instructions of a step", self.step),
        ]
    }
}

/// What a board has promised for a problem, beyond not growing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Promise {
    /// Static RAM and stack together stay below this.
    pub(crate) ram: Option<u64>,
    /// Flash stays below this.
    pub(crate) flash: Option<u64>,
    /// Instructions to observe a sample are at most this.
    pub(crate) observe: Option<u64>,
    /// Instructions to observe a stored sample are at most this.
    pub(crate) stored: Option<u64>,
}

type PerProblem<T> = BTreeMap<String, BTreeMap<String, T>>;

/// The budget file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    /// The compiler it was measured with.
    compiler: String,
    /// Board -> problem -> promise.
    #[serde(default)]
    promised: PerProblem<Promise>,
    /// Board -> problem -> figures.
    #[serde(default)]
    measured: PerProblem<Figures>,
}

impl Budget {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
        toml::from_str(&text).map_err(|error| Error::file(path, error.message().to_owned()))
    }

    /// Reads the text of the file.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| Error::Failed(error.message().to_owned()))
    }

    /// The figures of one problem on one board.
    pub(crate) fn figures(&self, board: &str, problem: &str) -> Option<Figures> {
        self.measured.get(board)?.get(problem).copied()
    }

    /// The file's text.
    pub(crate) fn text(&self) -> Result<String> {
        let body = toml::to_string(self).map_err(|error| Error::Failed(error.to_string()))?;
        Ok(format!(
            "# Figures of the release runner, on each board and problem. A figure may grow by 2 %.\n\
             # `cargo heterosgd device --update-budget` writes [measured]; say in the commit why a figure grew.\n\n{body}"
        ))
    }

    /// Writes the file.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        crate::output::write_file(path, self.text()?.as_bytes())
    }

    /// Replaces the figures of one problem on one board.
    pub(crate) fn set(&mut self, compiler: &str, board: &str, problem: &str, figures: Figures) {
        compiler.clone_into(&mut self.compiler);
        self.measured
            .entry(board.to_owned())
            .or_default()
            .insert(problem.to_owned(), figures);
    }

    /// What of the figures is over the budget, in plain words; also where there is no budget.
    pub(crate) fn exceeded(
        &self,
        compiler: &str,
        board: &str,
        problem: &str,
        figures: Figures,
    ) -> Vec<String> {
        let find = |figures: &PerProblem<Figures>| figures.get(board)?.get(problem).copied();
        let Some(budget) = find(&self.measured) else {
            return vec!["has no budget; --update-budget writes one".to_owned()];
        };
        let other = if compiler == self.compiler {
            String::new()
        } else {
            format!(" (measured with {}, this is {compiler})", self.compiler)
        };
        let grown = figures
            .named()
            .into_iter()
            .zip(budget.named())
            .filter(|((_, now), (_, then))| now * ROOM.1 > then * (ROOM.1 + ROOM.0))
            .map(|((what, now), (_, then))| format!("{now} {what}, the budget is {then}{other}"));
        let promise = self.promised.get(board).and_then(|own| own.get(problem));
        let Promise {
            ram,
            flash,
            observe,
            stored,
        } = promise.copied().unwrap_or_default();
        let used = figures.static_ram + figures.peak_stack;
        let broken = [
            ("bytes of RAM", used, ram),
            ("bytes of flash", figures.flash, flash),
            ("instructions to observe a sample", figures.observe, observe),
            (
                "instructions to observe a stored sample",
                figures.stored,
                stored,
            ),
        ];
        let broken = broken.into_iter().filter_map(|(what, value, limit)| {
            let limit = limit.filter(|&limit| value > limit)?;
            Some(format!("{value} {what}, promised are at most {limit}"))
        });
        grown.chain(broken).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Figures};

    const FIGURES: Figures = Figures {
        flash: 10_000,
        static_ram: 0,
        peak_stack: 1000,
        draw: 500,
        observe: 400,
        stored: 300,
        step: 3000,
    };

    fn budget() -> Budget {
        let mut budget: Budget =
            toml::from_str("compiler = 'a'\n[promised.board.problem]\nram = 1100\nobserve = 405\n")
                .expect("a budget");
        budget.set("a", "board", "problem", FIGURES);
        budget
    }

    #[test]
    fn two_percent_more_is_allowed_and_no_more() {
        let exceeded = |figures| budget().exceeded("a", "board", "problem", figures);
        assert!(exceeded(FIGURES).is_empty());
        assert!(
            exceeded(Figures {
                flash: 10_200,
                ..FIGURES
            })
            .is_empty()
        );
        let found = exceeded(Figures {
            flash: 10_201,
            ..FIGURES
        });
        assert_eq!(found, ["10201 bytes of flash, the budget is 10000"]);
        let found = exceeded(Figures {
            static_ram: 4,
            ..FIGURES
        });
        assert_eq!(found, ["4 bytes of static RAM, the budget is 0"]);
    }

    #[test]
    fn promises_hold_whatever_was_measured() {
        let found = budget().exceeded(
            "b",
            "board",
            "problem",
            Figures {
                observe: 406,
                ..FIGURES
            },
        );
        assert_eq!(
            found,
            ["406 instructions to observe a sample, promised are at most 405"]
        );
    }

    #[test]
    fn what_was_never_measured_is_no_pass() {
        assert_eq!(budget().exceeded("a", "other", "problem", FIGURES).len(), 1);
    }

    #[test]
    fn the_file_reads_back() {
        let budget = budget();
        let text = budget.text().expect("text");
        assert_eq!(toml::from_str::<Budget>(&text).expect("a budget"), budget);
    }
}
