//! Packed triangles as whole rows of registers, and back.

use heterosgd::Scalar;
use pulp::bytemuck::Pod;

use super::registers::{Registers, fill};

/// Whole rows from a packed triangle, zeros below the diagonal and behind the last column.
///
/// A row is read from where its entry 0 would be, into registers in which the columns have their places; what
/// is read of other rows is replaced by zeros.
#[inline(always)]
pub(super) fn unpack<S: Registers<T>, T: Scalar + Pod, const Z: usize, const D: usize>(
    simd: S,
    packed: &[T],
) -> [[S::Register; Z]; D] {
    let mut rows = [[simd.zero(); Z]; D];
    let mut begin = 0;
    for (i, row) in rows.iter_mut().enumerate() {
        let first = i / S::WIDTH;
        let padded;
        let scalars = if let Some(scalars) = packed.get(begin..begin + Z * S::WIDTH) {
            S::chunks(scalars)
        } else {
            padded = fill::<T, S::Register, Z>(packed.get(begin..).unwrap_or_default());
            S::chunks(pulp::bytemuck::cast_slice(&padded))
        };
        for z in first..Z {
            let mut register = simd.load(&scalars[z]);
            if z == first {
                register = simd.joined(simd.zero(), register, i % S::WIDTH);
            }
            if D < (z + 1) * S::WIDTH {
                let columns = D.saturating_sub(z * S::WIDTH);
                register = simd.joined(register, simd.zero(), columns);
            }
            row[z] = register;
        }
        begin += D - i - 1;
    }
    rows
}

/// The packed triangle of whole rows.
#[inline(always)]
pub(super) fn pack<S: Registers<T>, T: Scalar + Pod, const Z: usize, const D: usize>(
    packed: &mut [T],
    rows: &[[S::Register; Z]; D],
) {
    if Z * S::WIDTH == D {
        // From the last row on, so that what a row writes before its diagonal is written over.
        let mut end = packed.len();
        for (i, row) in rows.iter().enumerate().rev() {
            let row: &[T] = pulp::bytemuck::cast_slice(row);
            let begin = end - D;
            for z in i / S::WIDTH..Z {
                let places = z * S::WIDTH..(z + 1) * S::WIDTH;
                packed[begin..][places.clone()].copy_from_slice(&row[places]);
            }
            end -= D - i;
        }
        return;
    }
    let mut rest = packed;
    for (i, row) in rows.iter().enumerate() {
        let row: &[T] = pulp::bytemuck::cast_slice(row);
        let (own, more) = rest.split_at_mut(D - i);
        own.copy_from_slice(&row[i..D]);
        rest = more;
    }
}

/// Both triangles.
#[inline(always)]
pub(super) fn full<S: Registers<T>, T: Scalar + Pod, const Z: usize, const D: usize>(
    simd: S,
    packed: &[T],
) -> [[S::Register; Z]; D] {
    let mut rows = unpack::<S, T, Z, D>(simd, packed);
    let flat: &mut [T] = pulp::bytemuck::cast_slice_mut(rows.as_flattened_mut());
    let width = Z * S::WIDTH;
    let mut rest = packed;
    for i in 0..D {
        let (row, more) = rest.split_at(D - i);
        for (j, &value) in (i..D).zip(row) {
            flat[j * width + i] = value;
        }
        rest = more;
    }
    rows
}
