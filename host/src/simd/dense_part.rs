//! The dense part of a step, on whole rows: in registers of 512 bits, or as loops of known length.

// One index names a register, a row or a column of several arrays at once.
#![allow(clippy::needless_range_loop)]

use heterosgd::{Packing, Scalar, Size, Symmetric};
use pulp::NullaryFnOnce;
use pulp::x86::V4;

use super::dense::fill;
use super::wide::Wide;

/// Columns, or rows, taken in at once: each register of the other side is read once for them.
const BLOCK: usize = 4;

/// What [`heterosgd::stored::Kernel::descend`] is given.
pub(super) struct Descend<'a, T: Scalar, const D: usize, const K: usize>
where
    Size<D>: Packing,
{
    pub(super) simd: V4,
    pub(super) columns: &'a mut [[T; D]; K],
    pub(super) gradient: &'a Symmetric<T, D>,
    pub(super) rate: T,
}

impl<T: Wide, const D: usize, const K: usize> NullaryFnOnce for Descend<'_, T, D, K>
where
    Size<D>: Packing,
{
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        // A constant: one arm is compiled.
        match const { D.div_ceil(T::WIDTH) } {
            1 => self.columns::<1>(),
            2 => self.columns::<2>(),
            3 => self.columns::<3>(),
            4 => self.columns::<4>(),
            _ => self.columns::<8>(),
        }
    }
}

impl<T: Wide, const D: usize, const K: usize> Descend<'_, T, D, K>
where
    Size<D>: Packing,
{
    #[inline(always)]
    fn columns<const Z: usize>(self) -> bool {
        let simd = self.simd;
        let gradient: [[T::Register; Z]; D] = full(self.gradient);
        let rate = T::splat(simd, self.rate);
        let mut good = true;
        let (blocks, rest) = self.columns.as_chunks_mut::<BLOCK>();
        for block in blocks {
            good &= descend(simd, &gradient, block, rate);
        }
        for column in rest {
            good &= descend(simd, &gradient, std::array::from_mut(column), rate);
        }
        good
    }
}

#[inline(always)]
fn descend<T: Wide, const Z: usize, const D: usize, const C: usize>(
    simd: V4,
    gradient: &[[T::Register; Z]; D],
    columns: &mut [[T; D]; C],
    rate: T::Register,
) -> bool {
    let mut pull = [[T::zero(simd); Z]; C];
    for j in 0..D {
        for c in 0..C {
            let u = T::splat(simd, columns[c][j]);
            for z in 0..Z {
                pull[c][z] = T::plus(simd, pull[c][z], T::times(simd, gradient[j][z], u));
            }
        }
    }
    let mut good = true;
    for c in 0..C {
        let old: [T::Register; Z] = fill(&columns[c]);
        let mut new = old;
        for z in 0..Z {
            new[z] = T::minus(simd, old[z], T::times(simd, rate, pull[c][z]));
            good &= T::in_range(simd, new[z], T::MAX_FACTOR);
        }
        super::dense::give_back(&mut columns[c], &new);
    }
    good
}

/// What [`heterosgd::stored::Kernel::add_gram`] is given.
pub(super) struct Gram<'a, T: Scalar, const D: usize, const K: usize>
where
    Size<D>: Packing,
{
    pub(super) simd: V4,
    pub(super) sum: &'a mut Symmetric<T, D>,
    pub(super) columns: &'a [[T; D]; K],
    pub(super) sign: T,
}

impl<T: Wide, const D: usize, const K: usize> NullaryFnOnce for Gram<'_, T, D, K>
where
    Size<D>: Packing,
{
    type Output = ();

    #[inline(always)]
    fn call(self) {
        match const { D.div_ceil(T::WIDTH) } {
            1 => self.rows::<1>(),
            2 => self.rows::<2>(),
            3 => self.rows::<3>(),
            4 => self.rows::<4>(),
            _ => self.rows::<8>(),
        }
    }
}

impl<T: Wide, const D: usize, const K: usize> Gram<'_, T, D, K>
where
    Size<D>: Packing,
{
    /// Rows are computed whole: what lies below the diagonal is not kept.
    #[inline(always)]
    fn rows<const Z: usize>(self) {
        let simd = self.simd;
        let mut columns = [[T::zero(simd); Z]; K];
        for k in 0..K {
            columns[k] = fill(&self.columns[k]);
        }
        let mut rest = self.sum.as_mut_slice();
        let mut i = 0;
        while i < D {
            let count = BLOCK.min(D - i);
            let mut rows = [[T::zero(simd); Z]; BLOCK];
            {
                let mut own = &*rest;
                for b in 0..count {
                    let (row, more) = own.split_at(D - i - b);
                    let whole: &mut [T] = pulp::bytemuck::cast_slice_mut(&mut rows[b]);
                    whole[i + b..D].copy_from_slice(row);
                    own = more;
                }
            }
            for k in 0..K {
                for b in 0..BLOCK {
                    // A row too many repeats the last one, and is dropped.
                    let u = self.columns[k][(i + b).min(D - 1)];
                    let weight = T::splat(simd, self.sign * u);
                    for z in 0..Z {
                        let product = T::times(simd, weight, columns[k][z]);
                        rows[b][z] = T::plus(simd, rows[b][z], product);
                    }
                }
            }
            for b in 0..count {
                let (row, more) = rest.split_at_mut(D - i - b);
                let whole: &[T] = pulp::bytemuck::cast_slice(&rows[b]);
                row.copy_from_slice(&whole[i + b..D]);
                rest = more;
            }
            i += BLOCK;
        }
    }
}

/// Both triangles.
#[inline(always)]
fn full<T: Wide, const Z: usize, const D: usize>(matrix: &Symmetric<T, D>) -> [[T::Register; Z]; D]
where
    Size<D>: Packing,
{
    let mut rows = [[pulp::bytemuck::Zeroable::zeroed(); Z]; D];
    let flat: &mut [T] = pulp::bytemuck::cast_slice_mut(rows.as_flattened_mut());
    let width = Z * T::WIDTH;
    let mut rest = matrix.as_slice();
    for i in 0..D {
        let (row, more) = rest.split_at(D - i);
        flat[i * width + i..i * width + D].copy_from_slice(row);
        for (j, &value) in (i..D).zip(row) {
            flat[j * width + i] = value;
        }
        rest = more;
    }
    rows
}
