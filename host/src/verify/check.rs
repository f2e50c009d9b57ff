//! What a check comes to: rows with numbers and verdicts, and a plot.

use serde::Serialize;

use crate::plot::Figure;

/// One comparison of a prediction with a measurement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    /// What is compared, with its parameters.
    pub(super) what: String,
    pub(super) predicted: f64,
    pub(super) measured: f64,
    /// The measurement has to lie between these; infinite where there is no limit.
    pub(super) low: f64,
    pub(super) high: f64,
    /// Distance of the measurement from the nearer limit; negative where it lies outside.
    pub(super) margin: f64,
    /// Independent runs behind the measurement.
    pub(super) runs: u64,
    /// Probability at most with which a correct program fails this row, for a random seed.
    pub(super) false_alarm: f64,
    pub(super) verdict: Verdict,
}

/// Whether a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Pass,
    Fail,
    /// A number without a limit.
    Reported,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "FAIL",
            Self::Reported => "reported",
        }
    }
}

impl Row {
    /// `measured` has to lie between `low` and `high`; NaN does not.
    pub(super) fn between(
        what: impl Into<String>,
        predicted: f64,
        measured: f64,
        (low, high): (f64, f64),
    ) -> Self {
        let verdict = if low <= measured && measured <= high {
            Verdict::Pass
        } else {
            Verdict::Fail
        };
        Self {
            what: what.into(),
            predicted,
            measured,
            low,
            high,
            margin: (measured - low).min(high - measured),
            runs: 1,
            false_alarm: 0.0,
            verdict,
        }
    }

    /// `measured` has to be `limit` at most; the limit is the prediction.
    pub(super) fn at_most(what: impl Into<String>, measured: f64, limit: f64) -> Self {
        Self::between(what, limit, measured, (f64::NEG_INFINITY, limit))
    }

    /// `measured` has to be within the share `tolerance` of `predicted`.
    pub(super) fn within(
        what: impl Into<String>,
        predicted: f64,
        measured: f64,
        tolerance: f64,
    ) -> Self {
        let room = tolerance * predicted.abs();
        Self::between(
            what,
            predicted,
            measured,
            (predicted - room, predicted + room),
        )
    }

    /// A number beside its prediction, without a limit.
    pub(super) fn reported(what: impl Into<String>, predicted: f64, measured: f64) -> Self {
        Self {
            verdict: Verdict::Reported,
            ..Self::between(
                what,
                predicted,
                measured,
                (f64::NEG_INFINITY, f64::INFINITY),
            )
        }
    }

    /// The number of independent runs, and the probability of a false alarm.
    pub(super) fn over(self, runs: u64, false_alarm: f64) -> Self {
        Self {
            runs,
            false_alarm,
            ..self
        }
    }
}

/// The largest of `values`; NaN if one of them is, which [`f64::max`] would pass over.
pub(super) fn worst(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(f64::NEG_INFINITY, |worst, value| {
        if worst.is_nan() || value <= worst {
            worst
        } else {
            value
        }
    })
}

/// A check.
#[derive(Debug)]
pub(super) struct Check {
    /// `V1` and so on.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// The statement, and how it is measured.
    pub(super) statement: &'static str,
    pub(super) rows: Vec<Row>,
    pub(super) figure: Figure,
}

impl Check {
    /// Whether no row fails, and some row can.
    pub(super) fn holds(&self) -> bool {
        let failed = self.rows.iter().any(|row| row.verdict == Verdict::Fail);
        let judged = self.rows.iter().any(|row| row.verdict == Verdict::Pass);
        judged && !failed
    }

    /// At most the probability that a correct program fails this check.
    pub(super) fn false_alarm(&self) -> f64 {
        self.rows
            .iter()
            .map(|row| row.false_alarm)
            .sum::<f64>()
            .min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, Row, Verdict, worst};
    use crate::plot::{Chart, Figure};

    #[test]
    fn limits_are_included_and_nan_fails() {
        let verdict = |measured| Row::between("", 1.0, measured, (0.5, 1.5)).verdict;
        assert_eq!(verdict(0.5), Verdict::Pass);
        assert_eq!(verdict(1.5), Verdict::Pass);
        assert_eq!(verdict(1.6), Verdict::Fail);
        assert_eq!(verdict(f64::NAN), Verdict::Fail);
        assert_eq!(Row::within("", -2.0, -2.1, 0.1).verdict, Verdict::Pass);
        assert!((Row::within("", 2.0, 2.3, 0.1).margin + 0.1).abs() < 1e-12);
        assert_eq!(Row::at_most("", 3.0, 2.0).verdict, Verdict::Fail);
    }

    #[test]
    fn nothing_is_worse_than_nan() {
        assert_eq!(worst([1.0, 3.0, 2.0]), 3.0);
        assert_eq!(worst([1.0, f64::INFINITY]), f64::INFINITY);
        for values in [
            [f64::NAN, 1.0, 2.0],
            [1.0, -f64::NAN, 2.0],
            [1.0, 2.0, f64::NAN],
        ] {
            assert!(worst(values).is_nan(), "{values:?}");
        }
    }

    #[test]
    fn a_check_without_a_judged_row_does_not_hold() {
        let check = |rows| Check {
            name: "V0",
            title: "",
            statement: "",
            rows,
            figure: Figure::row([Chart::new("")]),
        };
        let good = Row::at_most("", 1.0, 2.0).over(10, 1e-6);
        let bad = Row::at_most("", 3.0, 2.0).over(10, 1e-6);
        let told = Row::reported("", 3.0, 2.0);
        assert!(check(vec![good.clone(), told.clone()]).holds());
        assert!(!check(vec![told]).holds());
        let both = check(vec![good, bad]);
        assert!(!both.holds());
        assert!((both.false_alarm() - 2e-6).abs() < 1e-18);
    }
}
