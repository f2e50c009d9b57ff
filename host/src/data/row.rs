//! One row of a file.

use std::borrow::Cow;
use std::path::Path;

use fast_float2::FastFloat;
use heterosgd::Scalar;

use super::header::SAVE_AS_UTF8;
use super::npy::{self, Kind};
use super::reader::Columns;
use super::records::Record;
use crate::error::{At, Error, Place, Result};

/// How the message about a field that should be a number ends.
pub(crate) const NOT_A_NUMBER: &str = " is not a number";

/// One row of a [`Reader`](super::Reader).
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    pub(super) file: &'a Path,
    pub(super) columns: &'a [String],
    pub(super) fields: Fields<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Fields<'a> {
    Text(&'a Record),
    Array(npy::Row<'a>),
}

impl<'a> Row<'a> {
    /// Where in the file it is: the line on which it begins, or its number.
    pub fn at(&self) -> At {
        match self.fields {
            Fields::Text(record) => At::Line(record.line()),
            Fields::Array(row) => At::Row(row.number()),
        }
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        Place {
            file: self.file.to_owned(),
            at: Some(self.at()),
            column: None,
        }
    }

    /// A field as it is in the file: what differs has other bytes.
    pub fn raw(&self, column: usize) -> &'a [u8] {
        match self.fields {
            Fields::Text(record) => record.get(column).unwrap_or_default(),
            Fields::Array(row) => row.raw(column),
        }
    }

    /// The text of a field; of a number, its shortest decimal.
    ///
    /// # Errors
    /// If it is empty or not UTF-8.
    pub fn text(&self, column: usize) -> Result<Cow<'a, str>> {
        let text = match self.fields {
            Fields::Text(record) => {
                let bytes = record.get(column).unwrap_or_default();
                std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
            }
            Fields::Array(row) => row.text(column).map(Cow::Owned),
        };
        let text = text
            .ok_or_else(|| self.error(column, &format!("the text is not UTF-8; {SAVE_AS_UTF8}")))?;
        if text.is_empty() {
            return Err(self.error(column, "the field is empty"));
        }
        Ok(text)
    }

    /// The number in a field, rounded to the nearest `T`.
    ///
    /// # Errors
    /// If it is not a number, or not a finite one.
    pub fn number<T: Scalar + FastFloat>(&self, column: usize) -> Result<T> {
        let value = match self.fields {
            Fields::Text(record) => T::parse_float(record.get(column).unwrap_or_default()).ok(),
            Fields::Array(row) => row.value(column).map(T::from_f64),
        };
        match value {
            Some(value) if value.is_finite() => Ok(value),
            Some(_) => {
                let message = format!("{:?} is not a finite number", self.text(column)?);
                Err(self.error(column, &message))
            }
            None => Err(self.error(column, &format!("{:?}{NOT_A_NUMBER}", self.text(column)?))),
        }
    }

    /// The numbers in some columns, as [`number`](Self::number) gives each.
    ///
    /// # Errors
    /// That of the first of them that is not a finite number.
    pub fn numbers<T: Scalar + FastFloat>(
        &self,
        columns: &Columns,
        values: &mut [T],
    ) -> Result<()> {
        if let (Fields::Array(row), Some((kind, place))) = (self.fields, &columns.adjacent) {
            let bytes = row.bytes(place);
            if *kind == Kind::F32 {
                for (value, &bytes) in values.iter_mut().zip(bytes.as_chunks().0) {
                    *value = T::from_f64(f32::from_le_bytes(bytes).into());
                }
            } else {
                for (value, &bytes) in values.iter_mut().zip(bytes.as_chunks().0) {
                    *value = T::from_f64(f64::from_le_bytes(bytes));
                }
            }
            // All of them at once: to stop at the first would be slower.
            if values
                .iter()
                .fold(true, |all, value| all & value.is_finite())
            {
                return Ok(());
            }
        }
        for (value, &column) in values.iter_mut().zip(&columns.indices) {
            *value = self.number(column)?;
        }
        Ok(())
    }

    /// An error at a field of this row.
    pub fn error(&self, column: usize, message: &str) -> Error {
        let name = self.columns.get(column).map(String::as_str);
        Error::data(self.file, Some(self.at()), name, message)
    }
}
