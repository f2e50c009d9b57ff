//! A checkpoint goes on where the learner was, bit for bit, and anything else is refused.

use heterosgd::checkpoint::{CheckpointError, Extra, Field, Reader, Writer};
use heterosgd::environment::Schedule;
use heterosgd::experiment::Sensing;
use heterosgd::learner::{Centring, Learner, Mixture, OneEnvironment, Rule};
use heterosgd::model::Model;
use heterosgd::sampling::{Ensemble, Gaussian, GaussianFeatures, GaussianRankOne};
use heterosgd::{
    AsGiven, Centred, Error, Features, HeteroSgd, IsotropicRankOne, Linear, Measurement, PooledSgd,
    Psd, RankOne, Scalar, Settings, Signed, Symmetric, TailAverage,
};

fn settings<T: Scalar>(seed: u64) -> Settings<T> {
    Settings {
        step_size: T::from_f64(0.05),
        init_scale: T::from_f64(0.1),
        seed,
    }
}

fn bytes<M: Model, R: Rule, C: Centring>(learner: &Learner<M, R, C>) -> Vec<u8> {
    let mut bytes = vec![0; Learner::<M, R, C>::CHECKPOINT_BYTES];
    assert_eq!(learner.checkpoint(&mut bytes), Ok(bytes.len()));
    bytes
}

/// Cuts a run of three batches after every sample, goes on in a learner of another past, and compares
/// the whole of the state after each later step.
fn cuts<M, R, C, X, S>(signals: &[M::Signal; 2])
where
    M: Model,
    R: Rule,
    C: Centring + Clone,
    X: Measurement<M>,
    S: Ensemble<X>,
    Learner<M, R, C>: Clone,
{
    const SIZE: u32 = 6;
    let schedule = Schedule::Uniform { environments: 2 };
    let sensing = Sensing::<M, X, S>::new(signals, schedule, 11).expect("a schedule");
    let mut whole = Learner::<M, R, C>::new(settings(1)).expect("in range");
    let mut states = Vec::new();
    for batch in 0..4 {
        sensing.step(&mut whole, batch, SIZE).expect("stable");
        states.push(bytes(&whole));
    }
    for cut in 0..3 * SIZE {
        let (batch, kept) = (u64::from(cut / SIZE), cut % SIZE);
        let mut learner = Learner::<M, R, C>::new(settings(1)).expect("in range");
        for before in 0..batch {
            sensing.step(&mut learner, before, SIZE).expect("stable");
        }
        begin(&sensing, &mut learner, batch, SIZE, kept);
        assert_eq!(learner.resume().count(), kept);
        let kept = bytes(&learner);
        // Another past: restoring overwrites all of it.
        let mut again = Learner::<M, R, C>::new(settings(2)).expect("in range");
        sensing.step(&mut again, 7, 3).expect("stable");
        again.restore(&kept).expect("its own checkpoint");
        assert_eq!(bytes(&again), kept);
        sensing.resume(&mut again, batch, SIZE).expect("stable");
        assert_eq!(bytes(&again), states[batch as usize], "cut after {cut}");
        for batch in batch + 1..4 {
            sensing.step(&mut again, batch, SIZE).expect("stable");
            assert_eq!(bytes(&again), states[batch as usize], "cut after {cut}");
        }
        assert_eq!(again.digest(), whole.digest());
    }
}

/// The first `kept` samples of a batch, without its step.
fn begin<M, R, C, X, S>(
    sensing: &Sensing<'_, M, X, S>,
    learner: &mut Learner<M, R, C>,
    batch: u64,
    size: u32,
    kept: u32,
) where
    M: Model,
    R: Rule,
    C: Centring,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    use heterosgd::sampling::{Purpose, stream};
    let mut environments = stream(sensing.seed(), Purpose::Environments, batch);
    let mut draws = stream(sensing.seed(), Purpose::Measurements, batch);
    let shared = sensing.schedule().environment(batch, &mut environments);
    let mut open = learner.unlabelled_batch();
    for sample in 0..kept {
        let environment = if R::ONE_ENVIRONMENT {
            shared
        } else {
            let draw = batch * u64::from(size) + u64::from(sample);
            sensing.schedule().environment(draw, &mut environments)
        };
        let (x, y) = sensing.sample(environment, &mut draws).expect("known");
        open.observe_from(environment, &x, y).expect("in range");
    }
}

fn matrices<T: Scalar, const D: usize>() -> [Symmetric<T, D>; 2]
where
    heterosgd::Size<D>: heterosgd::Packing,
{
    [1.0, -0.5]
        .map(|scale| Symmetric::from_fn(|i, j| T::from_f64(scale / (1.0 + i as f64 + j as f64))))
}

#[test]
fn cut_after_every_sample_and_the_bits_are_the_same() {
    type P32 = Psd<f32, 8, 2>;
    type P64 = Psd<f64, 4, 4>;
    type S32 = Signed<f32, 5, 2>;
    type L64 = Linear<f64, 9>;
    cuts::<P32, OneEnvironment, AsGiven, RankOne<f32, 8>, GaussianRankOne>(
        &matrices().map(|m| P32::signal_of(&m)),
    );
    cuts::<P64, Mixture, Centred, Symmetric<f64, 4>, Gaussian>(
        &matrices().map(|m| P64::signal_of(&m)),
    );
    cuts::<S32, OneEnvironment, Centred, IsotropicRankOne<f32, 5>, GaussianRankOne>(
        &matrices().map(|m| S32::signal_of(&m)),
    );
    cuts::<L64, OneEnvironment, AsGiven, Features<f64, 9>, GaussianFeatures>(&[
        [0.5; 9], [-0.3; 9],
    ]);
}

type Small = HeteroSgd<Psd<f32, 8, 2>>;

/// A learner in the middle of its third batch.
fn small() -> Small {
    let mut learner = Small::new(settings(3)).expect("in range");
    for number in 0..11u32 {
        let x = core::array::from_fn(|i| ((number * 7 + i as u32 * 3) % 11) as f32 * 0.2 - 1.0);
        let mut batch = learner.resume();
        batch
            .observe_from(number / 4, &RankOne(x), x[0] * x[0])
            .expect("in range");
        if batch.count() == 4 {
            batch.step().expect("stable");
        }
    }
    learner
}

#[test]
fn the_size_is_the_one_promised() {
    assert_eq!(Small::CHECKPOINT_BYTES, 268);
    let mut short = [7; Small::CHECKPOINT_BYTES - 1];
    let refused = small().checkpoint(&mut short);
    assert_eq!(
        refused,
        Err(CheckpointError::Buffer {
            needed: 268,
            given: 267
        })
    );
    assert_eq!(short, [7; Small::CHECKPOINT_BYTES - 1]);
    let mut long = [7; 300];
    assert_eq!(small().checkpoint(&mut long), Ok(268));
    assert_eq!(long[268..], [7; 32]);
}

/// The learner is as it was, and the refusal is `expected`.
fn refused(bytes: &[u8], expected: impl Fn(CheckpointError) -> bool, what: &str) {
    let mut learner = small();
    let before = self::bytes(&learner);
    let error = learner.restore(bytes).expect_err(what);
    assert!(expected(error), "{what}: {error}");
    assert_eq!(self::bytes(&learner), before, "{what}");
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let good = bytes(&small());
    for bit in 0..8 * good.len() {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let expected = |error| match bit / 8 {
            0..4 => error == CheckpointError::NotACheckpoint,
            4 => matches!(error, CheckpointError::Version { .. }),
            _ => error == CheckpointError::Corrupted,
        };
        refused(&bad, expected, &format!("bit {bit}"));
    }
}

#[test]
fn every_other_length_is_refused() {
    let good = bytes(&small());
    for length in 0..good.len() {
        let expected = |error| match length {
            0..4 => error == CheckpointError::NotACheckpoint,
            _ => {
                matches!(error, CheckpointError::Length { expected: 268, found } if found == length)
            }
        };
        refused(&good[..length], expected, &format!("{length} bytes"));
    }
    let long = [&good[..], &[0]].concat();
    refused(
        &long,
        |error| error == CheckpointError::Corrupted,
        "a byte more",
    );
}

#[test]
fn other_learners_are_refused_by_name() {
    let is = |field: Field| move |error| matches!(error, CheckpointError::Other { field: found, .. } if found == field);
    let other = |bytes: Vec<u8>, field: Field| refused(&bytes, is(field), &format!("{field}"));
    macro_rules! bytes_of {
        ($learner:ty) => {
            bytes(&<$learner>::new(settings(3)).expect("in range"))
        };
    }
    other(bytes_of!(HeteroSgd<Signed<f32, 8, 2>>), Field::Model);
    other(bytes_of!(HeteroSgd<Linear<f32, 8>>), Field::Model);
    other(bytes_of!(PooledSgd<Psd<f32, 8, 2>>), Field::Rule);
    other(
        bytes_of!(HeteroSgd<Psd<f32, 8, 2>, Centred>),
        Field::Centring,
    );
    other(bytes_of!(HeteroSgd<Psd<f64, 8, 2>>), Field::Scalar);
    other(bytes_of!(HeteroSgd<Psd<f32, 7, 2>>), Field::Rows);
    other(bytes_of!(HeteroSgd<Psd<f32, 8, 3>>), Field::Columns);
    let mut with = vec![0; Small::CHECKPOINT_BYTES + 8];
    assert_eq!(small().checkpoint_with(&5u64, &mut with), Ok(with.len()));
    other(with, Field::Extra);
}

/// Puts `value` at `offset` and makes the checksum right: what a hostile file can hold.
fn forged(offset: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = bytes(&small());
    bytes[offset..][..value.len()].copy_from_slice(value);
    let end = bytes.len() - 4;
    let crc = crc32(&bytes[..end]);
    bytes[end..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Bit by bit, apart from the one that is tested.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[test]
fn values_that_no_learner_has_are_refused() {
    // Offsets of docs/formats.md.
    let (known, environment, step_size, norm_limit, factor, gradient) = (40, 44, 48, 52, 56, 120);
    assert!(
        small()
            .restore(&forged(factor, &1.5f32.to_le_bytes()))
            .is_ok()
    );
    let values = |error| error == CheckpointError::Values;
    let bad_numbers = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::MAX];
    for number in bad_numbers {
        for place in [
            step_size,
            norm_limit,
            factor,
            factor + 60,
            gradient,
            gradient + 140,
        ] {
            refused(
                &forged(place, &number.to_le_bytes()),
                values,
                &format!("{number} at {place}"),
            );
        }
    }
    refused(
        &forged(step_size, &0f32.to_le_bytes()),
        values,
        "a step size of 0",
    );
    refused(
        &forged(factor, &20_000f32.to_le_bytes()),
        values,
        "a factor out of range",
    );
    refused(
        &forged(known, &2u32.to_le_bytes()),
        values,
        "neither known nor not",
    );
    refused(
        &forged(known, &0u32.to_le_bytes()),
        values,
        "a label that is not known",
    );
    refused(&forged(5, &[1]), values, "a reserved byte");
    let mut labelled = small();
    labelled
        .restore(&forged(environment, &9u32.to_le_bytes()))
        .expect("another label");
    assert_eq!(labelled.resume().environment(), Some(9));
    refused(
        &forged(4, &[2]),
        |e| e == CheckpointError::Version { found: 2 },
        "a later version",
    );
}

#[test]
fn what_is_kept_beside_comes_back() {
    type Kept = (TailAverage<Symmetric<f32, 8>, f32>, (u64, [u8; 3]));
    let mut average = TailAverage::from_step(1);
    let learner = small();
    for step in 0..5 {
        average.record(step, &learner.estimate());
    }
    let kept: Kept = (average, (1 << 40, [1, 2, 3]));
    let mut bytes = vec![0; Small::CHECKPOINT_BYTES + <Kept as Extra>::BYTES];
    assert_eq!(learner.checkpoint_with(&kept, &mut bytes), Ok(bytes.len()));
    let mut again = Small::new(settings(9)).expect("in range");
    assert_eq!(again.restore_with::<Kept>(&bytes), Ok(kept));
    assert_eq!(again.digest(), learner.digest());
}

/// An application's own state may refuse, too: then nothing is restored.
#[derive(Debug, PartialEq)]
struct Even(u8);

impl Extra for Even {
    const BYTES: usize = 1;

    fn write(&self, to: &mut Writer<'_>) {
        // More than it said: must not reach the checksum's place.
        to.bytes(&[self.0, 1, 2, 3, 4, 5]);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let [byte] = from.array()?;
        (byte % 2 == 0).then_some(Self(byte))
    }
}

#[test]
fn an_extra_that_is_refused_leaves_the_learner() {
    let learner = small();
    let mut bytes = vec![0; Small::CHECKPOINT_BYTES + 1];
    let mut again = Small::new(settings(9)).expect("in range");
    let before = self::bytes(&again);
    assert_eq!(
        learner.checkpoint_with(&Even(3), &mut bytes),
        Ok(bytes.len())
    );
    assert_eq!(
        again.restore_with::<Even>(&bytes),
        Err(CheckpointError::Values)
    );
    assert_eq!(self::bytes(&again), before);
    assert_eq!(
        learner.checkpoint_with(&Even(4), &mut bytes),
        Ok(bytes.len())
    );
    assert_eq!(again.restore_with::<Even>(&bytes), Ok(Even(4)));
}

#[test]
fn a_norm_limit_refuses_the_first_step_beyond_it() {
    let mut learner = Small::new(Settings {
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
    let norm = |learner: &Small| learner.model().factor().norm();
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

/// Bytes that a release wrote stay readable: these files are never written again.
#[test]
fn golden_checkpoints_are_read() {
    macro_rules! golden {
        ($name:literal, $learner:ty, $digest:literal, $make:expr) => {
            let path = concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/golden/checkpoints/",
                $name,
                ".bin"
            );
            let learner: $learner = $make;
            let written = bytes(&learner);
            let golden = std::fs::read(path).expect("a golden checkpoint");
            assert_eq!(written, golden, $name);
            let mut again = <$learner>::new(settings(9)).expect("in range");
            again.restore(&golden).expect($name);
            assert_eq!(again.digest(), learner.digest(), $name);
            assert_eq!(format!("{:016x}", again.digest()), $digest, $name);
            assert_eq!((again.steps(), again.samples()), (2, 8), $name);
            assert_eq!(again.resume().count(), 3, $name);
        };
    }
    golden!("psd-f32-8-2", Small, "765d9cd24f16afe4", small());
    golden!(
        "linear-f64-4-centred",
        PooledSgd<Linear<f64, 4>, Centred>,
        "041e8f777e485427",
        {
            let mut learner = PooledSgd::new(settings(3)).expect("in range");
            for number in 0..11u32 {
                let x = core::array::from_fn(|i| {
                    f64::from((number * 7 + i as u32 * 3) % 11) * 0.2 - 1.0
                });
                let mut batch = learner.resume();
                batch
                    .observe(&Features::<f64, 4>(x), x[0] - 0.5 * x[1])
                    .expect("in range");
                if batch.count() == 4 {
                    batch.step().expect("stable");
                }
            }
            learner
        }
    );
    golden!(
        "signed-f32-3-1",
        HeteroSgd<Signed<f32, 3, 1>>,
        "f8a606ff2943aaa4",
        {
            let mut learner = HeteroSgd::new(settings(3)).expect("in range");
            for number in 0..11u32 {
                let x =
                    core::array::from_fn(|i| ((number * 7 + i as u32 * 3) % 11) as f32 * 0.2 - 1.0);
                let mut batch = learner.resume();
                batch
                    .observe_from(number / 4, &RankOne::<f32, 3>(x), x[0] * x[0] - x[1])
                    .expect("in range");
                if batch.count() == 4 {
                    batch.step().expect("stable");
                }
            }
            learner
        }
    );
}
