//! Stored rows against a signal.

// One index names a register, or a sample, of several arrays at once.
#![allow(clippy::needless_range_loop)]

use std::marker::PhantomData;

use heterosgd::Scalar;
use heterosgd::stored::Row;
use prefetch_index::prefetch_index;
use pulp::NullaryFnOnce;
use pulp::bytemuck::Pod;

use super::registers::{Lanes, MOST, ROWS, Registers, fill, give_back};

/// Bytes of a line of the cache.
const LINE: usize = 64;

/// So many bytes beyond a block, data are asked for. The processor looks ahead by itself, but not across
/// the waits for residuals, and not in four places at once: without this, rows from DRAM take the time of the
/// arithmetic and that of the memory, one after the other, and rows from L2 up to a third longer.
const AHEAD: usize = 8192;

/// Rows of more bytes than this are taken in two at a time: what is read, read again and asked for of four
/// would not fit into a first cache of 32 KiB.
const LARGE: usize = 4096;

/// What a kernel is given; see [`heterosgd::stored::Kernel::dense`].
pub(super) struct Dense<'a, S, T, R> {
    pub(super) simd: S,
    pub(super) signal: &'a [T],
    pub(super) gradient: &'a mut [T],
    pub(super) entries: &'a [T],
    pub(super) responses: &'a [T],
    pub(super) rows: PhantomData<R>,
}

/// Takes in samples some at a time, and returns how many: all but the last few, or those before the
/// first block with a residual that may be out of range.
impl<S: Registers<T>, T: Scalar + Pod, R: Row<T>> NullaryFnOnce for Dense<'_, S, T, R> {
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        if R::LENGTH * size_of::<T>() > LARGE {
            self.blocks_of::<2>()
        } else {
            self.blocks_of::<ROWS>()
        }
    }
}

/// Some rows, each as registers in memory.
type Block<'a, C, const B: usize> = [&'a [C]; B];

impl<S: Registers<T>, T: Scalar + Pod, R: Row<T>> Dense<'_, S, T, R> {
    /// Registers that hold a row, and the scalars in them.
    const REGISTERS: usize = R::LENGTH.div_ceil(S::WIDTH);
    const PADDED: usize = Self::REGISTERS * S::WIDTH;

    /// Registers of a line of the cache.
    const PER_LINE: usize = LINE / size_of::<S::Register>();

    #[inline(always)]
    fn blocks_of<const B: usize>(self) -> usize {
        // A constant: one arm is compiled. The longest rows are those of D = 64.
        match Self::REGISTERS {
            1 => self.learn::<1, B>(),
            2 => self.learn::<2, B>(),
            3 => self.learn::<3, B>(),
            4 => self.learn::<4, B>(),
            5 => self.learn::<5, B>(),
            6..=9 => self.learn::<9, B>(),
            10..=17 => self.learn::<17, B>(),
            18..=34 => self.learn::<34, B>(),
            35..=66 => self.learn::<66, B>(),
            67..=132 => self.learn::<132, B>(),
            133..=260 => self.learn::<260, B>(),
            261..=520 => self.learn::<520, B>(),
            _ => 0,
        }
    }

    /// Signal, gradient and rows come from the cache, the rows twice. A block's residuals are ready some
    /// fifty cycles after its last product: meanwhile the block before goes into the gradient, and the
    /// block after is asked for.
    #[inline(always)]
    fn learn<const CAPACITY: usize, const B: usize>(self) -> usize {
        let simd = self.simd;
        let signal: [S::Register; CAPACITY] = fill(self.signal);
        let mut gradient: [S::Register; CAPACITY] = fill(self.gradient);
        let registers = Self::REGISTERS;
        let (signal, sums) = (&signal[..registers], &mut gradient[..registers]);
        let last: [S::Register; CAPACITY] = fill(self.last_row::<B>());
        let last = S::chunks(pulp::bytemuck::cast_slice(&last));
        let mut taken = 0;
        let mut before = None;
        for (block, responses) in self.blocks::<B>(last) {
            let next = residuals::<S, T, B>(simd, signal, &block, responses);
            if let Some((block, residuals)) = before {
                Self::accumulate(simd, sums, &block, residuals);
                taken += B;
            }
            before = next.map(|residuals| (block, residuals));
            if before.is_none() {
                break;
            }
        }
        if let Some((block, residuals)) = before {
            Self::accumulate(simd, sums, &block, residuals);
            taken += B;
        }
        give_back(self.gradient, &gradient);
        taken
    }

    /// Adds `r X` to the sums for the rows of a block, one after the other.
    #[inline(always)]
    fn accumulate<const B: usize>(
        simd: S,
        sums: &mut [S::Register],
        block: &Block<'_, S::Chunk, B>,
        residuals: S::Register,
    ) {
        let ahead = (AHEAD + B * R::LENGTH * size_of::<T>()) / size_of::<S::Register>();
        let r = simd.spread(residuals);
        for (z, sum) in sums.iter_mut().enumerate() {
            let mut next = *sum;
            for b in 0..B {
                if z % Self::PER_LINE == 0 {
                    prefetch_index(block[b], z + ahead);
                }
                next = simd.plus(next, simd.times(r[b], simd.load(&block[b][z])));
            }
            *sum = next;
        }
    }

    /// The last row that belongs to a whole block; none if there is no such block.
    #[inline(always)]
    fn last_row<const B: usize>(&self) -> &[T] {
        let end = self.responses.len() / B * B * R::LENGTH;
        let begin = end.saturating_sub(R::LENGTH);
        self.entries.get(begin..end).unwrap_or_default()
    }

    /// The samples, `B` rows at a time.
    ///
    /// A row is read on to the end of its last register, into the rows that follow. What is read there is
    /// finite, and meets zeros of the signal, which change no bit; what it adds to the gradient is left out in
    /// the end. Behind the last row nothing may follow: it stands in `last`.
    #[inline(always)]
    fn blocks<'s, const B: usize>(
        &'s self,
        last: &'s [S::Chunk],
    ) -> impl Iterator<Item = (Block<'s, S::Chunk, B>, &'s [T; B])> {
        let mut rest = self.entries;
        let responses = self.responses.as_chunks::<B>().0.iter();
        responses.map_while(move |responses| {
            let block = rest.get(..(B - 2) * R::LENGTH + Self::PADDED)?;
            let row = |b: usize| S::chunks(&block[b * R::LENGTH..][..Self::PADDED]);
            let end = match rest.get((B - 1) * R::LENGTH..(B - 1) * R::LENGTH + Self::PADDED) {
                Some(end) => S::chunks(end),
                None if rest.len() < 2 * B * R::LENGTH => last,
                None => return None,
            };
            rest = rest.get(B * R::LENGTH..)?;
            let block = std::array::from_fn(|b| if b == B - 1 { end } else { row(b) });
            Some((block, responses))
        })
    }
}

/// The residuals of the rows of a block, each in its part of the register, if all are in range.
///
/// The first product of a lane stands for itself, without the +0.0 that lanes start from: of a residual
/// that changes the sign of a zero at most, and of the gradient, which starts from +0.0, no bit.
#[inline(always)]
fn residuals<S: Registers<T>, T: Scalar + Pod, const B: usize>(
    simd: S,
    signal: &[S::Register],
    block: &Block<'_, S::Chunk, B>,
    responses: &[T; B],
) -> Option<S::Register> {
    let mut lanes: [Lanes<S::Register>; ROWS] = [[simd.zero(); MOST]; ROWS];
    let whole = signal.len() / S::ACCUMULATORS * S::ACCUMULATORS;
    // Which lanes is known when this is compiled, so that they stay in registers.
    for z in (0..whole).step_by(S::ACCUMULATORS) {
        for a in 0..S::ACCUMULATORS {
            for b in 0..B {
                let product = simd.times(simd.load(&block[b][z + a]), signal[z + a]);
                lanes[b][a] = if z == 0 {
                    product
                } else {
                    simd.plus(lanes[b][a], product)
                };
            }
        }
    }
    for z in whole..signal.len() {
        for b in 0..B {
            let product = simd.times(simd.load(&block[b][z]), signal[z]);
            let lane = &mut lanes[b][z - whole];
            *lane = if whole == 0 {
                product
            } else {
                simd.plus(*lane, product)
            };
        }
    }
    let mut all = [T::ZERO; ROWS];
    all[..B].copy_from_slice(responses);
    let residuals = simd.minus(simd.sums(lanes), simd.parts(&all));
    simd.in_range(residuals, T::MAX_RESIDUAL)
        .then_some(residuals)
}
