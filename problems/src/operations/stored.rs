//! Samples that lie in memory.

use core::hint::black_box;

use heterosgd::learner::{CentredSums, Step};
use heterosgd::model::{Sum, SymmetricModel};
use heterosgd::sampling::{Ensemble, Gaussian, Purpose, stream};
use heterosgd::stored::{Batches, Kernel, Portable, Row, Stored, StoredMeasurement};
use heterosgd::{
    Centred, HeteroSgd, Model, Plain, Psd, RankOne, SampleBuffer, Samples, Scalar, Settings,
    Symmetric,
};

use super::sampling::drawn;
use super::tally::{Entries, Tally};

/// Samples of each kind; not a multiple of those that a kernel takes in at once.
const COUNT: usize = 7;

#[inline(never)]
pub(super) fn stored<T: Scalar>(tally: &mut Tally) {
    kind::<Psd<T, 4, 4>, Symmetric<T, 4>, Gaussian>(tally);
    tally.word(<Psd<T, 4, 2> as SymmetricModel<T, 4>>::THROUGH_FACTOR);
    vectors::<T>(tally);
    slices::<T>(tally);
}

/// A buffer filled, learned from in every way, and emptied.
#[inline(never)]
fn kind<M, X, S>(tally: &mut Tally)
where
    M: Model<Gradient: Entries<M::Scalar>>,
    X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    S: Ensemble<X>,
{
    let mut draws = stream(black_box(6), Purpose::Measurements, 0);
    let mut buffer = SampleBuffer::<X, COUNT>::new();
    for _ in 0..=COUNT {
        let (x, y) = drawn::<M::Scalar, X, S>(&mut draws);
        tally.outcome(&buffer.push(&x, y));
    }
    let samples = black_box(buffer.samples());
    tally.word(samples.len() as u64);
    tally.word(samples.is_empty());
    tally.scalars(samples.entries());
    tally.scalars(samples.responses());
    for row in samples.rows() {
        tally.scalars(X::from_row(row).to_row().as_ref());
    }
    let settings = Settings {
        step_size: M::Scalar::from_f64(0.1),
        init_scale: M::Scalar::from_f64(0.3),
        seed: 0,
    };
    if let Ok(mut learner) = HeteroSgd::<M>::new(settings) {
        let mut batch = learner.batch(0);
        let batches: Batches<'_, X> = samples.batches(3);
        for part in batches {
            tally.outcome(&batch.observe_all(&part));
        }
        let (first, rest) = samples.split_at(black_box(2));
        tally.outcome(&batch.observe_all_with(&Portable, &rest));
        tally.outcome(&batch.observe_all(&first));
        tally.outcome(&batch.step_with(&Portable));
        tally.scalars(learner.estimate().entries());
        let mut gradient = <M::Gradient as Sum<M::Scalar>>::zero();
        let taken = X::accumulate(&samples, learner.model(), &mut gradient, &Portable);
        tally.word(taken as u64);
        Plain::add_all(
            &(),
            &mut (),
            &mut gradient,
            learner.model(),
            &samples,
            0,
            &Portable,
        );
        let mut sums: CentredSums<M> = <Centred as Step<M>>::empty();
        let taken = <Centred as Step<M>>::add_all(
            &(),
            &mut sums,
            &mut gradient,
            learner.model(),
            &samples,
            black_box(1),
            &Portable,
        );
        tally.word(taken as u64);
        tally.scalars(gradient.entries());
    }
    tally.word(Samples::<X>::new(samples.entries(), samples.responses()).is_ok());
    buffer.clear();
    tally.word(buffer.samples().is_empty());
}

/// Kernels by themselves.
#[inline(never)]
fn vectors<T: Scalar>(tally: &mut Tally) {
    let model = Psd::<T, 4, 4>::initial(T::from_f64(black_box(0.3)), 1);
    let (one, two) = (T::ONE, T::ONE + T::ONE);
    let vectors = black_box([[one, two, -one, two], [two, -two, one, one]]);
    let mut gradient = Symmetric::zero();
    let taken = Portable.rank_one(&model, &mut gradient, &vectors, &[one, two]);
    tally.word(taken as u64);
    tally.scalars(gradient.as_slice());
    tally.scalars(model.signal().as_slice());
    let mut columns = vectors;
    tally.word(Portable.descend(&mut columns, &gradient, one));
    tally.scalars(columns.as_flattened());
    Portable.add_gram(&mut gradient, &columns, -one);
    tally.scalars(gradient.as_slice());
    let mut sum = [T::ZERO; 4];
    let flat = <[T; 4] as Row<T>>::flat(&vectors);
    let taken = Portable.dense(&[one, one, two, two], &mut sum, flat, &[one, two]);
    tally.word(taken as u64);
    tally.word(<[T; 4] as Row<T>>::LENGTH as u64);
    tally.scalars(&sum);
    tally.scalar(<RankOne<T, 4> as Stored>::LIMIT);
}

/// What is refused.
#[inline(never)]
fn slices<T: Scalar>(tally: &mut Tally) {
    let mut entries = black_box([T::ONE; 8]);
    let mut check = |entries: &[T], responses: &[T]| {
        let samples = Samples::<RankOne<T, 4>>::new(entries, responses);
        tally.outcome(&samples);
    };
    check(&entries, &[T::ONE; 2]);
    check(&entries, &[T::ONE; 3]);
    check(&entries, &[T::ONE, T::ONE / T::ZERO]);
    if let Some(last) = entries.last_mut() {
        *last = T::MAX_RESIDUAL;
    }
    check(&entries, &[T::ONE; 2]);
}
