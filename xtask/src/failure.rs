//! Why a task failed, in words that say what to do next.

use std::fmt;

/// A failed check or command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A command failed; the text runs it again.
    Command(String),
    /// A check of xtask's own failed.
    Check(String),
    /// Something has to be installed first, by one of these commands.
    Missing {
        /// What is missing.
        what: String,
        /// Commands, any one of which installs it.
        remedies: Vec<String>,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => write!(f, "to run the failed step again:\n  {command}"),
            Self::Check(what) => f.write_str(what),
            Self::Missing { what, remedies } => {
                write!(f, "{what}. Install it by\n  {}", remedies.join("\nor\n  "))
            }
        }
    }
}
