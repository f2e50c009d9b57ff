//! Learners of every kind.

use core::hint::black_box;

use heterosgd::learner::{Batch, Mixture, OneEnvironment, Rule, Step};
use heterosgd::model::SymmetricModel;
use heterosgd::sampling::{
    Ensemble, Gaussian, GaussianFeatures, GaussianRankOne, Purpose, Xoshiro128PlusPlus, stream,
};
use heterosgd::{
    Centred, Error, Features, HeteroSgd, IsotropicRankOne, Learner, Linear, Measurement, Model,
    Packing, Plain, PooledSgd, Psd, RankOne, Scalar, Settings, Signed, Size, Symmetric,
};

use super::sampling::drawn;
use super::tally::{Entries, Tally};

const SAMPLES: u32 = 4;

/// Both kinds of factor and both routes of a prediction, centred or not.
#[inline(never)]
pub(super) fn learning<T: Scalar>(tally: &mut Tally) {
    matrices::<T, Psd<T, 4, 4>, 4, Plain>(tally);
    matrices::<T, Psd<T, 5, 2>, 5, Centred>(tally);
    matrices::<T, Signed<T, 4, 4>, 4, Centred>(tally);
    matrices::<T, Signed<T, 5, 1>, 5, Plain>(tally);
    vectors::<T, 9, Plain>(tally);
    vectors::<T, 9, Centred>(tally);
    pooled::<Linear<T, 9>, Centred, Features<T, 9>, GaussianFeatures>(tally);
    pooled::<Psd<T, 5, 2>, Plain, RankOne<T, 5>, GaussianRankOne>(tally);
}

#[inline(never)]
fn matrices<T, M, const D: usize, C>(tally: &mut Tally)
where
    T: Scalar,
    M: SymmetricModel<T, D>,
    C: Step<M>,
    Size<D>: Packing,
{
    let Some(mut learner) = learner::<M, OneEnvironment, C>(tally) else {
        return;
    };
    hetero::<M, C, Symmetric<T, D>, Gaussian>(&mut learner, tally);
    hetero::<M, C, RankOne<T, D>, GaussianRankOne>(&mut learner, tally);
    hetero::<M, C, IsotropicRankOne<T, D>, GaussianRankOne>(&mut learner, tally);
    rest(&mut learner, tally);
}

#[inline(never)]
fn vectors<T: Scalar, const D: usize, C: Step<Linear<T, D>>>(tally: &mut Tally) {
    let Some(mut learner) = learner::<Linear<T, D>, OneEnvironment, C>(tally) else {
        return;
    };
    hetero::<Linear<T, D>, C, Features<T, D>, GaussianFeatures>(&mut learner, tally);
    rest(&mut learner, tally);
}

/// A learner at its start; `None`, and a trace in the tally, if it is refused.
#[inline(never)]
pub(super) fn learner<M: Model, R: Rule, C: Step<M>>(
    tally: &mut Tally,
) -> Option<Learner<M, R, C>> {
    let learner = Learner::new(settings());
    tally.outcome(&learner);
    learner.ok()
}

pub(super) fn settings<T: Scalar>() -> Settings<T> {
    Settings {
        step_size: T::from_f64(black_box(0.02)),
        init_scale: T::from_f64(black_box(0.1)),
        seed: black_box(3),
    }
}

fn draws() -> Xoshiro128PlusPlus {
    stream(black_box(10), Purpose::Measurements, 0)
}

/// Batches of a known environment, left open and resumed.
#[inline(never)]
pub(super) fn hetero<M, C, X, S>(learner: &mut HeteroSgd<M, C>, tally: &mut Tally)
where
    M: Model,
    C: Step<M>,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    let mut draws = draws();
    for environment in black_box([4, 5]) {
        learner.batch(environment);
        for _ in 0..2 {
            let mut batch = learner.resume();
            fill::<M, OneEnvironment, C, X, S>(&mut batch, black_box(4), &mut draws, tally);
        }
        tally.outcome(&learner.resume().step());
    }
}

/// Batches that are told nothing, or that mix environments.
#[inline(never)]
fn pooled<M, C, X, S>(tally: &mut Tally)
where
    M: Model<Gradient: Entries<M::Scalar>>,
    C: Step<M>,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    let Some(mut learner): Option<PooledSgd<M, C>> = learner(tally) else {
        return;
    };
    let mut draws = draws();
    let mut batch = learner.unlabelled_batch();
    fill::<M, Mixture, C, X, S>(&mut batch, black_box(6), &mut draws, tally);
    tally.outcome(&batch.step());
    rest(&mut learner, tally);
}

/// Takes samples in by both ways, the second of which checks the environment.
#[inline(never)]
fn fill<M, R, C, X, S>(
    batch: &mut Batch<'_, M, R, C>,
    environment: u32,
    draws: &mut Xoshiro128PlusPlus,
    tally: &mut Tally,
) where
    M: Model,
    R: Rule,
    C: Step<M>,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    for number in 0..SAMPLES {
        let (x, y) = drawn::<M::Scalar, X, S>(draws);
        let outcome: Result<(), Error> = if number % 2 == 0 {
            batch.observe(&x, y)
        } else {
            batch.observe_from(environment, &x, y)
        };
        tally.outcome(&outcome);
    }
    tally.word(batch.count());
    tally.word(batch.environment().unwrap_or(u32::MAX));
}

/// What remains to be asked of a learner, and a second one that goes on from its model.
#[inline(never)]
fn rest<M, R, C>(learner: &mut Learner<M, R, C>, tally: &mut Tally)
where
    M: Model<Gradient: Entries<M::Scalar>>,
    R: Rule,
    C: Step<M>,
{
    tally.word(R::ONE_ENVIRONMENT);
    tally.word(learner.steps());
    tally.word(learner.samples());
    tally.word(learner.digest());
    tally.scalars(learner.estimate().entries());
    for step_size in black_box([0.5, 0.0]) {
        tally.outcome(&learner.set_step_size(M::Scalar::from_f64(step_size)));
        tally.scalar(learner.step_size());
    }
    let again = Learner::<M, R, C>::from_model(learner.model().clone(), learner.step_size());
    tally.outcome(&again);
    if let Ok(again) = again {
        tally.word(again.digest());
    }
}
