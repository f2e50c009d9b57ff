//! The table of a sweep as a Parquet file, row group by row group.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use super::table::{COLUMNS, Kind};
use crate::error::{Error, Result};

/// Rows of a row group, and of what is held in memory at a time.
const GROUP: usize = 16_384;

/// A file that is being written.
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

    /// Takes in a row as [`row`](super::table::row) makes it.
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
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;

    use super::Parquet;
    use crate::sweep::table::position;
    use crate::sweep::table::tests::sample;

    #[test]
    fn parquet_reads_back() {
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
