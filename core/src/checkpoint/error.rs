//! Why a checkpoint was not written or not taken.

use core::fmt;

/// What a checkpoint says of the learner that wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Field {
    /// The model: 1 for `Psd`, 2 for `Signed`, 3 for `Linear`.
    Model,
    /// The rule: 1 for `HeteroSGD`, 0 for `PooledSGD`.
    Rule,
    /// 0 for the plain step, 1 centred, 2 whitened, 3 centred and whitened, 4 sequential.
    Step,
    /// Bytes of the scalar: 4 or 8.
    Scalar,
    /// Rows of the factor, D.
    Rows,
    /// Columns of the factor, K; 1 for `Linear`.
    Columns,
    /// Bytes that are kept beside the learner.
    Extra,
}

/// Why a checkpoint was not written, or not taken. The learner is exactly as it was before the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum CheckpointError {
    /// The buffer is too small to write into.
    Buffer {
        /// Bytes that are needed.
        needed: usize,
        /// Bytes that there are.
        given: usize,
    },
    /// The first bytes are not those of a checkpoint.
    NotACheckpoint,
    /// A checkpoint of a version that this release does not read.
    Version {
        /// Its version.
        found: u8,
    },
    /// Bytes are missing, or there are some too many.
    Length {
        /// Bytes of a checkpoint of this learner.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// The checksum does not match: bytes have changed since they were written.
    Corrupted,
    /// An intact checkpoint, of another kind of learner.
    Other {
        /// What is different.
        field: Field,
        /// Its value for this learner.
        expected: u16,
        /// Its value in the checkpoint.
        found: u16,
    },
    /// The checksum matches, but a value is one that no learner can have: NaN, or out of range.
    Values,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Buffer { needed, given } => write!(
                f,
                "a checkpoint of this learner takes {needed} bytes, but the buffer has {given}"
            ),
            Self::NotACheckpoint => f.write_str("this is not a checkpoint: it does not begin with HSGD"),
            Self::Version { found } => write!(
                f,
                "a checkpoint of version {found}; this release reads version 1"
            ),
            Self::Length { expected, found } => write!(
                f,
                "a checkpoint of this learner has {expected} bytes, but there are {found}"
            ),
            Self::Corrupted => f.write_str(
                "the checksum does not match: the checkpoint was changed after it was written; take an older one",
            ),
            Self::Other {
                field,
                expected,
                found,
            } => write!(
                f,
                "a checkpoint of another learner: its {field} is {found}, here {expected}"
            ),
            Self::Values => {
                f.write_str("the checkpoint holds a value that no learner has, NaN or out of range")
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Model => "model (1 Psd, 2 Signed, 3 Linear)",
            Self::Rule => "rule (1 HeteroSgd, 0 PooledSgd)",
            Self::Step => {
                "step (0 Plain, 1 Centred, 2 Whitened, 3 Centred<Whitened>, 4 Sequential)"
            }
            Self::Scalar => "size of a scalar in bytes",
            Self::Rows => "number of rows",
            Self::Columns => "number of columns",
            Self::Extra => "number of bytes beside the learner",
        })
    }
}

impl core::error::Error for CheckpointError {}
