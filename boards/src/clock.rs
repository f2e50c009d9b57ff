//! Instructions from the ticks of a board's timer.

/// Instructions of one turn of the loop that calibrates: a subtraction and a jump.
const TURN: u64 = 2;

/// A timer that advances with the instructions, as QEMU's does under `-icount`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    turns: u64,
    ticks: u64,
}

impl Clock {
    /// From the ticks of three loops of two instructions, the shortest first, each with its number of turns.
    ///
    /// # Errors
    /// What is wrong with them: not three, no tick, or the longest does not take what the others predict, to
    /// the tick before and after.
    pub fn calibrate(loops: &[[u64; 2]]) -> Result<Self, String> {
        let &[
            [short, short_ticks],
            [middle, middle_ticks],
            [long, long_ticks],
        ] = loops
        else {
            return Err("the clock was not calibrated: three loops are timed".into());
        };
        let turns = middle.saturating_sub(short);
        let ticks = middle_ticks.saturating_sub(short_ticks);
        if turns == 0 || ticks == 0 {
            return Err("the clock of the board stands still".into());
        }
        let more = long.saturating_sub(middle);
        let predicted = u128::from(ticks) * u128::from(more) / u128::from(turns);
        let measured = u128::from(long_ticks.saturating_sub(middle_ticks));
        if predicted.abs_diff(measured) > u128::from(more / turns + 1) {
            return Err(format!(
                "the clock of the board does not count instructions: a loop of {long} turns took {long_ticks} ticks, one of {middle} {middle_ticks}"
            ));
        }
        Ok(Self { turns, ticks })
    }

    /// The instructions that took so many ticks, to the nearest.
    pub fn instructions(self, ticks: u64) -> u64 {
        (ticks * TURN * self.turns + self.ticks / 2) / self.ticks
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    /// 25.6 ticks for an instruction, as on the MPS2 boards.
    const LOOPS: [[u64; 2]; 3] = [[1000, 51_225], [2000, 102_425], [10_000, 512_025]];

    #[test]
    fn ticks_become_instructions() {
        let clock = Clock::calibrate(&LOOPS).expect("a clock that counts");
        assert_eq!(clock.instructions(0), 0);
        assert_eq!(clock.instructions(256), 10);
        assert_eq!(clock.instructions(85_787), 3351);
    }

    #[test]
    fn a_clock_that_does_not_count_is_refused() {
        let [short, middle, long] = LOOPS;
        for loops in [
            vec![],
            vec![short, middle],
            vec![short, [2000, 51_225], long],
            vec![short, middle, [10_000, 412_025]],
            vec![middle, short, long],
        ] {
            assert!(Clock::calibrate(&loops).is_err(), "{loops:?}");
        }
    }
}
