//! What a sample and a step cost, in ticks of the board's clock.

use core::hint::black_box;

use heterosgd::learner::{Guarded, Rule};
use heterosgd::model::Whitening;
use heterosgd::sampling::Rademacher;
use heterosgd::sampling::{Ensemble, Purpose, stream};
use heterosgd::stored::StoredMeasurement;
use heterosgd::{
    Error, HeteroSgd, Measurement, Packing, Psd, SampleBuffer, Scalar, Settings, SignTables, Signs,
    Size, Whitened,
};
use heterosgd_problems::{Problem, RANK_ONE, SIGNS, STORED, Sink};

use crate::board::clock;

/// Samples that are timed, half of them from each environment, and steps.
const SAMPLES: u32 = 32;
const STEPS: u32 = 8;

/// Loops of known length that calibrate the clock.
const LOOPS: [u32; 3] = [1000, 2000, 10_000];

/// The least and the most that something took.
#[derive(Debug, Clone, Copy)]
struct Span {
    least: u32,
    most: u32,
}

impl Span {
    const NONE: Self = Self {
        least: u32::MAX,
        most: 0,
    };

    /// Times `work`. Out of line: inlined into a loop, parts of the loop could be moved into it.
    #[inline(never)]
    fn time<Out>(&mut self, work: impl FnOnce() -> Out) -> Out {
        let start = clock::now();
        let out = black_box(work());
        let ticks = clock::between(start, clock::now());
        self.least = self.least.min(ticks);
        self.most = self.most.max(ticks);
        out
    }

    /// As [`time`](Self::time), for what may take longer than the counter has room for.
    #[inline(never)]
    fn time_long<Out>(&mut self, work: impl FnOnce() -> Out) -> Out {
        let start = clock::long_now();
        let out = black_box(work());
        let ticks = (clock::long_now() - start) as u32;
        self.least = self.least.min(ticks);
        self.most = self.most.max(ticks);
        out
    }

    fn report(self, key: &str, sink: &mut impl Sink) {
        sink.record(key, &[u64::from(self.least), u64::from(self.most)]);
    }
}

/// Ticks for a loop; out of line, so that each is called in the same way.
#[inline(never)]
fn time_loop(length: u32) -> u32 {
    let start = clock::now();
    clock::spin(length);
    clock::between(start, clock::now())
}

/// Times the parts of a step on `problem`: drawing a sample and its response (the simulated
/// sensor), observing it, observing several that are stored, and the step.
///
/// # Errors
/// Those of [`Problem::learner`], [`Problem::sensing`] and of the steps.
// Out of line: its buffers are not part of what a run needs.
#[inline(never)]
pub fn measure<T, const D: usize, const K: usize, R, X, S>(
    problem: &Problem<T, D, K, R, X, S>,
    sink: &mut impl Sink,
) -> Result<(), Error>
where
    T: Scalar,
    Size<D>: Packing,
    R: Rule,
    X: StoredMeasurement<Psd<T, D, K>, Scalar = T>,
    S: Ensemble<X>,
{
    calibrate(sink);
    single(problem, sink)?;
    stored(problem, sink)
}

/// Starts the clock and reports what it shows for loops of known length and for nothing.
fn calibrate(sink: &mut impl Sink) {
    clock::start();
    for length in LOOPS {
        sink.record("loop", &[u64::from(length), u64::from(time_loop(length))]);
    }
    let mut nothing = Span::NONE;
    nothing.time(|| ());
    nothing.report("nothing", sink);
}

/// Times what it costs to keep the learner of the problem `rank-one`: writing a checkpoint, taking one
/// (which verifies it), and verifying and renewing the checksum of guarded state.
/// `None` if one of them is refused.
#[inline(never)]
pub fn keeping(sink: &mut impl Sink) -> Option<()> {
    calibrate(sink);
    let mut learner = RANK_ONE.learner().ok()?;
    let mut bytes = [0; HeteroSgd::<Psd<f32, 8, 2>>::CHECKPOINT_BYTES];
    let (mut written, mut taken, mut guarded) = (Span::NONE, Span::NONE, Span::NONE);
    for _ in 0..STEPS {
        written.time(|| learner.checkpoint(&mut bytes)).ok()?;
        taken.time(|| learner.restore(black_box(&bytes))).ok()?;
    }
    let mut guard = Guarded::new(learner);
    for _ in 0..STEPS {
        // Or both checksums would be one.
        guarded.time(|| {
            let mut open = guard.open().ok()?;
            black_box(&mut *open);
            Some(())
        })?;
    }
    written.report("checkpoint", sink);
    taken.report("restore", sink);
    guarded.report("guard", sink);
    Some(())
}

/// Times a sample and a step of a whitened learner, on batches of `batch` samples of unit size.
///
/// # Errors
/// Those of the batches.
#[inline(never)]
pub fn whitened<M, X, S>(batch: u32, sink: &mut impl Sink) -> Result<(), Error>
where
    M: Whitening<Scalar = f32>,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    calibrate(sink);
    clock::count_wraps();
    let mut learner = HeteroSgd::<M, Whitened>::new(Settings {
        step_size: 1e-3,
        init_scale: 0.1,
        seed: 0,
    })?;
    let mut rng = stream(0, Purpose::Measurements, 0);
    let (mut observed, mut stepped) = (Span::NONE, Span::NONE);
    for _ in 0..STEPS {
        for _ in 0..batch {
            let x = black_box(S::draw(&mut rng));
            let mut open = learner.resume();
            observed.time_long(|| open.observe(&x, black_box(1.0)))?;
        }
        let open = learner.resume();
        stepped.time_long(|| open.step())?;
    }
    observed.report("observe", sink);
    stepped.report("step", sink);
    Ok(())
}

/// Times sign measurements of d = 8 by tables: filling the tables, learning from a batch of samples that lie in
/// memory, drawing and learning from as many, and what is added to the batch in the end.
///
/// # Errors
/// None: the samples are of unit size.
#[inline(never)]
pub fn signs(sink: &mut impl Sink) -> Result<(), Error> {
    let settings = Settings {
        step_size: 1e-3,
        init_scale: 0.1,
        seed: 0,
    };
    let mut learner = HeteroSgd::<Psd<f32, 8, 8>>::new(settings)?;
    let mut tables = SignTables::new();
    let mut rng = stream(0, Purpose::Measurements, 0);
    let stored: [Signs<8>; SIGNS as usize] = core::array::from_fn(|_| Rademacher::draw(&mut rng));
    let (mut filled, mut learned, mut drawn) = (Span::NONE, Span::NONE, Span::NONE);
    let mut added = Span::NONE;
    for _ in 0..STEPS {
        let mut batch = learner.batch(0);
        let mut open = filled.time(|| batch.signs(&mut tables));
        learned.time(|| {
            let mut samples = black_box(&stored).iter();
            samples.try_for_each(|x| open.observe(x, 1.0))
        })?;
        drawn.time(|| {
            (0..SIGNS).try_for_each(|_| {
                let x: Signs<8> = Rademacher::draw(&mut rng);
                open.observe(&x, 1.0)
            })
        })?;
        added.time(|| open.finish());
        batch.step()?;
    }
    filled.report("signs-fill", sink);
    learned.report("signs", sink);
    drawn.report("signs-drawn", sink);
    added.report("signs-add", sink);
    Ok(())
}

/// Times what is done sample by sample, and the step.
#[inline(never)]
fn single<T, const D: usize, const K: usize, R, X, S>(
    problem: &Problem<T, D, K, R, X, S>,
    sink: &mut impl Sink,
) -> Result<(), Error>
where
    T: Scalar,
    Size<D>: Packing,
    R: Rule,
    X: Measurement<Psd<T, D, K>>,
    S: Ensemble<X>,
{
    let scene = problem.scene();
    let sensing = problem.sensing(&scene)?;
    let mut learner = problem.learner()?;
    let mut draws = stream(problem.parameters.seed, Purpose::Measurements, 0);
    let (mut drawn, mut observed, mut stepped) = (Span::NONE, Span::NONE, Span::NONE);
    for _ in 0..STEPS {
        for sample in 0..SAMPLES / STEPS {
            let environment = sample % 2;
            let (x, y) = drawn.time(|| sensing.sample(environment, &mut draws))?;
            let x = black_box(x);
            let mut batch = learner.resume();
            observed.time(|| batch.observe(&x, black_box(y)))?;
        }
        let batch = learner.resume();
        stepped.time(|| batch.step())?;
    }
    drawn.report("draw", sink);
    observed.report("observe", sink);
    stepped.report("step", sink);
    Ok(())
}

/// Times learning from several samples that are stored. Their responses do not matter to the time,
/// so no signals take up room beside them.
#[inline(never)]
fn stored<T, const D: usize, const K: usize, R, X, S>(
    problem: &Problem<T, D, K, R, X, S>,
    sink: &mut impl Sink,
) -> Result<(), Error>
where
    T: Scalar,
    Size<D>: Packing,
    R: Rule,
    X: StoredMeasurement<Psd<T, D, K>, Scalar = T>,
    S: Ensemble<X>,
{
    let mut draws = stream(problem.parameters.seed, Purpose::Measurements, 0);
    let mut learner = problem.learner()?;
    let mut buffer = SampleBuffer::<X, { STORED as usize }>::new();
    for _ in 0..STORED {
        buffer.push(&S::draw(&mut draws), T::ONE)?;
    }
    let mut stored = Span::NONE;
    for _ in 0..STEPS {
        let samples = black_box(buffer.samples());
        let mut batch = learner.resume();
        stored.time(|| batch.observe_all(&samples))?;
    }
    stored.report("stored", sink);
    Ok(())
}
