//! Stored rows against a signal, in registers of 512 bits.

// One index names a register, or a sample, of several arrays at once.
#![allow(clippy::needless_range_loop)]

use std::marker::PhantomData;

use heterosgd::stored::Row;
use prefetch_index::prefetch_index;
use pulp::NullaryFnOnce;
use pulp::x86::V4;

use super::wide::Wide;

/// Rows taken in at once.
const ROWS: usize = 4;

/// Bytes of a line of the cache.
const LINE: usize = 64;

/// So many bytes ahead, data from DRAM are asked for. The processor looks ahead by itself, but waits of
/// short rows for their residuals leave it too little to look at: without this, rows of d = 4 and 8 take
/// the time of the arithmetic and that of the memory, one after the other.
const AHEAD: usize = 4096;

/// What a kernel is given; see [`heterosgd::stored::Kernel::dense`].
pub(super) struct Dense<'a, T, R> {
    pub(super) simd: V4,
    pub(super) signal: &'a [T],
    pub(super) gradient: &'a mut [T],
    pub(super) entries: &'a [T],
    pub(super) responses: &'a [T],
    pub(super) rows: PhantomData<R>,
}

/// Takes in samples four at a time, and returns how many: all but the last few, or those before the
/// first four with a residual that may be out of range.
impl<T: Wide, R: Row<T>> NullaryFnOnce for Dense<'_, T, R> {
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        // A constant: one arm is compiled. The longest rows are those of D = 64.
        match Self::REGISTERS {
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
    const REGISTERS: usize = R::LENGTH.div_ceil(T::WIDTH);
    const PADDED: usize = Self::REGISTERS * T::WIDTH;

    /// Lines asked for with each block; none for long rows, which need no help and would be held up by
    /// so many at once.
    const LINES: usize = if Self::REGISTERS <= 9 {
        (ROWS * R::LENGTH * size_of::<T>()).div_ceil(LINE)
    } else {
        0
    };

    /// Rows of `Z` registers, few enough that signal and gradient stay in registers, and each row is
    /// read once.
    #[inline(always)]
    fn short<const Z: usize>(self) -> usize {
        let simd = self.simd;
        let signal: [T::Register; Z] = fill(self.signal);
        let mut gradient: [T::Register; Z] = fill(self.gradient);
        let mut taken = 0;
        for (block, responses) in self.blocks() {
            let mut x = [[T::zero(simd); Z]; ROWS];
            for b in 0..ROWS {
                for z in 0..Z {
                    x[b][z] = T::load(&block[b][z]);
                }
            }
            let Some(residuals) = residuals::<T>(simd, &signal, |b, z| x[b][z], responses) else {
                break;
            };
            for (r, x) in T::spread(simd, residuals).into_iter().zip(&x) {
                for z in 0..Z {
                    gradient[z] = T::plus(simd, gradient[z], T::times(simd, r, x[z]));
                }
            }
            taken += ROWS;
        }
        give_back(self.gradient, &gradient);
        taken
    }

    /// Rows of up to `CAPACITY` registers. Signal, gradient and rows come from the cache, the rows
    /// twice. A block's residuals are ready some fifty cycles after its last product: meanwhile the
    /// block before goes into the gradient.
    #[inline(always)]
    fn long<const CAPACITY: usize>(self) -> usize {
        let simd = self.simd;
        let signal: [T::Register; CAPACITY] = fill(self.signal);
        let mut gradient: [T::Register; CAPACITY] = fill(self.gradient);
        let registers = Self::REGISTERS;
        let (signal, sums) = (&signal[..registers], &mut gradient[..registers]);
        let mut taken = 0;
        let mut before = None;
        for (block, responses) in self.blocks() {
            let next = residuals::<T>(simd, signal, |b, z| T::load(&block[b][z]), responses);
            if let Some((block, residuals)) = before {
                accumulate::<T>(simd, sums, block, residuals);
                taken += ROWS;
            }
            before = next.map(|residuals| (block, residuals));
            if before.is_none() {
                break;
            }
        }
        if let Some((block, residuals)) = before {
            accumulate::<T>(simd, sums, block, residuals);
            taken += ROWS;
        }
        give_back(self.gradient, &gradient);
        taken
    }

    /// The samples, four rows at a time.
    ///
    /// A row is read on to the end of its last register, into the rows that follow; the samples end
    /// where there are none left to follow. What is read there is finite, and meets zeros of the
    /// signal, which change no bit; what it adds to the gradient is left out in the end.
    #[inline(always)]
    fn blocks(&self) -> impl Iterator<Item = ([&[T::Chunk]; ROWS], &[T; ROWS])> {
        let mut rest = self.entries;
        let responses = self.responses.as_chunks::<ROWS>().0.iter();
        responses.map_while(move |responses| {
            let block = rest.get(..(ROWS - 1) * Self::LENGTH + Self::PADDED)?;
            for line in 0..Self::LINES {
                let next = ROWS * Self::LENGTH;
                prefetch_index(rest, next + (AHEAD + LINE * line) / size_of::<T>());
            }
            let row = |b: usize| T::chunks(&block[b * Self::LENGTH..][..Self::PADDED]);
            rest = &rest[ROWS * Self::LENGTH..];
            Some(([row(0), row(1), row(2), row(3)], responses))
        })
    }
}

/// The residuals of four samples, each in a quarter of the register, if all are in range; register
/// `z` of row `b` is `x(b, z)`.
///
/// The first product of a lane stands for itself, without the +0.0 that lanes start from: of a residual
/// that changes the sign of a zero at most, and of the gradient, which starts from +0.0, no bit.
#[inline(always)]
fn residuals<T: Wide>(
    simd: V4,
    signal: &[T::Register],
    x: impl Fn(usize, usize) -> T::Register,
    responses: &[T; ROWS],
) -> Option<T::Register> {
    let mut lanes = [[T::zero(simd); 2]; ROWS];
    let whole = signal.len() / T::ACCUMULATORS * T::ACCUMULATORS;
    // Which lanes is known when this is compiled, so that they stay in registers.
    for z in (0..whole).step_by(T::ACCUMULATORS) {
        for a in 0..T::ACCUMULATORS {
            for b in 0..ROWS {
                let product = T::times(simd, x(b, z + a), signal[z + a]);
                lanes[b][a] = if z == 0 {
                    product
                } else {
                    T::plus(simd, lanes[b][a], product)
                };
            }
        }
    }
    if whole < signal.len() {
        for b in 0..ROWS {
            let product = T::times(simd, x(b, whole), signal[whole]);
            lanes[b][0] = if whole == 0 {
                product
            } else {
                T::plus(simd, lanes[b][0], product)
            };
        }
    }
    let residuals = T::minus(simd, T::sums(simd, lanes), T::quarters(simd, responses));
    T::in_range(simd, residuals, T::MAX_RESIDUAL).then_some(residuals)
}

/// Adds `r X` to the sums for four rows, one after the other.
#[inline(always)]
fn accumulate<T: Wide>(
    simd: V4,
    sums: &mut [T::Register],
    rows: [&[T::Chunk]; ROWS],
    residuals: T::Register,
) {
    let r = T::spread(simd, residuals);
    for (z, sum) in sums.iter_mut().enumerate() {
        let mut next = *sum;
        for b in 0..ROWS {
            next = T::plus(simd, next, T::times(simd, r[b], T::load(&rows[b][z])));
        }
        *sum = next;
    }
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
