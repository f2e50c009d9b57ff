//! What a run cost: instructions from ticks, and the stack.

use heterosgd_problems::STORED;
use serde::Serialize;

use super::report::Report;
use crate::error::{Error, Result};

/// The least and the most instructions that something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Span {
    pub(super) least: u64,
    pub(super) most: u64,
}

impl Span {
    /// The same for one of `count`, rounded up.
    pub(super) fn of_one(self, count: u32) -> Self {
        let one = |all: u64| all.div_ceil(u64::from(count));
        Self {
            least: one(self.least),
            most: one(self.most),
        }
    }

    /// Whether it always took the same.
    pub(super) fn is_constant(self) -> bool {
        self.most == self.least
    }
}

/// The costs of the parts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Costs {
    /// Drawing a sample and its response: the simulated sensor.
    pub(super) draw: Span,
    /// Observing a sample: what a stored or measured one costs.
    pub(super) observe: Span,
    /// Observing one of several stored samples, rounded up.
    pub(super) stored: Span,
    /// The step.
    pub(super) step: Span,
}

/// The clock of a board, and what it shows for nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    clock: heterosgd_boards::Clock,
    nothing: u64,
}

impl Clock {
    /// Checks that of a report against loops of known length.
    pub(super) fn read(report: &Report) -> Result<Self> {
        let loops = report.table::<2>("loop")?;
        let clock = heterosgd_boards::Clock::calibrate(&loops).map_err(Error::Failed)?;
        let [nothing, _] = report.row("nothing")?;
        Ok(Self { clock, nothing })
    }

    /// The instructions of what was timed under `key`.
    pub(super) fn span(self, report: &Report, key: &str) -> Result<Span> {
        let own = |ticks: u64| ticks.saturating_sub(self.nothing);
        let [least, most] = report.row(key)?;
        Ok(Span {
            least: self.clock.instructions(own(least)),
            most: self.clock.instructions(own(most)),
        })
    }
}

impl Costs {
    /// Reads them from a report.
    pub(super) fn read(report: &Report) -> Result<Self> {
        let clock = Clock::read(report)?;
        let span = |key| clock.span(report, key);
        Ok(Self {
            draw: span("draw")?,
            observe: span("observe")?,
            stored: span("stored")?.of_one(STORED),
            step: span("step")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Costs, STORED};
    use crate::device::report::Report;

    /// 25.6 ticks for an instruction, as on the MPS2 boards.
    fn report(long: u64) -> Report {
        let text = format!(
            "heterosgd 1\nloop 3e8 c880\nloop 7d0 19080\nloop 2710 {long:x}\nnothing 4d 4d\ndraw 1000 2000\nobserve 2633 2634\nstored 2633 2634\nstep a a\n"
        );
        Report::read(&text, "a board").expect("a report")
    }

    #[test]
    fn ticks_become_instructions() {
        let costs = Costs::read(&report(512_128)).expect("a clock that counts");
        assert_eq!((costs.observe.least, costs.observe.most), (379, 379));
        assert_eq!(costs.stored.most, 379u64.div_ceil(STORED.into()));
        assert!(costs.observe.is_constant());
        assert!(!costs.draw.is_constant());
    }

    #[test]
    fn a_clock_that_does_not_count_is_refused() {
        assert!(Costs::read(&report(512_100)).is_err());
        assert!(Costs::read(&report(400_000)).is_err());
    }
}
