//! One run of a problem, reported as it goes.

use heterosgd::learner::Rule;
use heterosgd::sampling::Ensemble;
use heterosgd::{
    Error, Learner, Measurement, Metrics, Model, Packing, Psd, Scalar, Size, Symmetric, TailAverage,
};

use crate::report::{VERSION, bits};
use crate::{Chain, Problem, Scene, Sink};

/// What a run shall report beyond its usual report, and what shall go wrong in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Request {
    /// The digest of the factor after every so many steps; `None`: as the problem has it.
    pub checkpoint: Option<u64>,
    /// Every entry of the factor after this step.
    pub dump: Option<u64>,
    /// The hash chain after every step.
    pub chain: bool,
    /// This step, counted from 1, is to lose the last sample of its batch: a fault, to show that
    /// comparisons bite.
    pub lose_sample: Option<u64>,
}

impl<T, const D: usize, const K: usize, R, X, S> Problem<T, D, K, R, X, S>
where
    T: Scalar,
    Size<D>: Packing,
    R: Rule,
    X: Measurement<Psd<T, D, K>>,
    S: Ensemble<X>,
{
    /// Runs the problem and reports to `sink`.
    ///
    /// # Errors
    /// Those of [`Learner::new`], [`Sensing::new`](heterosgd::experiment::Sensing::new) and
    /// [`Sensing::run`](heterosgd::experiment::Sensing::run).
    pub fn run(&self, request: &Request, sink: &mut impl Sink) -> Result<(), Error> {
        let parameters = &self.parameters;
        let (steps, batch) = (parameters.steps, parameters.batch);
        self.heading(sink);
        let scene = self.scene();
        let sensing = self.sensing(&scene)?;
        let mut learner = self.learner()?;
        let mut tail = TailAverage::from_step(steps / 2);
        let mut chain = Chain::default();
        let checkpoint = request.checkpoint.unwrap_or(parameters.checkpoint);
        // Without a fault the second and third stretch are empty.
        let fault = request
            .lose_sample
            .map_or(steps, |step| step.saturating_sub(1));
        let after = fault.saturating_add(1);
        let stretches = [
            (0..fault.min(steps), batch),
            (fault..after.min(steps), batch.saturating_sub(1)),
            (after..steps, batch),
        ];
        for (batches, size) in stretches {
            sensing.run(&mut learner, batches, size, |learner| {
                let step = learner.steps();
                tail.record(step, &learner.estimate());
                if step.checked_rem(checkpoint) == Some(0) || step == steps {
                    sink.record("digest", &[step, learner.digest()]);
                }
                if request.chain {
                    let environment = if R::ONE_ENVIRONMENT {
                        sensing.environment(step.wrapping_sub(1))
                    } else {
                        u32::MAX
                    };
                    chain.extend(step, environment, learner.samples(), learner.model());
                    let [a, b, c, d] = chain.numbers();
                    let (environment, samples) = (u64::from(environment), learner.samples());
                    sink.record("chain", &[step, environment, samples, a, b, c, d]);
                }
                if request.dump == Some(step) {
                    dump(learner, sink);
                }
            })?;
        }
        outcome(&scene, &learner, &tail, sink);
        Ok(())
    }

    fn heading(&self, sink: &mut impl Sink) {
        sink.record("heterosgd", &[VERSION]);
        sink.write(b"problem ");
        sink.write(self.parameters.name.as_bytes());
        sink.write(b"\n");
        let sizes = [D, K, size_of::<T>()].map(|size| size as u64);
        sink.record("size", &sizes);
        let parameters = &self.parameters;
        sink.record("plan", &[parameters.steps, u64::from(parameters.batch)]);
    }
}

fn outcome<T: Scalar, R: Rule, const D: usize, const K: usize>(
    scene: &Scene<T, D>,
    learner: &Learner<Psd<T, D, K>, R>,
    tail: &TailAverage<Symmetric<T, D>, T>,
    sink: &mut impl Sink,
) where
    Size<D>: Packing,
{
    let reference = scene.reference();
    metrics("last", &reference.metrics(&learner.estimate()), sink);
    if let Some(mean) = tail.mean() {
        metrics("tail", &reference.metrics(mean), sink);
    }
    sink.record(
        "done",
        &[learner.steps(), learner.samples(), learner.digest()],
    );
}

fn dump<M: Model, R: Rule>(learner: &Learner<M, R>, sink: &mut impl Sink) {
    let mut index = 0;
    learner.model().visit(|value| {
        sink.record("factor", &[learner.steps(), index, bits(value)]);
        index = index.wrapping_add(1);
    });
}

fn metrics<T: Scalar>(key: &str, metrics: &Metrics<T>, sink: &mut impl Sink) {
    let Metrics {
        invariant,
        spurious,
        null,
        error,
        pooled_error,
        ..
    } = *metrics;
    let numbers = [invariant, spurious, null, error, pooled_error].map(bits);
    sink.record(key, &numbers);
}
