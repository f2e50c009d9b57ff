//! What an application keeps in a checkpoint beside the learner.

use super::{Reader, Writer};
use crate::model::Sum;
use crate::{Scalar, TailAverage};

/// Something of a fixed number of bytes that is kept beside the learner, under the same checksum: a seed, a
/// calibration, the tail average. Implement it for your own state, or use a tuple or bytes.
pub trait Extra: Sized {
    /// How many bytes [`write`](Self::write) writes, at most `u16::MAX`.
    const BYTES: usize;

    /// Writes the value.
    fn write(&self, to: &mut Writer<'_>);

    /// Reads a value; `None` where the bytes stand for none.
    fn read(from: &mut Reader<'_>) -> Option<Self>;
}

/// Nothing.
impl Extra for () {
    const BYTES: usize = 0;

    fn write(&self, _: &mut Writer<'_>) {}

    fn read(_: &mut Reader<'_>) -> Option<Self> {
        Some(())
    }
}

impl Extra for u64 {
    const BYTES: usize = 8;

    fn write(&self, to: &mut Writer<'_>) {
        to.bytes(&self.to_le_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        from.array().map(Self::from_le_bytes)
    }
}

impl<const N: usize> Extra for [u8; N] {
    const BYTES: usize = N;

    fn write(&self, to: &mut Writer<'_>) {
        to.bytes(self);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        from.array()
    }
}

impl<A: Extra, B: Extra> Extra for (A, B) {
    const BYTES: usize = A::BYTES + B::BYTES;

    fn write(&self, to: &mut Writer<'_>) {
        self.0.write(to);
        self.1.write(to);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some((A::read(from)?, B::read(from)?))
    }
}

/// The step it starts from, the number of estimates (both `u64`), the mean.
impl<E: Sum<T>, T: Scalar> Extra for TailAverage<E, T> {
    const BYTES: usize = 16 + E::SCALARS * size_of::<T>();

    fn write(&self, to: &mut Writer<'_>) {
        self.save(to);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Self::load(from)
    }
}
