//! The column names of a file, or why it cannot be one of ours.

use std::path::Path;

use super::records::Record;
use crate::error::{At, Error, Result};

/// The remedy for text in another encoding.
pub(super) const SAVE_AS_UTF8: &str = "save the file as UTF-8 (spreadsheets call it \"CSV UTF-8\")";

/// Delimiters of other dialects, with their names.
const OTHER_DELIMITERS: [(char, &str); 3] = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];

/// The names in the header line.
pub(super) fn columns(path: &Path, header: &Record) -> Result<Vec<String>> {
    let failed = |column: Option<&str>, message: String| {
        Err(Error::data(
            path,
            Some(At::Line(header.line())),
            column,
            message,
        ))
    };
    let mut columns: Vec<String> = Vec::with_capacity(header.len());
    for index in 0..header.len() {
        let bytes = header.get(index).unwrap_or_default();
        // Every other byte of Latin letters in UTF-16 is zero.
        if bytes.contains(&0) {
            return failed(None, format!("this is UTF-16, or no text; {SAVE_AS_UTF8}"));
        }
        let Ok(name) = std::str::from_utf8(bytes) else {
            return failed(None, format!("a column name is not UTF-8; {SAVE_AS_UTF8}"));
        };
        if name.is_empty() {
            return failed(
                None,
                format!("column {} has no name in the header", index + 1),
            );
        }
        if name.contains('\r') {
            let message =
                "lines end in a lone carriage return; save the file with line ends LF or CRLF";
            return failed(None, message.to_owned());
        }
        columns.push(name.to_owned());
    }
    if let [only] = columns.as_slice()
        && let Some((_, found)) = OTHER_DELIMITERS.iter().find(|(c, _)| only.contains(*c))
    {
        return failed(
            None,
            format!(
                "the fields are separated by {found}; separate them by commas, with decimal points"
            ),
        );
    }
    Ok(columns)
}

/// A name that two columns have.
pub(super) fn twice(columns: &[String]) -> Option<&str> {
    let mut sorted: Vec<&str> = columns.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let pairs = sorted.iter().zip(sorted.iter().skip(1));
    pairs
        .into_iter()
        .find(|(a, b)| a == b)
        .map(|(name, _)| *name)
}
