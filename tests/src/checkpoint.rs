//! Learners in the middle of a run, and their checkpoints.

use heterosgd::learner::{Learner, Rule, Step};
use heterosgd::{HeteroSgd, Measurement, Model, Psd, RankOne, Scalar, Settings};

/// The learner of most tests.
pub type Small = HeteroSgd<Psd<f32, 8, 2>>;

/// Settings of a short run.
pub fn settings<T: Scalar>(seed: u64) -> Settings<T> {
    Settings {
        step_size: T::from_f64(0.05),
        init_scale: T::from_f64(0.1),
        seed,
    }
}

/// The checkpoint of a learner: all of its state.
pub fn bytes<M: Model, R: Rule, C: Step<M>>(learner: &Learner<M, R, C>) -> Vec<u8> {
    let mut bytes = vec![0; Learner::<M, R, C>::CHECKPOINT_BYTES];
    assert_eq!(learner.checkpoint(&mut bytes), Ok(bytes.len()));
    bytes
}

/// Numbers that follow from that of the sample.
pub fn vector<T: Scalar, const D: usize>(number: u32) -> [T; D] {
    core::array::from_fn(|i| {
        T::from_f64(f64::from((number * 7 + i as u32 * 3) % 11)) * T::from_f64(0.2) - T::ONE
    })
}

/// A learner in the middle of its third batch: it has taken eleven samples in batches of four.
pub fn part_way<M: Model, R: Rule, C: Step<M>, X: Measurement<M>>(
    sample: impl Fn(u32) -> (X, M::Scalar),
) -> Learner<M, R, C> {
    let mut learner = Learner::new(settings(3)).expect("in range");
    for number in 0..11 {
        let (x, y) = sample(number);
        let mut batch = learner.resume();
        batch.observe_from(number / 4, &x, y).expect("in range");
        if batch.count() == 4 {
            batch.step().expect("stable");
        }
    }
    learner
}

/// The learner of most tests, part way.
pub fn small() -> Small {
    part_way(|number| {
        let x = vector(number);
        (RankOne(x), x[0] * x[0])
    })
}
