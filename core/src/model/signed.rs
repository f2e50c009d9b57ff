//! Any symmetric matrix: `U U^T - V V^T`.

use nalgebra::SMatrix;

use super::step::{
    in_range, initial, norm_within, replaced, squared_projection, through_factor, visit_rows,
    visit_slopes,
};
use super::{Model, Shape, SymmetricModel};
use crate::algebra::{Dual, Packing, Size, Symmetric};
use crate::stored::{Kernel, Portable};
use crate::{Error, Scalar};

/// A symmetric D x D matrix `U U^T - V V^T` with U and V in `R^{D x K}`; U and V start equal, so
/// that the estimate starts from 0 (docs/theory.md, section 2.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Signed<T: Scalar, const D: usize, const K: usize>
where
    Size<D>: Packing,
{
    positive: SMatrix<T, D, K>,
    negative: SMatrix<T, D, K>,
    signal: Dual<T, D>,
}

impl<T: Scalar, const D: usize, const K: usize> Signed<T, D, K>
where
    Size<D>: Packing,
{
    /// Starts from factors of your own: U (`positive`) and V (`negative`).
    ///
    /// # Errors
    /// [`Error::Factor`] if an entry is not finite or out of range.
    pub fn from_factors(
        positive: SMatrix<T, D, K>,
        negative: SMatrix<T, D, K>,
    ) -> Result<Self, Error> {
        if in_range(positive.data.0.as_flattened()) && in_range(negative.data.0.as_flattened()) {
            Ok(Self::with(positive, negative))
        } else {
            Err(Error::Factor)
        }
    }

    /// The factors U and V.
    pub fn factors(&self) -> (&SMatrix<T, D, K>, &SMatrix<T, D, K>) {
        (&self.positive, &self.negative)
    }

    fn with(positive: SMatrix<T, D, K>, negative: SMatrix<T, D, K>) -> Self {
        const { assert!(K >= 1 && K <= D, "a factor has 1 to D columns") }
        let mut model = Self {
            positive,
            negative,
            signal: Dual::new(&Symmetric::zero()),
        };
        model.signal = Dual::new(&model.estimate());
        model
    }
}

impl<T: Scalar, const D: usize, const K: usize> Model for Signed<T, D, K>
where
    Size<D>: Packing,
{
    type Scalar = T;
    type Gradient = Symmetric<T, D>;
    type Signal = Dual<T, D>;

    const SHAPE: Shape = Shape {
        model: 2,
        rows: D,
        columns: K,
    };

    fn initial(init_scale: T, seed: u64) -> Self {
        let start = initial(init_scale, seed);
        Self::with(start, start)
    }

    #[inline]
    fn signal(&self) -> &Dual<T, D> {
        &self.signal
    }

    fn signal_of(value: &Symmetric<T, D>) -> Dual<T, D> {
        Dual::new(value)
    }

    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    fn estimate(&self) -> Symmetric<T, D> {
        let mut estimate = Symmetric::zero();
        Portable.add_gram(&mut estimate, &self.positive.data.0, T::ONE);
        Portable.add_gram(&mut estimate, &self.negative.data.0, -T::ONE);
        estimate
    }

    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    fn step_with<S: Kernel<T>>(
        &mut self,
        kernel: &S,
        sum: &Symmetric<T, D>,
        rate: T,
        norm_limit: Option<T>,
    ) -> bool {
        let before = (self.positive, self.negative);
        let (u, v) = (&mut self.positive.data.0, &mut self.negative.data.0);
        if !kernel.descend(u, sum, rate)
            || !kernel.descend(v, sum, -rate)
            || !norm_within(&[u.as_flattened(), v.as_flattened()], norm_limit)
        {
            (self.positive, self.negative) = before;
            return false;
        }
        self.signal.refill(|estimate| {
            kernel.add_gram(estimate, u, T::ONE);
            kernel.add_gram(estimate, v, -T::ONE);
        });
        true
    }

    fn visit(&self, mut visitor: impl FnMut(T)) {
        visit_rows(&self.positive, &mut visitor);
        visit_rows(&self.negative, &mut visitor);
    }

    fn visit_slopes(&self, sum: &Symmetric<T, D>, mut visitor: impl FnMut(T, T)) {
        visit_slopes(&self.positive, sum, &mut visitor);
        visit_slopes(&self.negative, sum, |entry, slope| visitor(entry, -slope));
    }

    fn visit_state(&self, visitor: impl FnMut(T)) {
        let [u, v] = [&self.positive, &self.negative].map(|half| half.data.0.as_flattened());
        u.iter()
            .chain(v)
            .chain(self.signal.as_slice())
            .copied()
            .for_each(visitor);
    }

    fn replace(&mut self, mut entry: impl FnMut(T) -> T) -> bool {
        let positive = replaced(&self.positive, &mut entry);
        let negative = replaced(&self.negative, &mut entry);
        let (Some(positive), Some(negative)) = (positive, negative) else {
            return false;
        };
        *self = Self::with(positive, negative);
        true
    }

    #[cfg(test)]
    fn visit_state_mut(&mut self, visitor: impl FnMut(&mut T)) {
        let u = self.positive.data.0.as_flattened_mut();
        let v = self.negative.data.0.as_flattened_mut();
        u.iter_mut()
            .chain(v)
            .chain(self.signal.as_mut_slice())
            .for_each(visitor);
    }
}

impl<T: Scalar, const D: usize, const K: usize> SymmetricModel<T, D> for Signed<T, D, K>
where
    Size<D>: Packing,
{
    const THROUGH_FACTOR: bool = through_factor(D, 2 * K);

    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    fn quadratic(&self, x: &[T; D]) -> T {
        if Self::THROUGH_FACTOR {
            squared_projection(&self.positive, x) - squared_projection(&self.negative, x)
        } else {
            self.signal.quadratic(x)
        }
    }
}
