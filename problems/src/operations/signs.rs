//! Sign measurements, one by one and by tables.

use core::hint::black_box;

use heterosgd::experiment::Sensing;
use heterosgd::sampling::{Ensemble, Purpose, Rademacher, stream};
use heterosgd::{
    HeteroSgd, Measurement, Model, Packing, Plain, Psd, Scalar, Schedule, SignBatch, SignTables,
    Signs, Size, Symmetric,
};

use super::learning::settings;
use super::tally::Tally;

/// 45 entries: a full word of signs and a group that is not full.
const D: usize = 9;

#[inline(never)]
pub(super) fn signs<T: Scalar>(tally: &mut Tally) {
    let mut draws = stream(black_box(21), Purpose::Measurements, 0);
    let x: Signs<D> = Rademacher::draw(&mut draws);
    tally.scalars(x.to_symmetric::<T>().as_slice());
    for words in black_box([<Size<D> as Packing>::words(), [u32::MAX; 2]]) {
        let x = Signs::<D>::from_words(words);
        x.words().iter().for_each(|&word| tally.word(word));
    }
    tally.word(Signs::<D>::from_slice(black_box(&[1, 2])).is_some());
    tally.word(Signs::<D>::from_slice(black_box(&[1])).is_some());
    let groups = Size::<D>::fours(black_box(1u32));
    tally.word(groups.len() as u64);
    let mut tables = SignTables::<T, D>::default();
    if let Ok(mut learner) = HeteroSgd::<Psd<T, D, 2>>::new(settings()) {
        tally.scalar(Measurement::<Psd<T, D, 2>>::respond(
            &x,
            learner.model().signal(),
        ));
        let mut batch = learner.unlabelled_batch();
        tally.outcome(&batch.observe(&x, black_box(T::ONE)));
        let mut open: SignBatch<'_, _, _, T, D> = batch.signs(&mut tables);
        for y in black_box([T::ONE, T::ONE / T::ZERO]) {
            tally.outcome(&open.observe(&Rademacher::draw(&mut draws), y));
        }
        for environment in black_box([2, 3]) {
            tally.outcome(&open.observe_from(environment, &x, T::ONE));
        }
        tally.word(open.count());
        tally.word(open.environment().unwrap_or(0));
        open.finish();
        tally.outcome(&batch.step());
        tally.word(learner.digest());
    }
    experiment(&mut tables, tally);
}

/// The experiment loop.
#[inline(never)]
fn experiment<T: Scalar>(tables: &mut SignTables<T, D>, tally: &mut Tally) {
    type M<T> = Psd<T, D, 2>;
    let mut matrix = Symmetric::zero();
    matrix.add_diagonal(T::ONE);
    let signals = [M::<T>::signal_of(&matrix)];
    let schedule = Schedule::Uniform { environments: 1 };
    let sensing = Sensing::<M<T>, Signs<D>, Rademacher>::new(&signals, schedule, black_box(3));
    if let (Ok(sensing), Ok(mut learner)) = (sensing, HeteroSgd::<M<T>, Plain>::new(settings())) {
        for size in black_box([0, 5]) {
            tally.outcome(&sensing.step_by_tables(&mut learner, tables, black_box(4), size));
        }
        tally.word(learner.digest());
    }
}
