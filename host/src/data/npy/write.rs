//! Headers of files that are written here.

use std::io::{self, Write};

use super::MAGIC;

/// The header of a `.npy` file of rows with named fields; the rows follow, their fields side by side,
/// little-endian.
#[derive(Debug, Clone, Default)]
pub struct NpyHeader {
    fields: String,
}

impl NpyHeader {
    /// Adds a field of `NumPy`'s type `kind`, like `<f4`.
    #[must_use]
    pub fn field(mut self, name: &str, kind: &str) -> Self {
        let name = name.replace('\\', "\\\\").replace('\'', "\\'");
        self.fields += &format!("('{name}', '{kind}'), ");
        self
    }

    /// Writes the header of an array of `rows` rows.
    ///
    /// # Errors
    /// If `sink` fails.
    pub fn write(&self, rows: u64, sink: &mut dyn Write) -> io::Result<()> {
        let mut header = format!(
            "{{'descr': [{}], 'fortran_order': False, 'shape': ({rows},), }}",
            self.fields
        );
        // Magic, version and length come before; the rows begin at a multiple of 64.
        let before = MAGIC.len() + 2 + 4;
        let end = (before + header.len() + 1).next_multiple_of(64);
        header += &" ".repeat(end - before - header.len() - 1);
        header.push('\n');
        let length = u32::try_from(header.len()).map_err(io::Error::other)?;
        // Version 2.0 has room for more fields than 1.0; 3.0 is that with UTF-8.
        let version = if header.is_ascii() { [2, 0] } else { [3, 0] };
        sink.write_all(MAGIC)?;
        sink.write_all(&version)?;
        sink.write_all(&length.to_le_bytes())?;
        sink.write_all(header.as_bytes())
    }
}
