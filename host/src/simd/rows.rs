//! The dense part of a step where registers are those of every processor: whole rows, whose length
//! the compiler knows. Out of line: within larger functions it is compiled to worse loops.

// One index names a row and a column.
#![allow(clippy::needless_range_loop)]

use heterosgd::{Packing, Scalar, Size, Symmetric};

/// [`heterosgd::stored::Kernel::descend`].
#[inline(never)]
pub(super) fn descend<T: Scalar, const D: usize, const K: usize>(
    columns: &mut [[T; D]; K],
    gradient: &Symmetric<T, D>,
    rate: T,
) -> bool
where
    Size<D>: Packing,
{
    let mut rows = [[T::ZERO; D]; D];
    let mut rest = gradient.as_slice();
    for i in 0..D {
        let (row, more) = rest.split_at(D - i);
        for (j, &value) in (i..D).zip(row) {
            rows[i][j] = value;
            rows[j][i] = value;
        }
        rest = more;
    }
    let mut good = true;
    for column in columns {
        let mut pull = [T::ZERO; D];
        for (row, &u) in rows.iter().zip(&*column) {
            for (entry, &value) in pull.iter_mut().zip(row) {
                *entry += value * u;
            }
        }
        for (entry, &p) in column.iter_mut().zip(&pull) {
            *entry -= rate * p;
            good &= entry.within(T::MAX_FACTOR);
        }
    }
    good
}

/// [`heterosgd::stored::Kernel::add_gram`]. Rows are computed whole: what lies below the diagonal is
/// not kept.
#[inline(never)]
pub(super) fn add_gram<T: Scalar, const D: usize, const K: usize>(
    sum: &mut Symmetric<T, D>,
    columns: &[[T; D]; K],
    sign: T,
) where
    Size<D>: Packing,
{
    let mut rest = sum.as_mut_slice();
    for i in 0..D {
        let (packed, more) = rest.split_at_mut(D - i);
        let mut row = [T::ZERO; D];
        row[i..].copy_from_slice(packed);
        for column in columns {
            let weight = sign * column[i];
            for (entry, &value) in row.iter_mut().zip(column) {
                *entry += weight * value;
            }
        }
        packed.copy_from_slice(&row[i..]);
        rest = more;
    }
}
