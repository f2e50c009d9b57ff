//! What the program on a board has printed, as instructions of a sample.

use std::fmt;

use heterosgd_boards::Clock;

/// Samples that are timed at once.
const SAMPLES: u64 = 8;

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
    let clock = Clock::calibrate(&rows("loop"))?;
    let one = |ticks: u64| clock.instructions(ticks).div_ceil(SAMPLES);
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
    fn what_is_missing_is_said() {
        for text in [
            String::from("8 1 1\n16 1 1\n"),
            format!("{LOOPS}8 85786 85787\n"),
        ] {
            assert!(readings(&text).is_err(), "{text}");
        }
    }
}
