//! Rows of one environment on their way to the learner, gathered because many at once are learned faster.

use heterosgd::error::Part;
use heterosgd::learner::{OneEnvironment, Plain};
use heterosgd::stored::{Kernel, Row, Stored, StoredMeasurement};
use heterosgd::{Batch, Error, Model, Samples, Scalar};

use crate::error::At;

/// Scalars that are gathered: what the first cache holds, so that they are still there when they are
/// learned.
const SCALARS: usize = 4096;

/// Rows of one environment, zero-padded to the compiled size.
pub(super) struct Block<X: Stored> {
    entries: Vec<X::Scalar>,
    responses: Vec<X::Scalar>,
    /// Where in the file each row is.
    places: Vec<At>,
    /// Where each value of a row of the file is in a row of `entries`.
    positions: Vec<usize>,
}

/// A row that was refused.
pub(super) struct Refused {
    pub(super) at: At,
    pub(super) error: Error,
    /// Which value of the row, if one is to blame.
    pub(super) value: Option<usize>,
}

impl<X: Stored> Block<X> {
    /// An empty one; value k of a row of the file is entry `positions[k]` of a measurement.
    pub(super) fn new(positions: Vec<usize>) -> Self {
        Self {
            entries: Vec::new(),
            responses: Vec::new(),
            places: Vec::new(),
            positions,
        }
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.responses.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= SCALARS
    }

    pub(super) fn push(&mut self, at: At, values: &[X::Scalar], response: X::Scalar) {
        let length = <X::Row as Row<X::Scalar>>::LENGTH;
        if values.len() == length {
            self.entries.extend_from_slice(values);
        } else {
            let start = self.entries.len();
            self.entries.resize(start + length, X::Scalar::ZERO);
            for (&position, &value) in self.positions.iter().zip(values) {
                if let Some(entry) = self.entries.get_mut(start + position) {
                    *entry = value;
                }
            }
        }
        self.responses.push(response);
        self.places.push(at);
    }

    /// Lets `batch` learn from all rows and forgets them; what one row after the other would come to, up to
    /// the first that is refused.
    pub(super) fn learn<M, K>(
        &mut self,
        batch: &mut Batch<'_, M, OneEnvironment, Plain>,
        kernel: &K,
    ) -> Result<(), Refused>
    where
        M: Model<Scalar = X::Scalar>,
        X: StoredMeasurement<M>,
        K: Kernel<X::Scalar>,
    {
        let outcome = match Samples::<X>::new(&self.entries, &self.responses) {
            Ok(samples) => {
                let before = batch.count();
                let outcome = batch.observe_all_with(kernel, &samples);
                outcome.map_err(|error| self.refused((batch.count() - before) as usize, error))
            }
            // A row before the first that is out of range may be refused for its residual.
            Err(_) => self.one_by_one(batch),
        };
        self.entries.clear();
        self.responses.clear();
        self.places.clear();
        outcome
    }

    fn one_by_one<M>(&self, batch: &mut Batch<'_, M, OneEnvironment, Plain>) -> Result<(), Refused>
    where
        M: Model<Scalar = X::Scalar>,
        X: StoredMeasurement<M>,
    {
        let rows = X::Row::rows(&self.entries).iter().zip(&self.responses);
        for (row, (x, &y)) in rows.enumerate() {
            batch
                .observe(&X::from_row(x), y)
                .map_err(|error| self.refused(row, error))?;
        }
        Ok(())
    }

    fn refused(&self, row: usize, error: Error) -> Refused {
        let own = |index| {
            self.positions
                .iter()
                .position(|&position| position == index)
        };
        let of_file = |part| match part {
            Part::Measurement { index } => own(index).map_or((part, None), |index| {
                (Part::Measurement { index }, Some(index))
            }),
            part => (part, None),
        };
        let (error, value) = match error {
            Error::NotFinite(part) => {
                let (part, value) = of_file(part);
                (Error::NotFinite(part), value)
            }
            Error::OutOfRange(part) => {
                let (part, value) = of_file(part);
                (Error::OutOfRange(part), value)
            }
            error => (error, None),
        };
        Refused {
            at: self.places.get(row).copied().unwrap_or(At::Row(0)),
            error,
            value,
        }
    }
}
