//! Everything that is refused, and that it leaves no trace.

use core::hint::black_box;

use heterosgd::{
    Centred, Error, Features, HeteroSgd, IsotropicRankOne, Linear, Measurement, Model, PooledSgd,
    Psd, RankOne, Scalar, Settings, Symmetric,
};

use super::learning::{learner, settings};
use super::tally::Tally;

#[inline(never)]
pub(super) fn refusals<T: Scalar>(tally: &mut Tally) {
    let nan = black_box(T::ZERO) / black_box(T::ZERO);
    for bad in [nan, T::ONE / T::ZERO, T::MAX_RESIDUAL, -T::MAX_RESIDUAL] {
        let mut vector = [T::ONE; 5];
        vector[3] = black_box(bad);
        let mut matrix = Symmetric::<T, 5>::zero();
        matrix.add_diagonal(vector[3]);
        samples::<Psd<T, 5, 2>, _>(&matrix, tally);
        samples::<Psd<T, 5, 2>, _>(&RankOne(vector), tally);
        samples::<Psd<T, 5, 2>, _>(&IsotropicRankOne(vector), tally);
        samples::<Linear<T, 9>, _>(&Features([bad; 9]), tally);
        starts(bad, tally);
    }
    divergence::<T>(tally);
}

/// A bad measurement, bad responses, a wrong environment, no sample at all.
#[inline(never)]
fn samples<M: Model, X: Measurement<M>>(bad: &X, tally: &mut Tally) {
    let Some(mut learner): Option<HeteroSgd<M, Centred>> = learner(tally) else {
        return;
    };
    let mut batch = learner.batch(black_box(1));
    tally.outcome(&batch.observe(bad, M::Scalar::ONE));
    tally.outcome(&batch.observe_from(black_box(2), bad, M::Scalar::ONE));
    tally.word(batch.count());
    tally.outcome(&batch.step());
    tally.word(learner.digest());
    tally.word(learner.steps());
}

/// Settings and responses that are not numbers.
#[inline(never)]
fn starts<T: Scalar>(bad: T, tally: &mut Tally) {
    let good = settings::<T>();
    for bad in [bad, -T::ONE, T::ZERO] {
        let step_size = Settings {
            step_size: bad,
            ..good
        };
        let init_scale = Settings {
            init_scale: bad,
            ..good
        };
        tally.outcome(&HeteroSgd::<Linear<T, 2>>::new(black_box(step_size)));
        tally.outcome(&PooledSgd::<Linear<T, 2>>::new(black_box(init_scale)));
    }
    let Ok(mut learner) = PooledSgd::<Linear<T, 2>>::new(good) else {
        return;
    };
    let mut batch = learner.unlabelled_batch();
    let x = Features(black_box([T::ONE; 2]));
    tally.outcome(&batch.observe(&x, bad + bad));
    tally.outcome(&batch.observe(&x, bad));
    tally.word(batch.count());
}

/// A run whose step size is far too large.
#[inline(never)]
fn divergence<T: Scalar>(tally: &mut Tally) {
    let settings = Settings {
        step_size: T::from_f64(black_box(1e6)),
        ..settings()
    };
    let Ok(mut learner) = HeteroSgd::<Psd<T, 5, 2>>::new(settings) else {
        return;
    };
    let x = RankOne(black_box([T::ONE; 5]));
    for _ in 0..60 {
        let mut batch = learner.batch(black_box(0));
        tally.outcome(&batch.observe(&x, black_box(T::ONE)));
        let outcome = batch.step();
        tally.outcome(&outcome);
        if matches!(outcome, Err(Error::Diverged { .. })) {
            // The sample of the refused step is still there.
            tally.word(learner.resume().count());
            break;
        }
    }
    tally.word(learner.digest());
}
