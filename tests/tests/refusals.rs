//! A refused call names its reason and leaves learner and open batch as they were, to the bit.

use core::fmt::Debug;

use heterosgd::error::Part;
use heterosgd::learner::{OneEnvironment, Step};
use heterosgd::nalgebra::SMatrix;
use heterosgd::{
    Centred, Error, Features, HeteroSgd, IsotropicRankOne, Learner, Linear, Measurement, Model,
    Plain, Psd, RankOne, Scalar, Settings, Signed, Symmetric,
};

const GOOD: usize = 3;

/// Good data for any measurement of `entries` entries.
fn good<T: Scalar>(entries: usize, sample: usize) -> Vec<T> {
    (0..entries)
        .map(|i| T::from_f64(((7 * sample + 3 * i) % 11) as f64 / 5.0 - 1.0))
        .collect()
}

fn array<T: Scalar, const D: usize>(entries: &[T]) -> [T; D] {
    entries.try_into().expect("D entries")
}

/// All of the learner's state, open batch included, to the bit: `Debug` writes the shortest text
/// that reads back as the same number, and tells -0.0 from 0.0.
fn state<M: Model, C: Step<M> + Debug>(learner: &Learner<M, OneEnvironment, C>) -> String {
    format!("{learner:?}")
}

/// Makes the refused call in every position of a batch of [`GOOD`] samples, in a learner that has
/// already moved.
fn refused_everywhere<M, X, C>(
    make: impl Fn(&[M::Scalar]) -> X,
    entries: usize,
    bad: &X,
    y: M::Scalar,
    expected: Error,
) where
    M: Model,
    X: Measurement<M>,
    C: Step<M> + Debug,
{
    let run = |refused_at: Option<usize>| {
        let mut learner = HeteroSgd::<M, C>::new(Settings {
            step_size: M::Scalar::from_f64(0.01),
            init_scale: M::Scalar::from_f64(0.1),
            seed: 0,
        })
        .expect("in range");
        for _ in 0..3 {
            learner.batch(7);
            for sample in 0..=GOOD {
                if refused_at == Some(sample) {
                    let before = state(&learner);
                    assert_eq!(learner.resume().observe(bad, y), Err(expected));
                    assert_eq!(learner.resume().observe_from(7, bad, y), Err(expected));
                    assert_eq!(state(&learner), before);
                }
                if sample < GOOD {
                    let x = make(&good(entries, sample));
                    let y = M::Scalar::from_count(sample as u32);
                    learner.resume().observe(&x, y).expect("a good sample");
                }
            }
            learner.resume().step().expect("finite");
        }
        learner.digest()
    };
    let untouched = run(None);
    for position in 0..=GOOD {
        assert_eq!(run(Some(position)), untouched, "refused at {position}");
    }
}

/// Every entry of a measurement, with everything that can be wrong with it; then the response.
fn every_entry<M, X>(make: impl Fn(&[M::Scalar]) -> X + Copy, entries: usize, limit: M::Scalar)
where
    M: Model,
    X: Measurement<M>,
{
    let zero = M::Scalar::ZERO;
    let infinity = M::Scalar::from_f64(f64::INFINITY);
    let nan = M::Scalar::from_f64(f64::NAN);
    let beyond = limit + limit * M::Scalar::EPSILON;
    assert!(beyond > limit);
    for index in 0..entries {
        let part = Part::Measurement { index };
        for (value, error) in [
            (nan, Error::NotFinite(part)),
            (infinity, Error::NotFinite(part)),
            (-infinity, Error::NotFinite(part)),
            (beyond, Error::OutOfRange(part)),
            (-beyond, Error::OutOfRange(part)),
        ] {
            let mut data = good(entries, 0);
            data[index] = value;
            let bad = make(&data);
            refused_everywhere::<M, X, Plain>(make, entries, &bad, zero, error);
            refused_everywhere::<M, X, Centred>(make, entries, &bad, zero, error);
        }
    }
    let beyond = M::Scalar::MAX_RESIDUAL + M::Scalar::MAX_RESIDUAL * M::Scalar::EPSILON;
    for (y, error) in [
        (nan, Error::NotFinite(Part::Response)),
        (infinity, Error::NotFinite(Part::Response)),
        (-infinity, Error::NotFinite(Part::Response)),
        (beyond, Error::OutOfRange(Part::Response)),
        (-beyond, Error::OutOfRange(Part::Response)),
    ] {
        let sample = make(&good(entries, 0));
        refused_everywhere::<M, X, Plain>(make, entries, &sample, y, error);
        refused_everywhere::<M, X, Centred>(make, entries, &sample, y, error);
    }
}

#[test]
fn dense() {
    let make = |x: &[f32]| Symmetric::<f32, 4>::from_slice(x).expect("10 entries");
    every_entry::<Psd<f32, 4, 4>, _>(make, 10, f32::MAX_ENTRY);
    every_entry::<Signed<f32, 4, 2>, _>(make, 10, f32::MAX_ENTRY);
    let make = |x: &[f64]| Symmetric::<f64, 4>::from_slice(x).expect("10 entries");
    every_entry::<Psd<f64, 4, 1>, _>(make, 10, f64::MAX_ENTRY);
}

#[test]
fn rank_one() {
    let make = |x: &[f32]| RankOne::<f32, 4>(array(x));
    every_entry::<Psd<f32, 4, 4>, _>(make, 4, f32::MAX_COORDINATE);
    every_entry::<Psd<f32, 4, 1>, _>(make, 4, f32::MAX_COORDINATE);
    let make = |x: &[f64]| IsotropicRankOne::<f64, 4>(array(x));
    every_entry::<Signed<f64, 4, 4>, _>(make, 4, f64::MAX_COORDINATE);
}

#[test]
fn features() {
    let make = |x: &[f32]| Features::<f32, 4>(array(x));
    every_entry::<Linear<f32, 4>, _>(make, 4, f32::MAX_ENTRY);
    let make = |x: &[f64]| Features::<f64, 4>(array(x));
    every_entry::<Linear<f64, 4>, _>(make, 4, f64::MAX_ENTRY);
}

/// The first offender is named, and NaN before what is merely large.
#[test]
fn first_offender() {
    let mut learner = learner();
    let x = RankOne([1.0, f32::MAX, f32::NAN, f32::INFINITY]);
    let error = learner.unlabelled_batch().observe(&x, f32::NAN);
    assert_eq!(error, Err(Error::NotFinite(Part::Measurement { index: 2 })));
}

fn learner() -> HeteroSgd<Psd<f32, 4, 4>> {
    let settings = Settings {
        step_size: 0.01,
        init_scale: 0.1,
        seed: 0,
    };
    HeteroSgd::new(settings).expect("in range")
}

/// Sample and factor are each in range, their product is not.
#[test]
fn residual_out_of_range() {
    let factor = SMatrix::from_diagonal_element(f32::MAX_FACTOR);
    let model = Psd::<f32, 4, 4>::from_factor(factor).expect("in range");
    let mut learner = HeteroSgd::<_>::from_model(model, 0.01).expect("in range");
    let before = state(&learner);
    let large = Symmetric::from_packed([f32::MAX_ENTRY; 10]);
    let opposed = Symmetric::from_fn(|i, _| {
        if i < 1 {
            f32::MAX_ENTRY
        } else {
            -f32::MAX_ENTRY
        }
    });
    for x in [large, opposed] {
        for y in [0.0, f32::MAX_RESIDUAL, -f32::MAX_RESIDUAL] {
            let error = learner.resume().observe(&x, y);
            assert_eq!(error, Err(Error::OutOfRange(Part::Residual)));
        }
    }
    assert_eq!(state(&learner), before);
}

#[test]
fn other_environment() {
    let mut learner = learner();
    let x = RankOne([1.0, 0.5, -0.5, 0.25]);
    for position in 0..3 {
        let mut batch = learner.batch(7);
        for _ in 0..position {
            batch.observe_from(7, &x, 1.0).expect("its own environment");
        }
        let before = state(&learner);
        let error = Error::OtherEnvironment {
            batch: 7,
            sample: 8,
        };
        assert_eq!(learner.resume().observe_from(8, &x, 1.0), Err(error));
        assert_eq!(state(&learner), before);
    }
    // A refused first sample does not leave its label behind.
    let mut batch = learner.unlabelled_batch();
    assert!(batch.observe_from(5, &x, f32::NAN).is_err());
    assert_eq!(batch.environment(), None);
    batch
        .observe_from(6, &x, 1.0)
        .expect("the first good sample names it");
    assert_eq!(batch.environment(), Some(6));
}

#[test]
fn empty_batch() {
    let mut learner = learner();
    let before = state(&learner);
    assert_eq!(learner.resume().step(), Err(Error::EmptyBatch));
    assert_eq!(state(&learner), before);
    assert_eq!(learner.batch(3).step(), Err(Error::EmptyBatch));
    assert_eq!(
        learner.resume().environment(),
        Some(3),
        "the batch stays open"
    );
    assert_eq!(learner.steps(), 0);
}

/// The refused step is repeated with a smaller step size, as if it had never been tried.
#[test]
fn diverged() {
    let x = RankOne([1.0, 0.5, -0.5, 0.25]);
    let run = |tried: bool| {
        let mut learner = learner();
        for _ in 0..2 {
            let mut batch = learner.batch(0);
            batch.observe(&x, 1.0).expect("in range");
            batch.step().expect("finite");
        }
        learner.batch(1).observe(&x, 1.0).expect("in range");
        if tried {
            learner.set_step_size(f32::MAX).expect("a number above 0");
            let before = state(&learner);
            assert!(
                matches!(learner.resume().step(), Err(Error::Diverged { step, .. }) if step == 2)
            );
            assert_eq!(state(&learner), before);
        }
        learner.set_step_size(0.02).expect("a number above 0");
        learner.resume().step().expect("finite");
        assert_eq!((learner.steps(), learner.samples()), (3, 3));
        state(&learner)
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn settings() {
    let new = |step_size, init_scale| {
        HeteroSgd::<Psd<f32, 4, 4>>::new(Settings {
            step_size,
            init_scale,
            seed: 0,
        })
        .map(|_| ())
    };
    for bad in [0.0, -0.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(new(bad, 0.1), Err(Error::StepSize), "{bad}");
        assert_eq!(new(0.1, bad), Err(Error::InitialScale), "{bad}");
        let mut learner = learner();
        assert_eq!(learner.set_step_size(bad), Err(Error::StepSize), "{bad}");
        assert_eq!(learner.step_size(), 0.01);
    }
    assert_eq!(new(0.1, 2.0 * f32::MAX_FACTOR), Err(Error::InitialScale));
    assert_eq!(new(f32::MAX, f32::MAX_FACTOR), Ok(()));
    assert_eq!(new(f32::MIN_POSITIVE, f32::MIN_POSITIVE), Ok(()));
}

#[test]
fn factors() {
    let good = SMatrix::<f64, 4, 2>::repeat(-f64::MAX_FACTOR);
    assert!(Psd::from_factor(good).is_ok());
    let array = [-f64::MAX_FACTOR; 3];
    assert!(Linear::from_factors(array, array).is_ok());
    for bad in [f64::NAN, f64::INFINITY, 2.0 * f64::MAX_FACTOR] {
        for position in 0..3 {
            let mut factor = array;
            factor[position] = bad;
            assert_eq!(Linear::from_factors(factor, array), Err(Error::Factor));
            assert_eq!(Linear::from_factors(array, factor), Err(Error::Factor));
        }
        for position in 0..8 {
            let mut factor = good;
            factor[position] = bad;
            assert_eq!(Psd::from_factor(factor), Err(Error::Factor));
            assert_eq!(Signed::from_factors(factor, good), Err(Error::Factor));
            assert_eq!(Signed::from_factors(good, factor), Err(Error::Factor));
        }
    }
}
