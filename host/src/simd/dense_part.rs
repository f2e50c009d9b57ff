//! The dense part of a step, on whole rows.

// One index names a register, a row or a column of several arrays at once.
#![allow(clippy::needless_range_loop)]

use heterosgd::{Packing, Scalar, Size, Symmetric};
use pulp::NullaryFnOnce;
use pulp::bytemuck::Pod;

use super::registers::{Registers, fill, give_back};
use super::triangle::{full, pack, unpack};

/// Columns, or rows, taken in at once: each register of the other side is read once for them.
const BLOCK: usize = 4;

/// What [`heterosgd::stored::Kernel::descend`] is given.
pub(super) struct Descend<'a, S, T: Scalar, const D: usize, const K: usize>
where
    Size<D>: Packing,
{
    pub(super) simd: S,
    pub(super) columns: &'a mut [[T; D]; K],
    pub(super) gradient: &'a Symmetric<T, D>,
    pub(super) rate: T,
}

impl<S: Registers<T>, T: Scalar + Pod, const D: usize, const K: usize> NullaryFnOnce
    for Descend<'_, S, T, D, K>
where
    Size<D>: Packing,
{
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        // A constant: one arm is compiled.
        match const { D.div_ceil(S::WIDTH) } {
            1 => self.columns::<1>(),
            2 => self.columns::<2>(),
            3 => self.columns::<3>(),
            4 => self.columns::<4>(),
            5..=8 => self.columns::<8>(),
            _ => self.columns::<16>(),
        }
    }
}

impl<S: Registers<T>, T: Scalar + Pod, const D: usize, const K: usize> Descend<'_, S, T, D, K>
where
    Size<D>: Packing,
{
    #[inline(always)]
    fn columns<const Z: usize>(self) -> bool {
        let simd = self.simd;
        let gradient: [[S::Register; Z]; D] = full(simd, self.gradient.as_slice());
        let rate = simd.splat(self.rate);
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
fn descend<S: Registers<T>, T: Scalar + Pod, const Z: usize, const D: usize, const C: usize>(
    simd: S,
    gradient: &[[S::Register; Z]; D],
    columns: &mut [[T; D]; C],
    rate: S::Register,
) -> bool {
    let mut pull = [[simd.zero(); Z]; C];
    for j in 0..D {
        for c in 0..C {
            let u = simd.splat(columns[c][j]);
            for z in 0..Z {
                pull[c][z] = simd.plus(pull[c][z], simd.times(gradient[j][z], u));
            }
        }
    }
    let mut good = true;
    for c in 0..C {
        let old: [S::Register; Z] = fill(&columns[c]);
        let mut new = old;
        for z in 0..Z {
            new[z] = simd.minus(old[z], simd.times(rate, pull[c][z]));
            good &= simd.in_range(new[z], T::MAX_FACTOR);
        }
        give_back(&mut columns[c], &new);
    }
    good
}

/// What [`heterosgd::stored::Kernel::add_gram`] is given.
pub(super) struct Gram<'a, S, T: Scalar, const D: usize, const K: usize>
where
    Size<D>: Packing,
{
    pub(super) simd: S,
    pub(super) sum: &'a mut Symmetric<T, D>,
    pub(super) columns: &'a [[T; D]; K],
    pub(super) sign: T,
}

impl<S: Registers<T>, T: Scalar + Pod, const D: usize, const K: usize> NullaryFnOnce
    for Gram<'_, S, T, D, K>
where
    Size<D>: Packing,
{
    type Output = ();

    #[inline(always)]
    fn call(self) {
        match const { D.div_ceil(S::WIDTH) } {
            1 => self.rows::<1>(),
            2 => self.rows::<2>(),
            3 => self.rows::<3>(),
            4 => self.rows::<4>(),
            5..=8 => self.rows::<8>(),
            _ => self.rows::<16>(),
        }
    }
}

impl<S: Registers<T>, T: Scalar + Pod, const D: usize, const K: usize> Gram<'_, S, T, D, K>
where
    Size<D>: Packing,
{
    /// Rows are computed whole: what lies below the diagonal is not kept.
    #[inline(always)]
    fn rows<const Z: usize>(self) {
        let simd = self.simd;
        let mut columns = [[simd.zero(); Z]; K];
        let mut weights = [[T::ZERO; D]; K];
        for k in 0..K {
            columns[k] = fill(&self.columns[k]);
            for (weight, &u) in weights[k].iter_mut().zip(&self.columns[k]) {
                *weight = self.sign * u;
            }
        }
        let mut sum: [[S::Register; Z]; D] = unpack(simd, self.sum.as_slice());
        let mut i = 0;
        while i < D {
            // A row too many repeats the last one, and is dropped.
            let row = |b: usize| (i + b).min(D - 1);
            let mut rows: [[S::Register; Z]; BLOCK] = std::array::from_fn(|b| sum[row(b)]);
            for k in 0..K {
                for b in 0..BLOCK {
                    let weight = simd.splat(weights[k][row(b)]);
                    for z in 0..Z {
                        rows[b][z] = simd.plus(rows[b][z], simd.times(weight, columns[k][z]));
                    }
                }
            }
            let count = BLOCK.min(D - i);
            sum[i..i + count].copy_from_slice(&rows[..count]);
            i += BLOCK;
        }
        pack::<S, T, Z, D>(self.sum.as_mut_slice(), &sum);
    }
}
