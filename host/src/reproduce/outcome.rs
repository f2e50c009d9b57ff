//! What a figure comes to: pictures, tables, numbers, claims.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Result;
use crate::output::OutDir;
use crate::plot::Figure;
pub(super) use crate::report::Table;

/// Which way a claim points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Relation {
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">=")]
    AtLeast,
}

impl Relation {
    pub(super) fn sign(self) -> char {
        match self {
            Self::AtMost => '\u{2264}',
            Self::AtLeast => '\u{2265}',
        }
    }
}

/// A statement about a number, checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Claim {
    #[serde(rename = "claim")]
    pub(super) statement: String,
    pub(super) value: f64,
    pub(super) relation: Relation,
    pub(super) bound: f64,
    pub(super) holds: bool,
}

impl Claim {
    /// `value <= bound`; NaN does not hold.
    pub(super) fn at_most(statement: impl Into<String>, value: f64, bound: f64) -> Self {
        Self {
            statement: statement.into(),
            value,
            relation: Relation::AtMost,
            bound,
            holds: value <= bound,
        }
    }

    /// `value >= bound`; NaN does not hold.
    pub(super) fn at_least(statement: impl Into<String>, value: f64, bound: f64) -> Self {
        Self {
            relation: Relation::AtLeast,
            holds: value >= bound,
            ..Self::at_most(statement, value, bound)
        }
    }
}

/// A reproduced figure.
#[derive(Debug)]
pub(super) struct Outcome {
    /// `fig1` and so on: the stem of its files.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// A few sentences for the report, the caption in the summary: what is shown, what to look for.
    pub(super) explanation: String,
    pub(super) parameters: Value,
    /// Headline numbers, in the order in which they are reported.
    pub(super) numbers: Map<String, Value>,
    pub(super) claims: Vec<Claim>,
    pub(super) figure: Figure,
    pub(super) tables: Vec<Table>,
}

impl Outcome {
    /// Writes the figure and its tables; the names of the files.
    pub(super) fn write(&self, out: &OutDir) -> Result<Vec<String>> {
        let mut files = self.figure.save(out, self.name)?;
        for table in &self.tables {
            let file = format!("{}_{}.csv", self.name, table.name);
            out.write(&file, &table.csv()?)?;
            files.push(file);
        }
        Ok(files)
    }

    /// The entry of `summary.json`.
    pub(super) fn summary(&self, files: &[String]) -> Value {
        serde_json::json!({
            "title": self.title,
            "caption": self.explanation,
            "parameters": self.parameters,
            "numbers": self.numbers,
            "claims": self.claims,
            "holds": self.holds(),
            "files": files,
        })
    }

    pub(super) fn holds(&self) -> bool {
        self.claims.iter().all(|claim| claim.holds)
    }
}

/// Headline numbers from pairs; a number that is not finite becomes null.
pub(super) fn numbers<S: Into<String>>(
    pairs: impl IntoIterator<Item = (S, f64)>,
) -> Map<String, Value> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.into(), Value::from(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Claim;

    #[test]
    fn claims_at_the_edge() {
        assert!(Claim::at_most("", 1.0, 1.0).holds);
        assert!(!Claim::at_most("", f64::NAN, 1.0).holds);
        assert!(!Claim::at_least("", f64::NAN, 1.0).holds);
        assert!(Claim::at_least("", f64::INFINITY, 1.0).holds);
        assert!(!Claim::at_least("", 0.9, 1.0).holds);
    }
}
