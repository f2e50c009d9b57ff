//! How samples are handed over does not show in the bits: only their order and the batches do.

use heterosgd::learner::{Mixture, OneEnvironment, Rule, Step};
use heterosgd::sampling::{Ensemble, Gaussian, Purpose, stream};
use heterosgd::{Centred, Learner, Plain, PooledSgd, Psd, Settings, Symmetric};
use proptest::prelude::*;

type Model = Psd<f32, 8, 2>;

const SETTINGS: Settings<f32> = Settings {
    step_size: 0.02,
    init_scale: 0.1,
    seed: 3,
};

fn samples(seed: u64, count: usize) -> Vec<(Symmetric<f32, 8>, f32)> {
    let mut rng = stream(seed, Purpose::Measurements, 0);
    (0..count)
        .map(|_| {
            let x: Symmetric<f32, 8> = Gaussian::draw(&mut rng);
            (x, x.get(0, 0).expect("inside"))
        })
        .collect()
}

/// Leaves the batch and comes back to it before every sample for which `cuts` says so.
fn run<R: Rule, C: Step<Model>>(
    data: &[(Symmetric<f32, 8>, f32)],
    cuts: &[bool],
) -> Learner<Model, R, C> {
    let mut learner = Learner::<Model, R, C>::new(SETTINGS).expect("in range");
    for chunk in data.chunks(10) {
        let mut batch = learner.unlabelled_batch();
        for ((x, y), cut) in chunk.iter().zip(cuts.iter().cycle()) {
            if *cut {
                batch = learner.resume();
            }
            batch.observe(x, *y).expect("in range");
        }
        batch.step().expect("finite");
    }
    learner
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn splitting_changes_no_bit(seed: u64, cuts in proptest::collection::vec(any::<bool>(), 1..20)) {
        let data = samples(seed, 100);
        let whole = run::<OneEnvironment, Plain>(&data, &[false]);
        prop_assert_eq!(whole.steps(), 10);
        prop_assert_eq!(whole.samples(), 100);
        prop_assert_eq!(whole.digest(), run::<OneEnvironment, Plain>(&data, &cuts).digest());
        let centred = run::<OneEnvironment, Centred>(&data, &[false]);
        prop_assert_eq!(centred.digest(), run::<OneEnvironment, Centred>(&data, &cuts).digest());
        prop_assert_ne!(whole.digest(), centred.digest());
        // The rule decides which samples may meet, never what is done with them.
        prop_assert_eq!(whole.digest(), run::<Mixture, Plain>(&data, &cuts).digest());
    }
}

/// A batch that is opened anew forgets what was left in the old one, label and samples.
#[test]
fn opening_discards_what_was_open() {
    let data = samples(0, 20);
    let mut learner = Learner::<Model, OneEnvironment>::new(SETTINGS).expect("in range");
    let fresh = format!("{learner:?}");
    let mut batch = learner.batch(4);
    assert_eq!(batch.environment(), Some(4));
    batch.observe(&data[0].0, data[0].1).expect("in range");
    assert_eq!(batch.count(), 1);
    assert_eq!(learner.resume().count(), 1);
    assert_eq!(learner.unlabelled_batch().count(), 0);
    assert_eq!(format!("{learner:?}"), fresh);
}

#[test]
fn the_first_label_becomes_that_of_the_batch() {
    let data = samples(0, 3);
    let mut learner = Learner::<Model, OneEnvironment>::new(SETTINGS).expect("in range");
    let mut batch = learner.unlabelled_batch();
    batch.observe(&data[0].0, data[0].1).expect("in range");
    assert_eq!(batch.environment(), None);
    batch
        .observe_from(9, &data[1].0, data[1].1)
        .expect("in range");
    assert_eq!(batch.environment(), Some(9));
    batch.step().expect("finite");
    assert_eq!(
        learner.resume().environment(),
        None,
        "a step closes the batch"
    );
}

/// PooledSGD mixes environments, and their labels leave no trace.
#[test]
fn pooled_accepts_mixtures() {
    let data = samples(0, 20);
    let mut labelled = PooledSgd::<Model>::new(SETTINGS).expect("in range");
    let mut batch = labelled.unlabelled_batch();
    for (environment, (x, y)) in (0..).zip(&data) {
        batch.observe_from(environment, x, *y).expect("a mixture");
    }
    assert_eq!(batch.count(), 20);
    assert_eq!(batch.environment(), None);
    batch.step().expect("finite");
    let mut unlabelled = PooledSgd::<Model>::new(SETTINGS).expect("in range");
    let mut batch = unlabelled.unlabelled_batch();
    for (x, y) in &data {
        batch.observe(x, *y).expect("in range");
    }
    batch.step().expect("finite");
    assert_eq!(labelled.digest(), unlabelled.digest());
}
