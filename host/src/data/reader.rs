//! CSV rows one at a time, in constant memory, with errors that name file, line and column.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use csv::{ByteRecord, ErrorKind, ReaderBuilder, Trim};
use flate2::read::MultiGzDecoder;
use heterosgd::Scalar;

use crate::error::{Error, Result};

/// A CSV file with a header line. Gzip is recognised by its first two bytes; `-` is standard input.
pub struct CsvReader {
    file: PathBuf,
    columns: Vec<String>,
    reader: csv::Reader<Box<dyn Read>>,
    record: ByteRecord,
}

/// One row of a [`CsvReader`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    file: &'a Path,
    columns: &'a [String],
    record: &'a ByteRecord,
}

impl CsvReader {
    /// Opens `path` and reads its header line.
    ///
    /// # Errors
    /// If the file cannot be read, is empty, or names a column twice or not at all.
    pub fn open(path: &Path) -> Result<Self> {
        let source = open_plain(path).map_err(Error::io(path))?;
        let mut reader = ReaderBuilder::new()
            .trim(Trim::All)
            // Ragged rows are reported here, with our own words.
            .flexible(true)
            .buffer_capacity(1 << 16)
            .from_reader(source);
        let header = reader
            .byte_headers()
            .map_err(|error| csv_error(path, &error))?
            .clone();
        let columns = column_names(path, &header)?;
        Ok(Self {
            file: path.to_owned(),
            columns,
            reader,
            record: ByteRecord::new(),
        })
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The column names, in file order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The position of column `name`.
    ///
    /// # Errors
    /// If there is none; the message lists what there is.
    pub fn column(&self, name: &str) -> Result<usize> {
        self.position(name).ok_or_else(|| {
            Error::data(
                &self.file,
                Some(1),
                Some(name),
                format!("no such column; the file has {}", list(&self.columns)),
            )
        })
    }

    /// The position of column `name`, if there is one.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// The next row; `None` at the end of the file. Blank lines are passed over.
    ///
    /// # Errors
    /// If the file cannot be read, or a row has more or fewer fields than the header.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>> {
        let more = self
            .reader
            .read_byte_record(&mut self.record)
            .map_err(|error| csv_error(&self.file, &error))?;
        if !more {
            return Ok(None);
        }
        let row = Row {
            file: &self.file,
            columns: &self.columns,
            record: &self.record,
        };
        if row.record.len() != row.columns.len() {
            return Err(Error::data(
                row.file,
                Some(row.line()),
                None,
                format!(
                    "{} fields, but the header has {}",
                    row.record.len(),
                    row.columns.len()
                ),
            ));
        }
        Ok(Some(row))
    }
}

impl Row<'_> {
    /// The line of the row in the file, from 1.
    pub fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    /// The text of a field.
    ///
    /// # Errors
    /// If it is empty or not UTF-8.
    pub fn text(&self, column: usize) -> Result<&str> {
        let bytes = self.record.get(column).unwrap_or_default();
        let text =
            std::str::from_utf8(bytes).map_err(|_| self.error(column, "the text is not UTF-8"))?;
        if text.is_empty() {
            return Err(self.error(column, "the field is empty"));
        }
        Ok(text)
    }

    /// The number in a field, rounded to the nearest `T`.
    ///
    /// # Errors
    /// If it is not a number, or not a finite one.
    pub fn number<T: Scalar + FromStr>(&self, column: usize) -> Result<T> {
        let text = self.text(column)?;
        let value: T = text
            .parse()
            .map_err(|_| self.error(column, &format!("{text:?} is not a number")))?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(self.error(column, &format!("{text:?} is not a finite number")))
        }
    }

    /// An error at a field of this row.
    pub fn error(&self, column: usize, message: &str) -> Error {
        let name = self.columns.get(column).map(String::as_str);
        Error::data(self.file, Some(self.line()), name, message)
    }
}

fn open_plain(path: &Path) -> std::io::Result<Box<dyn Read>> {
    let mut source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(File::open(path)?)
    };
    let mut magic = Vec::with_capacity(2);
    source.by_ref().take(2).read_to_end(&mut magic)?;
    let gzip = magic == [0x1f, 0x8b];
    let whole = BufReader::with_capacity(1 << 16, Cursor::new(magic).chain(source));
    Ok(if gzip {
        Box::new(MultiGzDecoder::new(whole))
    } else {
        Box::new(whole)
    })
}

fn column_names(path: &Path, header: &ByteRecord) -> Result<Vec<String>> {
    if header.is_empty() {
        return Err(Error::file(
            path,
            "the file is empty; a header line with column names is expected",
        ));
    }
    let mut columns: Vec<String> = Vec::with_capacity(header.len());
    for (index, bytes) in header.iter().enumerate() {
        let name = String::from_utf8(bytes.to_vec())
            .map_err(|_| Error::data(path, Some(1), None, "a column name is not UTF-8"))?;
        if name.is_empty() {
            let message = format!("column {} has no name in the header", index + 1);
            return Err(Error::data(path, Some(1), None, message));
        }
        columns.push(name);
    }
    let mut sorted: Vec<&String> = columns.iter().collect();
    sorted.sort();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::data(
            path,
            Some(1),
            Some(pair[0]),
            "two columns have this name",
        ));
    }
    Ok(columns)
}

fn csv_error(path: &Path, error: &csv::Error) -> Error {
    let line = error.position().map(csv::Position::line);
    let message = match error.kind() {
        ErrorKind::Io(source) => {
            let copy = std::io::Error::new(source.kind(), source.to_string());
            return Error::io(path)(copy);
        }
        _ => error.to_string(),
    };
    Error::data(path, line, None, message)
}

/// A readable list of names, cut short where it is long.
pub(crate) fn list<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 12;
    let mut text = names
        .iter()
        .take(SHOWN)
        .map(AsRef::as_ref)
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text += &format!(", ... ({} in all)", names.len());
    }
    text
}
