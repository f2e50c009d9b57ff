//! The table of a sweep: one row for each run, as CSV and as Parquet.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use crate::error::{Error, Result};
use crate::trial::{Ending, Parts, Setting};

/// Rows of a Parquet row group, and of what is held in memory at a time.
pub(super) const GROUP: usize = 16_384;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Whole,
    /// A whole number, or nothing.
    Maybe,
    Word,
}

/// The columns, in order.
const COLUMNS: [(&str, Kind); 36] = [
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

/// A Parquet file, row group by row group.
pub(super) struct Parquet<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    rows: Vec<String>,
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Failed(format!("the Parquet file cannot be written: {error}"))
}

impl<W: Write + Send> Parquet<W> {
    /// Begins a file in `sink`.
    pub(super) fn new(sink: W) -> Result<Self> {
        let fields = COLUMNS.map(|(name, kind)| {
            let physical = match kind {
                Kind::Number => Physical::DOUBLE,
                Kind::Whole | Kind::Maybe => Physical::INT64,
                Kind::Word => Physical::BYTE_ARRAY,
            };
            let repetition = match kind {
                Kind::Maybe => Repetition::OPTIONAL,
                Kind::Number | Kind::Whole | Kind::Word => Repetition::REQUIRED,
            };
            let mut builder =
                Type::primitive_type_builder(name, physical).with_repetition(repetition);
            if kind == Kind::Word {
                builder = builder.with_logical_type(Some(LogicalType::String));
            }
            builder.build().map(Arc::new)
        });
        let fields = fields
            .into_iter()
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(failed)?;
        let schema = Type::group_type_builder("sweep")
            .with_fields(fields)
            .build()
            .map_err(failed)?;
        // The version of the library is left out, so that the bytes are those of the data.
        let properties = WriterProperties::builder()
            .set_created_by(concat!("heterosgd ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = SerializedFileWriter::new(sink, Arc::new(schema), Arc::new(properties))
            .map_err(failed)?;
        Ok(Self {
            writer,
            rows: Vec::new(),
        })
    }

    /// Takes in a row as [`row`] makes it.
    pub(super) fn push(&mut self, row: String) -> Result<()> {
        self.rows.push(row);
        if self.rows.len() >= GROUP {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let rows: Vec<Vec<&str>> = self
            .rows
            .iter()
            .map(|row| row.split(',').collect())
            .collect();
        let mut group = self.writer.next_row_group().map_err(failed)?;
        for (position, (name, kind)) in COLUMNS.iter().enumerate() {
            let cells: Vec<&str> = rows
                .iter()
                .map(|cells| cells.get(position).copied().unwrap_or(""))
                .collect();
            write_column(&mut group, *kind, &cells)
                .map_err(|why| failed(format!("column {name}: {why}")))?;
        }
        group.close().map_err(failed)?;
        self.rows.clear();
        Ok(())
    }

    /// Writes what is left and the end of the file.
    pub(super) fn finish(mut self) -> Result<()> {
        if !self.rows.is_empty() {
            self.flush()?;
        }
        self.writer.close().map_err(failed)?;
        Ok(())
    }
}

fn write_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    kind: Kind,
    cells: &[&str],
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut column = group.next_column()?.ok_or("there are too few columns")?;
    match kind {
        Kind::Number => {
            let values = cells.iter().map(|cell| cell.parse());
            let values: Vec<f64> = values.collect::<std::result::Result<_, _>>()?;
            column
                .typed::<DoubleType>()
                .write_batch(&values, None, None)?;
        }
        Kind::Whole => {
            let values = cells.iter().map(|cell| cell.parse().map(u64::cast_signed));
            let values: Vec<i64> = values.collect::<std::result::Result<_, _>>()?;
            column
                .typed::<Int64Type>()
                .write_batch(&values, None, None)?;
        }
        Kind::Maybe => {
            let levels: Vec<i16> = cells
                .iter()
                .map(|cell| i16::from(!cell.is_empty()))
                .collect();
            let present = cells.iter().filter(|cell| !cell.is_empty());
            let values = present.map(|cell| cell.parse().map(u64::cast_signed));
            let values: Vec<i64> = values.collect::<std::result::Result<_, _>>()?;
            column
                .typed::<Int64Type>()
                .write_batch(&values, Some(&levels), None)?;
        }
        Kind::Word => {
            let values: Vec<ByteArray> = cells.iter().map(|cell| ByteArray::from(*cell)).collect();
            column
                .typed::<ByteArrayType>()
                .write_batch(&values, None, None)?;
        }
    }
    column.close()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, Parquet, header, position, row};
    use crate::trial::{Ending, Parts, Setting};

    fn sample(diverged_at: Option<u64>) -> String {
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

    #[test]
    fn parquet_reads_back() {
        use parquet::file::reader::{FileReader as _, SerializedFileReader};
        use parquet::record::RowAccessor as _;
        let mut bytes = Vec::new();
        let mut table = Parquet::new(&mut bytes).unwrap();
        table.push(sample(None)).unwrap();
        table.push(sample(Some(17))).unwrap();
        table.finish().unwrap();
        let file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut &file, &bytes).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows: Vec<_> = reader
            .get_row_iter(None)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(rows.len(), 2);
        let at = |name: &str| position(name).unwrap();
        assert_eq!(rows[1].get_double(at("tail_invariant")).unwrap(), 0.1 + 0.2);
        assert_eq!(rows[1].get_long(at("diverged_at")).unwrap(), 17);
        assert!(rows[0].get_long(at("diverged_at")).is_err(), "nothing");
        assert_eq!(rows[0].get_string(at("method")).unwrap(), "hetero");
    }
}
