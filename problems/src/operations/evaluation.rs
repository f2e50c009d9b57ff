//! What to do with what was learned: metrics, averages, records, digests.

use core::hint::black_box;

use heterosgd::digest::Digest;
use heterosgd::sampling::{Gaussian, Purpose, Xoshiro128PlusPlus, stream};
use heterosgd::{Metrics, Reference, Scalar, Symmetric, TailAverage, Trace};

use super::sampling::{directions, drawn};
use super::tally::Tally;

#[inline(never)]
pub(super) fn evaluation<T: Scalar>(tally: &mut Tally) {
    let mut draws = stream(black_box(14), Purpose::Signals, 0);
    metrics::<T>(&mut draws, tally);
    averages::<T>(&mut draws, tally);
    records::<T>(tally);
    digests::<T>(tally);
}

#[inline(never)]
fn metrics<T: Scalar>(draws: &mut Xoshiro128PlusPlus, tally: &mut Tally) {
    let columns = directions::<T>(draws);
    let [estimate, truth, pooled_truth]: [Symmetric<T, 5>; 3] =
        core::array::from_fn(|_| drawn::<T, _, Gaussian>(draws).0);
    for split in black_box([0, 1, 3, usize::MAX]) {
        let (invariant, spurious) = columns.split_at_checked(split).unwrap_or_default();
        let reference = Reference {
            invariant,
            spurious,
            truth: &truth,
            pooled_truth: &pooled_truth,
        };
        let Metrics {
            invariant,
            spurious,
            null,
            error,
            pooled_error,
            ..
        } = reference.metrics(&estimate);
        tally.scalars(&[invariant, spurious, null, error, pooled_error]);
    }
}

#[inline(never)]
fn averages<T: Scalar>(draws: &mut Xoshiro128PlusPlus, tally: &mut Tally) {
    let mut of_matrices = TailAverage::<Symmetric<T, 5>, T>::from_step(black_box(2));
    let mut of_vectors = TailAverage::<[T; 4], T>::from_step(black_box(2));
    for step in 1..=5 {
        let (matrix, value) = drawn::<T, _, Gaussian>(draws);
        of_matrices.record(step, &matrix);
        of_vectors.record(step, &[value; 4]);
        tally.word(of_matrices.count());
        tally.word(of_vectors.count());
        if let (Some(matrix), Some(vector)) = (of_matrices.mean(), of_vectors.mean()) {
            tally.scalars(matrix.as_slice());
            tally.scalars(vector);
        }
    }
}

#[inline(never)]
fn records<T: Scalar>(tally: &mut Tally) {
    for stride in black_box([0, 1, 3, u32::MAX]) {
        let mut trace = Trace::<T, 3>::every(stride);
        tally.word(trace.is_empty());
        for step in 0..10 {
            trace.offer(step, || black_box(T::FRAC_1_SQRT_2));
        }
        tally.word(trace.len() as u64);
        for (step, point) in trace.clone().iter() {
            tally.word(step);
            tally.scalar(point);
        }
    }
}

#[inline(never)]
fn digests<T: Scalar>(tally: &mut Tally) {
    let mut digest = Digest::new();
    digest.write_scalar(black_box(T::ONE));
    digest.write_scalar(-black_box(T::ZERO));
    tally.word(digest.finish());
    tally.word(digest == Digest::default());
}
