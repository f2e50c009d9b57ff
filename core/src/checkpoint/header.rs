//! The first bytes, which say what the rest is.

use super::{CRC_BYTES, CheckpointError, Field, Reader, Writer, crc32};

/// The first bytes of every checkpoint.
const MAGIC: [u8; 4] = *b"HSGD";

/// The version that this release writes; it reads no other.
const VERSION: u8 = 1;

/// What a header says of the learner, in the order in which it says so.
const FIELDS: [Field; MARKS] = [
    Field::Model,
    Field::Rule,
    Field::Step,
    Field::Scalar,
    Field::Rows,
    Field::Columns,
    Field::Extra,
];

/// Number of marks in a header.
pub(crate) const MARKS: usize = 7;

/// The type and shapes of a learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// The values of [`FIELDS`].
    pub(crate) marks: [u16; MARKS],
    /// Bytes of the whole checkpoint.
    pub(crate) length: usize,
}

impl Header {
    /// Bytes of a header.
    pub(crate) const BYTES: usize = MAGIC.len() + 2 + 2 * MARKS;

    pub(crate) fn write(&self, to: &mut Writer<'_>) {
        to.bytes(&MAGIC);
        to.bytes(&[VERSION, 0]);
        for mark in self.marks {
            to.bytes(&mark.to_le_bytes());
        }
    }

    /// What stands between the header and the checksum, if `bytes` are an intact checkpoint of this kind.
    pub(crate) fn open<'a>(&self, bytes: &'a [u8]) -> Result<Reader<'a>, CheckpointError> {
        let length = CheckpointError::Length {
            expected: self.length,
            found: bytes.len(),
        };
        let mut reader = Reader::new(bytes);
        if reader.array() != Some(MAGIC) {
            return Err(CheckpointError::NotACheckpoint);
        }
        let [version, reserved] = reader.array().ok_or(length)?;
        if version != VERSION {
            return Err(CheckpointError::Version { found: version });
        }
        let (content, crc) = bytes.split_last_chunk::<CRC_BYTES>().ok_or(length)?;
        if crc32(content) != u32::from_le_bytes(*crc) {
            // Cut short, most likely, where it is short.
            return Err(if bytes.len() < self.length {
                length
            } else {
                CheckpointError::Corrupted
            });
        }
        for (field, expected) in FIELDS.into_iter().zip(self.marks) {
            let found = reader.array().map(u16::from_le_bytes).ok_or(length)?;
            if found != expected {
                return Err(CheckpointError::Other {
                    field,
                    expected,
                    found,
                });
            }
        }
        if bytes.len() != self.length {
            return Err(length);
        }
        if reserved != 0 {
            return Err(CheckpointError::Values);
        }
        Ok(reader)
    }
}
