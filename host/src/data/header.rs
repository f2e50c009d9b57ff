//! The column names of a file, or why it cannot be one of ours.

use std::path::Path;

use super::records::Record;
use crate::error::{Error, Result};

/// The remedy for text in another encoding.
pub(super) const SAVE_AS_UTF8: &str = "save the file as UTF-8 (spreadsheets call it \"CSV UTF-8\")";

/// Delimiters of other dialects, with their names.
const OTHER_DELIMITERS: [(char, &str); 3] = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];

/// The names in the header line, each once.
pub(super) fn columns(path: &Path, header: &Record) -> Result<Vec<String>> {
    let failed = |column: Option<&str>, message: String| {
        Err(Error::data(path, Some(header.line()), column, message))
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
    let mut sorted: Vec<&String> = columns.iter().collect();
    sorted.sort();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return failed(Some(pair[0]), "two columns have this name".to_owned());
    }
    Ok(columns)
}
