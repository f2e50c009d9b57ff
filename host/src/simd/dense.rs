//! Stored rows against a signal, in registers of 512 bits.

// One index names a register, or a sample, of several arrays at once.
#![allow(clippy::needless_range_loop)]

use std::marker::PhantomData;

use heterosgd::stored::Row;
use pulp::NullaryFnOnce;
use pulp::x86::V4;

use super::wide::Wide;

/// What a kernel is given; see [`heterosgd::stored::Kernel::dense`].
pub(super) struct Dense<'a, T, R> {
    pub(super) simd: V4,
    pub(super) signal: &'a [T],
    pub(super) gradient: &'a mut [T],
    pub(super) entries: &'a [T],
    pub(super) responses: &'a [T],
    pub(super) rows: PhantomData<R>,
}

/// Takes in samples four or eight at a time, and returns how many: all but the last few, or
/// those before the first eight with a residual that may be out of range.
impl<T: Wide, R: Row<T>> NullaryFnOnce for Dense<'_, T, R> {
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        // Known when this is compiled: one arm is left. The longest rows are those of D = 64.
        match R::LENGTH.div_ceil(T::WIDTH) {
            1 => self.short::<1>(),
            2 => self.short::<2>(),
            3 => self.short::<3>(),
            4 => self.short::<4>(),
            5 => self.short::<5>(),
            6..=9 => self.long::<9>(),
            10..=17 => self.long::<17>(),
            18..=33 => self.long::<33>(),
            34..=66 => self.long::<66>(),
            67..=130 => self.long::<130>(),
            131..=260 => self.long::<260>(),
            _ => 0,
        }
    }
}

impl<T: Wide, R: Row<T>> Dense<'_, T, R> {
    /// Scalars of a row, and of the registers that hold it.
    const LENGTH: usize = R::LENGTH;
    const PADDED: usize = R::LENGTH.div_ceil(T::WIDTH) * T::WIDTH;

    /// Rows of `Z` registers, few enough that signal and gradient stay in registers: four rows at a
    /// time, each read once.
    ///
    /// A row is read on to the end of its last register, into the rows that follow; the samples end
    /// where there are none left to follow. What is read there is finite, and meets zeros of the
    /// signal, which change no bit; what it adds to the gradient is left out in the end.
    #[inline(always)]
    fn short<const Z: usize>(self) -> usize {
        let simd = self.simd;
        let signal: [T::Register; Z] = fill(self.signal);
        let mut gradient: [T::Register; Z] = fill(self.gradient);
        let mut taken = 0;
        let mut rest = self.entries;
        for responses in self.responses.as_chunks::<4>().0 {
            let Some(block) = rest.get(..3 * Self::LENGTH + Self::PADDED) else {
                break;
            };
            let mut x = [[T::zero(simd); Z]; 4];
            for (b, x) in x.iter_mut().enumerate() {
                let row = T::chunks(&block[b * Self::LENGTH..][..Self::PADDED]);
                for z in 0..Z {
                    x[z] = T::load(&row[z]);
                }
            }
            let mut lanes = [[T::zero(simd); 2]; 4];
            for (lanes, x) in lanes.iter_mut().zip(&x) {
                for z in 0..Z {
                    add_product::<T>(simd, lanes, z, x[z], signal[z]);
                }
            }
            let residuals = T::minus(simd, T::sums(simd, lanes), T::quarters(simd, responses));
            if !T::in_range(simd, residuals, T::MAX_RESIDUAL) {
                break;
            }
            for (r, x) in T::spread(simd, residuals).into_iter().zip(&x) {
                for z in 0..Z {
                    gradient[z] = T::plus(simd, gradient[z], T::times(simd, r, x[z]));
                }
            }
            taken += 4;
            rest = &rest[4 * Self::LENGTH..];
        }
        give_back(self.gradient, &gradient);
        taken
    }

    /// Rows of up to `CAPACITY` registers: eight rows at a time, so that signal and gradient, which
    /// come from the cache, are read seldom. Rows are read as [`short`](Self::short) does.
    #[inline(always)]
    fn long<const CAPACITY: usize>(self) -> usize {
        let simd = self.simd;
        let signal: [T::Register; CAPACITY] = fill(self.signal);
        let mut gradient: [T::Register; CAPACITY] = fill(self.gradient);
        let registers = Self::PADDED / T::WIDTH;
        let (signal, gradient_used) = (&signal[..registers], &mut gradient[..registers]);
        let mut taken = 0;
        let mut rest = self.entries;
        for responses in self.responses.as_chunks::<8>().0 {
            let Some(block) = rest.get(..7 * Self::LENGTH + Self::PADDED) else {
                break;
            };
            let row =
                |b: usize| &T::chunks(&block[b * Self::LENGTH..][..Self::PADDED])[..registers];
            let rows = [
                row(0),
                row(1),
                row(2),
                row(3),
                row(4),
                row(5),
                row(6),
                row(7),
            ];
            let mut lanes = [[T::zero(simd); 2]; 8];
            for z in 0..registers / T::ACCUMULATORS * T::ACCUMULATORS {
                let p = signal[z];
                for b in 0..8 {
                    add_product::<T>(simd, &mut lanes[b], z, T::load(&rows[b][z]), p);
                }
            }
            if registers % T::ACCUMULATORS == 1 {
                let z = registers - 1;
                for b in 0..8 {
                    let products = T::times(simd, T::load(&rows[b][z]), signal[z]);
                    lanes[b][0] = T::plus(simd, lanes[b][0], products);
                }
            }
            let [l0, l1, l2, l3, l4, l5, l6, l7] = lanes;
            let [y0, y1, y2, y3, y4, y5, y6, y7] = *responses;
            let sums = T::sums(simd, [l0, l1, l2, l3]);
            let low = T::minus(simd, sums, T::quarters(simd, &[y0, y1, y2, y3]));
            let sums = T::sums(simd, [l4, l5, l6, l7]);
            let high = T::minus(simd, sums, T::quarters(simd, &[y4, y5, y6, y7]));
            if !(T::in_range(simd, low, T::MAX_RESIDUAL)
                && T::in_range(simd, high, T::MAX_RESIDUAL))
            {
                break;
            }
            let (low, high) = (T::spread(simd, low), T::spread(simd, high));
            for z in 0..registers {
                let mut sum = gradient_used[z];
                for b in 0..4 {
                    sum = T::plus(simd, sum, T::times(simd, low[b], T::load(&rows[b][z])));
                }
                for b in 0..4 {
                    sum = T::plus(simd, sum, T::times(simd, high[b], T::load(&rows[4 + b][z])));
                }
                gradient_used[z] = sum;
            }
            taken += 8;
            rest = &rest[8 * Self::LENGTH..];
        }
        give_back(self.gradient, &gradient);
        taken
    }
}

/// Adds `x * p`, register `z` of a row, to the canonical lanes of its sample.
///
/// The first product of a lane stands for itself, without the +0.0 that lanes start from: of the sum
/// that changes the sign of a zero at most, and of the gradient, which starts from +0.0, no bit.
#[inline(always)]
fn add_product<T: Wide>(
    simd: V4,
    lanes: &mut [T::Register; 2],
    z: usize,
    x: T::Register,
    p: T::Register,
) {
    let product = T::times(simd, x, p);
    let lane = &mut lanes[z % T::ACCUMULATORS];
    *lane = if z < T::ACCUMULATORS {
        product
    } else {
        T::plus(simd, *lane, product)
    };
}

/// Registers filled from scalars, and with zeros where there are no more.
#[inline(always)]
pub(super) fn fill<T: Wide, const Z: usize>(scalars: &[T]) -> [T::Register; Z] {
    let mut registers = [pulp::bytemuck::Zeroable::zeroed(); Z];
    let filled: &mut [T] = pulp::bytemuck::cast_slice_mut(&mut registers);
    let length = scalars.len().min(filled.len());
    filled[..length].copy_from_slice(&scalars[..length]);
    registers
}

/// The other way round.
#[inline(always)]
pub(super) fn give_back<T: Wide>(scalars: &mut [T], registers: &[T::Register]) {
    let filled: &[T] = pulp::bytemuck::cast_slice(registers);
    let length = scalars.len().min(filled.len());
    scalars[..length].copy_from_slice(&filled[..length]);
}
