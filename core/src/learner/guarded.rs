//! A learner whose memory is watched.

use core::ops::{Deref, DerefMut};

use super::{Learner, Plain, Rule, Step};
use crate::checkpoint::CheckpointError;
use crate::model::{Model, Sum};
use crate::{Error, Scalar};

/// A learner under a checksum of all its state: factor, estimate, open batch, counters and settings.
///
/// Memory changes without a program's doing: radiation, a supply that dips, a stray pointer elsewhere in the
/// firmware. [`open`](Self::open) verifies the checksum before anything is used, and the value it returns
/// renews it when it goes out of scope. What changes while it is open is not noticed, so open it for as long
/// as you work with the learner and no longer: for a sample, a batch, or between two sleeps.
///
/// The checksum is FNV-1a over 32-bit words. Each of its rounds is a bijection, of the sum so far and of
/// the word alike, so that whatever happens to the bits of one word, or to the checksum, is always found.
/// It costs three instructions or so a word, twice: docs/reliability.md has the measured figure.
///
/// ```
/// use heterosgd::learner::Guarded;
/// use heterosgd::{HeteroSgd, Psd, RankOne, Settings};
/// # let settings = Settings { step_size: 0.1, init_scale: 1e-3, seed: 0 };
/// let mut learner = Guarded::new(HeteroSgd::<Psd<f32, 2, 1>>::new(settings)?);
/// let mut open = learner.open()?; // Error::Corrupted: restore the last checkpoint
/// open.batch(0).observe(&RankOne([1.0, 0.5]), 1.0)?;
/// # Ok::<(), heterosgd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Guarded<M: Model, R: Rule, C: Step<M> = Plain> {
    learner: Learner<M, R, C>,
    checksum: u32,
}

impl<M: Model, R: Rule, C: Step<M>> Guarded<M, R, C> {
    /// Puts `learner` under guard.
    pub fn new(learner: Learner<M, R, C>) -> Self {
        let checksum = learner.state_checksum();
        Self { learner, checksum }
    }

    /// Verifies the state and gives access to it.
    ///
    /// # Errors
    /// [`Error::Corrupted`] if it has changed since it was last put under guard.
    pub fn open(&mut self) -> Result<Opened<'_, M, R, C>, Error> {
        self.verify()?;
        Ok(Opened { guarded: self })
    }

    /// Verifies the state and gives it to read.
    ///
    /// # Errors
    /// [`Error::Corrupted`] if it has changed since it was last put under guard.
    pub fn verify(&self) -> Result<&Learner<M, R, C>, Error> {
        if self.learner.state_checksum() == self.checksum {
            Ok(&self.learner)
        } else {
            Err(Error::Corrupted)
        }
    }

    /// Takes the state from a checkpoint, whatever the present one is.
    ///
    /// # Errors
    /// Those of [`Learner::restore`]; the state is then as before, and corrupted if it was.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.learner.restore(bytes)?;
        self.checksum = self.learner.state_checksum();
        Ok(())
    }
}

/// Access to a [`Guarded`] learner. Going out of scope puts it under guard again; a value that is leaked
/// (`core::mem::forget`) leaves it behind as corrupted.
#[derive(Debug)]
pub struct Opened<'a, M: Model, R: Rule, C: Step<M>> {
    guarded: &'a mut Guarded<M, R, C>,
}

impl<M: Model, R: Rule, C: Step<M>> Deref for Opened<'_, M, R, C> {
    type Target = Learner<M, R, C>;

    fn deref(&self) -> &Self::Target {
        &self.guarded.learner
    }
}

impl<M: Model, R: Rule, C: Step<M>> DerefMut for Opened<'_, M, R, C> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.guarded.learner
    }
}

impl<M: Model, R: Rule, C: Step<M>> Drop for Opened<'_, M, R, C> {
    fn drop(&mut self) {
        self.guarded.checksum = self.guarded.learner.state_checksum();
    }
}

/// FNV-1a over 32-bit words.
struct Checksum(u32);

impl Checksum {
    const START: Self = Self(0x811c_9dc5);

    #[inline]
    fn word(&mut self, word: u32) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0193);
    }

    fn long(&mut self, word: u64) {
        self.word(word as u32);
        self.word((word >> 32) as u32);
    }

    #[inline]
    fn scalar<T: Scalar>(&mut self, value: T) {
        let bits = value.to_bits64();
        self.word(bits as u32);
        if size_of::<T>() > size_of::<u32>() {
            self.word((bits >> 32) as u32);
        }
    }
}

impl<M: Model, R: Rule, C: Step<M>> Learner<M, R, C> {
    fn state_checksum(&self) -> u32 {
        let mut checksum = Checksum::START;
        self.model.visit_state(|value| checksum.scalar(value));
        for &value in self.open.gradient.as_slice() {
            checksum.scalar(value);
        }
        C::visit(&self.kept, &self.open.sums, |value| checksum.scalar(value));
        checksum.word(self.open.count);
        checksum.word(self.open.label.known);
        checksum.word(self.open.label.environment);
        checksum.scalar(self.step_size);
        checksum.scalar(self.norm_limit);
        checksum.long(self.steps);
        checksum.long(self.samples);
        checksum.0
    }
}

#[cfg(test)]
mod tests;
