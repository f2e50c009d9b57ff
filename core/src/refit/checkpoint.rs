//! All of a refit: listed, to bytes and back.

use super::Refit;
use crate::Scalar;
use crate::algebra::Size;
use crate::checkpoint::phase::{self, Phase};
use crate::checkpoint::{CheckpointError, Extra, Header, Reader, Writer};
use crate::screen::{Findings, MomentPacking, Verdict};
use crate::state::{Range, State, state};

state!([T: Scalar, const D: usize, const OPEN: usize] Refit<T, D, OPEN>, [Size<D>: MomentPacking]:
    open,
    findings,
    matrix in Sum,
    products in Sum,
    pivots in Sum,
    totals,
);

impl<T: Scalar, const D: usize, const OPEN: usize> Phase for Refit<T, D, OPEN>
where
    Size<D>: MomentPacking,
{
    const HEADER: Header = Header::of_phase(5, [1, OPEN], size_of::<T>(), D, Self::SIZE);
}

impl<T: Scalar, const D: usize, const OPEN: usize> Refit<T, D, OPEN>
where
    Size<D>: MomentPacking,
{
    /// Bytes of a checkpoint.
    pub const CHECKPOINT_BYTES: usize = Self::HEADER.length;

    /// Writes all that later calls depend on, the findings included, to the start of `buffer`; see
    /// [`Screen::checkpoint`](crate::Screen::checkpoint).
    ///
    /// # Errors
    /// [`CheckpointError::Buffer`] if the buffer is smaller than
    /// [`CHECKPOINT_BYTES`](Self::CHECKPOINT_BYTES); nothing is written then.
    pub fn checkpoint(&self, buffer: &mut [u8]) -> Result<usize, CheckpointError> {
        phase::write(self, buffer)
    }

    /// Becomes the refit that wrote `bytes`, to the bit, whatever its findings are; see
    /// [`Screen::restore`](crate::Screen::restore).
    ///
    /// # Errors
    /// A [`CheckpointError`] for anything but an intact checkpoint of this very kind of refit, which is
    /// then as before.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        phase::restore(self, bytes)
    }

    /// The digest of the bits of the whole state; see [`Screen::digest`](crate::Screen::digest).
    pub fn digest(&self) -> u64 {
        phase::digest(self)
    }
}

/// The numbers of a checkpoint, without its header and its checksum.
impl<T: Scalar, const D: usize, const OPEN: usize> Extra for Refit<T, D, OPEN>
where
    Size<D>: MomentPacking,
{
    const BYTES: usize = <Self as State>::SIZE;

    fn write(&self, to: &mut Writer<'_>) {
        self.visit(Range::Any, to);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let mut refit = Self::new(Findings::from_verdicts([Verdict::Unsure; D]));
        phase::read(&mut refit, from)?;
        Some(refit)
    }
}
