//! Checkpoints, guarded state, the limit of the norm.

use core::hint::black_box;

use heterosgd::checkpoint::{CheckpointError, Extra, Field, Reader, Writer};
use heterosgd::guarded;
use heterosgd::learner::{Guarded, OneEnvironment, Opened, Step};
use heterosgd::model::{Shape, Sum};
use heterosgd::{
    Centred, Features, Findings, HeteroSgd, Model, Psd, RankOne, Refit, Scalar, Screen, Symmetric,
    TailAverage, Verdict,
};

use super::learning::settings;
use super::tally::Tally;

type Small<T> = Psd<T, 3, 1>;
type Kept<T> = (TailAverage<Symmetric<T, 3>, T>, (u64, [u8; 2]));

/// As many bytes as the largest checkpoint of a learner here takes, and one more.
const ROOM: usize = 320;
/// The same of a screen or a refit.
const PHASE_ROOM: usize = 832;

#[inline(never)]
pub(super) fn checkpoints<T: Scalar>(tally: &mut Tally) {
    let Ok(mut learner) = HeteroSgd::<Small<T>, Centred>::new(settings()) else {
        return;
    };
    let x = RankOne(black_box([T::ONE, T::FRAC_1_SQRT_2, T::ZERO]));
    for limit in black_box([0.0, 0.2]) {
        tally.outcome(&learner.set_norm_limit(Some(T::from_f64(limit))));
        tally.optional(learner.norm_limit());
    }
    for environment in black_box([1, 2]) {
        tally.outcome(&learner.batch(environment).observe(&x, T::ONE));
        tally.outcome(&learner.resume().step());
    }
    kept(&learner, tally);
    guarded(learner, &x, tally);
    screened::<T>(tally);
    refitted::<T>(tally);
    let Shape {
        model,
        rows,
        columns,
    } = Small::<T>::SHAPE;
    tally.word(model);
    tally.word((rows * columns + Small::<T>::SHAPE.scalars()) as u64);
    tally.word(<Symmetric<T, 3> as Sum<T>>::SCALARS as u64);
    tally.word(<Centred as Step<Small<T>>>::KIND);
    tally.scalar(T::MAX_SUM);
}

/// Written, read, and refused wherever a bit is flipped.
#[inline(never)]
fn kept<T: Scalar>(learner: &HeteroSgd<Small<T>, Centred>, tally: &mut Tally) {
    let mut average = TailAverage::from_step(0);
    average.record(1, &learner.estimate());
    let beside: Kept<T> = (average, black_box((7, [1, 2])));
    let mut room = [0u8; ROOM];
    let written = learner.checkpoint_with(&beside, &mut room);
    refusal(&written, tally);
    let length = HeteroSgd::<Small<T>, Centred>::CHECKPOINT_BYTES + <Kept<T> as Extra>::BYTES;
    let Some(bytes) = room.get_mut(..black_box(length)) else {
        return;
    };
    let mut again = learner.clone();
    let mut model = learner.model().clone();
    tally.word(model.replace(|entry| entry + entry));
    model.visit_state(|value| tally.scalar(value));
    model.visit_slopes(&learner.estimate(), |entry, slope| {
        tally.scalars(&[entry, slope]);
    });
    for position in black_box([0, 4, 30, usize::MAX]) {
        flipped(bytes, position);
        let taken = again.restore_with::<Kept<T>>(bytes);
        refusal(&taken, tally);
        flipped(bytes, position);
    }
    refusal(&again.restore(bytes), tally);
    let extra = HeteroSgd::<Small<T>, Centred>::extra::<Kept<T>>(bytes);
    refusal(&extra, tally);
    tally.word(again.digest());
    let mut reader = Reader::new(bytes);
    let mut sums = <Centred as Step<Small<T>>>::empty();
    let loaded = <Centred as Step<Small<T>>>::load(&mut (), &mut sums, &mut reader);
    tally.word(loaded.is_some());
    <Centred as Step<Small<T>>>::visit(&(), &sums, |value| tally.scalar(value));
    tally.word(u64::read(&mut reader).is_some());
    tally.optional(reader.part(8).and_then(|mut part| part.scalar::<T>()));
    let mut writer = Writer::new(bytes);
    writer.bytes(&[3; 2]);
    writer.scalar(T::ONE);
    5u64.write(&mut writer);
    for &byte in bytes.iter().take(20) {
        tally.word(byte);
    }
    refusal(&learner.checkpoint(&mut black_box([0; 1])), tally);
}

#[inline(never)]
fn guarded<T: Scalar>(learner: HeteroSgd<Small<T>, Centred>, x: &RankOne<T, 3>, tally: &mut Tally) {
    let mut guarded = Guarded::new(learner);
    {
        let opened: Result<Opened<'_, _, OneEnvironment, _>, _> = guarded.open();
        tally.outcome(&opened);
        if let Ok(mut open) = opened {
            tally.outcome(&open.batch(black_box(3)).observe(x, T::ONE));
            tally.word(open.steps());
        }
    }
    tally.outcome(&guarded.verify());
    refusal(&guarded.restore(black_box(&[0; 40])), tally);
}

/// A screen in the middle of a visit, written, read and refused, then put under guard.
#[inline(never)]
fn screened<T: Scalar>(tally: &mut Tally) {
    type Small<T> = Screen<T, 2, 2, 1>;
    let mut screen = Small::<T>::new();
    for number in 0..10 {
        let (x, y) = row(number);
        tally.outcome(&screen.observe_from(number / 8, &x, y));
    }
    let mut room = [0u8; PHASE_ROOM];
    refusal(&screen.checkpoint(&mut room), tally);
    let Some(bytes) = room.get_mut(..black_box(Small::<T>::CHECKPOINT_BYTES)) else {
        return;
    };
    for position in black_box([7, 21, usize::MAX]) {
        flipped(bytes, position);
        refusal(&screen.restore(bytes), tally);
        flipped(bytes, position);
    }
    tally.word(screen.digest());
    let beside = <Small<T> as Extra>::read(&mut Reader::new(bytes));
    tally.word(beside.is_some());
    screen.write(&mut Writer::new(bytes));
    for &byte in bytes.iter().take(20) {
        tally.word(byte);
    }
    let mut guarded = guarded::Guarded::new(screen);
    if let Ok(mut open) = guarded.open() {
        let open: &mut guarded::Opened<'_, Small<T>> = &mut open;
        let (x, y) = row(11);
        tally.outcome(&open.observe_from(1, &x, y));
    }
    tally.outcome(&guarded.verify());
    refusal(&guarded.restore(bytes), tally);
}

/// A refit, likewise.
#[inline(never)]
fn refitted<T: Scalar>(tally: &mut Tally) {
    type Small<T> = Refit<T, 2>;
    let verdicts = black_box([Verdict::Varies, Verdict::Invariant]);
    let mut refit = Small::<T>::new(Findings::from_verdicts(verdicts));
    for number in 0..10 {
        let (x, y) = row(number);
        tally.outcome(&refit.observe_from(number / 8, &x, y));
    }
    let mut room = [0u8; PHASE_ROOM];
    refusal(&refit.checkpoint(&mut room), tally);
    let Some(bytes) = room.get_mut(..black_box(Small::<T>::CHECKPOINT_BYTES)) else {
        return;
    };
    for position in black_box([9, 30, usize::MAX]) {
        flipped(bytes, position);
        refusal(&refit.restore(bytes), tally);
        flipped(bytes, position);
    }
    tally.word(refit.digest());
    let guarded = guarded::Guarded::new(refit);
    tally.outcome(&guarded.verify());
}

/// A row of two features.
fn row<T: Scalar>(number: u32) -> (Features<T, 2>, T) {
    let at = |k: u32| T::from_f64(black_box(f64::from((number * number + k * number) % 11)));
    (Features([at(1), at(2)]), at(3))
}

fn flipped(bytes: &mut [u8], position: usize) {
    if let Some(byte) = bytes.get_mut(position) {
        *byte ^= 1;
    }
}

/// Counts what was refused.
fn refusal<V>(outcome: &Result<V, CheckpointError>, tally: &mut Tally) {
    let [code, first, second] = match *outcome {
        Ok(_) => [0, 0, 0],
        Err(CheckpointError::Buffer { needed, given }) => [1, needed as u64, given as u64],
        Err(CheckpointError::NotACheckpoint) => [2, 0, 0],
        Err(CheckpointError::Version { found }) => [3, found.into(), 0],
        Err(CheckpointError::Length { expected, found }) => [4, expected as u64, found as u64],
        Err(CheckpointError::Corrupted) => [5, 0, 0],
        Err(CheckpointError::Other {
            field, expected, ..
        }) => {
            let of_phase = matches!(field, Field::Blocks | Field::Open);
            [
                6,
                u64::from(field == Field::Columns || of_phase),
                expected.into(),
            ]
        }
        Err(CheckpointError::Values) => [7, 0, 0],
        Err(_) => [u64::MAX, 0, 0],
    };
    tally.word(code);
    tally.word(first);
    tally.word(second);
}
