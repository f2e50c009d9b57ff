//! Stored rows against a signal, in registers of 512 bits.

use pulp::x86::V4;

use super::wide::Wide;

/// The most registers of a row for which signal and gradient stay in registers.
const SHORT: usize = 5;

/// The most registers of a row: 2,080 entries of D = 64 in `f64`.
const LONGEST: usize = 260;

/// What a kernel is given; see [`heterosgd::stored::Kernel::dense`].
pub(super) struct Dense<'a, T> {
    pub(super) signal: &'a [T],
    pub(super) gradient: &'a mut [T],
    pub(super) entries: &'a [T],
    pub(super) responses: &'a [T],
}

impl<T: Wide> Dense<'_, T> {
    /// Takes in samples four or eight at a time, and returns how many: all but the last few, or
    /// those before the first eight with a residual that may be out of range.
    #[inline(always)]
    pub(super) fn run(self, simd: V4) -> usize {
        match self.signal.len().div_ceil(T::WIDTH) {
            0 => 0,
            1 => self.short::<1>(simd),
            2 => self.short::<2>(simd),
            3 => self.short::<3>(simd),
            4 => self.short::<4>(simd),
            SHORT => self.short::<SHORT>(simd),
            registers if registers <= LONGEST => self.long(simd, registers),
            _ => 0,
        }
    }

    /// Rows of `Z` registers.
    #[inline(always)]
    fn short<const Z: usize>(self, simd: V4) -> usize {
        let mut signal = [T::splat(simd, T::ZERO); Z];
        let mut gradient = signal;
        fill(&mut signal, self.signal);
        fill(&mut gradient, self.gradient);
        let mut taken = 0;
        for (rows, responses) in blocks::<T, 4>(self.entries, self.signal.len(), Z, self.responses)
        {
            let x = rows.map(|row| registers::<T, Z>(simd, row));
            let mut lanes = [[T::splat(simd, T::ZERO); 2]; 4];
            for (lanes, x) in lanes.iter_mut().zip(&x) {
                for (z, (&x, &p)) in x.iter().zip(&signal).enumerate() {
                    put::<T>(simd, lanes, z, T::times(simd, x, p));
                }
            }
            let residuals = residuals(simd, lanes, responses);
            if !T::in_range(simd, residuals, T::MAX_RESIDUAL) {
                break;
            }
            for (r, x) in T::spread(simd, residuals).into_iter().zip(&x) {
                for (sum, &x) in gradient.iter_mut().zip(x) {
                    *sum = T::plus(simd, *sum, T::times(simd, r, x));
                }
            }
            taken += 4;
        }
        give_back(self.gradient, &gradient);
        taken
    }

    /// Rows of any length: eight at a time, so that signal and gradient, which come from the cache,
    /// are read seldom.
    #[inline(always)]
    fn long(self, simd: V4, registers: usize) -> usize {
        let mut signal = [T::splat(simd, T::ZERO); LONGEST];
        let mut gradient = signal;
        let (Some(signal), Some(gradient)) =
            (signal.get_mut(..registers), gradient.get_mut(..registers))
        else {
            return 0;
        };
        fill(signal, self.signal);
        fill(gradient, self.gradient);
        let mut taken = 0;
        let length = self.signal.len();
        for (rows, responses) in blocks::<T, 8>(self.entries, length, registers, self.responses) {
            let Some(residuals) = eight_residuals(simd, signal, rows, responses) else {
                break;
            };
            let [r0, r1, r2, r3] = T::spread(simd, residuals[0]);
            let [r4, r5, r6, r7] = T::spread(simd, residuals[1]);
            let [x0, x1, x2, x3, x4, x5, x6, x7] = rows.map(|row| row.chunks_exact(T::WIDTH));
            let low = x0.zip(x1).zip(x2.zip(x3));
            let high = x4.zip(x5).zip(x6.zip(x7));
            for (sum, (low, high)) in gradient.iter_mut().zip(low.zip(high)) {
                let (((x0, x1), (x2, x3)), ((x4, x5), (x6, x7))) = (low, high);
                let pairs = [
                    (r0, x0),
                    (r1, x1),
                    (r2, x2),
                    (r3, x3),
                    (r4, x4),
                    (r5, x5),
                    (r6, x6),
                    (r7, x7),
                ];
                for (r, x) in pairs {
                    *sum = T::plus(simd, *sum, T::times(simd, r, T::load(x)));
                }
            }
            taken += 8;
        }
        give_back(self.gradient, gradient);
        taken
    }
}

/// The residuals of eight rows, four in each register; `None` if one may be out of range.
#[inline(always)]
fn eight_residuals<T: Wide>(
    simd: V4,
    signal: &[T::Register],
    rows: [&[T]; 8],
    responses: [T; 8],
) -> Option<[T::Register; 2]> {
    let mut lanes = [[T::splat(simd, T::ZERO); 2]; 8];
    let [x0, x1, x2, x3, x4, x5, x6, x7] = rows.map(|row| row.chunks_exact(T::WIDTH));
    let low = x0.zip(x1).zip(x2.zip(x3));
    let high = x4.zip(x5).zip(x6.zip(x7));
    for (z, (&p, (low, high))) in signal.iter().zip(low.zip(high)).enumerate() {
        let (((x0, x1), (x2, x3)), ((x4, x5), (x6, x7))) = (low, high);
        for (lanes, x) in lanes.iter_mut().zip([x0, x1, x2, x3, x4, x5, x6, x7]) {
            put::<T>(simd, lanes, z, T::times(simd, T::load(x), p));
        }
    }
    let [l0, l1, l2, l3, l4, l5, l6, l7] = lanes;
    let [y0, y1, y2, y3, y4, y5, y6, y7] = responses;
    let residuals = [
        residuals(simd, [l0, l1, l2, l3], [y0, y1, y2, y3]),
        residuals(simd, [l4, l5, l6, l7], [y4, y5, y6, y7]),
    ];
    residuals
        .iter()
        .all(|&r| T::in_range(simd, r, T::MAX_RESIDUAL))
        .then_some(residuals)
}

/// Adds the products of register number `z` of a row to its canonical lanes.
#[inline(always)]
fn put<T: Wide>(simd: V4, lanes: &mut [T::Register; 2], z: usize, products: T::Register) {
    let [even, odd] = lanes;
    let lanes = if z % T::ACCUMULATORS == 0 { even } else { odd };
    *lanes = T::plus(simd, *lanes, products);
}

/// The residuals of four samples, each in a quarter of the register.
#[inline(always)]
fn residuals<T: Wide>(simd: V4, lanes: [[T::Register; 2]; 4], responses: [T; 4]) -> T::Register {
    T::minus(simd, T::sums(simd, lanes), T::quarters(&responses))
}

/// Rows of `length` scalars and their responses, `B` at a time. Each row goes on to the end of its
/// last register, into the rows that follow; blocks end where there are none left to follow. What
/// is read there is finite and meets zeros of the signal.
#[inline(always)]
fn blocks<'a, T: Wide, const B: usize>(
    entries: &'a [T],
    length: usize,
    registers: usize,
    responses: &'a [T],
) -> impl Iterator<Item = ([&'a [T]; B], [T; B])> {
    let padded = registers * T::WIDTH;
    let mut rest = entries;
    responses.as_chunks::<B>().0.iter().map_while(move |&y| {
        let reach = (B - 1) * length + padded;
        let block = rest.get(..reach)?;
        let mut rows = [block; B];
        let mut from = block;
        for row in &mut rows {
            *row = from.get(..padded)?;
            from = from.get(length..).unwrap_or_default();
        }
        rest = rest.get(B * length..).unwrap_or_default();
        Some((rows, y))
    })
}

/// The first `Z` registers of a row.
#[inline(always)]
fn registers<T: Wide, const Z: usize>(simd: V4, row: &[T]) -> [T::Register; Z] {
    let mut registers = [T::splat(simd, T::ZERO); Z];
    for (register, scalars) in registers.iter_mut().zip(row.chunks_exact(T::WIDTH)) {
        *register = T::load(scalars);
    }
    registers
}

/// Fills registers from scalars, and what is left of the last one with zeros.
fn fill<T: Wide>(registers: &mut [T::Register], scalars: &[T]) {
    let filled: &mut [T] = pulp::bytemuck::cast_slice_mut(registers);
    for (to, &from) in filled.iter_mut().zip(scalars) {
        *to = from;
    }
}

/// The other way round.
fn give_back<T: Wide>(scalars: &mut [T], registers: &[T::Register]) {
    let filled: &[T] = pulp::bytemuck::cast_slice(registers);
    for (to, &from) in scalars.iter_mut().zip(filled) {
        *to = from;
    }
}
