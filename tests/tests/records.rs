//! What a run leaves behind: averages, metrics, traces, digests.

use heterosgd::digest::Digest;
use heterosgd::sampling::{Ensemble, Gaussian, Purpose, orthonormal, stream};
use heterosgd::{Reference, Scalar, Symmetric, TailAverage, Trace};
use heterosgd_tests::naive::{self, Matrix, combine, norm, outer, product};

/// The running mean is the plain one, from the right step on.
fn averages<T: Scalar>(tolerance: f64) {
    let mut rng = stream(0, Purpose::Signals, 0);
    let mut average = TailAverage::<Symmetric<T, 4>, T>::from_step(100);
    assert_eq!(average.mean(), None);
    let mut sum = naive::zeros(4, 4);
    for step in 1..=300 {
        let mut estimate: Symmetric<T, 4> = Gaussian::draw(&mut rng);
        estimate.add_diagonal(T::from_f64(2.0));
        average.record(step, &estimate);
        if step >= 100 {
            sum = combine(&sum, 1.0 / 201.0, &naive::full(&estimate));
        }
        assert_eq!(u64::from(average.count()), step.saturating_sub(99));
    }
    let mean = average.mean().expect("201 estimates");
    let error = naive::relative_error(&naive::full(mean), &sum);
    assert!(error <= tolerance, "{error:e}");
}

#[test]
fn tail_average() {
    averages::<f64>(1e-14);
    averages::<f32>(1e-5);
}

#[test]
fn the_mean_of_one_is_itself() {
    let mut average = TailAverage::<[f64; 2], f64>::from_step(0);
    average.record(0, &[0.1, -7.0]);
    assert_eq!(average.mean(), Some(&[0.1, -7.0]));
}

/// Metrics against projections formed as full matrices.
fn metrics_agree<T: Scalar>(tolerance: f64) {
    let mut rng = stream(0, Purpose::Signals, 0);
    let columns: [[T; 8]; 5] = orthonormal(&mut rng);
    let (invariant, spurious) = columns.split_at(3);
    let estimate: Symmetric<T, 8> = Gaussian::draw(&mut rng);
    let truth: Symmetric<T, 8> = Gaussian::draw(&mut rng);
    let pooled_truth: Symmetric<T, 8> = Gaussian::draw(&mut rng);
    let metrics = Reference {
        invariant,
        spurious,
        truth: &truth,
        pooled_truth: &pooled_truth,
    }
    .metrics(&estimate);
    let projection = |columns: &[[T; 8]]| -> Matrix {
        columns.iter().fold(naive::zeros(8, 8), |sum, c| {
            combine(&sum, 1.0, &outer(&c.map(Scalar::to_f64)))
        })
    };
    let e = naive::full(&estimate);
    let sandwich = |p: &Matrix| norm(&product(&product(p, &e), p));
    let (p, q) = (projection(invariant), projection(spurious));
    let n = combine(&combine(&naive::identity(8, 1.0), -1.0, &p), -1.0, &q);
    let expected = [
        (metrics.invariant, sandwich(&p)),
        (metrics.spurious, sandwich(&q)),
        (metrics.null, sandwich(&n)),
        (
            metrics.error,
            norm(&combine(&e, -1.0, &naive::full(&truth))),
        ),
        (
            metrics.pooled_error,
            norm(&combine(&e, -1.0, &naive::full(&pooled_truth))),
        ),
    ];
    for (seen, expected) in expected {
        let error = (seen.to_f64() / expected - 1.0).abs();
        assert!(error <= tolerance, "{seen:?}, not {expected}");
    }
}

#[test]
fn metrics() {
    metrics_agree::<f64>(1e-14);
    metrics_agree::<f32>(1e-5);
}

/// A null part eight orders below the signal is measured to half a digit in `f32`, not lost.
#[test]
fn a_small_null_part_is_not_lost() {
    let columns: [[f32; 8]; 3] = orthonormal(&mut stream(0, Purpose::Signals, 0));
    let mut estimate = Symmetric::<f32, 8>::zero();
    estimate.add_outer(&columns[0], 1.0);
    let truth = estimate;
    estimate.add_outer(&columns[2], 1e-5);
    let reference = Reference {
        invariant: &columns[..1],
        spurious: &columns[1..2],
        truth: &truth,
        pooled_truth: &truth,
    };
    let null = reference.metrics(&estimate).null;
    assert!((null - 1e-5).abs() < 1e-6, "{null:e}");
}

#[test]
fn trace_keeps_the_latest() {
    let mut trace = Trace::<u64, 4>::every(3);
    assert!(trace.is_empty());
    let mut made = 0;
    for step in 0..20 {
        trace.offer(step, || {
            made += 1;
            step * step
        });
    }
    assert_eq!(made, 7, "a point that is not kept is not made");
    assert_eq!(trace.len(), 4);
    let kept: Vec<_> = trace.iter().collect();
    assert_eq!(kept, [(9, 81), (12, 144), (15, 225), (18, 324)]);
}

#[test]
fn trace_before_it_is_full() {
    let mut trace = Trace::<u8, 4>::every(0);
    trace.offer(5, || 50);
    trace.offer(6, || 60);
    assert_eq!(trace.iter().collect::<Vec<_>>(), [(5, 50), (6, 60)]);
    assert_eq!(trace.len(), 2);
}

#[test]
fn trace_of_one() {
    let mut trace = Trace::<u8, 1>::every(1);
    trace.offer(1, || 1);
    trace.offer(2, || 2);
    assert_eq!(trace.iter().collect::<Vec<_>>(), [(2, 2)]);
}

/// FNV-1a over little-endian bytes, by its definition; reference values of the empty text and "a".
#[test]
fn digest_is_fnv_1a() {
    assert_eq!(Digest::new().finish(), 0xcbf2_9ce4_8422_2325);
    let by_definition = |bytes: &[u8]| {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
        })
    };
    assert_eq!(by_definition(b"a"), 0xaf63_dc4c_8601_ec8c);
    let mut digest = Digest::new();
    digest.write_scalar(1.5f32);
    digest.write_scalar(-0.0f64);
    let mut bytes = 1.5f32.to_le_bytes().to_vec();
    bytes.extend((-0.0f64).to_le_bytes());
    assert_eq!(digest.finish(), by_definition(&bytes));
}
