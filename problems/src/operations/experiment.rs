//! The simulated sensor.

use core::hint::black_box;

use heterosgd::experiment::Sensing;
use heterosgd::learner::Rule;
use heterosgd::sampling::{Ensemble, Gaussian, GaussianFeatures, Purpose, stream};
use heterosgd::stored::{Portable, Stored, StoredMeasurement};
use heterosgd::{
    Features, HeteroSgd, Learner, Linear, Model, Plain, PooledSgd, Psd, Scalar, Schedule, Symmetric,
};

use super::learning::settings;
use super::tally::{Entries, Tally};

#[inline(never)]
pub(super) fn experiments<T: Scalar>(tally: &mut Tally) {
    let matrix = Gaussian::draw(&mut stream(black_box(11), Purpose::Signals, 0));
    one::<Psd<T, 5, 2>, Symmetric<T, 5>, Gaussian>(&matrix, tally);
    let Features(vector) = GaussianFeatures::draw(&mut stream(black_box(12), Purpose::Signals, 0));
    one::<Linear<T, 9>, Features<T, 9>, GaussianFeatures>(&vector, tally);
}

#[inline(never)]
fn one<M, X, S>(value: &M::Gradient, tally: &mut Tally)
where
    M: Model<Gradient: Entries<M::Scalar>>,
    X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    S: Ensemble<X>,
{
    let signals = [M::signal_of(value), M::signal_of(value)];
    for environments in black_box([3, 2]) {
        let schedule = Schedule::Uniform { environments };
        let sensing = Sensing::<M, X, S>::new(black_box(&signals), schedule, black_box(13));
        tally.outcome(&sensing);
        let Ok(sensing) = sensing else {
            continue;
        };
        let quiet = sensing.with_noise(M::Scalar::from_f64(black_box(-1.0)));
        tally.outcome(&quiet);
        let sensing = Sensing::<M, X, S>::new(&signals, schedule, black_box(13))
            .and_then(|sensing| sensing.with_noise(M::Scalar::from_f64(black_box(0.1))));
        if let Ok(sensing) = sensing {
            sensor(&sensing, tally);
        }
    }
}

#[inline(never)]
fn sensor<M, X, S>(sensing: &Sensing<'_, M, X, S>, tally: &mut Tally)
where
    M: Model<Gradient: Entries<M::Scalar>>,
    X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    S: Ensemble<X>,
{
    tally.word(sensing.signals().len() as u64);
    tally.word(sensing.schedule().environments());
    tally.scalar(sensing.noise());
    tally.word(sensing.seed());
    tally.word(sensing.environment(black_box(5)));
    let mut draws = stream(sensing.seed(), Purpose::Measurements, black_box(6));
    for environment in black_box([1, 2]) {
        tally.outcome(&sensing.sample(environment, &mut draws));
        let sample = sensing.sample_with(&Portable, environment, &mut draws);
        tally.outcome(&sample);
        if let Ok((x, y)) = sample {
            tally.scalar(y);
            tally.outcome(&x.check());
        }
    }
    if let Ok(learner) = HeteroSgd::<M, Plain>::new(settings()) {
        steps(sensing, learner, tally);
    }
    if let Ok(learner) = PooledSgd::<M, Plain>::new(settings()) {
        steps(sensing, learner, tally);
    }
}

#[inline(never)]
fn steps<M, X, S, R>(
    sensing: &Sensing<'_, M, X, S>,
    mut learner: Learner<M, R, Plain>,
    tally: &mut Tally,
) where
    M: Model<Gradient: Entries<M::Scalar>>,
    X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
    S: Ensemble<X>,
    R: Rule,
{
    for size in black_box([3, 0]) {
        tally.outcome(&sensing.step(&mut learner, black_box(0), size));
    }
    if R::ONE_ENVIRONMENT {
        tally.outcome(&sensing.step_with(&Portable, &mut learner, black_box(0), black_box(12)));
    }
    let outcome = sensing.run(&mut learner, black_box(1..4), black_box(3), |learner| {
        tally.word(learner.digest());
    });
    tally.outcome(&outcome);
    tally.scalars(learner.estimate().entries());
}
