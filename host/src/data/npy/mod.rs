//! Rows of a one-dimensional `.npy` array with named fields: a table in binary.

mod header;
mod kind;
mod literal;
mod write;

use std::io::{self, BufRead, Read as _};
use std::ops::Range;

use header::{Field, Header};
pub(super) use kind::Kind;
pub use write::NpyHeader;

/// The first bytes of a file.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// About as many bytes are read at once.
const BLOCK: usize = 1 << 20;

/// Why there is no next row.
#[derive(Debug)]
pub(super) enum Broken {
    /// The source failed.
    Io(io::Error),
    /// The file as a whole cannot be used.
    File(String),
    /// From this row on it cannot be used.
    Row(u64, String),
}

/// The rows of a file, one at a time.
pub(super) struct Rows {
    source: Box<dyn BufRead>,
    header: Header,
    /// Whole rows, and maybe the beginning of one where the file ends.
    block: Vec<u8>,
    /// Where the present row is in the block.
    at: Range<usize>,
    /// Its number, from 1.
    number: u64,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    fields: &'a [Field],
    bytes: &'a [u8],
    number: u64,
}

impl Rows {
    /// Reads the header.
    pub(super) fn new(mut source: Box<dyn BufRead>) -> Result<Self, Broken> {
        Ok(Self {
            header: Header::read(&mut source)?,
            source,
            block: Vec::new(),
            at: 0..0,
            number: 0,
        })
    }

    /// The names of the fields.
    pub(super) fn names(&self) -> Vec<String> {
        let fields = self.header.fields.iter();
        fields.map(|field| field.name.clone()).collect()
    }

    /// The row that [`advance`](Self::advance) went to.
    pub(super) fn row(&self) -> Row<'_> {
        Row {
            fields: &self.header.fields,
            bytes: self.block.get(self.at.clone()).unwrap_or_default(),
            number: self.number,
        }
    }

    /// Goes to the next row; `false` at the end.
    pub(super) fn advance(&mut self) -> Result<bool, Broken> {
        let width = self.header.width;
        if self.at.end == self.block.len() {
            if self.number == self.header.rows {
                return self.end();
            }
            self.read_block().map_err(Broken::Io)?;
        }
        if self.at.end + width > self.block.len() {
            let (next, rows) = (self.number + 1, self.header.rows);
            let what =
                format!("the file ends before the end of this row; its header says {rows} rows");
            return Err(Broken::Row(next, what));
        }
        self.at = self.at.end..self.at.end + width;
        self.number += 1;
        Ok(true)
    }

    fn read_block(&mut self) -> io::Result<()> {
        let width = self.header.width;
        let left = self.header.rows - self.number;
        let rows = left.min((BLOCK / width).max(1) as u64);
        self.block.clear();
        self.at = 0..0;
        (&mut self.source)
            .take(rows * width as u64)
            .read_to_end(&mut self.block)?;
        Ok(())
    }

    fn end(&mut self) -> Result<bool, Broken> {
        if self.source.fill_buf().map_err(Broken::Io)?.is_empty() {
            return Ok(false);
        }
        Err(Broken::File(format!(
            "more follows the {} rows that its header says",
            self.header.rows
        )))
    }

    /// The type and the place of fields that lie side by side and have one type of floating-point
    /// numbers.
    pub(super) fn adjacent(&self, fields: &[usize]) -> Option<(Kind, Range<usize>)> {
        let first = self.header.fields.get(*fields.first()?)?;
        let mut end = first.offset;
        for &field in fields {
            let field = self.header.fields.get(field)?;
            if field.kind != first.kind || field.offset != end {
                return None;
            }
            end += field.kind.size();
        }
        matches!(first.kind, Kind::F32 | Kind::F64).then_some((first.kind, first.offset..end))
    }
}

impl<'a> Row<'a> {
    /// Its number, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The bytes at a place of [`Rows::adjacent`].
    pub(super) fn bytes(&self, place: &Range<usize>) -> &'a [u8] {
        self.bytes.get(place.clone()).unwrap_or_default()
    }

    /// The bytes of a field.
    pub(super) fn raw(&self, field: usize) -> &'a [u8] {
        let place = self
            .fields
            .get(field)
            .map(|field| field.offset..field.offset + field.kind.size());
        self.bytes(&place.unwrap_or_default())
    }

    /// The number in a field; `None` if it is text.
    pub(super) fn value(&self, field: usize) -> Option<f64> {
        self.fields.get(field)?.kind.number(self.raw(field))
    }

    /// What is in a field, as text; `None` if it is none.
    pub(super) fn text(&self, field: usize) -> Option<String> {
        self.fields.get(field)?.kind.text(self.raw(field))
    }
}
