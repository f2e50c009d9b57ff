//! Checkpoints of three kinds of learner, of a screen and of a refit.

use heterosgd::learner::{Learner, Rule, Step};
use heterosgd::{
    Centred, CheckpointError, Error, Features, Findings, HeteroSgd, Linear, Measurement, Model,
    PooledSgd, Psd, RankOne, Refit, Scalar, Screen, Settings, Signed, Verdict,
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
    check_phase(Screen::<f32, 2, 2, 2>::new(), bytes);
    let verdicts = [Verdict::Varies, Verdict::Unsure];
    check_phase(
        Refit::<f64, 2>::new(Findings::from_verdicts(verdicts)),
        bytes,
    );
}

/// What a screen and a refit have in common.
trait Phase {
    const BYTES: usize;
    fn write(&self, buffer: &mut [u8]) -> Result<usize, CheckpointError>;
    fn read(&mut self, bytes: &[u8]) -> Result<(), CheckpointError>;
    /// Takes some rows, ends all visits, and says what can be said.
    fn go_on(&mut self);
}

macro_rules! phase {
    ($type:ty, $outcome:expr) => {
        impl Phase for $type {
            const BYTES: usize = Self::CHECKPOINT_BYTES;

            fn write(&self, buffer: &mut [u8]) -> Result<usize, CheckpointError> {
                self.checkpoint(buffer)
            }

            fn read(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
                self.restore(bytes)
            }

            fn go_on(&mut self) {
                for number in 0..24u8 {
                    let [a, b, y] = [3, 5, 7].map(|k| f32::from(number * k % 11).into());
                    let _ = self.observe_from(u32::from(number / 8), &Features([a, b]), y);
                }
                self.end_all();
                let _ = $outcome(self);
            }
        }
    };
}

phase!(Screen<f32, 2, 2, 2>, Self::findings);
phase!(Refit<f64, 2>, Self::answer);

fn check_phase<P: Phase>(mut phase: P, bytes: &[u8]) {
    let mut now = vec![0; P::BYTES];
    for bytes in [bytes.to_vec(), forged(state(&phase, &mut now), bytes)] {
        let before = state(&phase, &mut now).to_vec();
        match phase.read(&bytes) {
            Ok(()) => {
                assert_eq!(state(&phase, &mut now), bytes);
                phase.go_on();
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert_eq!(state(&phase, &mut now), before);
            }
        }
    }
}

fn state<'a, P: Phase>(phase: &P, buffer: &'a mut [u8]) -> &'a [u8] {
    assert_eq!(phase.write(buffer), Ok(P::BYTES));
    buffer
}

/// A good checkpoint with other numbers: few bytes have a right checksum, here all have.
fn forged(good: &[u8], numbers: &[u8]) -> Vec<u8> {
    let mut forged = good.to_vec();
    let content = forged.len() - CRC;
    for (place, &byte) in forged[NUMBERS..content].iter_mut().zip(numbers) {
        *place = byte;
    }
    let crc = crc32fast::hash(&forged[..content]);
    forged[content..].copy_from_slice(&crc.to_le_bytes());
    forged
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
    let forged = forged(&written(&learner), bytes);
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
