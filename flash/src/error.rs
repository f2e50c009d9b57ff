//! What can go wrong, typed.

use core::fmt;

use heterosgd::checkpoint::CheckpointError;

/// Why a store refused; `F` is the error of the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError<F> {
    /// The range is not one of at least two whole pages of the flash, or the words of the flash are larger
    /// than 32 bytes.
    Range,
    /// A page is smaller than a checkpoint.
    Page {
        /// Bytes of a checkpoint in flash.
        needed: usize,
    },
    /// The buffer is smaller than [`buffer_bytes`](crate::buffer_bytes) of a checkpoint.
    Buffer {
        /// Bytes that are needed.
        needed: usize,
        /// Bytes that were given.
        given: usize,
    },
    /// The flash holds checkpoints of another kind of learner.
    OtherLearner,
    /// The flash reads other bytes than were written to it.
    NotTaken,
    /// The checkpoint holds numbers that no learner has.
    Checkpoint(CheckpointError),
    /// The driver refused.
    Flash(F),
}

impl<F: fmt::Debug> fmt::Display for StoreError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range => f.write_str(
                "a store needs at least two whole pages, and words of at most 32 bytes",
            ),
            Self::Page { needed } => {
                write!(f, "a checkpoint takes {needed} bytes, more than a page has")
            }
            Self::Buffer { needed, given } => write!(
                f,
                "the buffer has {given} bytes; a checkpoint needs {needed}"
            ),
            Self::OtherLearner => f.write_str(
                "the flash holds checkpoints of another kind of learner; erase it, or use the firmware that wrote them",
            ),
            Self::NotTaken => f.write_str("the flash did not keep what was written to it"),
            Self::Checkpoint(error) => error.fmt(f),
            Self::Flash(error) => write!(f, "the flash refused: {error:?}"),
        }
    }
}

impl<F: fmt::Debug> core::error::Error for StoreError<F> {}
