//! The rows of one visit to an environment, summed for the joint fit.

use crate::Scalar;
use crate::algebra::Size;
use crate::screen::moments::add_row;
use crate::screen::{Counters, MomentPacking, Rows};
use crate::state::state;

/// The memory of an open visit: rows relative to the first.
#[derive(Debug, Clone)]
pub(super) struct Visit<T: Scalar, const D: usize>
where
    Size<D>: MomentPacking,
{
    pub(super) moments: <Size<D> as MomentPacking>::Moments<T>,
    /// The first row, and room for the present one.
    first: <Size<D> as MomentPacking>::Sample<T>,
    row: <Size<D> as MomentPacking>::Sample<T>,
    pub(super) counters: Counters,
}

// The room is filled before it is read.
state!([T: Scalar, const D: usize] Visit<T, D>, [Size<D>: MomentPacking]:
    moments in Sum,
    first in Entry,
);

impl<T: Scalar, const D: usize> Visit<T, D>
where
    Size<D>: MomentPacking,
{
    pub(super) fn new() -> Self {
        Self {
            moments: <Size<D> as MomentPacking>::moments(),
            first: <Size<D> as MomentPacking>::sample(),
            row: <Size<D> as MomentPacking>::sample(),
            counters: Counters::EMPTY,
        }
    }

    pub(super) fn add(&mut self, x: &[T; D], y: T) {
        let (first, row) = (self.first.as_mut(), self.row.as_mut());
        for (entry, &value) in row.iter_mut().zip(x.iter().chain([&y])) {
            *entry = value;
        }
        if self.counters.rows == 0 {
            for (entry, &value) in first.iter_mut().zip(row.iter()) {
                *entry = value;
            }
        }
        for (entry, &origin) in row.iter_mut().zip(first.iter()) {
            *entry -= origin;
        }
        add_row(self.moments.as_mut(), row);
        self.counters.rows += 1;
    }
}

impl<T: Scalar, const D: usize> Rows for Visit<T, D>
where
    Size<D>: MomentPacking,
{
    const BLOCKS: usize = 1;

    fn counters(&self) -> &Counters {
        &self.counters
    }

    fn counters_mut(&mut self) -> &mut Counters {
        &mut self.counters
    }
}
