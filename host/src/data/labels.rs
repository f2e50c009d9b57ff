//! Environment labels: any text, numbered in order of appearance.

use std::collections::HashMap;

/// The labels seen so far, each with a number from 0 in order of appearance.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
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

    /// The labels, in order of appearance.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}
