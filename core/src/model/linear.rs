//! The diagonal case: multi-environment linear regression at O(D) per sample.

use super::Model;
use crate::Scalar;

/// Coefficients `w = u*u - v*v` of D features, entry by entry: the diagonal case of
/// [`Signed`](crate::Signed) (docs/theory.md, section 2.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Linear<T: Scalar, const D: usize> {
    positive: [T; D],
    negative: [T; D],
    coefficients: [T; D],
}

impl<T: Scalar, const D: usize> Linear<T, D> {
    /// The factors u and v.
    pub fn factors(&self) -> (&[T; D], &[T; D]) {
        (&self.positive, &self.negative)
    }
}

impl<T: Scalar, const D: usize> Model for Linear<T, D> {
    type Scalar = T;
    type Gradient = [T; D];
    type Signal = [T; D];

    /// `u = v = init_scale` in every entry, so that w starts from 0; the seed is not used.
    fn initial(init_scale: T, _seed: u64) -> Self {
        Self {
            positive: [init_scale; D],
            negative: [init_scale; D],
            coefficients: [T::ZERO; D],
        }
    }

    #[inline]
    fn signal(&self) -> &[T; D] {
        &self.coefficients
    }

    fn signal_of(value: &[T; D]) -> [T; D] {
        *value
    }

    fn estimate(&self) -> [T; D] {
        self.coefficients
    }

    fn step(&mut self, sum: &[T; D], rate: T) -> bool {
        let (mut u, mut v) = (self.positive, self.negative);
        let mut good = true;
        for ((u, v), &g) in u.iter_mut().zip(&mut v).zip(sum) {
            let pull = rate * g;
            *u = *u - *u * pull;
            *v = *v + *v * pull;
            good &= u.within(T::MAX_FACTOR) & v.within(T::MAX_FACTOR);
        }
        if good {
            for ((w, &u), &v) in self.coefficients.iter_mut().zip(&u).zip(&v) {
                *w = u * u - v * v;
            }
            self.positive = u;
            self.negative = v;
        }
        good
    }

    fn visit(&self, visitor: impl FnMut(T)) {
        self.positive
            .iter()
            .chain(&self.negative)
            .copied()
            .for_each(visitor);
    }
}
