//! Why a checkpoint was not written or not taken.

use core::fmt;

/// What a checkpoint says of the learner, the screen or the refit that wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Field {
    /// The model of a learner: 1 for `Psd`, 2 for `Signed`, 3 for `Linear`; 4 for a `Screen`, 5 for a
    /// `Refit`.
    Model,
    /// The rule: 1 for `HeteroSGD`, 0 for `PooledSGD`.
    Rule,
    /// 0 for the plain step, 1 centred, 2 whitened, 3 centred and whitened, 4 sequential.
    Step,
    /// Bytes of the scalar: 4 or 8.
    Scalar,
    /// Rows of the factor, or features: D.
    Rows,
    /// Columns of the factor, K; 1 for all but `Psd` and `Signed`.
    Columns,
    /// Bytes that are kept beside the learner.
    Extra,
    /// Blocks of a visit, `BLOCKS`; 1 for a `Refit`.
    Blocks,
    /// Visits that can be open at once, `OPEN`.
    Open,
}

/// Why a checkpoint was not written, or not taken. The learner (screen, refit) is exactly as it was
/// before the call.
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
        /// Bytes of a checkpoint of this kind.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// The checksum does not match: bytes have changed since they were written.
    Corrupted,
    /// An intact checkpoint, of another kind of learner, or of another phase.
    Other {
        /// What is different.
        field: Field,
        /// Its value here.
        expected: u16,
        /// Its value in the checkpoint.
        found: u16,
    },
    /// The checksum matches, but a value is one that cannot be: NaN, out of range, or at odds with
    /// another.
    Values,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Buffer { needed, given } => write!(
                f,
                "the checkpoint takes {needed} bytes, but the buffer has {given}"
            ),
            Self::NotACheckpoint => f.write_str("this is not a checkpoint: it does not begin with HSGD"),
            Self::Version { found } => write!(
                f,
                "a checkpoint of version {found}; this release reads version 1"
            ),
            Self::Length { expected, found } => write!(
                f,
                "a checkpoint of this kind has {expected} bytes, but there are {found}"
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
                "a checkpoint of another kind: its {field} is {found}, here {expected}"
            ),
            Self::Values => f.write_str(
                "the checkpoint holds a value that cannot be: NaN, out of range, or at odds with another",
            ),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Model => "model (1 Psd, 2 Signed, 3 Linear; 4 Screen, 5 Refit)",
            Self::Rule => "rule (1 HeteroSgd, 0 PooledSgd)",
            Self::Step => {
                "step (0 Plain, 1 Centred, 2 Whitened, 3 Centred<Whitened>, 4 Sequential)"
            }
            Self::Scalar => "size of a scalar in bytes",
            Self::Rows => "number of rows",
            Self::Columns => "number of columns",
            Self::Extra => "number of bytes beside the learner",
            Self::Blocks => "number of blocks",
            Self::Open => "number of visits open at once",
        })
    }
}

impl core::error::Error for CheckpointError {}
