//! Owned samples.

use heapless::Vec as Bounded;

use super::{Row, Samples, Stored};
use crate::Scalar;
use crate::error::{Error, Part};
use crate::measurement::{check_entries, check_value};

/// Up to `N` samples of measurement `X`, kept packed: for a device that records first and learns
/// later, or that learns from the same samples more than once.
#[derive(Debug, Clone)]
pub struct SampleBuffer<X: Stored, const N: usize> {
    rows: Bounded<X::Row, N>,
    responses: Bounded<X::Scalar, N>,
}

impl<X: Stored, const N: usize> Default for SampleBuffer<X, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<X: Stored, const N: usize> SampleBuffer<X, N> {
    /// An empty buffer.
    pub const fn new() -> Self {
        Self {
            rows: Bounded::new(),
            responses: Bounded::new(),
        }
    }

    /// Keeps a sample.
    ///
    /// # Errors
    /// [`Error::NotFinite`] or [`Error::OutOfRange`] for a bad sample, [`Error::FullBuffer`] where
    /// there is no room; nothing is kept then.
    pub fn push(&mut self, x: &X, y: X::Scalar) -> Result<(), Error> {
        let row = x.to_row();
        check_entries(row.as_ref(), X::LIMIT)?;
        check_value(y, X::Scalar::MAX_RESIDUAL, Part::Response)?;
        if self.rows.push(row).is_err() {
            return Err(Error::FullBuffer);
        }
        if self.responses.push(y).is_err() {
            self.rows.pop();
            return Err(Error::FullBuffer);
        }
        Ok(())
    }

    /// Forgets all samples.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.responses.clear();
    }

    /// The samples, checked when they were kept.
    pub fn samples(&self) -> Samples<'_, X> {
        Samples::checked(X::Row::flat(&self.rows), &self.responses)
    }
}
