//! From features to their products, on the device.

use crate::Scalar;

/// The features `x_1 ... x_P` and, for `D = P + P (P + 1)/2`, all their products `x_i x_j`, i <= j,
/// row by row: the lift of `heterosgd learn --degree 2`. For `D = P` the features alone.
pub fn monomials<T: Scalar, const P: usize, const D: usize>(x: &[T; P]) -> [T; D] {
    const {
        assert!(
            D == P || D == P + P * (P + 1) / 2,
            "D is the number of features, or of features and products"
        );
    }
    let mut lifted = [T::ZERO; D];
    let products = x
        .iter()
        .enumerate()
        .flat_map(|(i, &a)| x.iter().skip(i).map(move |&b| a * b));
    for (entry, value) in lifted.iter_mut().zip(x.iter().copied().chain(products)) {
        *entry = value;
    }
    lifted
}
