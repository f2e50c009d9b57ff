//! What a run tells, one record per line.
//!
//! A record is a key and numbers, separated by single spaces; every number is in lower-case
//! hexadecimal without a prefix, scalars as the bits of their `f64` value. docs/formats.md lists
//! the keys. The format needs no `core::fmt`, whose code would not fit beside a small learner and
//! can panic.

use heterosgd::Scalar;

/// The version of the format, the number in the first record (`heterosgd`).
pub const VERSION: u64 = 1;

/// Where a report goes.
pub trait Sink {
    /// Takes the next bytes of the report.
    fn write(&mut self, bytes: &[u8]);

    /// Writes one record.
    fn record(&mut self, key: &str, numbers: &[u64]) {
        self.write(key.as_bytes());
        for &number in numbers {
            self.write(b" ");
            hexadecimal(number, |digit| self.write(&[digit]));
        }
        self.write(b"\n");
    }
}

/// The number by which a scalar is reported.
pub fn bits<T: Scalar>(value: T) -> u64 {
    value.to_f64().to_bits()
}

/// The digits of `number`, the highest first, without leading zeros.
fn hexadecimal(number: u64, mut digit: impl FnMut(u8)) {
    let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digits).rev() {
        let value = (number >> (4 * place)) as u8 & 0xf;
        digit(value + if value < 10 { b'0' } else { b'a' - 10 });
    }
}
