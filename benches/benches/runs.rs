//! Whole runs: the `HeteroSGD` run of the paper's figure 1 (d = 20), and how many runs a second there are
//! with one thread, two, ... up to the processors of this computer.

use std::hint::black_box;
use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use heterosgd::experiment::Sensing;
use heterosgd::sampling::Gaussian;
use heterosgd::{HeteroSgd, Psd, Schedule, Settings, Symmetric};
use heterosgd_host::problem::{Problem, Shape, Strengths};
use heterosgd_host::simd::Vectors;
use rayon::prelude::*;

const D: usize = 20;

/// Samples of a batch.
const BATCH: u32 = 400;

/// Steps of a run: fewer than the figure's, which are all alike.
const STEPS: u64 = 100;

fn problem() -> Problem<D> {
    let shape = Shape {
        dim: D,
        rank: 2,
        spurious: 2,
    };
    let strengths = Strengths {
        sigma: 1.0,
        mu: 1.0,
        heterogeneity: 6.0,
    };
    Problem::new(shape, strengths, 1)
}

fn run(problem: &Problem<D>, seed: u64) -> u64 {
    let schedule = Schedule::Uniform {
        environments: problem.signals.len() as u32,
    };
    let sensing: Sensing<'_, Psd<f64, D, D>, Symmetric<f64, D>, Gaussian> =
        Sensing::new(&problem.signals, schedule, seed).expect("a problem of ours");
    let mut learner = HeteroSgd::<Psd<f64, D, D>>::new(Settings {
        step_size: 0.1,
        init_scale: 1e-3,
        seed,
    })
    .expect("in range");
    let kernel = Vectors::detect();
    for batch in 0..STEPS {
        kernel
            .simulate(&sensing, &mut learner, batch, BATCH)
            .expect("the run stays finite");
    }
    learner.digest()
}

fn runs(criterion: &mut Criterion) {
    let problem = problem();
    let mut group = criterion.benchmark_group("100 steps of figure 1");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .measurement_time(Duration::from_secs(4));
    // One element is one normal.
    let normals = STEPS * u64::from(BATCH) * (D * (D + 1) / 2) as u64;
    group.throughput(Throughput::Elements(normals));
    group.bench_function("one run", |b| b.iter(|| black_box(run(&problem, 1))));
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    // One element is one run.
    let seeds = 8 * processors as u64;
    group.throughput(Throughput::Elements(seeds));
    for threads in 1..=processors {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        group.bench_function(BenchmarkId::new("runs, threads", threads), |b| {
            b.iter(|| {
                let digests = || (0..seeds).into_par_iter().map(|seed| run(&problem, seed));
                black_box(pool.install(|| digests().reduce(|| 0, |a, b| a ^ b)))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, runs);
criterion_main!(benches);
