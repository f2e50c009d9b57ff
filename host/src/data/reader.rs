//! CSV rows one at a time, in constant memory, with errors that name file, line and column.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use flate2::read::MultiGzDecoder;
use heterosgd::Scalar;

use super::header::{self, SAVE_AS_UTF8};
use super::records::{Broken, Record, Records};
use crate::error::{Error, Place, Result};

/// How the message about a field that should be a number ends.
pub(crate) const NOT_A_NUMBER: &str = " is not a number";

/// A CSV file with a header line. Gzip is recognised by its first two bytes; `-` is standard input.
pub struct CsvReader {
    file: PathBuf,
    columns: Vec<String>,
    header_line: u64,
    records: Records,
}

/// One row of a [`CsvReader`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    file: &'a Path,
    columns: &'a [String],
    record: &'a Record,
}

impl CsvReader {
    /// Opens `path` and reads its header line.
    ///
    /// # Errors
    /// If the file cannot be read, is empty, is not separated by commas, or names a column twice or
    /// not at all.
    pub fn open(path: &Path) -> Result<Self> {
        let source = open_plain(path).map_err(Error::io(path))?;
        let mut records = Records::new(source);
        if !records.advance().map_err(|broken| refused(path, broken))? {
            return Err(Error::file(
                path,
                "the file is empty; a header line with column names is expected",
            ));
        }
        Ok(Self {
            file: path.to_owned(),
            columns: header::columns(path, records.record())?,
            header_line: records.record().line(),
            records,
        })
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The file as a place.
    pub fn place(&self) -> Place {
        Place {
            file: self.file.clone(),
            line: None,
            column: None,
        }
    }

    /// The column names, in file order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The line of the column names: 1 unless blank lines come before it.
    pub fn header_line(&self) -> u64 {
        self.header_line
    }

    /// The position of column `name`.
    ///
    /// # Errors
    /// If there is none; the message lists what there is.
    pub fn column(&self, name: &str) -> Result<usize> {
        self.position(name).ok_or_else(|| {
            Error::data(
                &self.file,
                Some(self.header_line),
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
            .records
            .advance()
            .map_err(|broken| refused(&self.file, broken))?;
        if !more {
            return Ok(None);
        }
        let row = Row {
            file: &self.file,
            columns: &self.columns,
            record: self.records.record(),
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
    /// The line of the file on which the row begins, from 1.
    pub fn line(&self) -> u64 {
        self.record.line()
    }

    /// Where the row is.
    pub fn place(&self) -> Place {
        Place {
            file: self.file.to_owned(),
            line: Some(self.line()),
            column: None,
        }
    }

    /// The text of a field.
    ///
    /// # Errors
    /// If it is empty or not UTF-8.
    pub fn text(&self, column: usize) -> Result<&str> {
        let bytes = self.record.get(column).unwrap_or_default();
        let text = std::str::from_utf8(bytes)
            .map_err(|_| self.error(column, &format!("the text is not UTF-8; {SAVE_AS_UTF8}")))?;
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
            .map_err(|_| self.error(column, &format!("{text:?}{NOT_A_NUMBER}")))?;
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

fn open_plain(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
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
        Box::new(BufReader::with_capacity(
            1 << 16,
            MultiGzDecoder::new(whole),
        ))
    } else {
        Box::new(whole)
    })
}

fn refused(path: &Path, broken: Broken) -> Error {
    match broken {
        Broken::Io(source) => Error::io(path)(source),
        Broken::Record(line, message) => Error::data(path, Some(line), None, message),
    }
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
