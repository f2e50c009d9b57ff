//! Errors of the host: what, where, and what would be right.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::divergence::Divergence;

/// A result of the host library.
pub type Result<T> = std::result::Result<T, Error>;

/// A part of an input file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// A line of text.
    Line(u64),
    /// A row of an array.
    Row(u64),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// A place in an input file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, or `-` for standard input.
    pub file: PathBuf,
    /// The line or row, if known.
    pub at: Option<At>,
    /// The name of the column, if one is to blame.
    pub column: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file == Path::new("-") {
            f.write_str("standard input")?;
        } else {
            write!(f, "{}", self.file.display())?;
        }
        if let Some(at) = self.at {
            write!(f, ", {at}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        Ok(())
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Options that make no sense, alone or together.
    #[error("{0}")]
    Usage(String),
    /// Data that cannot be used.
    #[error("{place}: {message}")]
    Data {
        /// Where.
        place: Place,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A file that cannot be read or written.
    #[error("{}: {source}", display_path(.path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A run left the range of its scalar or the limit of its norm.
    #[error("{place}: {divergence}; {advice}")]
    Diverged {
        /// Where in the input, and on which side of it.
        place: String,
        /// At which step, and how far.
        divergence: Divergence,
        /// What would be right.
        advice: String,
    },
    /// A check failed: the input was good, the outcome was not.
    #[error("{0}")]
    Failed(String),
}

fn display_path(path: &Path) -> String {
    if path == Path::new("-") {
        "standard output".to_owned()
    } else {
        path.display().to_string()
    }
}

/// A text that quotes a long field or name of a file, with the middle left out.
fn shortened(text: String) -> String {
    const SHOWN: usize = 300;
    let (head, tail) = (
        text.char_indices().nth(SHOWN),
        text.char_indices().nth_back(SHOWN - 1),
    );
    match (head, tail) {
        (Some((head, _)), Some((tail, _))) if head < tail => {
            format!("{} [...] {}", &text[..head], &text[tail..])
        }
        _ => text,
    }
}

impl Error {
    /// Bad usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage(shortened(message.into()))
    }

    /// Refuses what needs `feature`, unless it is `built` into this program.
    ///
    /// # Errors
    /// Bad usage that says how to rebuild.
    pub(crate) fn require_feature(feature: &str, built: bool) -> Result<()> {
        if built {
            return Ok(());
        }
        Err(Self::usage(format!(
            "built without `{feature}`; rebuild with `--features {feature}`"
        )))
    }

    /// Bad data in `file` as a whole.
    pub fn file(file: &Path, message: impl Into<String>) -> Self {
        Self::data(file, None, None, message)
    }

    /// Bad data at a place.
    pub fn data(
        file: &Path,
        at: Option<At>,
        column: Option<&str>,
        message: impl Into<String>,
    ) -> Self {
        Self::Data {
            place: Place {
                file: file.to_owned(),
                at,
                column: column.map(|name| shortened(name.to_owned())),
            },
            message: shortened(message.into()),
        }
    }

    /// A file that cannot be read or written; use as `.map_err(Error::io(path))`.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// How a run diverged, if that is what went wrong.
    pub fn divergence(&self) -> Option<Divergence> {
        match self {
            Self::Diverged { divergence, .. } => Some(*divergence),
            _ => None,
        }
    }

    /// The exit status of the process: 1 where a check failed or a run diverged, else 2.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Diverged { .. } => 1,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, shortened};

    #[test]
    fn what_is_not_built_in_is_refused_as_bad_usage() {
        assert!(Error::require_feature("png", true).is_ok());
        let refused = Error::require_feature("png", false).unwrap_err();
        let message = "built without `png`; rebuild with `--features png`";
        assert_eq!(
            (refused.to_string().as_str(), refused.exit_status()),
            (message, 2)
        );
    }

    #[test]
    fn long_texts_lose_their_middle() {
        let short = "\u{e9}".repeat(600);
        assert_eq!(shortened(short.clone()), short);
        let long = format!("a{}b", "\u{e9}".repeat(1 << 20));
        let text = shortened(long);
        assert!(text.starts_with('a') && text.ends_with('b') && text.contains("[...]"));
        assert_eq!(text.chars().count(), 607);
    }
}
