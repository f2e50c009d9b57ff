//! Streams many samples through one learner: no drift in memory, in time or in what is learned.

use std::time::Instant;

use heterosgd::algebra::Dual;
use heterosgd::experiment::Sensing;
use heterosgd::sampling::GaussianRankOne;
use heterosgd::theory::Pulls;
use heterosgd::{
    Features, HeteroSgd, IsotropicRankOne, Linear, Psd, Reference, Schedule, Settings, Symmetric,
    TailAverage,
};
use heterosgd_tests::problem::Problem;

/// The run that `heterosgd plan --rank 1 --spurious 1 --mu 0.2 --heterogeneity 3 --columns 2` proposes.
const PULLS: [f64; 2] = [3.2, -2.8];
const STEP_SIZE: f64 = 0.059;
const INIT_SCALE: f64 = 1e-6;
const BATCH: u32 = 548;

/// Parts of a run whose times are compared, and parts of those.
const TENTHS: usize = 10;
const PIECES: usize = 100;

/// Control steps for one of the run.
const CONTROL: u64 = 4;

/// Nanoseconds a sample in one tenth of a run.
#[derive(Debug, Clone, Copy)]
struct Tenth {
    run: f64,
    /// Of learners at their start, beside the run: the processor is not the same all the time.
    control: f64,
}

/// Times a run of `steps` steps of `samples` samples. Of the pieces of a tenth, that at the first decile: others
/// had to share the processor.
fn times<L>(
    steps: u64,
    samples: u32,
    learner: &mut L,
    start: impl Fn() -> L,
    mut step: impl FnMut(&mut L, u64),
    mut after: impl FnMut(&L, u64),
) -> [Tenth; TENTHS] {
    let piece = steps / (TENTHS * PIECES) as u64;
    let each = |count: u64, begin: Instant| {
        begin.elapsed().as_nanos() as f64 / (count as f64 * f64::from(samples))
    };
    let decile = |mut pieces: Vec<f64>| {
        pieces.sort_by(f64::total_cmp);
        pieces[PIECES / 10]
    };
    let mut number = 0;
    [(); TENTHS].map(|()| {
        let (mut run, mut control) = (Vec::new(), Vec::new());
        for _ in 0..PIECES {
            let mut fresh = start();
            let begin = Instant::now();
            for number in 0..piece / CONTROL {
                step(&mut fresh, number);
            }
            control.push(each(piece / CONTROL, begin));
            let begin = Instant::now();
            for _ in 0..piece {
                step(learner, number);
                number += 1;
                after(learner, number);
            }
            run.push(each(piece, begin));
        }
        Tenth {
            run: decile(run),
            control: decile(control),
        }
    })
}

/// A sample takes as long in the end as at first, within 10 %, each beside a learner at its start.
fn assert_steady(times: &[Tenth; TENTHS]) {
    let drift = |tenth: Tenth| tenth.run / tenth.control;
    let drift = drift(times[TENTHS - 1]) / drift(times[0]);
    println!(
        "ns a sample by tenths: {:.1?}, of new learners {:.1?}; drift {drift:.3}",
        times.map(|tenth| tenth.run),
        times.map(|tenth| tenth.control)
    );
    assert!((drift - 1.0).abs() <= 0.1, "{times:?}");
}

/// Bytes of memory in use; `None` where the system does not say.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes << 10)
}

fn soak(samples: u64) {
    let problem = Problem::<f32, 8>::new(1.0, &PULLS, 0);
    let duals: Vec<Dual<f32, 8>> = problem.duals();
    let schedule = Schedule::Uniform { environments: 2 };
    let sensing = Sensing::<Psd<f32, 8, 2>, IsotropicRankOne<f32, 8>, GaussianRankOne>::new(
        &duals, schedule, 0,
    )
    .expect("two environments");
    let start = || {
        HeteroSgd::<Psd<f32, 8, 2>>::new(Settings {
            step_size: STEP_SIZE as f32,
            init_scale: INIT_SCALE as f32,
            seed: 0,
        })
        .expect("in range")
    };
    let mut learner = start();
    let steps = samples / u64::from(BATCH);
    let mut average = TailAverage::from_step(steps / 2);
    let mut before = None;
    let times = times(
        steps,
        BATCH,
        &mut learner,
        start,
        |learner, number| {
            sensing
                .step(learner, number, BATCH)
                .expect("the run stays in range");
        },
        |learner, number| {
            if number == steps / 10 {
                before = resident();
            }
            average.record(number, &learner.estimate());
        },
    );
    let after = resident();
    let mean: &Symmetric<f32, 8> = average.mean().expect("half of the run");
    let [u, v] = problem.directions;
    let reference = Reference {
        invariant: &[u],
        spurious: &[v],
        truth: &problem.truth,
        pooled_truth: &problem.truth,
    };
    let (last, mean) = (
        reference.metrics(&learner.estimate()),
        reference.metrics(mean),
    );
    let bound = Pulls::equal(&PULLS)
        .and_then(|pulls| pulls.supremum_bound(STEP_SIZE, INIT_SCALE, 0.05))
        .expect("theory promises recovery");
    println!(
        "{} samples, {} steps; memory after a tenth and at the end: {before:?}, {after:?}\n\
         spurious part: {:.5} of the last estimate, {:.5} of the average of the last half, bound {bound:.5}",
        learner.samples(),
        learner.steps(),
        last.spurious,
        mean.spurious,
    );
    assert_steady(&times);
    // Elsewhere the system does not say.
    assert_eq!(before.is_some(), cfg!(target_os = "linux"));
    if let (Some(before), Some(after)) = (before, after) {
        assert!(after <= before + (1 << 20), "{before} bytes, then {after}");
    }
    assert!(f64::from(mean.spurious) <= bound);
}

/// Ten seconds or so, as cargo builds tests.
#[test]
fn a_long_run_does_not_drift() {
    soak(10_000_000);
}

#[test]
#[ignore = "minutes; cargo xtask soak runs it"]
fn as_long_as_asked_for() {
    let samples = std::env::var("SOAK_SAMPLES").expect("SOAK_SAMPLES says how many samples");
    soak(samples.parse().expect("a number of samples"));
}

/// Without noise the suppressed part shrinks for ever, down to where processors take many times as long for
/// a product.
#[test]
fn what_dies_out_does_not_slow_the_learner_down() {
    let start = || {
        HeteroSgd::<Linear<f32, 8>>::new(Settings {
            step_size: 0.1,
            init_scale: 0.5,
            seed: 0,
        })
        .expect("in range")
    };
    let mut learner = start();
    let step = |learner: &mut HeteroSgd<Linear<f32, 8>>, number: u64| {
        let mut batch = learner.unlabelled_batch();
        for feature in 0..8 {
            let mut x = [0.0; 8];
            x[feature] = 1.0;
            // The first is invariant; the others pull one way and the other by turns.
            let y = match (feature, number % 2) {
                (0, _) => 8.0,
                (_, 0) => 40.0,
                _ => -40.0,
            };
            batch.observe(&Features(x), y).expect("in range");
        }
        batch.step().expect("the run stays in range");
    };
    let times = times(400_000, 8, &mut learner, start, step, |_, _| ());
    let (u, _) = learner.model().factors();
    let smallest = u.iter().fold(f32::INFINITY, |least, u| least.min(u.abs()));
    println!("smallest entry {smallest:e}");
    assert!(
        smallest < f32::MIN_POSITIVE,
        "{smallest:e} has not died out"
    );
    assert_steady(&times);
}
