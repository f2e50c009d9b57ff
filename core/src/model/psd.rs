//! The paper's model: `U U^T`.

use nalgebra::SMatrix;

use super::step::{
    in_range, initial, norm_within, replaced, squared_projection, through_factor, visit_rows,
    visit_slopes,
};
use super::{Model, Shape, SymmetricModel};
use crate::algebra::{Dual, Packing, Size, Symmetric};
use crate::stored::{Kernel, Portable};
use crate::{Error, Scalar};

/// A positive semidefinite D x D matrix `U U^T` with U in `R^{D x K}`, K <= D (the paper: K = D).
#[derive(Debug, Clone, PartialEq)]
pub struct Psd<T: Scalar, const D: usize, const K: usize>
where
    Size<D>: Packing,
{
    factor: SMatrix<T, D, K>,
    signal: Dual<T, D>,
}

impl<T: Scalar, const D: usize, const K: usize> Psd<T, D, K>
where
    Size<D>: Packing,
{
    /// Starts from a factor of your own.
    ///
    /// # Errors
    /// [`Error::Factor`] if an entry is not finite or out of range.
    pub fn from_factor(factor: SMatrix<T, D, K>) -> Result<Self, Error> {
        if in_range(factor.data.0.as_flattened()) {
            Ok(Self::with(factor))
        } else {
            Err(Error::Factor)
        }
    }

    /// The factor U.
    pub fn factor(&self) -> &SMatrix<T, D, K> {
        &self.factor
    }

    fn with(factor: SMatrix<T, D, K>) -> Self {
        const { assert!(K >= 1 && K <= D, "a factor has 1 to D columns") }
        let mut model = Self {
            factor,
            signal: Dual::new(&Symmetric::zero()),
        };
        model.signal = Dual::new(&model.estimate());
        model
    }
}

impl<T: Scalar, const D: usize, const K: usize> Model for Psd<T, D, K>
where
    Size<D>: Packing,
{
    type Scalar = T;
    type Gradient = Symmetric<T, D>;
    type Signal = Dual<T, D>;

    const SHAPE: Shape = Shape {
        model: 1,
        rows: D,
        columns: K,
    };

    fn initial(init_scale: T, seed: u64) -> Self {
        Self::with(initial(init_scale, seed))
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
        Portable.add_gram(&mut estimate, &self.factor.data.0, T::ONE);
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
        let before = self.factor;
        let columns = &mut self.factor.data.0;
        if !kernel.descend(columns, sum, rate)
            || !norm_within(&[columns.as_flattened()], norm_limit)
        {
            self.factor = before;
            return false;
        }
        self.signal
            .refill(|estimate| kernel.add_gram(estimate, columns, T::ONE));
        true
    }

    fn visit(&self, visitor: impl FnMut(T)) {
        visit_rows(&self.factor, visitor);
    }

    fn visit_slopes(&self, sum: &Symmetric<T, D>, visitor: impl FnMut(T, T)) {
        visit_slopes(&self.factor, sum, visitor);
    }

    fn visit_state(&self, visitor: impl FnMut(T)) {
        let factor = self.factor.data.0.as_flattened();
        factor
            .iter()
            .chain(self.signal.as_slice())
            .copied()
            .for_each(visitor);
    }

    fn replace(&mut self, entry: impl FnMut(T) -> T) -> bool {
        let Some(factor) = replaced(&self.factor, entry) else {
            return false;
        };
        *self = Self::with(factor);
        true
    }

    #[cfg(test)]
    fn visit_state_mut(&mut self, visitor: impl FnMut(&mut T)) {
        let factor = self.factor.data.0.as_flattened_mut();
        factor
            .iter_mut()
            .chain(self.signal.as_mut_slice())
            .for_each(visitor);
    }
}

impl<T: Scalar, const D: usize, const K: usize> SymmetricModel<T, D> for Psd<T, D, K>
where
    Size<D>: Packing,
{
    const THROUGH_FACTOR: bool = through_factor(D, K);

    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    #[cfg_attr(any(target_arch = "arm", target_arch = "riscv32"), inline)]
    fn quadratic(&self, x: &[T; D]) -> T {
        if Self::THROUGH_FACTOR {
            squared_projection(&self.factor, x)
        } else {
            self.signal.quadratic(x)
        }
    }
}
