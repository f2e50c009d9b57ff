//! What a stored sample costs, residual and accumulation: ns and bytes per sample against d, the
//! scalar, the kind of measurement, and where the data lie. Beside it the machine's own read limit on
//! the same bytes, samples one by one, and the same job in nalgebra, `ndarray` and (with the feature of
//! its name) `faer` as one would naturally write it. All on one thread; the step on the factor, once per batch, is timed nowhere.
//!
//! Whether the answers agree is checked elsewhere, by `cargo xtask peers`.

use std::hint::black_box;
use std::time::Duration;

use aligned_vec::AVec;
use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group,
    criterion_main,
};
use heterosgd::algebra::{Packing, Size};
use heterosgd::stored::{Kernel, Row, Stored, StoredMeasurement};
use heterosgd::{HeteroSgd, Psd, RankOne, Samples, Scalar, Settings, Symmetric};
use heterosgd_benches::{CACHE, DRAM, aligned, read};
use heterosgd_host::simd::Vectors;
use nalgebra::{Const, MatrixView, RealField, SMatrix, SVector};
use ndarray::{ArrayView1, ArrayView2, LinalgScalar};
use pulp::bytemuck::Pod;

/// Samples of a batch at most: a sum of more in `f32` would lose what it adds.
const BATCH: usize = 4096;

/// A scalar that all of these libraries compute in.
#[cfg(feature = "faer")]
trait Real: Scalar + RealField + LinalgScalar + Pod + faer::traits::RealField {}
#[cfg(not(feature = "faer"))]
trait Real: Scalar + RealField + LinalgScalar + Pod {}
impl Real for f32 {}
impl Real for f64 {}

/// A place for data, with rows of any length in it.
struct Place<'a, T> {
    entries: &'a [T],
    ones: &'a [T],
    name: &'static str,
}

impl<T: Real> Place<'_, T> {
    /// As many whole rows of `length` as there are, and responses to them.
    fn rows(&self, length: usize) -> (&[T], &[T]) {
        let count = self.entries.len() / length;
        (
            self.entries.get(..count * length).unwrap_or_default(),
            self.ones.get(..count).unwrap_or_default(),
        )
    }
}

/// Times `pass`, which goes through rows of `length` once, by name.
fn bench<T: Real>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    place: &Place<'_, T>,
    (name, length, d): (&str, usize, usize),
    mut pass: impl FnMut(),
) {
    let (rows, responses) = place.rows(length);
    group.throughput(Throughput::ElementsAndBytes {
        elements: responses.len() as u64,
        bytes: (size_of_val(rows) + size_of_val(responses)) as u64,
    });
    group.bench_function(BenchmarkId::new(name, d), |b| b.iter(&mut pass));
}

/// As [`bench`], for `work` on one batch after the other.
fn bench_batches<T: Real>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    place: &Place<'_, T>,
    (name, length, d): (&str, usize, usize),
    mut work: impl FnMut(&[T], &[T]),
) {
    let (rows, responses) = place.rows(length);
    bench(group, place, (name, length, d), || {
        let batches = rows.chunks(BATCH * length);
        for (rows, responses) in batches.zip(responses.chunks(BATCH)) {
            work(black_box(rows), black_box(responses));
        }
    });
}

/// This library: stored samples by the best kernel of this computer, and in the cache by every other one
/// that it can run, and one by one.
fn ours<T, X, const D: usize>(group: &mut BenchmarkGroup<'_, WallTime>, place: &Place<'_, T>)
where
    T: Real,
    Size<D>: Packing,
    X: StoredMeasurement<Psd<T, D, D>> + Stored<Scalar = T>,
    Vectors: Kernel<T>,
{
    let settings = Settings {
        step_size: <T as Scalar>::from_f64(0.1),
        init_scale: <T as Scalar>::from_f64(0.1),
        seed: 0,
    };
    let mut learner = HeteroSgd::<Psd<T, D, D>>::new(settings).expect("in range");
    let length = <X::Row as Row<T>>::LENGTH;
    let (rows, responses) = place.rows(length);
    // Checked once, and then learned from as often as wanted.
    let samples = Samples::<X>::new(rows, responses).expect("in range");
    let kernels = Vectors::all();
    let shown = if place.name == "L2" { kernels.len() } else { 1 };
    for kernel in kernels.into_iter().take(shown) {
        let name = format!("heterosgd, {}", kernel.name());
        bench(group, place, (&name, length, D), || {
            for samples in samples.batches(BATCH) {
                let mut batch = learner.batch(0);
                batch.observe_all_with(&kernel, &samples).expect("in range");
                black_box(batch.count());
            }
        });
    }
    if place.name == "L2" {
        bench(group, place, ("heterosgd one by one", length, D), || {
            for samples in samples.batches(BATCH) {
                let mut batch = learner.batch(0);
                for (x, y) in samples.iter() {
                    batch.observe(&x, y).expect("in range");
                }
                black_box(batch.count());
            }
        });
    }
    // What was accumulated has to be wanted, or it would not be computed. A filter may leave nothing.
    if learner.resume().count() > 0 {
        learner.resume().step().expect("the step stays finite");
    }
    black_box(learner.digest());
}

fn dense<T: Real, const D: usize>(criterion: &mut Criterion, scalar: &str, place: &Place<'_, T>)
where
    Size<D>: Packing,
    Vectors: Kernel<T>,
{
    let mut group = group(criterion, "dense", scalar, place.name);
    let packed = D * (D + 1) / 2;
    bench_batches(&mut group, place, ("read", packed, D), |rows, responses| {
        black_box((read(rows), read(responses)));
    });
    ours::<T, Symmetric<T, D>, D>(&mut group, place);
    let estimate = SMatrix::<T, D, D>::identity();
    bench_batches(
        &mut group,
        place,
        ("nalgebra full", D * D, D),
        |rows, responses| {
            let mut gradient = SMatrix::<T, D, D>::zeros();
            for (row, &y) in rows.chunks_exact(D * D).zip(responses) {
                let x = MatrixView::<T, Const<D>, Const<D>>::from_slice(row);
                let residual = x.dot(&estimate) - y;
                gradient += x * residual;
            }
            black_box(gradient);
        },
    );
    let signal = aligned(packed, |_| <T as Scalar>::ONE);
    bench_batches(
        &mut group,
        place,
        ("ndarray packed", packed, D),
        |rows, responses| {
            let x = ArrayView2::from_shape((responses.len(), packed), rows).expect("whole rows");
            let residuals = x.dot(&ArrayView1::from(&signal[..])) - ArrayView1::from(responses);
            black_box(x.t().dot(&residuals));
        },
    );
    #[cfg(feature = "faer")]
    bench_batches(
        &mut group,
        place,
        ("faer packed", packed, D),
        |rows, responses| {
            let x = faer::MatRef::from_row_major_slice(rows, responses.len(), packed);
            let residuals =
                x * faer::ColRef::from_slice(&signal) - faer::ColRef::from_slice(responses);
            black_box(x.transpose() * residuals);
        },
    );
    group.finish();
}

fn rank_one<T: Real, const D: usize>(criterion: &mut Criterion, scalar: &str, place: &Place<'_, T>)
where
    Size<D>: Packing,
    Vectors: Kernel<T>,
{
    let mut group = group(criterion, "rank one", scalar, place.name);
    ours::<T, RankOne<T, D>, D>(&mut group, place);
    let estimate = SMatrix::<T, D, D>::identity();
    bench_batches(&mut group, place, ("nalgebra", D, D), |rows, responses| {
        let mut gradient = SMatrix::<T, D, D>::zeros();
        for (&x, &y) in rows.as_chunks::<D>().0.iter().zip(responses) {
            let x = SVector::<T, D>::from(x);
            let residual = x.dot(&(estimate * x)) - y;
            gradient.ger(residual, &x, &x, <T as Scalar>::ONE);
        }
        black_box(gradient);
    });
    group.finish();
}

fn group<'a>(
    criterion: &'a mut Criterion,
    kind: &str,
    scalar: &str,
    place: &str,
) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(format!("stored {kind}, {scalar}, {place}"));
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    group
}

fn scalar<T: Real>(criterion: &mut Criterion, name: &str)
where
    Vectors: Kernel<T>,
{
    // Numbers that neither repeat soon nor sum up to much.
    let entry = |k: usize| {
        let bits = (k as u32).wrapping_mul(2_654_435_769);
        <T as Scalar>::from_f64(f64::from(bits) / f64::from(u32::MAX) - 0.5)
    };
    let entries: AVec<T> = aligned(DRAM / size_of::<T>(), entry);
    let ones: AVec<T> = aligned(entries.len() / 4, |_| <T as Scalar>::ONE);
    let l2 = Place {
        entries: &entries[..CACHE / size_of::<T>()],
        ones: &ones,
        name: "L2",
    };
    let dram = Place {
        entries: &entries,
        ones: &ones,
        name: "DRAM",
    };
    for place in [&l2, &dram] {
        dense::<T, 4>(criterion, name, place);
        dense::<T, 8>(criterion, name, place);
        dense::<T, 16>(criterion, name, place);
        dense::<T, 32>(criterion, name, place);
    }
    rank_one::<T, 4>(criterion, name, &l2);
    rank_one::<T, 8>(criterion, name, &l2);
    rank_one::<T, 16>(criterion, name, &l2);
    rank_one::<T, 32>(criterion, name, &l2);
}

fn stored(criterion: &mut Criterion) {
    scalar::<f32>(criterion, "f32");
    scalar::<f64>(criterion, "f64");
}

criterion_group!(benches, stored);
criterion_main!(benches);
