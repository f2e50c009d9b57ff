//! The experiment loop with tables.

use super::{SignTables, Signs};
use crate::algebra::{Packing, Size};
use crate::experiment::Sensing;
use crate::learner::{Learner, Plain, Rule};
use crate::measurement::Measurement;
use crate::model::{Model, SymmetricModel};
use crate::sampling::{Ensemble, Purpose, stream};
use crate::{Error, Scalar};

impl<M, S, const D: usize> Sensing<'_, M, Signs<D>, S>
where
    Size<D>: Packing,
    M: Model,
    Signs<D>: Measurement<M>,
    S: Ensemble<Signs<D>>,
{
    /// As [`step`](Self::step), on the same samples, by way of `tables`.
    ///
    /// # Errors
    /// Those of [`SignBatch::observe`](crate::SignBatch::observe) and [`Batch::step`](crate::Batch::step).
    pub fn step_by_tables<T, R>(
        &self,
        learner: &mut Learner<M, R, Plain>,
        tables: &mut SignTables<T, D>,
        batch: u64,
        size: u32,
    ) -> Result<(), Error>
    where
        T: Scalar,
        M: SymmetricModel<T, D>,
        R: Rule,
    {
        let schedule = self.schedule();
        let mut environments = stream(self.seed(), Purpose::Environments, batch);
        let mut draws = stream(self.seed(), Purpose::Measurements, batch);
        let shared = schedule.environment(batch, &mut environments);
        let mut open = learner.unlabelled_batch();
        let mut signs = open.signs(tables);
        for sample in 0..u64::from(size) {
            let environment = if R::ONE_ENVIRONMENT {
                shared
            } else {
                let draw = batch.wrapping_mul(u64::from(size)).wrapping_add(sample);
                schedule.environment(draw, &mut environments)
            };
            let (x, y) = self.sample(environment, &mut draws)?;
            signs.observe_from(environment, &x, y)?;
        }
        signs.finish();
        open.step()
    }
}
