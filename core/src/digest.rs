//! A digest of bits, so that two runs can be compared by one number.

use crate::Scalar;

/// FNV-1a, 64 bits (Fowler, Noll, Vo), over the little-endian bytes of scalars: 4 bytes each for
/// `f32`, 8 for `f64`. Equal bits give equal digests; it is no protection against forgery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl Digest {
    /// The digest of nothing.
    pub const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Takes in the bits of `value`.
    pub fn write_scalar<T: Scalar>(&mut self, value: T) {
        let bytes = value.to_bits64().to_le_bytes();
        self.write_bytes(bytes.get(..size_of::<T>()).unwrap_or_default());
    }

    pub(crate) fn write_word(&mut self, word: u32) {
        self.write_bytes(&word.to_le_bytes());
    }

    fn write_bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// The digest so far.
    pub const fn finish(&self) -> u64 {
        self.0
    }
}
