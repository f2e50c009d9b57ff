//! Every bit of the state, flipped.

extern crate std;

use core::ops::Range;
use std::vec;

use super::{Guarded, Learner};
use crate::guarded::Flip;
use crate::learner::{OneEnvironment, Step};
use crate::measurement::Measurement;
use crate::model::{Model, Sum};
use crate::{
    Centred, Error, Features, HeteroSgd, Linear, Plain, Psd, RankOne, Scalar, Sequential, Settings,
    Signed, Whitened,
};

/// Flips bit number `bit` and returns how many there are.
fn flip<M: Model, C: Step<M>>(guarded: &mut Guarded<M, OneEnvironment, C>, bit: usize) -> usize {
    let mut flip = Flip { bit, seen: 0 };
    let learner = &mut guarded.state;
    learner.model.visit_state_mut(|value| flip.scalar(value));
    for value in learner.open.gradient.as_mut_slice() {
        flip.scalar(value);
    }
    C::visit_mut(&mut learner.kept, &mut learner.open.sums, |value| {
        flip.scalar(value);
    });
    flip.word(&mut learner.open.count);
    flip.word(&mut learner.open.label.known);
    flip.word(&mut learner.open.label.environment);
    flip.scalar(&mut learner.step_size);
    flip.scalar(&mut learner.norm_limit);
    flip.long(&mut learner.steps);
    flip.long(&mut learner.samples);
    flip.word(&mut guarded.checksum);
    flip.seen
}

/// Flips every bit in turn in the middle of a batch: each is detected, by every way to the state, and
/// the run that goes on from the last checkpoint ends with the bits of the undisturbed one.
fn check<M: Model, C: Step<M> + Clone, X: Measurement<M>>(
    sample: impl Fn(u32) -> X,
    padding: usize,
) {
    let settings = Settings {
        step_size: M::Scalar::from_f64(0.05),
        init_scale: M::Scalar::from_f64(0.1),
        seed: 5,
    };
    let learner = HeteroSgd::<M, C>::new(settings).expect("in range");
    let mut guarded = Guarded::new(learner);
    let feed = |guarded: &mut Guarded<M, OneEnvironment, C>, samples: Range<u32>| {
        for number in samples {
            let mut open = guarded.open()?;
            let mut batch = open.resume();
            batch.observe_from(number / 4, &sample(number), M::Scalar::ONE)?;
            if batch.count() == 4 {
                batch.step()?;
            }
        }
        Ok::<(), Error>(())
    };
    feed(&mut guarded, 0..10).expect("a good run");
    let mut bytes = vec![0; Learner::<M, OneEnvironment, C>::CHECKPOINT_BYTES];
    let learner = guarded.verify().expect("intact");
    assert_eq!(learner.checkpoint(&mut bytes), Ok(bytes.len()));
    let mut whole = guarded.clone();
    feed(&mut whole, 10..22).expect("a good run");
    let expected = whole.verify().expect("intact").digest();

    let bits = flip(&mut guarded.clone(), usize::MAX);
    let size = size_of::<Guarded<M, OneEnvironment, C>>();
    assert_eq!(
        bits,
        8 * (size - padding),
        "every byte but {padding} of padding"
    );
    let mut undetected = 0;
    for bit in 0..bits {
        let mut faulty = guarded.clone();
        flip(&mut faulty, bit);
        let outcomes = [
            faulty.verify().map(|_| ()),
            faulty.open().map(|_| ()),
            feed(&mut faulty, 10..11),
        ];
        undetected += u32::from(outcomes != [Err(Error::Corrupted); 3]);
        faulty.restore(&bytes).expect("a good checkpoint");
        feed(&mut faulty, 10..22).expect("a good run");
        let learner = faulty.verify().expect("intact");
        assert_eq!(learner.digest(), expected, "bit {bit}");
    }
    std::println!(
        "{bits} bits of {}: {undetected} undetected",
        core::any::type_name::<M>()
    );
    assert_eq!(undetected, 0, "of {bits}");
}

fn vector<T: Scalar, const D: usize>(number: u32) -> [T; D] {
    core::array::from_fn(|i| T::from_f64(f64::from((number * 7 + i as u32 * 3) % 11) * 0.2 - 1.0))
}

#[test]
fn every_flipped_bit_is_found() {
    check::<Psd<f32, 8, 2>, Plain, _>(|n| RankOne(vector::<f32, 8>(n)), 8);
    check::<Psd<f64, 3, 3>, Centred, _>(|n| RankOne(vector::<f64, 3>(n)), 8);
    check::<Signed<f32, 3, 1>, Centred, _>(|n| RankOne(vector::<f32, 3>(n)), 4);
    check::<Linear<f32, 3>, Whitened, _>(|n| Features(vector::<f32, 3>(n)), 4);
    check::<Linear<f64, 2>, Centred<Whitened>, _>(|n| Features(vector::<f64, 2>(n)), 8);
    check::<Psd<f32, 2, 1>, Sequential, _>(|n| RankOne(vector::<f32, 2>(n)), 8);
    check::<Linear<f32, 5>, Plain, _>(|n| Features(vector::<f32, 5>(n)), 8);
}
