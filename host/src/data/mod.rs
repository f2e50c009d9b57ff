//! Reading recorded data: CSV, plain or gzip, from a file or standard input.

mod labels;
mod reader;

pub use labels::Labels;
pub(crate) use reader::list;
pub use reader::{CsvReader, Row};
