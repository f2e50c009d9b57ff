//! The open batch, while it takes sign measurements by tables.

use super::batch::{Batch, Label, check_residual};
use super::{Learner, Plain, Rule};
use crate::Scalar;
use crate::algebra::{Packing, Size};
use crate::error::{Error, Part};
use crate::measurement::check_value;
use crate::model::SymmetricModel;
use crate::signs::{SignTables, Signs};

/// An open batch that takes sign measurements by way of [`SignTables`]; see [`Batch::signs`].
///
/// Its samples become part of the batch when it goes out of scope, whichever way it does
/// ([`finish`](Self::finish) says so aloud). Only a value that is leaked (`core::mem::forget`) loses
/// its samples, all of them: the batch is then as it was before.
#[derive(Debug)]
pub struct SignBatch<'a, M, R, T, const D: usize>
where
    Size<D>: Packing,
    T: Scalar,
    M: SymmetricModel<T, D>,
    R: Rule,
{
    learner: &'a mut Learner<M, R, Plain>,
    tables: &'a mut SignTables<T, D>,
    // Of the whole batch, that is with the samples that it held before.
    count: u32,
    environment: Option<u32>,
}

impl<M, R: Rule> Batch<'_, M, R, Plain>
where
    M: crate::Model,
{
    /// Goes on with sign measurements, by tables that are filled for the present estimate: at D = 8
    /// that costs as much as some 10 samples cost by tables.
    ///
    /// When the value returned goes out of scope, the sum of `residual * X` over its samples is added
    /// to the batch, once and as a whole. The batch may hold other samples before and take others
    /// after. A batch that is cut into several such stretches has the same sum, rounded otherwise.
    ///
    /// Not for [`Centred`](crate::Centred) learners, which would need the sum of the measurements as well.
    pub fn signs<'b, T, const D: usize>(
        &'b mut self,
        tables: &'b mut SignTables<T, D>,
    ) -> SignBatch<'b, M, R, T, D>
    where
        Size<D>: Packing,
        T: Scalar,
        M: SymmetricModel<T, D>,
    {
        tables.fill(self.learner.model.signal());
        SignBatch {
            count: self.learner.open.count,
            environment: self.learner.open.label.get(),
            learner: self.learner,
            tables,
        }
    }
}

impl<M, R, T, const D: usize> SignBatch<'_, M, R, T, D>
where
    Size<D>: Packing,
    T: Scalar,
    M: SymmetricModel<T, D>,
    R: Rule,
{
    /// Takes in one sample: measurement `x` with response `y`.
    ///
    /// # Errors
    /// [`Error::NotFinite`], [`Error::OutOfRange`] or [`Error::FullBatch`], as
    /// [`Batch::observe`]; nothing has changed then.
    #[inline]
    pub fn observe(&mut self, x: &Signs<D>, y: T) -> Result<(), Error> {
        check_value(y, T::MAX_RESIDUAL, Part::Response)?;
        let Some(count) = self.count.checked_add(1) else {
            return Err(Error::FullBatch);
        };
        let residual = self.tables.predict(x) - y;
        check_residual(residual)?;
        self.tables.collect(x, residual);
        self.count = count;
        Ok(())
    }

    /// As [`observe`](Self::observe), for a sample that says which environment it is from; see
    /// [`Batch::observe_from`].
    ///
    /// # Errors
    /// [`Error::OtherEnvironment`] in a HeteroSGD batch of another environment, and those of
    /// [`observe`](Self::observe); nothing has changed then.
    #[inline]
    pub fn observe_from(&mut self, environment: u32, x: &Signs<D>, y: T) -> Result<(), Error> {
        if R::ONE_ENVIRONMENT
            && let Some(batch) = self.environment
            && batch != environment
        {
            return Err(Error::OtherEnvironment {
                batch,
                sample: environment,
            });
        }
        self.observe(x, y)?;
        if R::ONE_ENVIRONMENT {
            self.environment = Some(environment);
        }
        Ok(())
    }

    /// Number of samples of the batch, with those that it held before.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The environment of the batch, if it has been told.
    pub fn environment(&self) -> Option<u32> {
        self.environment
    }

    /// Adds the samples to the batch, as going out of scope does.
    pub fn finish(self) {}
}

impl<M, R, T, const D: usize> Drop for SignBatch<'_, M, R, T, D>
where
    Size<D>: Packing,
    T: Scalar,
    M: SymmetricModel<T, D>,
    R: Rule,
{
    fn drop(&mut self) {
        let open = &mut self.learner.open;
        self.tables.add_to(&mut open.gradient);
        open.count = self.count;
        open.label = Label::new(self.environment);
    }
}
