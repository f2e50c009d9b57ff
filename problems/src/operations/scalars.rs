//! The scalar types.

use core::hint::black_box;

use heterosgd::Scalar;
use heterosgd::lift::monomials;
use heterosgd::sampling::{Purpose, stream};

use super::tally::Tally;

#[inline(never)]
pub(super) fn scalars<T: Scalar>(tally: &mut Tally) {
    tally.scalars(&[T::ZERO, T::ONE, T::FRAC_1_SQRT_2, T::EPSILON]);
    tally.scalars(&[T::MAX_ENTRY, T::MAX_COORDINATE]);
    tally.scalars(&[T::MAX_RESIDUAL, T::MAX_FACTOR]);
    let (zero, also_zero) = black_box((T::ZERO, T::ZERO));
    for value in black_box([1e-9, 0.3, 1.0, 2.5, 1e9, 1e60]) {
        let x = T::from_f64(value);
        tally.scalars(&[x, x.sqrt(), x.ln(), x.ln_1p(), (-x).abs()]);
        tally.scalar((-x).exp_m1());
        let bytes = x.to_bits64().to_le_bytes();
        let own = bytes.get(..size_of::<T>()).unwrap_or_default();
        tally.optional(T::from_le_slice(black_box(own)));
        tally.optional(T::from_le_slice(black_box(&bytes[..3])));
        tally.scalar(x.to_f64());
        tally.word(x.to_bits64());
        tally.word(x.is_finite());
        tally.word(x.within(T::MAX_ENTRY));
        tally.word((x / zero).is_finite());
        // The bits of NaN are not promised, whether a number is one is.
        tally.word((zero / also_zero).within(T::ONE));
    }
    for count in black_box([0, 1, 100, u32::MAX]) {
        tally.scalar(T::from_count(count));
    }
    let x = black_box([T::ONE, T::FRAC_1_SQRT_2, T::EPSILON]);
    tally.scalars(&monomials::<T, 3, 3>(&x));
    tally.scalars(&monomials::<T, 3, 9>(&x));
    let mut draws = stream(black_box(0), Purpose::Measurements, 0);
    let mut entries = [T::ZERO; 13];
    for _ in 0..20 {
        for entry in &mut entries {
            *entry = T::standard_normal(&mut draws);
        }
        tally.scalars(&entries);
        for limit in [T::MAX_ENTRY, T::MAX_COORDINATE] {
            tally.word(T::all_within(black_box(entries.as_slice()), limit));
        }
        tally.word(T::all_within(black_box(entries.as_slice()), T::ONE));
    }
}
