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
        // A constant: one arm is compiled.
        match const { D.div_ceil(T::WIDTH) } {
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
    /// A block's residuals are ready some fifty cycles after its last product: meanwhile the block
    /// before goes into the gradient.
    #[inline(always)]
    fn rows<const Z: usize>(self) -> usize {
        let simd = self.simd;
        let signal: [[T::Register; Z]; D] = unpack(self.model.signal().as_slice());
        let mut gradient: [[T::Register; Z]; D] = unpack(self.gradient.as_slice());
        let mut taken = 0;
        let mut before = None;
        let mut rest = self.vectors.as_flattened();
        let blocks = self.vectors.as_chunks::<BLOCK>().0.iter();
        for (vectors, responses) in blocks.zip(self.responses.as_chunks::<BLOCK>().0) {
            // A vector is read on to the end of its last register, into the vectors that follow; the
            // samples end where there are none left to follow. What is read there is finite and
            // meets zeros of the signal; what it adds to the gradient is left out in the end.
            let Some(scalars) = rest.get(..(BLOCK - 1) * D + Z * T::WIDTH) else {
                break;
            };
            let mut x = [[T::zero(simd); Z]; BLOCK];
            for b in 0..BLOCK {
                let chunks = T::chunks(&scalars[b * D..][..Z * T::WIDTH]);
                for z in 0..Z {
                    x[b][z] = T::load(&chunks[z]);
                }
            }
            let predictions = if M::THROUGH_FACTOR {
                let predictions = vectors.each_ref().map(|x| self.model.quadratic(x));
                T::quarters(simd, &predictions)
            } else {
                quadratics(simd, &signal, vectors, &x)
            };
            let residuals = T::minus(simd, predictions, T::quarters(simd, responses));
            if let Some((x, residuals)) = before {
                accumulate::<T, Z, D>(simd, &mut gradient, x, residuals);
                taken += BLOCK;
                before = None;
            }
            if !T::in_range(simd, residuals, T::MAX_RESIDUAL) {
                break;
            }
            before = Some((x, residuals));
            rest = &rest[BLOCK * D..];
        }
        if let Some((x, residuals)) = before {
            accumulate::<T, Z, D>(simd, &mut gradient, x, residuals);
            taken += BLOCK;
        }
        pack(self.gradient.as_mut_slice(), &gradient);
        taken
    }
}

/// Does something for each strip of a triangle's rows: those whose diagonal lies in register `FROM`,
/// and which have nothing but zeros before it. What is done is compiled for each strip by itself, so
/// that its loops over registers are none.
macro_rules! strips {
    ($strip:ident::<$t:ty, $z:ident, $d:ident>($($argument:expr),*)) => {
        strips!(@ $strip, $t, $z, $d, ($($argument),*), 0 1 2 3 4 5 6 7)
    };
    (@ $strip:ident, $t:ty, $z:ident, $d:ident, $arguments:tt, $($from:literal)*) => {
        $(if const { $from < $z } {
            strips!(@@ $strip, $t, $z, $d, $from, $arguments);
        })*
    };
    (@@ $strip:ident, $t:ty, $z:ident, $d:ident, $from:literal, ($($argument:expr),*)) => {
        $strip::<$t, $from, $z, $d>($($argument),*)
    };
}

/// Rows of the strip that begins with register `from`.
#[inline(always)]
fn strip<T: Wide, const D: usize>(from: usize) -> std::ops::Range<usize> {
    from * T::WIDTH..D.min((from + 1) * T::WIDTH)
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
    strips!(add_rows::<T, Z, D>(simd, signal, vectors, &mut columns));
    let mut lanes = [[T::zero(simd); 2]; BLOCK];
    for b in 0..BLOCK {
        for z in 0..Z {
            let lane = &mut lanes[b][z % T::ACCUMULATORS];
            *lane = T::plus(simd, *lane, T::times(simd, columns[b][z], x[b][z]));
        }
    }
    T::sums(simd, lanes)
}

/// `columns_j += signal_ij x_i` for the rows i of a strip.
#[inline(always)]
fn add_rows<T: Wide, const FROM: usize, const Z: usize, const D: usize>(
    simd: V4,
    signal: &[[T::Register; Z]; D],
    vectors: &[[T; D]; BLOCK],
    columns: &mut [[T::Register; Z]; BLOCK],
) {
    for i in strip::<T, D>(FROM) {
        for b in 0..BLOCK {
            let weight = T::splat(simd, vectors[b][i]);
            for z in FROM..Z {
                let product = T::times(simd, signal[i][z], weight);
                columns[b][z] = T::plus(simd, columns[b][z], product);
            }
        }
    }
}

/// Adds `r x x^T` to the gradient for four vectors, one after the other.
#[inline(always)]
fn accumulate<T: Wide, const Z: usize, const D: usize>(
    simd: V4,
    gradient: &mut [[T::Register; Z]; D],
    x: [[T::Register; Z]; BLOCK],
    residuals: T::Register,
) {
    let r = T::spread(simd, residuals);
    let mut weighted = x;
    for b in 0..BLOCK {
        for z in 0..Z {
            weighted[b][z] = T::times(simd, r[b], x[b][z]);
        }
    }
    let weights: [&[T]; BLOCK] = weighted.each_ref().map(|w| pulp::bytemuck::cast_slice(w));
    strips!(add_outer::<T, Z, D>(simd, gradient, weights, &x));
}

/// `gradient_ij += weight_i x_j` for the rows i of a strip.
#[inline(always)]
fn add_outer<T: Wide, const FROM: usize, const Z: usize, const D: usize>(
    simd: V4,
    gradient: &mut [[T::Register; Z]; D],
    weights: [&[T]; BLOCK],
    x: &[[T::Register; Z]; BLOCK],
) {
    for i in strip::<T, D>(FROM) {
        let mut weight = [T::zero(simd); BLOCK];
        for b in 0..BLOCK {
            weight[b] = T::splat(simd, weights[b][i]);
        }
        for z in FROM..Z {
            let mut sum = gradient[i][z];
            for b in 0..BLOCK {
                sum = T::plus(simd, sum, T::times(simd, weight[b], x[b][z]));
            }
            gradient[i][z] = sum;
        }
    }
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
