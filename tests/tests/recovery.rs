//! The method does what it is for: HeteroSGD kills the spurious part, PooledSGD keeps it.

use heterosgd::experiment::Sensing;
use heterosgd::learner::{Learner, Mixture, OneEnvironment, Rule};
use heterosgd::sampling::Gaussian;
use heterosgd::{Metrics, Psd, Reference, Schedule, Settings, Symmetric, TailAverage};
use heterosgd_tests::problem::Problem;
use heterosgd_tests::statistics::median;

const STEPS: u64 = 400;
const BATCH: u32 = 400;

/// The tail average of a run, at mean pull 1, heterogeneity 6 and step size 0.1: well beyond the
/// phase boundary of 4.58.
fn tail<R: Rule>(seed: u64) -> Metrics<f32> {
    let problem = Problem::<f32, 8>::new(1.0, &[7.0, -5.0], seed);
    let signals = problem.duals();
    let schedule = Schedule::Uniform { environments: 2 };
    let sensing =
        Sensing::<Psd<f32, 8, 8>, Symmetric<f32, 8>, Gaussian>::new(&signals, schedule, seed)
            .expect("two environments");
    let mut learner = Learner::<_, R>::new(Settings {
        step_size: 0.1,
        init_scale: 1e-3,
        seed,
    })
    .expect("in range");
    let mut tail = TailAverage::from_step(STEPS / 2);
    sensing
        .run(&mut learner, 0..STEPS, BATCH, |learner| {
            tail.record(learner.steps(), &learner.estimate());
        })
        .expect("a finite run");
    let mut pooled_truth = problem.truth;
    pooled_truth.add_outer(&problem.directions[1], 1.0);
    Reference {
        invariant: &problem.directions[..1],
        spurious: &problem.directions[1..],
        truth: &problem.truth,
        pooled_truth: &pooled_truth,
    }
    .metrics(tail.mean().expect("half the run"))
}

fn medians<R: Rule>() -> [f64; 4] {
    let runs: Vec<Metrics<f32>> = (0..9).map(tail::<R>).collect();
    let of = |part: fn(&Metrics<f32>) -> f32| {
        median(
            &mut runs
                .iter()
                .map(|run| f64::from(part(run)))
                .collect::<Vec<_>>(),
        )
    };
    [
        of(|m| m.invariant),
        of(|m| m.spurious),
        of(|m| m.error),
        of(|m| m.pooled_error),
    ]
}

/// Medians of nine seeds, against the values of docs/theory.md, 2.1 and 2.2. The bounds of the errors
/// are about twice what is measured (0.094 of A* for HeteroSGD; 0.081 of the pooled signal for
/// PooledSGD), to leave room for other seeds; nothing learned would be an error of 1.
#[test]
fn hetero_forgets_what_pooled_learns() {
    let [invariant, spurious, error, _] = medians::<OneEnvironment>();
    println!("HeteroSGD: invariant {invariant:.3}, spurious {spurious:.3}, error {error:.3}");
    assert!((invariant - 1.0).abs() < 0.2, "{invariant}");
    assert!(spurious < 0.2, "{spurious}");
    assert!(error < 0.2, "{error}");
    let [invariant, spurious, error, pooled_error] = medians::<Mixture>();
    println!(
        "PooledSGD: invariant {invariant:.3}, spurious {spurious:.3}, error {error:.3}, \
         of the pooled signal {pooled_error:.3}"
    );
    assert!((invariant - 1.0).abs() < 0.2, "{invariant}");
    assert!((spurious - 1.0).abs() < 0.2, "{spurious}");
    assert!(pooled_error < 0.2, "{pooled_error}");
    assert!(error > 0.8, "{error}");
}
