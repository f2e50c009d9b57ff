//! The diagonal case: multi-environment linear regression at O(D) per sample.

use super::step::{in_range, norm_within};
use super::{Model, Shape};
use crate::stored::Kernel;
use crate::{Error, Scalar};

/// Coefficients `w = u*u - v*v` of D features, entry by entry: the diagonal case of
/// [`Signed`](crate::Signed) (docs/theory.md, section 2.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Linear<T: Scalar, const D: usize> {
    positive: [T; D],
    negative: [T; D],
    coefficients: [T; D],
}

impl<T: Scalar, const D: usize> Linear<T, D> {
    /// Starts from factors of your own: u (`positive`) and v (`negative`). An entry that is 0 stays 0.
    ///
    /// # Errors
    /// [`Error::Factor`] if an entry is not finite or out of range.
    pub fn from_factors(positive: [T; D], negative: [T; D]) -> Result<Self, Error> {
        if !(in_range(&positive) && in_range(&negative)) {
            return Err(Error::Factor);
        }
        Ok(Self {
            coefficients: difference_of_squares(&positive, &negative),
            positive,
            negative,
        })
    }

    /// The factors u and v.
    pub fn factors(&self) -> (&[T; D], &[T; D]) {
        (&self.positive, &self.negative)
    }
}

impl<T: Scalar, const D: usize> Model for Linear<T, D> {
    type Scalar = T;
    type Gradient = [T; D];
    type Signal = [T; D];

    const SHAPE: Shape = Shape {
        model: 3,
        rows: D,
        columns: 1,
    };

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

    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    fn step_with<S: Kernel<T>>(
        &mut self,
        _: &S,
        sum: &[T; D],
        rate: T,
        norm_limit: Option<T>,
    ) -> bool {
        let (mut u, mut v) = (self.positive, self.negative);
        let mut good = true;
        for ((u, v), &g) in u.iter_mut().zip(&mut v).zip(sum) {
            let pull = rate * g;
            *u = *u - *u * pull;
            *v = *v + *v * pull;
            good &= u.within(T::MAX_FACTOR) & v.within(T::MAX_FACTOR);
        }
        good &= norm_limit.is_none_or(|_| {
            // Copies: with their addresses taken, the factors would not stay in registers.
            let (u, v) = (u, v);
            norm_within(&[&u, &v], norm_limit)
        });
        if good {
            self.coefficients = difference_of_squares(&u, &v);
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

    fn visit_slopes(&self, sum: &[T; D], mut visitor: impl FnMut(T, T)) {
        for (&u, &g) in self.positive.iter().zip(sum) {
            visitor(u, u * g);
        }
        for (&v, &g) in self.negative.iter().zip(sum) {
            visitor(v, -(v * g));
        }
    }

    fn visit_state(&self, visitor: impl FnMut(T)) {
        self.positive
            .iter()
            .chain(&self.negative)
            .chain(&self.coefficients)
            .copied()
            .for_each(visitor);
    }

    fn replace(&mut self, mut entry: impl FnMut(T) -> T) -> bool {
        let positive = self.positive.map(&mut entry);
        let negative = self.negative.map(&mut entry);
        let Ok(next) = Self::from_factors(positive, negative) else {
            return false;
        };
        *self = next;
        true
    }

    #[cfg(test)]
    fn visit_state_mut(&mut self, visitor: impl FnMut(&mut T)) {
        self.positive
            .iter_mut()
            .chain(&mut self.negative)
            .chain(&mut self.coefficients)
            .for_each(visitor);
    }
}

/// The coefficients `w = u*u - v*v`.
#[inline]
fn difference_of_squares<T: Scalar, const D: usize>(u: &[T; D], v: &[T; D]) -> [T; D] {
    let mut coefficients = [T::ZERO; D];
    for ((w, &u), &v) in coefficients.iter_mut().zip(u).zip(v) {
        *w = u * u - v * v;
    }
    coefficients
}
