//! A learner whose memory is watched.

use super::{Learner, Plain, Rule, Step};
use crate::checkpoint::CheckpointError;
use crate::guarded::{self, Checksum, Watched};
use crate::model::{Model, Sum};

/// A learner under guard: see [`guarded::Guarded`].
pub type Guarded<M, R, C = Plain> = guarded::Guarded<Learner<M, R, C>>;

/// Access to a [`Guarded`] learner: see [`guarded::Opened`].
pub type Opened<'a, M, R, C> = guarded::Opened<'a, Learner<M, R, C>>;

impl<M: Model, R: Rule, C: Step<M>> Watched for Learner<M, R, C> {
    fn checksum(&self) -> u32 {
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
        checksum.finish()
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        Learner::restore(self, bytes)
    }
}

#[cfg(test)]
mod tests;
