//! The table of a sweep: one row for each run, its cells separated by commas.

use crate::error::{Error, Result};
use crate::trial::{Ending, Parts, Setting};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Whole,
    /// A whole number, or nothing.
    Maybe,
    Word,
}

/// The columns, in order.
pub(super) const COLUMNS: [(&str, Kind); 36] = [
    ("dim", Kind::Whole),
    ("rank", Kind::Whole),
    ("spurious", Kind::Whole),
    ("columns", Kind::Whole),
    ("sigma", Kind::Number),
    ("mu", Kind::Number),
    ("heterogeneity", Kind::Number),
    ("distribution", Kind::Word),
    ("environments", Kind::Whole),
    ("overlap", Kind::Number),
    ("noise", Kind::Number),
    ("ensemble", Kind::Word),
    ("precision", Kind::Word),
    ("method", Kind::Word),
    ("batch", Kind::Whole),
    ("step_size", Kind::Number),
    ("init_scale", Kind::Number),
    ("steps", Kind::Whole),
    ("seed", Kind::Whole),
    ("exponent", Kind::Number),
    ("diverged_at", Kind::Maybe),
    ("last_invariant", Kind::Number),
    ("last_spurious", Kind::Number),
    ("last_null", Kind::Number),
    ("last_error", Kind::Number),
    ("last_pooled_error", Kind::Number),
    ("tail_invariant", Kind::Number),
    ("tail_spurious", Kind::Number),
    ("tail_null", Kind::Number),
    ("tail_error", Kind::Number),
    ("tail_pooled_error", Kind::Number),
    ("tail_cut_invariant", Kind::Number),
    ("tail_cut_spurious", Kind::Number),
    ("tail_cut_null", Kind::Number),
    ("tail_cut_error", Kind::Number),
    ("tail_cut_pooled_error", Kind::Number),
];

/// The position of a column.
pub(super) fn position(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|(column, _)| *column == name)
}

/// The header line.
pub(super) fn header() -> String {
    COLUMNS.map(|(name, _)| name).join(",")
}

/// The name of a word on the command line and in tables.
fn word(value: &impl serde::Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(Error::Failed("a name cannot be written".to_owned())),
    }
}

/// The shortest decimals that read back as the same number.
fn number(value: f64) -> String {
    if value != 0.0 && value.is_finite() && !(1e-5..1e16).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

/// The row of a run, without the line break. No cell needs quotes.
pub(super) fn row(setting: &Setting, seed: u64, exponent: f64, ending: &Ending) -> Result<String> {
    let mut cells = vec![
        setting.dim.to_string(),
        setting.rank.to_string(),
        setting.spurious.to_string(),
        setting.columns.to_string(),
        number(setting.sigma),
        number(setting.mu),
        number(setting.heterogeneity),
        word(&setting.distribution)?,
        setting.environments.to_string(),
        number(setting.overlap),
        number(setting.noise),
        word(&setting.ensemble)?,
        word(&setting.precision)?,
        word(&setting.method)?,
        setting.batch.to_string(),
        number(setting.step_size),
        number(setting.init_scale),
        setting.steps.to_string(),
        seed.to_string(),
        number(exponent),
        ending
            .diverged_at
            .map_or_else(String::new, |step| step.to_string()),
    ];
    for parts in [ending.last, ending.tail, ending.tail_cut] {
        let Parts {
            invariant,
            spurious,
            null,
            error,
            pooled_error,
        } = parts;
        cells.extend([invariant, spurious, null, error, pooled_error].map(number));
    }
    Ok(cells.join(","))
}

#[cfg(test)]
pub(super) mod tests {
    use super::{COLUMNS, header, position, row};
    use crate::trial::{Ending, Parts, Setting};

    pub(in crate::sweep) fn sample(diverged_at: Option<u64>) -> String {
        let parts = Parts {
            invariant: 0.1 + 0.2,
            spurious: 1e-300,
            null: 0.0,
            error: f64::INFINITY,
            pooled_error: 2.0,
        };
        let ending = Ending {
            last: parts,
            tail: parts,
            tail_cut: parts,
            diverged_at,
        };
        row(&Setting::default(), 3, -0.5, &ending).unwrap()
    }

    #[test]
    fn rows_have_all_columns_and_every_digit() {
        let text = sample(None);
        let cells: Vec<&str> = text.split(',').collect();
        assert_eq!(cells.len(), COLUMNS.len());
        assert_eq!(header().split(',').count(), COLUMNS.len());
        let cell = |name: &str| cells[position(name).unwrap()];
        assert_eq!(cell("tail_invariant"), "0.30000000000000004");
        assert_eq!(cell("tail_spurious"), "1e-300");
        assert_eq!(
            (cell("distribution"), cell("precision")),
            ("two-point", "f64")
        );
        assert_eq!((cell("diverged_at"), cell("seed")), ("", "3"));
        assert!(position("nothing").is_none());
    }
}
