//! What the kernels ask of vector registers.

use heterosgd::Scalar;
use pulp::bytemuck::Pod;

/// Canonical lanes of a sum ([`heterosgd::algebra::dot`]).
const LANES: usize = 16;

/// Rows, or vectors, whose residuals are computed side by side.
pub(super) const ROWS: usize = 4;

/// Registers that the canonical lanes of a row may take: 16 lanes, 4 scalars each at least.
pub(super) const MOST: usize = 4;

/// The lanes of a sum, in the first `ACCUMULATORS` of these.
pub(super) type Lanes<R> = [R; MOST];

/// A processor's vector registers, filled with scalars `T`. The value proves that the processor has them.
pub(super) trait Registers<T: Scalar + Pod>: Copy {
    /// A register of scalars.
    type Register: Pod;
    /// As many scalars in memory.
    type Chunk;
    /// Scalars of a register.
    const WIDTH: usize;
    /// Registers of one row's canonical lanes.
    const ACCUMULATORS: usize = LANES / Self::WIDTH;

    /// `scalars`, a register's worth at a time; what is left over is left out.
    fn chunks(scalars: &[T]) -> &[Self::Chunk];
    /// The scalars of `chunk`.
    fn load(self, chunk: &Self::Chunk) -> Self::Register;
    /// Nothing but +0.0.
    #[inline(always)]
    fn zero(self) -> Self::Register {
        self.splat(T::ZERO)
    }
    /// Nothing but `value`.
    fn splat(self, value: T) -> Self::Register;
    /// `a + b`, entry by entry.
    fn plus(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// `a - b`, entry by entry.
    fn minus(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// `a * b`, entry by entry.
    fn times(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// The first `place` entries of `a`, and from there on those of `b`; `place` is at most `WIDTH`.
    fn joined(self, a: Self::Register, b: Self::Register, place: usize) -> Self::Register;
    /// Whether all entries are at most `limit` in absolute value; false if one is NaN.
    fn in_range(self, a: Self::Register, limit: T) -> bool;
    /// The sums of the canonical lanes of four rows, in the order of [`heterosgd::algebra::dot`],
    /// each in its part of the register.
    fn sums(self, lanes: [Lanes<Self::Register>; ROWS]) -> Self::Register;
    /// Each of `values` in its part of the register.
    fn parts(self, values: &[T; ROWS]) -> Self::Register;
    /// Each part everywhere.
    fn spread(self, a: Self::Register) -> [Self::Register; ROWS];
}

/// Registers filled from scalars, and with zeros where there are no more.
#[inline(always)]
pub(super) fn fill<T: Pod, R: Pod, const Z: usize>(scalars: &[T]) -> [R; Z] {
    let mut registers = [R::zeroed(); Z];
    let filled: &mut [T] = pulp::bytemuck::cast_slice_mut(&mut registers);
    let length = scalars.len().min(filled.len());
    filled[..length].copy_from_slice(&scalars[..length]);
    registers
}

/// The other way round.
#[inline(always)]
pub(super) fn give_back<T: Pod, R: Pod>(scalars: &mut [T], registers: &[R]) {
    let filled: &[T] = pulp::bytemuck::cast_slice(registers);
    let length = scalars.len().min(filled.len());
    scalars[..length].copy_from_slice(&filled[..length]);
}
