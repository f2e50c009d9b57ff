//! The one order in which long sums are taken.

use crate::Scalar;

/// Number of canonical lanes.
const LANES: usize = 8;

/// The dot product of two slices, over the length of the shorter.
///
/// The order of operations is fixed, so that every target and every vector width gives the same
/// bits: lane `l` starts from +0.0 and adds the products with index `l (mod 8)` in ascending
/// order; the lanes are then added as `((0+4)+(2+6)) + ((1+5)+(3+7))`. Nothing is fused.
#[inline]
pub fn dot<T: Scalar>(a: &[T], b: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for ((lane, &x), &y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += x * y;
        }
    }
    for ((lane, &x), &y) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += x * y;
    }
    let [l0, l1, l2, l3, l4, l5, l6, l7] = lanes;
    ((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7))
}

#[cfg(test)]
mod tests {
    use super::dot;

    #[test]
    fn order_is_the_documented_one() {
        let a: [f32; 19] = core::array::from_fn(|i| 1.0 / (i as f32 + 1.5));
        let b: [f32; 19] = core::array::from_fn(|i| 0.3 - i as f32);
        let mut lane = [0.0f32; 8];
        for i in 0..19 {
            lane[i % 8] += a[i] * b[i];
        }
        let expected = ((lane[0] + lane[4]) + (lane[2] + lane[6]))
            + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
        assert_eq!(dot(&a, &b).to_bits(), expected.to_bits());
    }

    #[test]
    fn empty_is_positive_zero() {
        assert_eq!(dot::<f64>(&[], &[]).to_bits(), 0);
    }
}
