//! Checkpoints of three kinds of learner.

use heterosgd::learner::{Learner, Rule, Step};
use heterosgd::{
    Centred, Error, Features, HeteroSgd, Linear, Measurement, Model, PooledSgd, Psd, RankOne,
    Scalar, Settings, Signed,
};

/// Where the numbers of a checkpoint begin (docs/formats.md), and the bytes of its checksum.
const NUMBERS: usize = 20;
const CRC: usize = 4;

/// Any bytes are refused and change nothing, or are a checkpoint: written again they are the same, and the
/// learner goes on.
pub fn any_bytes(bytes: &[u8]) {
    check(
        HeteroSgd::<Psd<f32, 3, 2>>::new(settings()),
        bytes,
        &RankOne([1.0, -0.5, 0.25]),
    );
    check(
        PooledSgd::<Signed<f64, 2, 1>>::new(settings()),
        bytes,
        &RankOne([1.0, -0.5]),
    );
    check(
        HeteroSgd::<Linear<f32, 3>, Centred>::new(settings()),
        bytes,
        &Features([1.0, -0.5, 0.25]),
    );
}

fn settings<T: Scalar>() -> Settings<T> {
    Settings {
        step_size: T::from_f64(0.1),
        init_scale: T::from_f64(0.5),
        seed: 0,
    }
}

fn check<M: Model, R: Rule, C: Step<M>, X: Measurement<M>>(
    learner: Result<Learner<M, R, C>, Error>,
    bytes: &[u8],
    x: &X,
) {
    let mut learner = learner.expect("in range");
    let _ = learner.resume().observe(x, M::Scalar::ONE);
    taken_or_not(&mut learner, bytes, x);
    // Few bytes have a right checksum: here all have.
    let mut forged = written(&learner);
    let content = forged.len() - CRC;
    for (place, &byte) in forged[NUMBERS..content].iter_mut().zip(bytes) {
        *place = byte;
    }
    let crc = crc32fast::hash(&forged[..content]);
    forged[content..].copy_from_slice(&crc.to_le_bytes());
    taken_or_not(&mut learner, &forged, x);
}

fn written<M: Model, R: Rule, C: Step<M>>(learner: &Learner<M, R, C>) -> Vec<u8> {
    let mut bytes = vec![0; Learner::<M, R, C>::CHECKPOINT_BYTES];
    assert_eq!(learner.checkpoint(&mut bytes), Ok(bytes.len()));
    bytes
}

fn taken_or_not<M: Model, R: Rule, C: Step<M>, X: Measurement<M>>(
    learner: &mut Learner<M, R, C>,
    bytes: &[u8],
    x: &X,
) {
    let before = written(learner);
    if let Err(error) = learner.restore(bytes) {
        assert!(!error.to_string().is_empty());
        assert_eq!(written(learner), before);
        return;
    }
    assert_eq!(written(learner), bytes);
    for _ in 0..3 {
        let _ = learner.resume().observe(x, M::Scalar::ONE);
        let _ = learner.resume().step();
        learner
            .model()
            .visit(|entry| assert!(entry.within(M::Scalar::MAX_FACTOR)));
    }
}
