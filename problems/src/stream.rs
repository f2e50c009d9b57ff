//! A recorded stream, learned row by row from where it is stored.

use heterosgd::learner::Step;
use heterosgd::{Error, HeteroSgd, Measurement, Model, Scalar, Settings};

use crate::Sink;
use crate::report::VERSION;

/// A packed stream. Its rows follow one another: the environment (4 bytes), the response, and `W`
/// numbers, each as little-endian bytes.
#[derive(Debug, Clone, Copy)]
pub struct Stream<'a, T> {
    /// The rows.
    pub rows: &'a [u8],
    /// Samples of a batch.
    pub batch: u32,
    /// The step size and initial scale.
    pub settings: Settings<T>,
    /// The limit of the factor's norm, if there is one.
    pub norm_limit: Option<T>,
    /// Multiplies each response.
    pub response_scale: T,
}

/// Steps between two digests of the report.
const CHECKPOINT: u64 = 8;

impl<T: Scalar> Stream<'_, T> {
    /// Learns from the rows in order, as `heterosgd replay` does: a batch closes when it is full, when
    /// a row is of another environment, and at the end. `sample` makes a measurement of a row's numbers.
    ///
    /// # Errors
    /// Those of [`HeteroSgd::new`], of the limit, and of the batches. A row that is cut off ends the stream.
    pub fn run<M, X, C, const W: usize>(
        &self,
        sample: impl Fn(&[T; W]) -> Option<X>,
        sink: &mut impl Sink,
    ) -> Result<(), Error>
    where
        M: Model<Scalar = T>,
        X: Measurement<M>,
        C: Step<M>,
    {
        sink.record("heterosgd", &[VERSION]);
        sink.write(b"problem stream\n");
        let mut learner = HeteroSgd::<M, C>::new(self.settings)?;
        learner.set_norm_limit(self.norm_limit)?;
        for row in self.rows.chunks(4 + (W + 1) * size_of::<T>()) {
            let Some((environment, response, x)) = unpack::<T, W>(row) else {
                break;
            };
            let Some(x) = sample(&x) else { break };
            let mut batch = learner.resume();
            let other = batch.environment().is_some_and(|open| open != environment);
            if other || batch.count() == self.batch {
                batch.step()?;
                if learner.steps().checked_rem(CHECKPOINT) == Some(0) {
                    sink.record("digest", &[learner.steps(), learner.digest()]);
                }
                batch = learner.batch(environment);
            }
            batch.observe_from(environment, &x, response * self.response_scale)?;
        }
        let last = learner.resume();
        if last.count() > 0 {
            last.step()?;
        }
        sink.record(
            "done",
            &[learner.steps(), learner.samples(), learner.digest()],
        );
        Ok(())
    }
}

fn unpack<T: Scalar, const W: usize>(row: &[u8]) -> Option<(u32, T, [T; W])> {
    let (environment, rest) = row.split_first_chunk::<4>()?;
    let mut numbers = rest.chunks(size_of::<T>()).map(T::from_le_slice);
    let response = numbers.next()??;
    let mut x = [T::ZERO; W];
    for entry in &mut x {
        *entry = numbers.next()??;
    }
    Some((u32::from_le_bytes(*environment), response, x))
}

/// Multiplies entry by entry.
pub fn scaled<T: Scalar, const D: usize>(mut x: [T; D], scales: &[T; D]) -> [T; D] {
    for (entry, &scale) in x.iter_mut().zip(scales) {
        *entry *= scale;
    }
    x
}
