//! What a random number costs: normals by every kernel that this computer can run, whole
//! measurements, and sign measurements drawn and learned by tables.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use heterosgd::sampling::{
    Ensemble, Gaussian, GaussianRankOne, Normals, Purpose, Rademacher, stream,
};
use heterosgd::{HeteroSgd, Psd, RankOne, Scalar, Settings, SignTables, Signs, Symmetric};
use heterosgd_host::simd::Vectors;

/// Numbers or samples at a time.
const COUNT: usize = 4096;

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .throughput(Throughput::Elements(COUNT as u64));
    group
}

/// One element is one normal.
fn normals(criterion: &mut Criterion) {
    fn fill<T: Scalar>(
        group: &mut BenchmarkGroup<'_, WallTime>,
        name: &str,
        kernel: &impl Normals,
    ) {
        let mut rng = stream(1, Purpose::Measurements, 0);
        let mut out = vec![T::ZERO; COUNT];
        group.bench_function(name, |b| {
            b.iter(|| {
                kernel.fill(&mut rng, black_box(&mut out));
            });
        });
    }
    let mut group = group(criterion, "normals");
    for kernel in Vectors::all() {
        fill::<f32>(&mut group, &format!("f32, {}", kernel.name()), &kernel);
        fill::<f64>(&mut group, &format!("f64, {}", kernel.name()), &kernel);
    }
    group.finish();
}

/// One element is one measurement of d = 8.
fn measurements(criterion: &mut Criterion) {
    fn draw<X, S: Ensemble<X>>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
        let mut rng = stream(1, Purpose::Measurements, 0);
        group.bench_function(name, |b| {
            b.iter(|| {
                for _ in 0..COUNT {
                    black_box(S::draw(&mut rng));
                }
            });
        });
    }
    let mut group = group(criterion, "measurements, d = 8");
    draw::<Symmetric<f32, 8>, Gaussian>(&mut group, "dense Gaussian, f32, single");
    draw::<RankOne<f32, 8>, GaussianRankOne>(&mut group, "rank one, f32, single");
    draw::<Symmetric<f32, 8>, Rademacher>(&mut group, "signs as entries, f32");
    draw::<Signs<8>, Rademacher>(&mut group, "signs as bits");
    group.finish();
}

/// One element is one sign measurement of d = 8, learned.
fn signs(criterion: &mut Criterion) {
    let mut rng = stream(1, Purpose::Measurements, 0);
    let drawn: Vec<Signs<8>> = (0..COUNT).map(|_| Rademacher::draw(&mut rng)).collect();
    let mut learner = HeteroSgd::<Psd<f32, 8, 8>>::new(Settings {
        step_size: 1e-3,
        init_scale: 0.1,
        seed: 0,
    })
    .expect("in range");
    let mut tables = SignTables::<f32, 8>::new();
    let mut group = group(criterion, "signs, d = 8, f32");
    group.bench_function("learned by tables", |b| {
        b.iter(|| {
            let mut batch = learner.batch(0);
            let mut open = batch.signs(&mut tables);
            for x in &drawn {
                open.observe(black_box(x), 0.5).expect("in range");
            }
            open.finish();
            black_box(batch.count());
        });
    });
    group.bench_function("drawn and learned by tables", |b| {
        b.iter(|| {
            let mut batch = learner.batch(0);
            let mut open = batch.signs(&mut tables);
            for _ in 0..COUNT {
                let x: Signs<8> = Rademacher::draw(&mut rng);
                open.observe(&x, 0.5).expect("in range");
            }
            open.finish();
            black_box(batch.count());
        });
    });
    group.finish();
}

criterion_group!(benches, normals, measurements, signs);
criterion_main!(benches);
