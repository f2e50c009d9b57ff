//! State whose memory is watched: of a learner, a screen or a refit.

use core::ops::{Deref, DerefMut};

use crate::checkpoint::CheckpointError;
use crate::checkpoint::phase::{self, Phase};
use crate::state::{Range, Visitor};
use crate::{Error, Scalar};

pub(crate) use sealed::Watched;

mod sealed {
    use crate::checkpoint::CheckpointError;

    /// What can be put under guard.
    pub trait Watched {
        /// The checksum of all that memory holds of it.
        fn checksum(&self) -> u32;

        /// Becomes what wrote a checkpoint.
        fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError>;
    }
}

impl<P: Phase> Watched for P {
    fn checksum(&self) -> u32 {
        let mut checksum = Checksum::START;
        self.visit(Range::Any, &mut checksum);
        checksum.finish()
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        phase::restore(self, bytes)
    }
}

/// A [`Learner`](crate::Learner) under a checksum of all its state: factor, estimate, open batch, counters
/// and settings. Or a [`Screen`](crate::Screen) or [`Refit`](crate::Refit): open visits and all that lasts.
///
/// Memory changes without a program's doing: radiation, a supply that dips, a stray pointer elsewhere in the
/// firmware. [`open`](Self::open) verifies the checksum before anything is used, and the value it returns
/// renews it when it goes out of scope. What changes while it is open is not noticed, so open it for as long
/// as you work with the state and no longer: for a sample, a batch, or between two sleeps.
///
/// The checksum is FNV-1a over 32-bit words. Each of its rounds is a bijection, of the sum so far and of
/// the word alike, so that whatever happens to the bits of one word, or to the checksum, is always found.
/// It costs three instructions or so a word, twice: docs/reliability.md has the measured figure. A screen
/// holds thousands of words; open it for many rows, not for each.
///
/// ```
/// use heterosgd::guarded::Guarded;
/// use heterosgd::{HeteroSgd, Psd, RankOne, Settings};
/// # let settings = Settings { step_size: 0.1, init_scale: 1e-3, seed: 0 };
/// let mut learner = Guarded::new(HeteroSgd::<Psd<f32, 2, 1>>::new(settings)?);
/// let mut open = learner.open()?; // Error::Corrupted: restore the last checkpoint
/// open.batch(0).observe(&RankOne([1.0, 0.5]), 1.0)?;
/// # Ok::<(), heterosgd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Guarded<S: Watched> {
    pub(crate) state: S,
    pub(crate) checksum: u32,
}

impl<S: Watched> Guarded<S> {
    /// Puts `state` under guard.
    pub fn new(state: S) -> Self {
        let checksum = state.checksum();
        Self { state, checksum }
    }

    /// Verifies the state and gives access to it.
    ///
    /// # Errors
    /// [`Error::Corrupted`] if it has changed since it was last put under guard.
    pub fn open(&mut self) -> Result<Opened<'_, S>, Error> {
        self.verify()?;
        Ok(Opened { guarded: self })
    }

    /// Verifies the state and gives it to read.
    ///
    /// # Errors
    /// [`Error::Corrupted`] if it has changed since it was last put under guard.
    pub fn verify(&self) -> Result<&S, Error> {
        if self.state.checksum() == self.checksum {
            Ok(&self.state)
        } else {
            Err(Error::Corrupted)
        }
    }

    /// Takes the state from a checkpoint, whatever the present one is.
    ///
    /// # Errors
    /// Those of [`Learner::restore`](crate::Learner::restore); the state is then as before, and corrupted
    /// if it was.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.state.restore(bytes)?;
        self.checksum = self.state.checksum();
        Ok(())
    }
}

/// Access to [`Guarded`] state. Going out of scope puts it under guard again; a value that is leaked
/// (`core::mem::forget`) leaves it behind as corrupted.
#[derive(Debug)]
pub struct Opened<'a, S: Watched> {
    guarded: &'a mut Guarded<S>,
}

impl<S: Watched> Deref for Opened<'_, S> {
    type Target = S;

    fn deref(&self) -> &Self::Target {
        &self.guarded.state
    }
}

impl<S: Watched> DerefMut for Opened<'_, S> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.guarded.state
    }
}

impl<S: Watched> Drop for Opened<'_, S> {
    fn drop(&mut self) {
        self.guarded.checksum = self.guarded.state.checksum();
    }
}

/// FNV-1a over 32-bit words.
pub(crate) struct Checksum(u32);

impl Checksum {
    pub(crate) const START: Self = Self(0x811c_9dc5);

    #[inline]
    pub(crate) fn word(&mut self, word: u32) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0193);
    }

    pub(crate) fn long(&mut self, word: u64) {
        self.word(word as u32);
        self.word((word >> 32) as u32);
    }

    #[inline]
    pub(crate) fn scalar<T: Scalar>(&mut self, value: T) {
        let bits = value.to_bits64();
        self.word(bits as u32);
        if size_of::<T>() > size_of::<u32>() {
            self.word((bits >> 32) as u32);
        }
    }

    pub(crate) fn finish(self) -> u32 {
        self.0
    }
}

impl Visitor for Checksum {
    fn scalar<T: Scalar>(&mut self, value: T, _: Range) {
        Checksum::scalar(self, value);
    }

    fn word(&mut self, word: u32, _: Range) -> u32 {
        Checksum::word(self, word);
        word
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::Flip;
