//! A checkpoint goes on where the learner was, bit for bit.

use heterosgd::checkpoint::{CheckpointError, Extra, Reader, Writer};
use heterosgd::environment::Schedule;
use heterosgd::experiment::Sensing;
use heterosgd::learner::{Learner, Mixture, OneEnvironment, Rule, Step};
use heterosgd::model::Model;
use heterosgd::sampling::{Ensemble, Gaussian, GaussianFeatures, GaussianRankOne};
use heterosgd::{
    Centred, Features, HeteroSgd, IsotropicRankOne, Linear, Measurement, Plain, PooledSgd, Psd,
    RankOne, Scalar, Sequential, Signed, Symmetric, TailAverage, Whitened,
};
use heterosgd_tests::checkpoint::{Small, bytes, part_way, settings, small, vector};

/// Cuts a run of three batches after every sample, goes on in a learner of another past, and compares
/// the whole of the state after each later step.
fn cuts<M, R, C, X, S>(signals: &[M::Signal; 2])
where
    M: Model,
    R: Rule,
    C: Step<M> + Clone,
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
    println!("{} cuts", 3 * SIZE);
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
    C: Step<M>,
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
    cuts::<P32, OneEnvironment, Plain, RankOne<f32, 8>, GaussianRankOne>(
        &matrices().map(|m| P32::signal_of(&m)),
    );
    cuts::<P64, Mixture, Centred, Symmetric<f64, 4>, Gaussian>(
        &matrices().map(|m| P64::signal_of(&m)),
    );
    cuts::<S32, OneEnvironment, Centred, IsotropicRankOne<f32, 5>, GaussianRankOne>(
        &matrices().map(|m| S32::signal_of(&m)),
    );
    let features = [[0.5; 9], [-0.3; 9]];
    cuts::<L64, OneEnvironment, Plain, Features<f64, 9>, GaussianFeatures>(&features);
    cuts::<L64, OneEnvironment, Centred<Whitened>, Features<f64, 9>, GaussianFeatures>(&features);
    cuts::<L64, Mixture, Sequential, Features<f64, 9>, GaussianFeatures>(&features);
    cuts::<P64, OneEnvironment, Whitened, Symmetric<f64, 4>, Gaussian>(
        &matrices().map(|m| P64::signal_of(&m)),
    );
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

/// Bytes that a release wrote stay readable: these files are never written again.
#[test]
fn golden_checkpoints_are_read() {
    golden("psd-f32-8-2", 0x765d_9cd2_4f16_afe4, &small());
    let linear: PooledSgd<Linear<f64, 4>, Centred> = part_way(|number| {
        let x = vector(number);
        (Features(x), x[0] - 0.5 * x[1])
    });
    golden("linear-f64-4-centred", 0x041e_8f77_7e48_5427, &linear);
    let signed: HeteroSgd<Signed<f32, 3, 1>> = part_way(|number| {
        let x = vector(number);
        (RankOne(x), x[0] * x[0] - x[1])
    });
    golden("signed-f32-3-1", 0xf8a6_06ff_2943_aaa4, &signed);
}

/// The file is what `learner` writes, and is taken by another one.
fn golden<M: Model, R: Rule, C: Step<M>>(name: &str, digest: u64, learner: &Learner<M, R, C>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/checkpoints");
    let golden = std::fs::read(format!("{folder}/{name}.bin")).expect("a golden checkpoint");
    assert_eq!(bytes(learner), golden, "{name}");
    let mut again = Learner::<M, R, C>::new(settings(9)).expect("in range");
    again.restore(&golden).expect(name);
    assert_eq!([learner.digest(), again.digest()], [digest; 2], "{name}");
    assert_eq!((again.steps(), again.samples()), (2, 8), "{name}");
    assert_eq!(again.resume().count(), 3, "{name}");
}
