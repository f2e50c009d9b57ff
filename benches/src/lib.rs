//! What benches and peers share: the machine's own limits, and data in memory.

use std::hint::black_box;

use aligned_vec::AVec;
use pulp::bytemuck::Pod;
use pulp::{Simd, WithSimd};

/// Bytes of data that an L2 cache holds.
pub const CACHE: usize = 256 << 10;

/// Bytes of data that no cache holds.
pub const DRAM: usize = 1 << 30;

/// Reads `scalars` once and adds up their bits, in as many registers as it takes for no latency to
/// limit it: what a kernel could be at best that does nothing but read. What follows the last whole
/// block is left out.
pub fn read<T: Pod>(scalars: &[T]) -> u64 {
    pulp::Arch::new().dispatch(Read(scalars))
}

struct Read<'a, T>(&'a [T]);

impl<T: Pod> WithSimd for Read<'_, T> {
    type Output = u64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> u64 {
        let (_, words, _) = pulp::bytemuck::pod_align_to::<T, u64>(self.0);
        let (registers, _) = S::as_simd_u64s(words);
        let zero = simd.splat_u64s(0);
        let (mut a, mut b, mut c, mut d) = (zero, zero, zero, zero);
        for &[w, x, y, z] in registers.as_chunks::<4>().0 {
            a = simd.add_u64s(a, w);
            b = simd.add_u64s(b, x);
            c = simd.add_u64s(c, y);
            d = simd.add_u64s(d, z);
        }
        let sums = [simd.add_u64s(a, b), simd.add_u64s(c, d)];
        let words: &[u64] = pulp::bytemuck::cast_slice(&sums);
        words
            .iter()
            .fold(0, |total, &word| total.wrapping_add(word))
    }
}

/// `count` scalars aligned to a line of the cache, each from its position.
pub fn aligned<T>(count: usize, scalar: impl FnMut(usize) -> T) -> AVec<T> {
    AVec::from_iter(64, (0..count).map(scalar))
}

#[cfg(test)]
mod tests {
    use super::{aligned, read};

    #[test]
    fn every_bit_is_read() {
        let words = aligned(3 * 32, |k| k as u64 * 0x0123_4567_89ab);
        let expected = words.iter().fold(0u64, |sum, &word| sum.wrapping_add(word));
        assert_eq!(read(&words), expected);
        let singles = aligned(256, |k| k as f32);
        let pairs = singles.as_chunks::<2>().0.iter();
        let bits = pairs.map(|&[a, b]| u64::from(a.to_bits()) | u64::from(b.to_bits()) << 32);
        assert_eq!(read(&singles), bits.fold(0, u64::wrapping_add));
    }
}

/// Chains of products and sums, enough to keep every port of a processor busy.
const CHAINS: usize = 16;

macro_rules! multiply_and_add {
    ($name:ident, $work:ident, $scalar:ident, $splat:ident, $times:ident, $plus:ident) => {
        /// Products and sums in registers, none fused, `turns` times in each chain; how many operations that was.
        pub fn $name(turns: usize) -> usize {
            pulp::Arch::new().dispatch($work(turns))
        }

        struct $work(usize);

        impl WithSimd for $work {
            type Output = usize;

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) -> usize {
                let factor = simd.$splat(black_box(0.999));
                let more = simd.$splat(black_box(0.001));
                let mut chains = [simd.$splat(black_box(0.5)); CHAINS];
                for _ in 0..self.0 {
                    for chain in &mut chains {
                        *chain = simd.$plus(simd.$times(*chain, factor), more);
                    }
                }
                black_box(chains);
                2 * self.0 * size_of_val(&chains) / size_of::<$scalar>()
            }
        }
    };
}

multiply_and_add!(
    multiply_and_add_f32,
    Singles,
    f32,
    splat_f32s,
    mul_f32s,
    add_f32s
);
multiply_and_add!(
    multiply_and_add_f64,
    Doubles,
    f64,
    splat_f64s,
    mul_f64s,
    add_f64s
);
