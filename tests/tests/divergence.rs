//! A run that diverges says so: the error is that of a step, the factor kept is finite, and samples
//! are still accepted, so that firmware which skips refused samples does not skip them for ever.

use heterosgd::algebra::Dual;
use heterosgd::experiment::Sensing;
use heterosgd::learner::{Learner, OneEnvironment};
use heterosgd::nalgebra::SMatrix;
use heterosgd::sampling::{Ensemble, Gaussian, GaussianFeatures, GaussianRankOne, Purpose, stream};
use heterosgd::{
    Error, Features, HeteroSgd, IsotropicRankOne, Linear, Measurement, Model, Psd, RankOne, Scalar,
    Schedule, Settings, Signed, Symmetric,
};
use heterosgd_tests::problem::Problem;

const SEEDS: u64 = 120;
/// A run that has not diverged by then fails the test.
const STEPS: u64 = 10_000;
const BATCH: u32 = 16;

/// Runs until a call is refused, for step sizes at which a run at unit scale grows without bound.
fn grows_until_diverged<M, X, S>(signals: impl Fn(u64) -> Vec<M::Signal>)
where
    M: Model,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    for seed in 0..SEEDS {
        let signals = signals(seed);
        let schedule = Schedule::Uniform { environments: 2 };
        let sensing = Sensing::<M, X, S>::new(&signals, schedule, seed).expect("two environments");
        // From a step size that barely diverges to one at which the first steps do.
        let step_size = M::Scalar::from_f64(0.5 * libm::exp2((seed % 6) as f64));
        let mut learner = Learner::<M, OneEnvironment>::new(Settings {
            step_size,
            init_scale: M::Scalar::from_f64(1e-2),
            seed,
        })
        .expect("in range");
        let outcome = sensing.run(&mut learner, 0..STEPS, BATCH, |_| ());
        let done = learner.steps();
        assert!(
            matches!(outcome, Err(Error::Diverged { step, .. }) if step == done),
            "seed {seed}"
        );
        assert!(done > 0, "seed {seed}: growth, not a first step");
        learner.model().visit(|value| {
            assert!(
                value.within(M::Scalar::MAX_FACTOR),
                "seed {seed}: {value:?}"
            );
        });
        let mut draws = stream(seed, Purpose::Order, 0);
        for environment in 0..2 {
            let (x, y) = sensing.sample(environment, &mut draws).expect("known");
            assert_eq!(
                learner.batch(environment).observe(&x, y),
                Ok(()),
                "seed {seed}"
            );
        }
    }
}

fn matrices<T: Scalar>(seed: u64) -> Vec<Dual<T, 8>> {
    Problem::<T, 8>::new(1.0, &[7.0, -5.0], seed).duals()
}

#[test]
fn psd() {
    grows_until_diverged::<Psd<f32, 8, 8>, Symmetric<f32, 8>, Gaussian>(matrices);
    grows_until_diverged::<Psd<f32, 8, 2>, IsotropicRankOne<f32, 8>, GaussianRankOne>(matrices);
    grows_until_diverged::<Psd<f32, 8, 8>, RankOne<f32, 8>, GaussianRankOne>(matrices);
    grows_until_diverged::<Psd<f64, 8, 8>, Symmetric<f64, 8>, Gaussian>(matrices);
    grows_until_diverged::<Psd<f64, 8, 2>, RankOne<f64, 8>, GaussianRankOne>(matrices);
}

#[test]
fn signed() {
    grows_until_diverged::<Signed<f32, 8, 8>, Symmetric<f32, 8>, Gaussian>(matrices);
    grows_until_diverged::<Signed<f32, 8, 2>, RankOne<f32, 8>, GaussianRankOne>(matrices);
    grows_until_diverged::<Signed<f64, 8, 8>, Symmetric<f64, 8>, Gaussian>(matrices);
}

#[test]
fn linear() {
    fn coefficients<T: Scalar>(_: u64) -> Vec<[T; 8]> {
        [7.0, -5.0]
            .map(|pull| core::array::from_fn(|i| T::from_f64(if i == 7 { pull } else { 1.0 })))
            .to_vec()
    }
    grows_until_diverged::<Linear<f32, 8>, Features<f32, 8>, GaussianFeatures>(coefficients);
    grows_until_diverged::<Linear<f64, 8>, Features<f64, 8>, GaussianFeatures>(coefficients);
}

/// The arithmetic of `Scalar`'s documentation at its worst: the largest size, every entry of the
/// factor at its limit, all signs alike, and entries of 4.
#[test]
fn unit_samples_are_accepted_at_the_limit() {
    fn largest<T: Scalar>() {
        let factor = SMatrix::<T, 64, 64>::repeat(T::MAX_FACTOR);
        let four = T::from_count(4);
        let response = T::MAX_RESIDUAL * T::from_f64(0.5);
        let dense = Symmetric::<T, 64>::from_fn(|_, _| four);
        let vector = RankOne([T::from_count(2); 64]);
        let psd = Psd::from_factor(factor).expect("in range");
        let mut learner = HeteroSgd::<_>::from_model(psd, T::ONE).expect("in range");
        for y in [response, -response] {
            assert_eq!(learner.resume().observe(&dense, y), Ok(()));
            assert_eq!(learner.resume().observe(&vector, y), Ok(()));
        }
        let mut batch = learner.batch(0);
        batch.observe(&dense, T::ZERO).expect("as above");
        assert!(matches!(batch.step(), Err(Error::Diverged { step, .. }) if step == 0));
        // U U^T and V V^T that share no column space: one half positive, the other alternating.
        let other = SMatrix::<T, 64, 64>::from_fn(|i, _| {
            if i % 2 == 0 {
                T::MAX_FACTOR
            } else {
                -T::MAX_FACTOR
            }
        });
        let signs = Symmetric::<T, 64>::from_fn(|i, j| if (i + j) % 2 == 0 { -four } else { four });
        let signed = Signed::from_factors(factor, other).expect("in range");
        let mut learner = HeteroSgd::<_>::from_model(signed, T::ONE).expect("in range");
        for y in [response, -response] {
            assert_eq!(learner.resume().observe(&dense, y), Ok(()));
            assert_eq!(learner.resume().observe(&signs, y), Ok(()));
        }
    }
    largest::<f32>();
    largest::<f64>();
}

#[test]
fn a_norm_limit_refuses_the_first_step_beyond_it() {
    let mut learner = HeteroSgd::<Psd<f32, 8, 2>>::new(Settings {
        step_size: 2.0,
        init_scale: 0.1,
        seed: 0,
    })
    .expect("in range");
    for bad in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        assert_eq!(learner.set_norm_limit(Some(bad)), Err(Error::NormLimit));
    }
    assert_eq!(learner.norm_limit(), None);
    learner.set_norm_limit(Some(1.5)).expect("a limit");
    assert_eq!(learner.norm_limit(), Some(1.5));
    let x = RankOne([1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let norm = |learner: &HeteroSgd<Psd<f32, 8, 2>>| learner.model().factor().norm();
    let (step, norm_of_step, largest) = loop {
        learner.batch(0).observe(&x, 1.0).expect("in range");
        let before = learner.digest();
        match learner.resume().step() {
            Ok(()) => assert!(norm(&learner) <= 1.5),
            Err(Error::Diverged {
                step,
                norm,
                largest_step_size,
            }) => {
                assert_eq!(learner.digest(), before);
                break (step, norm, largest_step_size);
            }
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(step, learner.steps());
    // The refused step, taken without a limit, has the norm that the error says.
    let mut free = learner.clone();
    free.set_norm_limit(None).expect("none");
    free.resume().step().expect("in range of the scalar");
    assert!(
        (f64::from(norm(&free)) / norm_of_step - 1.0).abs() < 1e-5,
        "{norm_of_step}"
    );
    assert!(norm_of_step > 1.5);
    // At the step size that it names the norm stays; a little above it grows, below it shrinks.
    let before = norm(&learner);
    for (factor, grows) in [(1.001, true), (0.999, false), (0.5, false)] {
        let mut again = learner.clone();
        again
            .set_step_size((largest * factor) as f32)
            .expect("a step size");
        again.resume().step().expect("within the limit");
        assert_eq!(norm(&again) > before, grows, "{factor}");
    }
    assert!(largest > 0.0 && largest < 2.0, "{largest}");
}
