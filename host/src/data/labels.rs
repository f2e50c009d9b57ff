//! Environment labels: any text, numbered in order of appearance.

use std::collections::HashMap;

use super::Row;
use crate::error::Result;

/// The labels seen so far, each with a number from 0 in order of appearance.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    /// The field of the row before, and its number: most rows are of the same environment.
    before: Option<(Vec<u8>, u32)>,
}

impl Labels {
    /// The number of `label`; a new one if it was not seen before.
    pub fn number(&mut self, label: &str) -> u32 {
        if let Some(&number) = self.numbers.get(label) {
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(label.to_owned());
        self.numbers.insert(label.to_owned(), number);
        number
    }

    /// The number of the label in a column of a row.
    ///
    /// # Errors
    /// If the field is empty or not UTF-8.
    pub fn of_row(&mut self, row: &Row<'_>, column: usize) -> Result<u32> {
        let raw = row.raw(column);
        if let Some((before, number)) = &self.before
            && before == raw
        {
            return Ok(*number);
        }
        let number = self.number(&row.text(column)?);
        self.before = Some((raw.to_owned(), number));
        Ok(number)
    }

    /// The labels, in order of appearance.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}
