//! The cost of one sample, residual and accumulation, in a batch of stored samples that fits in
//! cache: the core beside the code one would naturally write with nalgebra on full matrices.
//!
//! Both sides do the same work on the same data; nalgebra reads D x D entries where the core reads
//! D(D+1)/2, as its user would. The step on the factor, once per batch, is timed on neither side.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use heterosgd::algebra::{Packing, Size};
use heterosgd::sampling::{
    Ensemble, Gaussian, GaussianRankOne, Purpose, Xoshiro128PlusPlus, stream,
};
use heterosgd::{
    HeteroSgd, IsotropicRankOne, Measurement, Psd, RankOne, Scalar, Settings, Symmetric,
};
use nalgebra::{RealField, SMatrix, SVector};

/// Samples in a batch: 64 dense ones of D = 32 in `f64` are 270 KB, within most L2 caches.
const BATCH: usize = 64;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn samples<X>(draw: fn(&mut Xoshiro128PlusPlus) -> X) -> Vec<X> {
    let mut rng = stream(0, Purpose::Measurements, 0);
    (0..BATCH).map(|_| draw(&mut rng)).collect()
}

fn core_side<T: Scalar, X, const D: usize>(group: &mut Group<'_>, name: &str, data: &[X])
where
    Size<D>: Packing,
    X: Measurement<Psd<T, D, D>>,
{
    let mut learner = HeteroSgd::<Psd<T, D, D>>::new(Settings {
        step_size: T::from_f64(0.1),
        init_scale: T::from_f64(0.1),
        seed: 0,
    })
    .expect("the settings are in range");
    group.bench_function(BenchmarkId::new(format!("heterosgd {name}"), D), |b| {
        b.iter(|| {
            let mut batch = learner.batch(0);
            for x in black_box(data) {
                batch.observe(x, T::ONE).expect("the sample is in range");
            }
            black_box(batch.count())
        });
    });
    // What was accumulated has to be wanted, or it would not be computed.
    learner.resume().step().expect("the step stays finite");
    black_box(learner.digest());
}

fn nalgebra_side<T: RealField + Copy, X, const D: usize>(
    group: &mut Group<'_>,
    name: &str,
    data: &[X],
    observe: impl Fn(&X, &SMatrix<T, D, D>, &mut SMatrix<T, D, D>),
) {
    let estimate = SMatrix::<T, D, D>::identity();
    group.bench_function(BenchmarkId::new(format!("nalgebra {name}"), D), |b| {
        b.iter(|| {
            let mut gradient = SMatrix::<T, D, D>::zeros();
            let estimate = black_box(&estimate);
            for x in black_box(data) {
                observe(x, estimate, &mut gradient);
            }
            black_box(gradient)
        });
    });
}

fn size<T: Scalar + RealField, const D: usize>(group: &mut Group<'_>, scalar: &str)
where
    Size<D>: Packing,
{
    let packed: Vec<Symmetric<T, D>> = samples(Gaussian::draw);
    let full: Vec<SMatrix<T, D, D>> = packed.iter().map(Symmetric::to_matrix).collect();
    let name = format!("dense {scalar}");
    core_side::<T, _, D>(group, &name, &packed);
    nalgebra_side(group, &name, &full, |x, estimate, gradient| {
        let residual = x.dot(estimate) - <T as Scalar>::ONE;
        *gradient += x * residual;
    });

    let vectors: Vec<[T; D]> = samples(|rng| {
        let x: IsotropicRankOne<T, D> = GaussianRankOne::draw(rng);
        x.0
    });
    let columns: Vec<SVector<T, D>> = vectors.iter().map(|&x| SVector::from(x)).collect();
    let rank_one: Vec<RankOne<T, D>> = vectors.into_iter().map(RankOne).collect();
    let name = format!("rank one {scalar}");
    core_side::<T, _, D>(group, &name, &rank_one);
    nalgebra_side(group, &name, &columns, |x, estimate, gradient| {
        let residual = x.dot(&(estimate * x)) - <T as Scalar>::ONE;
        gradient.ger(residual, x, x, <T as Scalar>::ONE);
    });
}

fn sample(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sample");
    group
        .throughput(Throughput::Elements(BATCH as u64))
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1));
    size::<f32, 4>(&mut group, "f32");
    size::<f32, 8>(&mut group, "f32");
    size::<f32, 16>(&mut group, "f32");
    size::<f32, 32>(&mut group, "f32");
    size::<f64, 4>(&mut group, "f64");
    size::<f64, 8>(&mut group, "f64");
    size::<f64, 16>(&mut group, "f64");
    size::<f64, 32>(&mut group, "f64");
    group.finish();
}

criterion_group!(benches, sample);
criterion_main!(benches);
