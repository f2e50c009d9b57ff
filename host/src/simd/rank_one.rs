//! Rank-one measurements.

// One index names a register, or a sample, of several arrays at once.
#![allow(clippy::needless_range_loop)]

use heterosgd::model::SymmetricModel;
use heterosgd::{Packing, Scalar, Size, Symmetric};
use pulp::NullaryFnOnce;
use pulp::bytemuck::Pod;

use super::registers::{Lanes, MOST, ROWS, Registers};
use super::triangle::{pack, unpack};

/// What a kernel is given; see [`heterosgd::stored::Kernel::rank_one`].
pub(super) struct RankOne<'a, S, T: Scalar + Pod, M, const D: usize>
where
    Size<D>: Packing,
{
    pub(super) simd: S,
    pub(super) model: &'a M,
    pub(super) gradient: &'a mut Symmetric<T, D>,
    pub(super) vectors: &'a [[T; D]],
    pub(super) responses: &'a [T],
}

/// Takes in vectors four at a time, and returns how many: all but the last few, or those before
/// the first four with a residual that may be out of range.
impl<S: Registers<T>, T: Scalar + Pod, M: SymmetricModel<T, D>, const D: usize> NullaryFnOnce
    for RankOne<'_, S, T, M, D>
where
    Size<D>: Packing,
{
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        // A constant: one arm is compiled.
        match const { D.div_ceil(S::WIDTH) } {
            1 => self.rows::<1>(),
            2 => self.rows::<2>(),
            3 => self.rows::<3>(),
            4 => self.rows::<4>(),
            5..=8 => self.rows::<8>(),
            9..=16 => self.rows::<16>(),
            _ => 0,
        }
    }
}

impl<S: Registers<T>, T: Scalar + Pod, M: SymmetricModel<T, D>, const D: usize>
    RankOne<'_, S, T, M, D>
where
    Size<D>: Packing,
{
    /// Matrices with rows of `Z` registers. Rows are kept whole, zeros below the diagonal, so that
    /// every row begins with a register: what zeros add changes no bit.
    ///
    /// A vector is read on to the end of its last register, into the vectors that follow. What is read there
    /// is finite and meets zeros of the signal; what it adds to the gradient is left out in the end. Behind the
    /// last block nothing may follow: it is read from a copy with room behind it.
    ///
    /// A block's residuals are ready some fifty cycles after its last product: meanwhile the block
    /// before goes into the gradient.
    #[inline(always)]
    fn rows<const Z: usize>(self) -> usize {
        // A block that is not the last is followed by another one at least, which must be room enough.
        if 5 * D < Z * S::WIDTH {
            return 0;
        }
        let simd = self.simd;
        let signal: [[S::Register; Z]; D] = unpack(simd, self.model.signal().as_slice());
        let mut gradient: [[S::Register; Z]; D] = unpack(simd, self.gradient.as_slice());
        let blocks = self.vectors.as_chunks::<ROWS>().0;
        let length = (ROWS - 1) * D + Z * S::WIDTH;
        let mut padded = [[simd.zero(); Z]; 2 * ROWS];
        let last: &mut [T] = pulp::bytemuck::cast_slice_mut(padded.as_flattened_mut());
        if let Some(vectors) = blocks.last() {
            last[..ROWS * D].copy_from_slice(vectors.as_flattened());
        }
        let last = &last[..length];
        let mut taken = 0;
        let mut before = None;
        let mut rest = self.vectors.as_flattened();
        for (vectors, responses) in blocks.iter().zip(self.responses.as_chunks::<ROWS>().0) {
            let scalars = rest.get(..length).unwrap_or(last);
            let rows: [&[S::Chunk]; ROWS] =
                std::array::from_fn(|b| S::chunks(&scalars[b * D..][..Z * S::WIDTH]));
            let mut x = [[simd.zero(); Z]; ROWS];
            for b in 0..ROWS {
                for z in 0..Z {
                    x[b][z] = simd.load(&rows[b][z]);
                }
            }
            let predictions = if M::THROUGH_FACTOR {
                let predictions = vectors.each_ref().map(|x| self.model.quadratic(x));
                simd.parts(&predictions)
            } else {
                quadratics(simd, &signal, vectors, &x)
            };
            let residuals = simd.minus(predictions, simd.parts(responses));
            if let Some((x, residuals)) = before {
                accumulate::<S, T, Z, D>(simd, &mut gradient, x, residuals);
                taken += ROWS;
                before = None;
            }
            if !simd.in_range(residuals, T::MAX_RESIDUAL) {
                break;
            }
            before = Some((x, residuals));
            rest = &rest[ROWS * D..];
        }
        if let Some((x, residuals)) = before {
            accumulate::<S, T, Z, D>(simd, &mut gradient, x, residuals);
            taken += ROWS;
        }
        pack::<S, T, Z, D>(self.gradient.as_mut_slice(), &gradient);
        taken
    }
}

/// Does something for each strip of a triangle's rows: those whose diagonal lies in register `FROM`,
/// and which have nothing but zeros before it. What is done is compiled for each strip by itself, so
/// that its loops over registers are none.
macro_rules! strips {
    ($strip:ident::<$s:ty, $t:ty, $z:ident, $d:ident>($($argument:expr),*)) => {
        strips!(@ $strip, $s, $t, $z, $d, ($($argument),*), 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    (@ $strip:ident, $s:ty, $t:ty, $z:ident, $d:ident, $arguments:tt, $($from:literal)*) => {
        $(if const { $from < $z } {
            strips!(@@ $strip, $s, $t, $z, $d, $from, $arguments);
        })*
    };
    (@@ $strip:ident, $s:ty, $t:ty, $z:ident, $d:ident, $from:literal, ($($argument:expr),*)) => {
        $strip::<$s, $t, $from, $z, $d>($($argument),*)
    };
}

/// Rows of the strip that begins with register `from`.
#[inline(always)]
fn strip<S: Registers<T>, T: Scalar + Pod, const D: usize>(from: usize) -> std::ops::Range<usize> {
    from * S::WIDTH..D.min((from + 1) * S::WIDTH)
}

/// `x^T Z x` of four vectors, in the order of [`heterosgd::algebra::Dual::quadratic`].
#[inline(always)]
fn quadratics<S: Registers<T>, T: Scalar + Pod, const Z: usize, const D: usize>(
    simd: S,
    signal: &[[S::Register; Z]; D],
    vectors: &[[T; D]; ROWS],
    x: &[[S::Register; Z]; ROWS],
) -> S::Register {
    let mut columns = [[simd.zero(); Z]; ROWS];
    strips!(add_rows::<S, T, Z, D>(simd, signal, vectors, &mut columns));
    let mut lanes: [Lanes<S::Register>; ROWS] = [[simd.zero(); MOST]; ROWS];
    for b in 0..ROWS {
        for z in 0..Z {
            let lane = &mut lanes[b][z % S::ACCUMULATORS];
            *lane = simd.plus(*lane, simd.times(columns[b][z], x[b][z]));
        }
    }
    simd.sums(lanes)
}

/// `columns_j += signal_ij x_i` for the rows i of a strip.
#[inline(always)]
fn add_rows<S: Registers<T>, T: Scalar + Pod, const FROM: usize, const Z: usize, const D: usize>(
    simd: S,
    signal: &[[S::Register; Z]; D],
    vectors: &[[T; D]; ROWS],
    columns: &mut [[S::Register; Z]; ROWS],
) {
    for i in strip::<S, T, D>(FROM) {
        for b in 0..ROWS {
            let weight = simd.splat(vectors[b][i]);
            for z in FROM..Z {
                let product = simd.times(signal[i][z], weight);
                columns[b][z] = simd.plus(columns[b][z], product);
            }
        }
    }
}

/// Adds `r x x^T` to the gradient for four vectors, one after the other.
#[inline(always)]
fn accumulate<S: Registers<T>, T: Scalar + Pod, const Z: usize, const D: usize>(
    simd: S,
    gradient: &mut [[S::Register; Z]; D],
    x: [[S::Register; Z]; ROWS],
    residuals: S::Register,
) {
    let r = simd.spread(residuals);
    let mut weighted = x;
    for b in 0..ROWS {
        for z in 0..Z {
            weighted[b][z] = simd.times(r[b], x[b][z]);
        }
    }
    let weights: [&[T]; ROWS] = weighted.each_ref().map(|w| pulp::bytemuck::cast_slice(w));
    strips!(add_outer::<S, T, Z, D>(simd, gradient, weights, &x));
}

/// `gradient_ij += weight_i x_j` for the rows i of a strip.
#[inline(always)]
fn add_outer<
    S: Registers<T>,
    T: Scalar + Pod,
    const FROM: usize,
    const Z: usize,
    const D: usize,
>(
    simd: S,
    gradient: &mut [[S::Register; Z]; D],
    weights: [&[T]; ROWS],
    x: &[[S::Register; Z]; ROWS],
) {
    for i in strip::<S, T, D>(FROM) {
        let mut weight = [simd.zero(); ROWS];
        for b in 0..ROWS {
            weight[b] = simd.splat(weights[b][i]);
        }
        for z in FROM..Z {
            let mut sum = gradient[i][z];
            for b in 0..ROWS {
                sum = simd.plus(sum, simd.times(weight[b], x[b][z]));
            }
            gradient[i][z] = sum;
        }
    }
}
