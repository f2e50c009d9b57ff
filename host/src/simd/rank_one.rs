//! Rank-one measurements in registers of 512 bits.

use heterosgd::model::SymmetricModel;
use heterosgd::{Packing, Size, Symmetric};
use pulp::x86::V4;

use super::wide::Wide;

/// Vectors taken in at once.
const BLOCK: usize = 4;

/// What a kernel is given; see [`heterosgd::stored::Kernel::rank_one`].
pub(super) struct RankOne<'a, T: Wide, M, const D: usize>
where
    Size<D>: Packing,
{
    pub(super) model: &'a M,
    pub(super) gradient: &'a mut Symmetric<T, D>,
    pub(super) vectors: &'a [[T; D]],
    pub(super) responses: &'a [T],
}

impl<T: Wide, M: SymmetricModel<T, D>, const D: usize> RankOne<'_, T, M, D>
where
    Size<D>: Packing,
{
    /// Takes in vectors four at a time, and returns how many: all but the last few, or those before
    /// the first four with a residual that may be out of range.
    #[inline(always)]
    pub(super) fn run(self, simd: V4) -> usize {
        match D.div_ceil(T::WIDTH) {
            1 => self.rows::<1>(simd),
            2 => self.rows::<2>(simd),
            3 => self.rows::<3>(simd),
            4 => self.rows::<4>(simd),
            _ => self.rows::<8>(simd),
        }
    }

    /// Matrices with rows of `Z` registers. Rows are kept whole, zeros below the diagonal, so that
    /// every row begins with a register: what zeros add changes no bit.
    #[inline(always)]
    fn rows<const Z: usize>(self, simd: V4) -> usize {
        let zero = T::splat(simd, T::ZERO);
        let mut signal = [[zero; Z]; D];
        let mut gradient = [[zero; Z]; D];
        let model = self.model;
        unpack(&mut signal, model.signal().as_slice());
        unpack(&mut gradient, self.gradient.as_slice());
        let mut taken = 0;
        let blocks = self.vectors.as_chunks::<BLOCK>().0.iter();
        for (vectors, responses) in blocks.zip(self.responses.as_chunks::<BLOCK>().0) {
            let x = vectors.each_ref().map(|x| padded::<T, Z>(x));
            let predictions = if M::THROUGH_FACTOR {
                T::quarters(&vectors.each_ref().map(|x| model.quadratic(x)))
            } else {
                quadratics(simd, &signal, vectors, &x)
            };
            let residuals = T::minus(simd, predictions, T::quarters(responses));
            if !T::in_range(simd, residuals, T::MAX_RESIDUAL) {
                break;
            }
            let mut weighted = [[T::ZERO; D]; BLOCK];
            for ((w, x), r) in weighted.iter_mut().zip(&x).zip(T::spread(simd, residuals)) {
                let products = x.map(|x| T::times(simd, r, x));
                store(w, &products);
            }
            for (i, row) in gradient.iter_mut().enumerate() {
                for (w, x) in weighted.iter().zip(&x) {
                    let weight = T::splat(simd, w.get(i).copied().unwrap_or(T::ZERO));
                    for (sum, &x) in row.iter_mut().zip(x).skip(i / T::WIDTH) {
                        *sum = T::plus(simd, *sum, T::times(simd, weight, x));
                    }
                }
            }
            taken += BLOCK;
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
    let zero = T::splat(simd, T::ZERO);
    let mut columns = [[zero; Z]; BLOCK];
    for (i, row) in signal.iter().enumerate() {
        for (columns, x) in columns.iter_mut().zip(vectors) {
            let xi = T::splat(simd, x.get(i).copied().unwrap_or(T::ZERO));
            for (sum, &entries) in columns.iter_mut().zip(row).skip(i / T::WIDTH) {
                *sum = T::plus(simd, *sum, T::times(simd, entries, xi));
            }
        }
    }
    let mut lanes = [[zero; 2]; BLOCK];
    for ((lanes, columns), x) in lanes.iter_mut().zip(&columns).zip(x) {
        for (z, (&t, &x)) in columns.iter().zip(x).enumerate() {
            let [even, odd] = lanes;
            let lanes = if z % T::ACCUMULATORS == 0 { even } else { odd };
            *lanes = T::plus(simd, *lanes, T::times(simd, t, x));
        }
    }
    T::sums(simd, lanes)
}

/// A vector in registers, followed by zeros.
#[inline(always)]
fn padded<T: Wide, const Z: usize>(x: &[T]) -> [T::Register; Z] {
    let mut registers = [pulp::bytemuck::Zeroable::zeroed(); Z];
    if x.len() == Z * T::WIDTH {
        for (register, scalars) in registers.iter_mut().zip(x.chunks_exact(T::WIDTH)) {
            *register = T::load(scalars);
        }
    } else {
        let filled: &mut [T] = pulp::bytemuck::cast_slice_mut(&mut registers);
        for (to, &from) in filled.iter_mut().zip(x) {
            *to = from;
        }
    }
    registers
}

/// The scalars of registers, as many as there is room for.
#[inline(always)]
fn store<T: Wide, const Z: usize>(scalars: &mut [T], registers: &[T::Register; Z]) {
    let filled: &[T] = pulp::bytemuck::cast_slice(registers);
    for (to, &from) in scalars.iter_mut().zip(filled) {
        *to = from;
    }
}

/// Whole rows from a packed triangle.
fn unpack<T: Wide, const Z: usize>(rows: &mut [[T::Register; Z]], packed: &[T]) {
    let mut rest = packed.iter();
    let d = rows.len();
    for (i, row) in rows.iter_mut().enumerate() {
        let row: &mut [T] = pulp::bytemuck::cast_slice_mut(row);
        for (to, &from) in row.iter_mut().take(d).skip(i).zip(rest.by_ref()) {
            *to = from;
        }
    }
}

/// The packed triangle of whole rows.
fn pack<T: Wide, const Z: usize>(packed: &mut [T], rows: &[[T::Register; Z]]) {
    let mut rest = packed.iter_mut();
    let d = rows.len();
    for (i, row) in rows.iter().enumerate() {
        let row: &[T] = pulp::bytemuck::cast_slice(row);
        for (&from, to) in row.iter().take(d).skip(i).zip(rest.by_ref()) {
            *to = from;
        }
    }
}
