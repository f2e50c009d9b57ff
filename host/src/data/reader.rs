//! Rows of a file one at a time, in constant memory, with errors that name file, line or row, and column.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::header;
use super::npy::{self, Kind};
use super::records::{self, Records};
use super::row::{Fields, Row};
use crate::error::{At, Error, Place, Result};

/// A file of rows with named columns: CSV with a header line, or a one-dimensional `.npy` array with
/// named fields; plain or gzip, all recognised by their first bytes; `-` is standard input.
pub struct Reader {
    file: PathBuf,
    columns: Vec<String>,
    rows: Rows,
}

enum Rows {
    Text {
        header_line: u64,
        records: Box<Records>,
    },
    Array(npy::Rows),
}

/// Columns that are read together ([`Row::numbers`]).
#[derive(Debug, Clone)]
pub struct Columns {
    pub(super) indices: Vec<usize>,
    /// Where they are in a row of an array, if they lie side by side and have one type.
    pub(super) adjacent: Option<(Kind, Range<usize>)>,
}

impl Columns {
    /// Their positions in the file.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }
}

impl Reader {
    /// Opens `path` and reads its header.
    ///
    /// # Errors
    /// If the file cannot be read, is empty, is not separated by commas, has fields that are neither
    /// numbers nor text, or names a column twice or not at all.
    pub fn open(path: &Path) -> Result<Self> {
        let source: Box<dyn Read> = if path == Path::new("-") {
            Box::new(std::io::stdin().lock())
        } else {
            Box::new(File::open(path).map_err(Error::io(path))?)
        };
        Self::from_source(path, source)
    }

    /// As [`open`](Self::open), from a source that errors call `path`.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn from_source(path: &Path, source: Box<dyn Read>) -> Result<Self> {
        let (source, is_array) = recognised(source).map_err(Error::io(path))?;
        let (columns, rows) = if is_array {
            let rows = npy::Rows::new(source).map_err(|broken| broken_array(path, broken))?;
            (rows.names(), Rows::Array(rows))
        } else {
            let mut records = Box::new(Records::new(source));
            if !records
                .advance()
                .map_err(|broken| broken_text(path, broken))?
            {
                return Err(Error::file(
                    path,
                    "the file is empty; a header line with column names is expected",
                ));
            }
            let header_line = records.record().line();
            let columns = header::columns(path, records.record())?;
            (
                columns,
                Rows::Text {
                    header_line,
                    records,
                },
            )
        };
        let reader = Self {
            file: path.to_owned(),
            columns,
            rows,
        };
        match header::twice(&reader.columns) {
            Some(name) => Err(reader.header_error(Some(name), "two columns have this name")),
            None => Ok(reader),
        }
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The file as a place.
    pub fn place(&self) -> Place {
        Place {
            file: self.file.clone(),
            at: None,
            column: None,
        }
    }

    /// The column names, in file order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What messages count: lines of text, or rows of an array.
    pub fn unit(&self) -> &'static str {
        match self.rows {
            Rows::Text { .. } => "line",
            Rows::Array(_) => "row",
        }
    }

    /// Where the column names are: line 1 of text, unless blank lines come before it.
    pub fn header(&self) -> Option<At> {
        match self.rows {
            Rows::Text { header_line, .. } => Some(At::Line(header_line)),
            Rows::Array(_) => None,
        }
    }

    /// An error in the header.
    pub fn header_error(&self, column: Option<&str>, message: impl Into<String>) -> Error {
        Error::data(&self.file, self.header(), column, message)
    }

    /// That there is no row.
    pub fn no_rows(&self) -> Error {
        Error::file(&self.file, "there are no rows below the header")
    }

    /// The position of column `name`.
    ///
    /// # Errors
    /// If there is none; the message lists what there is.
    pub fn column(&self, name: &str) -> Result<usize> {
        self.position(name).ok_or_else(|| {
            let there_is = list(&self.columns);
            self.header_error(
                Some(name),
                format!("no such column; the file has {there_is}"),
            )
        })
    }

    /// The position of column `name`, if there is one.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Columns to be read together, by their positions.
    pub fn select(&self, indices: Vec<usize>) -> Columns {
        let adjacent = match &self.rows {
            Rows::Text { .. } => None,
            Rows::Array(rows) => rows.adjacent(&indices),
        };
        Columns { indices, adjacent }
    }

    /// The next row; `None` at the end of the file. Blank lines of text are passed over.
    ///
    /// # Errors
    /// If the file cannot be read, a line has more or fewer fields than the header, or an array has more
    /// or fewer rows than its header says.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>> {
        let Self {
            file,
            columns,
            rows,
        } = self;
        let fields = match rows {
            Rows::Text { records, .. } => {
                if !records
                    .advance()
                    .map_err(|broken| broken_text(file, broken))?
                {
                    return Ok(None);
                }
                let record = records.record();
                if record.len() != columns.len() {
                    return Err(Error::data(
                        file,
                        Some(At::Line(record.line())),
                        None,
                        format!(
                            "{} fields, but the header has {}",
                            record.len(),
                            columns.len()
                        ),
                    ));
                }
                Fields::Text(record)
            }
            Rows::Array(rows) => {
                if !rows
                    .advance()
                    .map_err(|broken| broken_array(file, broken))?
                {
                    return Ok(None);
                }
                Fields::Array(rows.row())
            }
        };
        Ok(Some(Row {
            file,
            columns,
            fields,
        }))
    }
}

/// Finds out what a file is by its first bytes: gzip, which is taken off, and then an array or text.
fn recognised(source: Box<dyn Read>) -> std::io::Result<(Box<dyn BufRead>, bool)> {
    let (is_gzip, mut source) = begins_with(&[0x1f, 0x8b], source)?;
    if is_gzip {
        source = Box::new(MultiGzDecoder::new(BufReader::with_capacity(
            1 << 16,
            source,
        )));
    }
    let (is_array, source) = begins_with(npy::MAGIC, source)?;
    Ok((
        Box::new(BufReader::with_capacity(1 << 16, source)),
        is_array,
    ))
}

/// Whether a source begins so; and the source, from its beginning.
fn begins_with(magic: &[u8], mut source: Box<dyn Read>) -> std::io::Result<(bool, Box<dyn Read>)> {
    let mut begin = Vec::with_capacity(magic.len());
    source
        .by_ref()
        .take(magic.len() as u64)
        .read_to_end(&mut begin)?;
    let found = begin == magic;
    Ok((found, Box::new(Cursor::new(begin).chain(source))))
}

fn broken_text(path: &Path, broken: records::Broken) -> Error {
    match broken {
        records::Broken::Io(source) => Error::io(path)(source),
        records::Broken::Record(line, message) => {
            Error::data(path, Some(At::Line(line)), None, message)
        }
    }
}

fn broken_array(path: &Path, broken: npy::Broken) -> Error {
    match broken {
        npy::Broken::Io(source) => Error::io(path)(source),
        npy::Broken::File(message) => Error::file(path, message),
        npy::Broken::Row(row, message) => Error::data(path, Some(At::Row(row)), None, message),
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
