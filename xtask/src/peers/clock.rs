//! Ticks of a board's timer as instructions.

use std::fmt;

/// Samples that are timed at once.
const SAMPLES: u64 = 8;

/// Instructions of one turn of the loop that calibrates.
const TURN: u64 = 2;

/// Instructions of one sample, rounded up: the least and the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) least: u64,
    pub(super) most: u64,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.least == self.most {
            write!(f, "{}", self.most)
        } else {
            write!(f, "{} to {}", self.least, self.most)
        }
    }
}

/// The readings for d = 8 and 16 in what the program of `benches/peers/boards` has printed.
pub(super) fn readings(text: &str) -> Result<[Reading; 2], String> {
    let rows = |key: &str| -> Vec<[u64; 2]> {
        let rows = text.lines().filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [name, a, b] if *name == key => Some([a.parse().ok()?, b.parse().ok()?]),
                _ => None,
            }
        });
        rows.collect()
    };
    let loops = rows("loop");
    let &[[short, first], [middle, second], [long, third]] = loops.as_slice() else {
        return Err(format!("the clock was not calibrated:\n{text}"));
    };
    let (turns, ticks) = (middle.saturating_sub(short), second.saturating_sub(first));
    if turns == 0 || ticks == 0 {
        return Err("the clock stands still".into());
    }
    let predicted = ticks * (long - middle) / turns;
    if predicted.abs_diff(third.saturating_sub(second)) > (long - middle) / turns + 1 {
        return Err(format!("the clock does not count instructions: {loops:?}"));
    }
    let one = |taken: u64| {
        let instructions = (taken * TURN * turns + ticks / 2) / ticks;
        instructions.div_ceil(SAMPLES)
    };
    let reading = |key: &str| match rows(key).as_slice() {
        &[[least, most]] => Ok(Reading {
            least: one(least),
            most: one(most),
        }),
        _ => Err(format!("no figure for d = {key}:\n{text}")),
    };
    Ok([reading("8")?, reading("16")?])
}

#[cfg(test)]
mod tests {
    use super::{Reading, readings};

    const LOOPS: &str = "loop 1000 51225\nloop 2000 102425\nloop 10000 512025\n";

    #[test]
    fn ticks_become_instructions_of_a_sample() {
        let text = format!("{LOOPS}8 85786 85787\n16 297959 300000\n");
        let [eight, sixteen] = readings(&text).expect("readings");
        // 25.6 ticks for an instruction.
        assert_eq!(
            eight,
            Reading {
                least: 419,
                most: 419
            }
        );
        assert_eq!(sixteen.to_string(), "1455 to 1465");
    }

    #[test]
    fn a_clock_that_does_not_count_is_refused() {
        for text in [
            String::from("8 1 1\n16 1 1\n"),
            format!("{LOOPS}8 85786 85787\n"),
            LOOPS.replace("512025", "412025") + "8 1 1\n16 1 1\n",
            LOOPS.replace("102425", "51225") + "8 1 1\n16 1 1\n",
        ] {
            assert!(readings(&text).is_err(), "{text}");
        }
    }
}
