//! All of a learner, to bytes and back.

use super::batch::Accumulator;
use super::{Learner, Rule, Step, check_norm_limit, check_step_size};
use crate::Scalar;
use crate::checkpoint::{CRC_BYTES, CheckpointError, Extra, Header, LEARNER, MARKS, Reader};
use crate::model::{Model, Sum};

/// Steps, samples; count, environment, and whether it is known.
const COUNTERS: usize = 2 * 8 + 3 * 4;

/// The numbers of a checkpoint, checked, before they become those of the learner.
struct Rest<'a, M: Model, C: Step<M>> {
    steps: u64,
    samples: u64,
    step_size: M::Scalar,
    norm_limit: M::Scalar,
    factor: Reader<'a>,
    kept: C::Kept,
    open: Accumulator<M, C>,
}

impl<M: Model, R: Rule, C: Step<M>> Learner<M, R, C> {
    /// Bytes of a checkpoint, without an [`Extra`]. For d = 8, K = 2 in `f32` that is 268.
    pub const CHECKPOINT_BYTES: usize = Header::BYTES
        + COUNTERS
        + size_of::<M::Scalar>()
            * (2 + M::SHAPE.scalars() + <M::Gradient as Sum<M::Scalar>>::SCALARS + C::SCALARS)
        + CRC_BYTES;

    const fn header<E: Extra>() -> Header {
        let shape = M::SHAPE;
        let marks: [u16; MARKS] = [
            shape.model as u16,
            R::ONE_ENVIRONMENT as u16,
            C::KIND,
            size_of::<M::Scalar>() as u16,
            shape.rows as u16,
            shape.columns as u16,
            E::BYTES as u16,
        ];
        const {
            assert!(
                M::SHAPE.rows <= u16::MAX as usize,
                "a checkpoint holds up to 65,535 rows"
            );
            assert!(
                E::BYTES <= u16::MAX as usize,
                "a checkpoint holds up to 65,535 extra bytes"
            );
        }
        Header {
            fields: LEARNER,
            marks,
            length: Self::CHECKPOINT_BYTES + E::BYTES,
        }
    }

    /// Writes all that later steps depend on to the start of `buffer`, and returns the number of bytes:
    /// [`CHECKPOINT_BYTES`](Self::CHECKPOINT_BYTES). Also in the middle of a batch.
    ///
    /// # Errors
    /// [`CheckpointError::Buffer`] if the buffer is smaller; nothing is written then.
    pub fn checkpoint(&self, buffer: &mut [u8]) -> Result<usize, CheckpointError> {
        self.checkpoint_with(&(), buffer)
    }

    /// As [`checkpoint`](Self::checkpoint), with `extra` beside the learner, which takes
    /// [`Extra::BYTES`] more.
    ///
    /// # Errors
    /// As for [`checkpoint`](Self::checkpoint).
    pub fn checkpoint_with<E: Extra>(
        &self,
        extra: &E,
        buffer: &mut [u8],
    ) -> Result<usize, CheckpointError> {
        Self::header::<E>().seal(buffer, |to| {
            to.bytes(&self.steps.to_le_bytes());
            to.bytes(&self.samples.to_le_bytes());
            to.bytes(&self.open.count.to_le_bytes());
            let label = self.open.label.get();
            to.bytes(&u32::from(label.is_some()).to_le_bytes());
            to.bytes(&label.unwrap_or(0).to_le_bytes());
            to.scalar(self.step_size);
            to.scalar(self.norm_limit);
            self.model.visit(|value| to.scalar(value));
            for &value in self.open.gradient.as_slice() {
                to.scalar(value);
            }
            C::visit(&self.kept, &self.open.sums, |value| to.scalar(value));
            extra.write(to);
        })
    }

    /// Becomes the learner that wrote `bytes`: the bits of every later step are those that it would have
    /// taken. `bytes` has the length of the checkpoint.
    ///
    /// # Errors
    /// A [`CheckpointError`] for anything but an intact checkpoint of this very kind of learner, which is
    /// then as before.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.restore_with(bytes)
    }

    /// As [`restore`](Self::restore), and returns what was kept beside the learner.
    ///
    /// # Errors
    /// As for [`restore`](Self::restore).
    pub fn restore_with<E: Extra>(&mut self, bytes: &[u8]) -> Result<E, CheckpointError> {
        let mut from = Self::header::<E>().open(bytes)?;
        let mut rest = Self::rest(&mut from).ok_or(CheckpointError::Values)?;
        let extra = E::read(&mut from).ok_or(CheckpointError::Values)?;
        let factor = |_| rest.factor.scalar().unwrap_or(M::Scalar::ZERO);
        if !self.model.replace(factor) {
            return Err(CheckpointError::Values);
        }
        self.steps = rest.steps;
        self.samples = rest.samples;
        self.step_size = rest.step_size;
        self.norm_limit = rest.norm_limit;
        self.kept = rest.kept;
        self.open = rest.open;
        Ok(extra)
    }

    /// What was kept beside the learner in `bytes`, without taking the learner.
    ///
    /// # Errors
    /// As for [`restore`](Self::restore), but for [`CheckpointError::Values`] of the learner itself.
    pub fn extra<E: Extra>(bytes: &[u8]) -> Result<E, CheckpointError> {
        let mut from = Self::header::<E>().open(bytes)?;
        let learner = Self::CHECKPOINT_BYTES - Header::BYTES - CRC_BYTES;
        from.part(learner)
            .and_then(|_| E::read(&mut from))
            .ok_or(CheckpointError::Values)
    }

    /// Reads everything up to the extra; `None` if a value is one that no learner has.
    fn rest<'a>(from: &mut Reader<'a>) -> Option<Rest<'a, M, C>> {
        let steps = from.array().map(u64::from_le_bytes)?;
        let samples = from.array().map(u64::from_le_bytes)?;
        let count = from.array().map(u32::from_le_bytes)?;
        let known = from.array().map(u32::from_le_bytes)?;
        let environment = from.array().map(u32::from_le_bytes)?;
        let step_size: M::Scalar = from.scalar()?;
        let norm_limit: M::Scalar = from.scalar()?;
        let factor = from.part(M::SHAPE.scalars() * size_of::<M::Scalar>())?;
        let mut open = Accumulator::<M, C>::empty(match known {
            0 if environment == 0 => None,
            1 if R::ONE_ENVIRONMENT => Some(environment),
            _ => return None,
        });
        open.count = count;
        read_sum(from, &mut open.gradient, M::Scalar::MAX_SUM)?;
        let mut kept = C::start();
        C::load(&mut kept, &mut open.sums, from)?;
        check_step_size(step_size).ok()?;
        check_norm_limit(norm_limit).ok()?;
        Some(Rest {
            steps,
            samples,
            step_size,
            norm_limit,
            factor,
            kept,
            open,
        })
    }
}

/// Reads a sum whose entries are at most `limit`.
pub(super) fn read_sum<T: Scalar, S: Sum<T>>(
    from: &mut Reader<'_>,
    sum: &mut S,
    limit: T,
) -> Option<()> {
    for entry in sum.as_mut_slice() {
        *entry = from.scalar().filter(|value: &T| value.within(limit))?;
    }
    Some(())
}
