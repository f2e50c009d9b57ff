//! The first bytes, which say what the rest is.

use super::{CRC_BYTES, CheckpointError, Field, Reader, Writer, crc32};

/// The first bytes of every checkpoint.
const MAGIC: [u8; 4] = *b"HSGD";

/// The version that this release writes; it reads no other.
const VERSION: u8 = 1;

/// What a header says of a learner, in the order in which it says so.
pub(crate) const LEARNER: [Field; MARKS] = [
    Field::Model,
    Field::Rule,
    Field::Step,
    Field::Scalar,
    Field::Rows,
    Field::Columns,
    Field::Extra,
];

/// What it says of a screen or a refit.
const PHASE: [Field; MARKS] = [
    Field::Model,
    Field::Blocks,
    Field::Open,
    Field::Scalar,
    Field::Rows,
    Field::Columns,
    Field::Extra,
];

/// Number of marks in a header.
pub(crate) const MARKS: usize = 7;

/// The type and shapes of what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// What the marks stand for.
    pub(crate) fields: [Field; MARKS],
    /// Their values.
    pub(crate) marks: [u16; MARKS],
    /// Bytes of the whole checkpoint.
    pub(crate) length: usize,
}

impl Header {
    /// Bytes of a header.
    pub(crate) const BYTES: usize = MAGIC.len() + 2 + 2 * MARKS;

    /// That of a screen (`kind` 4) or a refit (5) of `d` features in scalars of `scalar` bytes, whose
    /// numbers take `size` bytes.
    pub(crate) const fn of_phase(
        kind: u16,
        [blocks, open]: [usize; 2],
        scalar: usize,
        d: usize,
        size: usize,
    ) -> Self {
        assert!(
            blocks <= u16::MAX as usize && open <= u16::MAX as usize,
            "a checkpoint holds up to 65,535 blocks, and as many open visits"
        );
        let (blocks, open) = (blocks as u16, open as u16);
        Self {
            fields: PHASE,
            marks: [kind, blocks, open, scalar as u16, d as u16, 1, 0],
            length: Self::BYTES + size + CRC_BYTES,
        }
    }

    /// Writes a checkpoint, its content by `content`, to the start of `buffer`; returns its length.
    #[inline]
    pub(crate) fn seal(
        &self,
        buffer: &mut [u8],
        content: impl FnOnce(&mut Writer<'_>),
    ) -> Result<usize, CheckpointError> {
        let given = buffer.len();
        let bytes = buffer
            .get_mut(..self.length)
            .ok_or(CheckpointError::Buffer {
                needed: self.length,
                given,
            })?;
        let Some((covered, crc)) = bytes.split_last_chunk_mut::<CRC_BYTES>() else {
            return Ok(0);
        };
        let mut to = Writer::new(covered);
        self.write(&mut to);
        content(&mut to);
        *crc = crc32(covered).to_le_bytes();
        Ok(self.length)
    }

    fn write(&self, to: &mut Writer<'_>) {
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
        for (field, expected) in self.fields.into_iter().zip(self.marks) {
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
