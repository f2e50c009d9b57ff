//! Rank-one measurements in registers of 512 bits.

// One index names a register, or a sample, of several arrays at once.
#![allow(clippy::needless_range_loop)]

use heterosgd::model::SymmetricModel;
use heterosgd::{Packing, Size, Symmetric};
use pulp::NullaryFnOnce;
use pulp::x86::V4;

use super::wide::Wide;

/// Vectors taken in at once.
const BLOCK: usize = 4;

/// What a kernel is given; see [`heterosgd::stored::Kernel::rank_one`].
pub(super) struct RankOne<'a, T: Wide, M, const D: usize>
where
    Size<D>: Packing,
{
    pub(super) simd: V4,
    pub(super) model: &'a M,
    pub(super) gradient: &'a mut Symmetric<T, D>,
    pub(super) vectors: &'a [[T; D]],
    pub(super) responses: &'a [T],
}

/// Takes in vectors four at a time, and returns how many: all but the last few, or those before
/// the first four with a residual that may be out of range.
impl<T: Wide, M: SymmetricModel<T, D>, const D: usize> NullaryFnOnce for RankOne<'_, T, M, D>
where
    Size<D>: Packing,
{
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        // Known when this is compiled: one arm is left.
        match D.div_ceil(T::WIDTH) {
            1 => self.rows::<1>(),
            2 => self.rows::<2>(),
            3 => self.rows::<3>(),
            4 => self.rows::<4>(),
            5..=8 => self.rows::<8>(),
            _ => 0,
        }
    }
}

impl<T: Wide, M: SymmetricModel<T, D>, const D: usize> RankOne<'_, T, M, D>
where
    Size<D>: Packing,
{
    /// Matrices with rows of `Z` registers. Rows are kept whole, zeros below the diagonal, so that
    /// every row begins with a register: what zeros add changes no bit.
    ///
    /// A vector is read on to the end of its last register, into the vectors that follow; the
    /// samples end where there are none left to follow. What is read there is finite and meets
    /// zeros of the signal; what it adds to the gradient is left out in the end.
    #[inline(always)]
    fn rows<const Z: usize>(self) -> usize {
        let simd = self.simd;
        let model = self.model;
        let signal: [[T::Register; Z]; D] = unpack(model.signal().as_slice());
        let mut gradient: [[T::Register; Z]; D] = unpack(self.gradient.as_slice());
        let mut taken = 0;
        let mut rest = self.vectors.as_flattened();
        let blocks = self.vectors.as_chunks::<BLOCK>().0.iter();
        for (vectors, responses) in blocks.zip(self.responses.as_chunks::<BLOCK>().0) {
            let Some(block) = rest.get(..(BLOCK - 1) * D + Z * T::WIDTH) else {
                break;
            };
            let mut x = [[T::zero(simd); Z]; BLOCK];
            for b in 0..BLOCK {
                let chunks = T::chunks(&block[b * D..][..Z * T::WIDTH]);
                for z in 0..Z {
                    x[b][z] = T::load(&chunks[z]);
                }
            }
            let predictions = if M::THROUGH_FACTOR {
                let predictions = vectors.each_ref().map(|x| model.quadratic(x));
                T::quarters(simd, &predictions)
            } else {
                quadratics(simd, &signal, vectors, &x)
            };
            let residuals = T::minus(simd, predictions, T::quarters(simd, responses));
            if !T::in_range(simd, residuals, T::MAX_RESIDUAL) {
                break;
            }
            let r = T::spread(simd, residuals);
            let mut weighted = x;
            for b in 0..BLOCK {
                for z in 0..Z {
                    weighted[b][z] = T::times(simd, r[b], x[b][z]);
                }
            }
            let weights: [&[T]; BLOCK] = weighted.each_ref().map(|w| pulp::bytemuck::cast_slice(w));
            for i in 0..D {
                for b in 0..BLOCK {
                    let weight = T::splat(simd, weights[b][i]);
                    for z in i / T::WIDTH..Z {
                        let product = T::times(simd, weight, x[b][z]);
                        gradient[i][z] = T::plus(simd, gradient[i][z], product);
                    }
                }
            }
            taken += BLOCK;
            rest = &rest[BLOCK * D..];
        }
        pack(self.gradient.as_mut_slice(), &gradient);
        taken
    }
}

/// `x^T Z x` of four vectors, in the order of [`heterosgd::algebra::Dual::quadratic`].
#[inline(always)]
fn quadratics<T: Wide, const Z: usize, const D: usize>(
    simd: V4,
    signal: &[[T::Register; Z]; D],
    vectors: &[[T; D]; BLOCK],
    x: &[[T::Register; Z]; BLOCK],
) -> T::Register {
    let mut columns = [[T::zero(simd); Z]; BLOCK];
    for i in 0..D {
        for b in 0..BLOCK {
            let weight = T::splat(simd, vectors[b][i]);
            for z in i / T::WIDTH..Z {
                let product = T::times(simd, signal[i][z], weight);
                columns[b][z] = T::plus(simd, columns[b][z], product);
            }
        }
    }
    let mut lanes = [[T::zero(simd); 2]; BLOCK];
    for b in 0..BLOCK {
        for z in 0..Z {
            let lane = &mut lanes[b][z % T::ACCUMULATORS];
            *lane = T::plus(simd, *lane, T::times(simd, columns[b][z], x[b][z]));
        }
    }
    T::sums(simd, lanes)
}

/// Whole rows from a packed triangle.
#[inline(always)]
fn unpack<T: Wide, const Z: usize, const D: usize>(packed: &[T]) -> [[T::Register; Z]; D] {
    let mut rows = [[pulp::bytemuck::Zeroable::zeroed(); Z]; D];
    let mut rest = packed;
    for (i, row) in rows.iter_mut().enumerate() {
        let row: &mut [T] = pulp::bytemuck::cast_slice_mut(row);
        let (own, more) = rest.split_at(D - i);
        row[i..D].copy_from_slice(own);
        rest = more;
    }
    rows
}

/// The packed triangle of whole rows.
#[inline(always)]
fn pack<T: Wide, const Z: usize, const D: usize>(packed: &mut [T], rows: &[[T::Register; Z]; D]) {
    let mut rest = packed;
    for (i, row) in rows.iter().enumerate() {
        let row: &[T] = pulp::bytemuck::cast_slice(row);
        let (own, more) = rest.split_at_mut(D - i);
        own.copy_from_slice(&row[i..D]);
        rest = more;
    }
}
