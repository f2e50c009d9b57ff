//! Estimates beyond the last iterate.

use crate::Scalar;
use crate::checkpoint::{Reader, Writer};
use crate::model::Sum;

/// The mean of the estimates from some step on, kept in constant memory.
///
/// Near the phase boundary the last iterate is heavy-tailed; the average over the last half of a
/// run, cut back to its leading eigenvectors ([`Symmetric::leading`](crate::Symmetric::leading)),
/// does better (docs/theory.md, section 3).
#[derive(Debug, Clone, PartialEq)]
pub struct TailAverage<E, T> {
    mean: E,
    count: u32,
    from_step: u64,
    unit: core::marker::PhantomData<T>,
}

impl<E: Sum<T>, T: Scalar> TailAverage<E, T> {
    /// An average over the estimates after step `from_step` and all later ones.
    pub fn from_step(from_step: u64) -> Self {
        Self {
            mean: E::zero(),
            count: 0,
            from_step,
            unit: core::marker::PhantomData,
        }
    }

    /// Takes in the estimate after step number `step`; ignored before [`from_step`](Self::from_step).
    /// The mean moves by `(estimate - mean)/n`. After `u32::MAX` estimates the average is frozen.
    pub fn record(&mut self, step: u64, estimate: &E) {
        if step < self.from_step {
            return;
        }
        let Some(count) = self.count.checked_add(1) else {
            return;
        };
        self.count = count;
        let share = T::ONE / T::from_count(count);
        let mean = self.mean.clone();
        self.mean.add_scaled(estimate, share);
        self.mean.add_scaled(&mean, -share);
    }

    /// The mean so far; `None` before the first estimate.
    pub fn mean(&self) -> Option<&E> {
        (self.count > 0).then_some(&self.mean)
    }

    /// Number of estimates averaged.
    pub fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn save(&self, to: &mut Writer<'_>) {
        to.bytes(&self.from_step.to_le_bytes());
        to.bytes(&u64::from(self.count).to_le_bytes());
        for &entry in self.mean.as_slice() {
            to.scalar(entry);
        }
    }

    /// `None` where the bytes hold a number that no average can be.
    pub(crate) fn load(from: &mut Reader<'_>) -> Option<Self> {
        let mut average = Self::from_step(from.array().map(u64::from_le_bytes)?);
        average.count = u32::try_from(from.array().map(u64::from_le_bytes)?).ok()?;
        for entry in average.mean.as_mut_slice() {
            *entry = from
                .scalar()
                .filter(|value: &T| value.within(T::MAX_RESIDUAL))?;
        }
        Some(average)
    }
}
