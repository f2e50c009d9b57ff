//! The rows of one visit to an environment, summed for the joint fit.

use crate::Scalar;
use crate::algebra::Size;
use crate::screen::moments::add_row;
use crate::screen::{MomentPacking, Rows};

/// The memory of an open visit: rows relative to the first.
#[derive(Debug, Clone)]
pub(super) struct Visit<T: Scalar, const D: usize>
where
    Size<D>: MomentPacking,
{
    pub(super) moments: <Size<D> as MomentPacking>::Moments<T>,
    rows: [<Size<D> as MomentPacking>::Sample<T>; 2],
    pub(super) count: u32,
}

impl<T: Scalar, const D: usize> Visit<T, D>
where
    Size<D>: MomentPacking,
{
    pub(super) fn new() -> Self {
        Self {
            moments: <Size<D> as MomentPacking>::moments(),
            rows: [<Size<D> as MomentPacking>::sample(); 2],
            count: 0,
        }
    }

    pub(super) fn add(&mut self, x: &[T; D], y: T) {
        let [first, row] = self.rows.each_mut().map(AsMut::as_mut);
        for (entry, &value) in row.iter_mut().zip(x.iter().chain([&y])) {
            *entry = value;
        }
        if self.count == 0 {
            for (entry, &value) in first.iter_mut().zip(row.iter()) {
                *entry = value;
            }
        }
        for (entry, &origin) in row.iter_mut().zip(first.iter()) {
            *entry -= origin;
        }
        add_row(self.moments.as_mut(), row);
        self.count += 1;
    }
}

impl<T: Scalar, const D: usize> Rows for Visit<T, D>
where
    Size<D>: MomentPacking,
{
    fn rows(&self) -> u32 {
        self.count
    }
}
