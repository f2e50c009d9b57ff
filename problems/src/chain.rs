//! A hash chain over a run: 32 bytes that commit to every step of it.

use heterosgd::{Model, Scalar};
use sha2::{Digest as _, Sha256};

/// After each step, `SHA-256(chain, step, environment, samples, bits of the factor)`: numbers as
/// little-endian bytes (8, 4, 8), the factor as for [`heterosgd::digest`]. The chain starts from
/// zeros. Whoever trusts the last value can have the whole run replayed and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chain([u8; 32]);

impl Chain {
    /// Takes in the state after `step`. `environment` is that of the batch, or `u32::MAX` for a mixture.
    pub fn extend<M: Model>(&mut self, step: u64, environment: u32, samples: u64, model: &M) {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(step.to_le_bytes());
        hash.update(environment.to_le_bytes());
        hash.update(samples.to_le_bytes());
        model.visit(|value| {
            let bytes = value.to_bits64().to_le_bytes();
            for byte in bytes.iter().take(size_of::<M::Scalar>()) {
                hash.update([*byte]);
            }
        });
        self.0 = hash.finalize().into();
    }

    /// The chain as four numbers, each of eight bytes, the first byte the highest.
    pub fn numbers(&self) -> [u64; 4] {
        let mut numbers = [0; 4];
        for (number, bytes) in numbers.iter_mut().zip(self.0.as_chunks::<8>().0) {
            *number = u64::from_be_bytes(*bytes);
        }
        numbers
    }
}
