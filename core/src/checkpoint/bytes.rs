//! Numbers to bytes and back, low byte first.

use crate::Scalar;

/// Fills a buffer from its start; what does not fit is left out.
#[derive(Debug)]
pub struct Writer<'a> {
    rest: core::slice::IterMut<'a, u8>,
}

impl<'a> Writer<'a> {
    /// Writes into `buffer`.
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Self {
            rest: buffer.iter_mut(),
        }
    }

    /// Writes `bytes` as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        for (&byte, slot) in bytes.iter().zip(self.rest.by_ref()) {
            *slot = byte;
        }
    }

    /// Writes the bits of a scalar: 4 bytes for `f32`, 8 for `f64`.
    pub fn scalar<T: Scalar>(&mut self, value: T) {
        let bytes = value.to_bits64().to_le_bytes();
        for (&byte, slot) in bytes.iter().take(size_of::<T>()).zip(self.rest.by_ref()) {
            *slot = byte;
        }
    }
}

/// Reads a buffer from its start. Every method is `None` where too few bytes are left.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next N bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (&array, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(array)
    }

    /// The next scalar, whatever its bits stand for.
    pub fn scalar<T: Scalar>(&mut self) -> Option<T> {
        let (bytes, rest) = self.rest.split_at_checked(size_of::<T>())?;
        self.rest = rest;
        T::from_le_slice(bytes)
    }

    /// A reader of the next `length` bytes alone.
    pub fn part(&mut self, length: usize) -> Option<Self> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(Self::new(bytes))
    }
}
