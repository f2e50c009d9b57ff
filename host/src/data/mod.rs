//! Reading recorded data: CSV, plain or gzip, from a file or standard input.

mod header;
mod labels;
mod reader;
mod records;

pub use labels::Labels;
pub use reader::{CsvReader, Row};
pub(crate) use reader::{NOT_A_NUMBER, list};
