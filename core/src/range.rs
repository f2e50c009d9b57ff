//! Whether all numbers of a slice are in range: two ways to the same exact answer.
//!
//! Comparing numbers one by one becomes a branch for each, so that time would depend on the data.
//! Where the processor does floating-point arithmetic, a sum of squares costs least; elsewhere, the
//! largest of the bits.

/// Whether the processor adds and multiplies `f32` itself.
const SINGLE_PRECISION_UNIT: bool = cfg!(any(
    target_abi = "eabihf",
    not(any(target_arch = "arm", target_arch = "riscv32"))
));

/// Whether it does so for `f64`. Of the boards' units, none does.
const DOUBLE_PRECISION_UNIT: bool = !cfg!(any(target_arch = "arm", target_arch = "riscv32"));

macro_rules! range {
    ($name:ident, $scalar:ident, $bits:ident, $unit:expr, $by_squares:ident, $by_bits:ident, $rest:ident) => {
        /// Whether `|x| <= limit` for all entries; false if one is NaN. The square of `limit` has to
        /// be finite and exact.
        #[inline]
        pub(crate) fn $name(entries: &[$scalar], limit: $scalar) -> bool {
            if $unit {
                // A sum of squares within the square proves that each entry is within. The rest,
                // which no ordinary data are, is decided exactly.
                $by_squares(entries, limit * limit) || $rest(entries, limit)
            } else {
                $by_bits(entries, limit)
            }
        }

        /// Out of line: the registers it needs are not to be saved for ordinary data.
        #[cold]
        #[inline(never)]
        fn $rest(entries: &[$scalar], limit: $scalar) -> bool {
            $by_bits(entries, limit)
        }

        /// Whether the sum of squares is at most `limit`. Rounding cannot make it smaller than one of
        /// its terms, nor the square of a number above a power of two smaller than the power's.
        #[inline]
        fn $by_squares(entries: &[$scalar], limit: $scalar) -> bool {
            let mut lanes = [0.0; 8];
            let (blocks, rest) = entries.as_chunks::<8>();
            for block in blocks {
                for (lane, &x) in lanes.iter_mut().zip(block) {
                    *lane += x * x;
                }
            }
            for (lane, &x) in lanes.iter_mut().zip(rest) {
                *lane += x * x;
            }
            let [l0, l1, l2, l3, l4, l5, l6, l7] = lanes;
            ((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7)) <= limit
        }

        /// Without the sign, bits are in the order of the numbers, and NaN lies above all of them.
        #[inline]
        fn $by_bits(entries: &[$scalar], limit: $scalar) -> bool {
            let magnitude = |x: &$scalar| x.to_bits() & ($bits::MAX >> 1);
            let largest = entries.iter().map(magnitude).fold(0, $bits::max);
            largest <= limit.to_bits()
        }
    };
}

range!(
    all_within_f32,
    f32,
    u32,
    SINGLE_PRECISION_UNIT,
    squares_within_f32,
    bits_within_f32,
    rest_within_f32
);
range!(
    all_within_f64,
    f64,
    u64,
    DOUBLE_PRECISION_UNIT,
    squares_within_f64,
    bits_within_f64,
    rest_within_f64
);

#[cfg(test)]
mod tests {
    use super::{
        all_within_f32, all_within_f64, bits_within_f32, bits_within_f64, squares_within_f32,
        squares_within_f64,
    };
    use crate::Scalar;

    macro_rules! check {
        ($test:ident, $scalar:ident, $all:ident, $squares:ident, $bits:ident) => {
            #[test]
            fn $test() {
                for limit in [$scalar::MAX_ENTRY, $scalar::MAX_COORDINATE] {
                    let above = $scalar::from_bits(limit.to_bits() + 1);
                    let below = $scalar::from_bits(limit.to_bits() - 1);
                    let nan = $scalar::NAN;
                    let infinity = $scalar::INFINITY;
                    for length in [1, 7, 8, 9, 36] {
                        for position in [0, length / 2, length - 1] {
                            for filler in [0.0, 1.0, -below, limit] {
                                for x in [0.0, 1e-30, below, limit, above, nan, infinity] {
                                    for x in [x, -x] {
                                        let mut entries = [filler; 36];
                                        entries[position] = x;
                                        let entries = &entries[..length];
                                        let truth = entries.iter().all(|x| x.abs() <= limit);
                                        assert_eq!($all(entries, limit), truth, "{entries:?}");
                                        assert_eq!($bits(entries, limit), truth, "{entries:?}");
                                        // Never true where it should not be.
                                        let squares = $squares(entries, limit * limit);
                                        assert!(truth || !squares, "{entries:?}");
                                    }
                                }
                            }
                        }
                    }
                    assert!($all(&[], limit));
                }
            }
        };
    }

    check!(
        single,
        f32,
        all_within_f32,
        squares_within_f32,
        bits_within_f32
    );
    check!(
        double,
        f64,
        all_within_f64,
        squares_within_f64,
        bits_within_f64
    );
}
