//! What the rounds of a case have shown.

use serde_json::{Value, json};

use crate::case::Case;

/// This library.
pub(crate) const OURS: &str = "heterosgd";

/// After a peer's name: a whole step of 64 samples, dense part included.
pub(crate) const STEP: &str = "+step";

/// Whether a row is not a peer, but a plain read and sum of the same bytes.
pub(crate) fn is_read(name: &str) -> bool {
    name.starts_with("read")
}

/// Products and sums in registers: nanoseconds of one operation.
pub(crate) const PEAK: &str = "peak";

/// Whether a row is not a peer, but what memory or the processor can do.
pub(crate) fn is_limit(name: &str) -> bool {
    is_read(name) || name == PEAK
}

/// A peer's times in the rounds of a case; nanoseconds per sample, or per step.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) times: Vec<f64>,
}

impl Row {
    pub(crate) fn new(name: String) -> Self {
        let times = Vec::new();
        Self { name, times }
    }

    fn summary(&self) -> Summary {
        Summary::of(&self.times)
    }
}

/// A median, and the least and the most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Summary {
    fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |k: usize| sorted.get(k).copied().unwrap_or(f64::NAN);
        let (last, middle) = (sorted.len().saturating_sub(1), sorted.len() / 2);
        let before = if sorted.len() % 2 == 1 {
            middle
        } else {
            middle.saturating_sub(1)
        };
        Self {
            median: f64::midpoint(at(before), at(middle)),
            least: at(0),
            most: at(last),
        }
    }
}

/// A case with the times of all peers.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) case: Case,
    /// Rows of whole steps have [`STEP`] behind their names.
    pub(crate) rows: Vec<Row>,
}

impl Outcome {
    fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }

    /// Nanoseconds of a row.
    pub(crate) fn time(&self, name: &str) -> Option<Summary> {
        self.row(name).map(Row::summary)
    }

    /// Nanoseconds in which the bytes of a sample can be read: by the faster of the reads.
    pub(crate) fn limit(&self) -> Option<f64> {
        let reads = self.rows.iter().filter(|row| is_read(&row.name));
        reads.map(|row| row.summary().median).min_by(f64::total_cmp)
    }

    /// The part of the read limit's speed at which this library takes in samples.
    pub(crate) fn share(&self) -> Option<f64> {
        Some(self.limit()? / self.time(OURS)?.median)
    }

    /// The time of `name` in times of this library for the same: the ratio of medians, and the least
    /// and the most ratio of a round.
    pub(crate) fn ratio(&self, name: &str) -> Option<Summary> {
        let step = if name.ends_with(STEP) { STEP } else { "" };
        let (row, ours) = (self.row(name)?, self.row(&format!("{OURS}{step}"))?);
        let rounds = row.times.iter().zip(&ours.times).map(|(a, b)| a / b);
        Some(Summary {
            median: row.summary().median / ours.summary().median,
            ..Summary::of(&rounds.collect::<Vec<_>>())
        })
    }

    /// The least [`ratio`](Self::ratio) of the peers that `wanted` says.
    pub(crate) fn best(&self, wanted: impl Fn(&str) -> bool) -> Option<f64> {
        let is_peer = |name: &str| !is_limit(name) && !name.starts_with(OURS) && wanted(name);
        let peers = self.rows.iter().filter(|row| is_peer(&row.name));
        peers
            .filter_map(|row| Some(self.ratio(&row.name)?.median))
            .min_by(f64::total_cmp)
    }

    /// For the terminal, while the next case is measured.
    pub(crate) fn lines(&self) -> String {
        let mut text = format!("\n{}\n", self.case);
        for row in &self.rows {
            let time = row.summary();
            let ratio = self.ratio(&row.name).map_or(f64::NAN, |ratio| ratio.median);
            text += &format!(
                "  {:<20} {:>10.2} ns ({:.2} to {:.2}), {ratio:.2} of ours\n",
                row.name, time.median, time.least, time.most
            );
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| json!({"peer": row.name, "median": row.summary().median, "ns": row.times}))
            .collect();
        json!({
            "kind": self.case.kind(), "scalar": self.case.scalar(), "d": self.case.d,
            "bytes": self.case.bytes, "from_memory": self.case.from_memory, "rows": rows,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Outcome, Row, Summary};
    use crate::case::Case;

    /// A dense case of d = 8 with these rows.
    pub(crate) fn outcome(from_memory: bool, rows: &[(&str, &[f64])]) -> Outcome {
        let case = Case {
            double: false,
            d: 8,
            rank_one: false,
            from_memory,
            bytes: 256 << 10,
        };
        let row = |&(name, times): &(&str, &[f64])| Row {
            name: name.to_owned(),
            times: times.to_vec(),
        };
        let rows = rows.iter().map(row).collect();
        Outcome { case, rows }
    }

    #[test]
    fn medians_of_odd_and_even_counts() {
        let summary = |median, least, most| Summary {
            median,
            least,
            most,
        };
        assert_eq!(Summary::of(&[3.0, 1.0, 2.0]), summary(2.0, 1.0, 3.0));
        assert_eq!(Summary::of(&[4.0, 1.0, 2.0, 8.0]), summary(3.0, 1.0, 8.0));
        assert!(Summary::of(&[]).median.is_nan());
    }

    #[test]
    fn ratios_are_of_medians_and_ranges_of_rounds() {
        let outcome = outcome(
            false,
            &[
                ("read", &[1.0, 1.0, 1.0]),
                ("read-streams", &[0.5, 0.8, 0.9]),
                ("heterosgd", &[1.0, 2.0, 4.0]),
                ("c", &[6.0, 2.0, 4.0]),
                ("eigen", &[8.0, 8.0, 8.0]),
                ("heterosgd+step", &[10.0]),
                ("c+step", &[5.0]),
            ],
        );
        let ratio = outcome.ratio("c").expect("both rows");
        assert_eq!((ratio.median, ratio.least, ratio.most), (2.0, 1.0, 6.0));
        assert_eq!(outcome.ratio("c+step").expect("both rows").median, 0.5);
        assert_eq!(outcome.limit(), Some(0.8));
        assert_eq!(outcome.share(), Some(0.4));
        assert_eq!(outcome.best(|name| !name.ends_with("+step")), Some(2.0));
        assert_eq!(outcome.best(|name| name.starts_with("numpy")), None);
    }
}
