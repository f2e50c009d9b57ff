//! The one order in which long sums are taken.

use core::hint::black_box;

use crate::Scalar;

/// Number of canonical lanes: as many `f32` as the widest vector register of a host holds.
const LANES: usize = 16;

/// Whether the target computes several lanes at once. Where it does not, the even lanes come before
/// the odd ones, which needs half as many registers. Both ways give the same bits.
pub(crate) const VECTORS: bool = !cfg!(any(target_arch = "arm", target_arch = "riscv32"));

/// The dot product of two slices, over the length of the shorter.
///
/// The order of operations is fixed, so that every target and every vector width gives the same
/// bits: lane `l` starts from +0.0 and adds the products with index `l (mod 16)` in ascending
/// order; lanes `l` and `l + 8` are added, for `l < 8`; those eight sums are then added as
/// `((0+4)+(2+6)) + ((1+5)+(3+7))`. Nothing is fused.
#[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
#[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
pub fn dot<T: Scalar>(a: &[T], b: &[T]) -> T {
    if VECTORS {
        by_lanes(a, b)
    } else if in_software::<T>() {
        entry_by_entry(a, b)
    } else {
        let (a, b) = same_length(a, b);
        let [sum] = by_parity(a, [b]);
        sum
    }
}

/// The dot products of `a` with two other slices, each as by [`dot`].
#[inline(always)]
pub(crate) fn dot_pair<T: Scalar>(a: &[T], b: [&[T]; 2]) -> [T; 2] {
    if VECTORS {
        b.map(|b| by_lanes(a, b))
    } else if in_software::<T>() {
        b.map(|b| entry_by_entry(a, b))
    } else {
        by_parity(a, b)
    }
}

/// Whether arithmetic in `T` is a call of a library, on a board. Then nothing is gained by keeping
/// numbers in registers, and much flash by keeping loops short.
pub(crate) const fn in_software<T>() -> bool {
    !VECTORS && (size_of::<T>() > 4 || !cfg!(target_abi = "eabihf"))
}

/// For arithmetic in software: short, and not inlined.
#[inline(never)]
fn entry_by_entry<T: Scalar>(a: &[T], b: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let mut products = a.iter().zip(b).map(|(&x, &y)| x * y);
    'sum: loop {
        for lane in &mut lanes {
            let Some(product) = products.next() else {
                break 'sum;
            };
            *lane += product;
        }
    }
    let [
        l0,
        l1,
        l2,
        l3,
        l4,
        l5,
        l6,
        l7,
        h0,
        h1,
        h2,
        h3,
        h4,
        h5,
        h6,
        h7,
    ] = lanes;
    let even = ((l0 + h0) + (l4 + h4)) + ((l2 + h2) + (l6 + h6));
    even + (((l1 + h1) + (l5 + h5)) + ((l3 + h3) + (l7 + h7)))
}

#[inline(always)]
fn by_lanes<T: Scalar>(a: &[T], b: &[T]) -> T {
    let (a, b) = same_length(a, b);
    let mut lanes = [T::ZERO; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        add_products(&mut lanes, x, y);
    }
    // In blocks of known length, which become vectors; a loop over what is left would not.
    let (low, high) = lanes.split_at_mut(LANES / 2);
    let (a_eight, a_rest) = a_rest.as_chunks::<8>();
    let (b_eight, b_rest) = b_rest.as_chunks::<8>();
    let rest = match (a_eight, b_eight) {
        ([x, ..], [y, ..]) => {
            add_products(low, x, y);
            high
        }
        _ => low,
    };
    let (a_four, a_rest) = a_rest.as_chunks::<4>();
    let (b_four, b_rest) = b_rest.as_chunks::<4>();
    match (a_four, b_four) {
        ([x, ..], [y, ..]) => {
            add_products(rest, x, y);
            add_products(rest.get_mut(4..).unwrap_or_default(), a_rest, b_rest);
        }
        _ => add_products(rest, a_rest, b_rest),
    }
    let mut sums = [T::ZERO; LANES / 2];
    let (low, high) = lanes.split_at(LANES / 2);
    for ((sum, &low), &high) in sums.iter_mut().zip(low).zip(high) {
        *sum = low + high;
    }
    let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
    ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))
}

/// Adds `a_l * b_l` to lane l.
#[inline(always)]
fn add_products<T: Scalar>(lanes: &mut [T], a: &[T], b: &[T]) {
    for ((lane, &x), &y) in lanes.iter_mut().zip(a).zip(b) {
        *lane += x * y;
    }
}

/// The dot products of `a` with each of `b`; lanes of one parity meet those of the other only in
/// the last addition.
#[inline(always)]
fn by_parity<T: Scalar, const B: usize>(a: &[T], b: [&[T]; B]) -> [T; B] {
    // Opaque, so that the compiler does not interleave the halves, whose lanes together would not
    // fit into the registers of a Cortex-M4F.
    let mut sums = black_box(half::<T, B, 0>(a, b));
    for (sum, odd) in sums.iter_mut().zip(half::<T, B, 1>(a, b)) {
        // Lanes that start from their first product, as these do, may sum up to -0.0 where those
        // that start from +0.0 give +0.0; in every other case the bits are the same.
        *sum = (*sum + odd) + T::ZERO;
    }
    sums
}

/// The sums of the lanes 0, 2 ... 14 (`PARITY` 0) or 1, 3 ... 15 (1), each started from its first product.
#[inline(always)]
fn half<T: Scalar, const B: usize, const PARITY: usize>(a: &[T], b: [&[T]; B]) -> [T; B] {
    let mut lanes = [[T::ZERO; LANES / 2]; B];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    for (index, x) in a_blocks.iter().enumerate() {
        let x = every_other::<T, PARITY>(x);
        for (lanes, b) in lanes.iter_mut().zip(b) {
            let Some(y) = b.as_chunks::<LANES>().0.get(index) else {
                continue;
            };
            let products = x.iter().zip(every_other::<T, PARITY>(y));
            for (lane, (&x, y)) in lanes.iter_mut().zip(products) {
                *lane = if index == 0 { x * y } else { *lane + x * y };
            }
        }
    }
    let x = a_rest.iter().skip(PARITY).step_by(2);
    for (lanes, b) in lanes.iter_mut().zip(b) {
        let y = b.as_chunks::<LANES>().1.iter().skip(PARITY).step_by(2);
        for (lane, (&x, &y)) in lanes.iter_mut().zip(x.clone().zip(y)) {
            *lane = if a_blocks.is_empty() {
                x * y
            } else {
                *lane + x * y
            };
        }
    }
    // Lanes l, l + 8, l + 4, l + 12 ... for l = PARITY, PARITY + 2.
    lanes.map(|[l0, l2, l4, l6, l8, l10, l12, l14]| {
        ((l0 + l8) + (l4 + l12)) + ((l2 + l10) + (l6 + l14))
    })
}

/// The entries 0, 2 ... 14 (`PARITY` 0) or 1, 3 ... 15 (1) of a block.
#[inline(always)]
fn every_other<T: Scalar, const PARITY: usize>(block: &[T; LANES]) -> [T; LANES / 2] {
    let [
        x0,
        x1,
        x2,
        x3,
        x4,
        x5,
        x6,
        x7,
        x8,
        x9,
        x10,
        x11,
        x12,
        x13,
        x14,
        x15,
    ] = *block;
    if PARITY == 0 {
        [x0, x2, x4, x6, x8, x10, x12, x14]
    } else {
        [x1, x3, x5, x7, x9, x11, x13, x15]
    }
}

#[inline(always)]
fn same_length<'a, T>(a: &'a [T], b: &'a [T]) -> (&'a [T], &'a [T]) {
    let length = a.len().min(b.len());
    let cut = |slice: &'a [T]| slice.get(..length).unwrap_or_default();
    (cut(a), cut(b))
}

#[cfg(test)]
mod tests {
    use super::{by_lanes, by_parity, dot, dot_pair, entry_by_entry};
    use crate::Scalar;

    /// The documented order, entry by entry.
    fn plain<T: Scalar>(a: &[T], b: &[T]) -> T {
        let mut lane = [T::ZERO; 16];
        for (k, (&x, &y)) in a.iter().zip(b).enumerate() {
            lane[k % 16] += x * y;
        }
        let c: [T; 8] = core::array::from_fn(|l| lane[l] + lane[l + 8]);
        ((c[0] + c[4]) + (c[2] + c[6])) + ((c[1] + c[5]) + (c[3] + c[7]))
    }

    fn every_route_keeps_the_order<T: Scalar>() {
        let a: [T; 100] = core::array::from_fn(|i| T::ONE / T::from_f64(i as f64 + 1.5));
        let b: [T; 100] = core::array::from_fn(|i| T::from_f64(0.3 - (i * i % 17) as f64));
        let c: [T; 100] = core::array::from_fn(|i| T::from_f64(1.0 / (i as f64 - 7.3)));
        for length in 0..=100 {
            let (a, b, c) = (&a[..length], &b[..length], &c[..length]);
            let expected = [plain(a, b).to_bits64(), plain(a, c).to_bits64()];
            assert_eq!(dot(a, b).to_bits64(), expected[0]);
            assert_eq!(dot_pair(a, [b, c]).map(T::to_bits64), expected);
            let lanes = [by_lanes(a, b), entry_by_entry(a, c)];
            assert_eq!(lanes.map(T::to_bits64), expected, "{length}");
            assert_eq!(by_parity(a, [b, c]).map(T::to_bits64), expected, "{length}");
        }
    }

    #[test]
    fn order_is_the_documented_one() {
        every_route_keeps_the_order::<f32>();
        every_route_keeps_the_order::<f64>();
    }

    #[test]
    fn the_shorter_slice_decides() {
        let (a, b) = ([1.0f32; 40], [2.0f32; 21]);
        for sum in [dot(&a, &b), dot(&b, &a), by_lanes(&a, &b), by_lanes(&b, &a)] {
            assert_eq!(sum, 42.0);
        }
    }

    #[test]
    fn zero_is_positive() {
        let (zeros, ones) = ([-0.0f64; 21], [1.0f64; 21]);
        for length in [0, 1, 16, 21] {
            let (a, b) = (&zeros[..length], &ones[..length]);
            for sum in [by_lanes(a, b), by_parity(a, [b])[0]] {
                assert_eq!(sum.to_bits(), 0, "{length}");
            }
        }
    }
}
