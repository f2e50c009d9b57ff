//! What a figure comes to: pictures, tables, numbers, claims.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::output::OutDir;
use crate::plot::Figure;

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

/// A table of numbers for a CSV file.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// The end of the file's name: `fig1` and `curves` make `fig1_curves.csv`.
    pub(super) name: String,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<f64>>,
}

impl Table {
    pub(super) fn new<S: Into<String>>(
        name: impl Into<String>,
        header: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            name: name.into(),
            header: header.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// The table as CSV: the shortest decimals that read back as the same number; nothing for NaN.
    fn csv(&self) -> Result<Vec<u8>> {
        let failed = |what: String| Error::Failed(format!("a table cannot be written: {what}"));
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer
            .write_record(&self.header)
            .map_err(|error| failed(error.to_string()))?;
        for row in &self.rows {
            let cells = row.iter().map(|&value| {
                if value.is_nan() {
                    String::new()
                } else if value != 0.0 && value.abs() < 1e-4 {
                    format!("{value:e}")
                } else {
                    value.to_string()
                }
            });
            writer
                .write_record(cells)
                .map_err(|error| failed(error.to_string()))?;
        }
        writer
            .into_inner()
            .map_err(|error| failed(error.to_string()))
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
        self.figure.save(out, self.name)?;
        let mut files = vec![format!("{}.svg", self.name), format!("{}.png", self.name)];
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
    use super::{Claim, Table};

    #[test]
    fn claims_at_the_edge() {
        assert!(Claim::at_most("", 1.0, 1.0).holds);
        assert!(!Claim::at_most("", f64::NAN, 1.0).holds);
        assert!(!Claim::at_least("", f64::NAN, 1.0).holds);
        assert!(Claim::at_least("", f64::INFINITY, 1.0).holds);
        assert!(!Claim::at_least("", 0.9, 1.0).holds);
    }

    #[test]
    fn tables_keep_every_digit() {
        let mut table = Table::new("t", ["a", "b"]);
        table.rows.push(vec![0.1 + 0.2, f64::NAN]);
        table.rows.push(vec![1e-30, 2.0]);
        let text = String::from_utf8(table.csv().unwrap()).unwrap();
        assert_eq!(text, "a,b\n0.30000000000000004,\n1e-30,2\n");
    }
}
