//! Borrowed samples.

use super::{Row, Stored};
use crate::Scalar;
use crate::error::{Error, Part};

/// Samples that lie in memory, borrowed as they are: measurements of type `X`, one row after the
/// other, and a response for each. They were checked when this was made, and cannot change while
/// it lives, so that learning from them checks nothing but residuals.
#[derive(Debug)]
pub struct Samples<'a, X: Stored> {
    entries: &'a [X::Scalar],
    responses: &'a [X::Scalar],
}

impl<X: Stored> Clone for Samples<'_, X> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<X: Stored> Copy for Samples<'_, X> {}

impl<'a, X: Stored> Samples<'a, X> {
    /// Samples with the rows `entries` (packed triangles for
    /// [`Symmetric`](crate::Symmetric), vectors otherwise) and `responses`.
    ///
    /// # Errors
    /// [`Error::Rows`] unless there is one row for each response; [`Error::NotFinite`] or
    /// [`Error::OutOfRange`] with the first sample that is out of range, its measurement first.
    pub fn new(entries: &'a [X::Scalar], responses: &'a [X::Scalar]) -> Result<Self, Error> {
        let row = <X::Row as Row<X::Scalar>>::LENGTH;
        if responses.len().checked_mul(row) != Some(entries.len()) {
            return Err(Error::Rows {
                entries: entries.len(),
                row,
                responses: responses.len(),
            });
        }
        let samples = Self { entries, responses };
        if X::Scalar::all_within(entries, X::LIMIT)
            && X::Scalar::all_within(responses, X::Scalar::MAX_RESIDUAL)
        {
            Ok(samples)
        } else {
            Err(samples.first_offender())
        }
    }

    /// For a buffer that has checked its samples one by one.
    pub(super) fn checked(entries: &'a [X::Scalar], responses: &'a [X::Scalar]) -> Self {
        Self { entries, responses }
    }

    #[cold]
    fn first_offender(&self) -> Error {
        let error = |value: X::Scalar, part| {
            if value.is_finite() {
                Error::OutOfRange(part)
            } else {
                Error::NotFinite(part)
            }
        };
        let rows = self.rows().iter().zip(self.responses);
        for (sample, (row, &y)) in rows.enumerate() {
            for (index, &x) in row.as_ref().iter().enumerate() {
                if !x.within(X::LIMIT) {
                    return error(x, Part::StoredMeasurement { sample, index });
                }
            }
            if !y.within(X::Scalar::MAX_RESIDUAL) {
                return error(y, Part::StoredResponse { sample });
            }
        }
        // Unreachable: the caller has found one.
        Error::OutOfRange(Part::StoredResponse { sample: 0 })
    }

    /// Number of samples.
    #[inline]
    pub fn len(&self) -> usize {
        self.responses.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.responses.is_empty()
    }

    /// The scalars of all rows, one row after the other.
    #[inline]
    pub fn entries(&self) -> &'a [X::Scalar] {
        self.entries
    }

    /// The rows.
    #[inline]
    pub fn rows(&self) -> &'a [X::Row] {
        X::Row::rows(self.entries)
    }

    /// The responses.
    #[inline]
    pub fn responses(&self) -> &'a [X::Scalar] {
        self.responses
    }

    /// The samples one by one.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (X, X::Scalar)> + use<'a, X> {
        let rows = self.rows().iter().map(X::from_row);
        rows.zip(self.responses.iter().copied())
    }

    /// The first `count` samples and the rest; all of them and none, if there are no more.
    pub fn split_at(&self, count: usize) -> (Self, Self) {
        let count = count.min(self.len());
        // At most the number of entries, so that nothing overflows.
        let scalars = count * <X::Row as Row<X::Scalar>>::LENGTH;
        let entries = self.entries.split_at_checked(scalars);
        let responses = self.responses.split_at_checked(count);
        let ((entries, more_entries), (responses, more_responses)) = (
            entries.unwrap_or((self.entries, &[])),
            responses.unwrap_or((self.responses, &[])),
        );
        (
            Self::checked(entries, responses),
            Self::checked(more_entries, more_responses),
        )
    }

    /// The samples in batches of `size`, the last of which may be smaller; none if `size` is 0.
    pub fn batches(&self, size: usize) -> Batches<'a, X> {
        let rest = if size == 0 { self.split_at(0).0 } else { *self };
        Batches { rest, size }
    }
}

/// The batches of [`Samples::batches`].
#[derive(Debug, Clone)]
pub struct Batches<'a, X: Stored> {
    rest: Samples<'a, X>,
    size: usize,
}

impl<'a, X: Stored> Iterator for Batches<'a, X> {
    type Item = Samples<'a, X>;

    fn next(&mut self) -> Option<Samples<'a, X>> {
        if self.rest.is_empty() {
            return None;
        }
        let (batch, rest) = self.rest.split_at(self.size);
        self.rest = rest;
        Some(batch)
    }
}
