//! Tables of numbers.

use crate::error::{Error, Result};

/// A table of numbers for a CSV file.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// The end of the file's name: `fig1` and `curves` make `fig1_curves.csv`.
    pub(crate) name: String,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<f64>>,
}

impl Table {
    pub(crate) fn new<S: Into<String>>(
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
    pub(crate) fn csv(&self) -> Result<Vec<u8>> {
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

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn tables_keep_every_digit() {
        let mut table = Table::new("t", ["a", "b"]);
        table.rows.push(vec![0.1 + 0.2, f64::NAN]);
        table.rows.push(vec![1e-30, 2.0]);
        let text = String::from_utf8(table.csv().unwrap()).unwrap();
        assert_eq!(text, "a,b\n0.30000000000000004,\n1e-30,2\n");
    }
}
