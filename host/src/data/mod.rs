//! Reading recorded data: CSV or `.npy`, plain or gzip, from a file or standard input.

mod header;
mod labels;
mod npy;
mod reader;
mod records;
mod row;

pub use labels::Labels;
pub use npy::NpyHeader;
pub(crate) use reader::list;
pub use reader::{Columns, Reader};
pub(crate) use row::NOT_A_NUMBER;
pub use row::Row;
