//! Any sequence of calls, against a model of the learner's state.
//!
//! The learner has two coefficients, so that the canonical order of additions is the only one, and the
//! model below is a dozen lines. It says which calls are refused and how, and every bit of the state.

use arbitrary::{Arbitrary, Unstructured};
use heterosgd::error::Part;
use heterosgd::{Error, Features, HeteroSgd, Linear, Scalar, Settings};

/// The learner.
pub type Learner = HeteroSgd<Linear<f32, 2>>;

/// A number: one from a grid about 0, or any bits.
#[derive(Debug, Clone, Copy)]
pub struct Value(pub f32);

impl<'a> Arbitrary<'a> for Value {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let kind: u8 = bytes.arbitrary()?;
        Ok(Self(if kind < 224 {
            f32::from(i16::from(kind) - 112) / 16.0
        } else {
            f32::from_bits(bytes.arbitrary()?)
        }))
    }
}

/// A call.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub enum Call {
    /// `batch(environment)`.
    Batch(u8),
    /// `unlabelled_batch()`.
    Unlabelled,
    /// `resume().observe(x, y)`.
    Observe([Value; 2], Value),
    /// `resume().observe_from(environment, x, y)`.
    ObserveFrom(u8, [Value; 2], Value),
    /// `resume().step()`.
    Step,
    /// `set_step_size(value)`.
    StepSize(Value),
    /// `set_norm_limit(value)`.
    NormLimit(Option<Value>),
    /// `checkpoint`, then `restore` into a new learner that takes the place of this one.
    Restart,
    /// `restore` of a checkpoint in which this bit is flipped.
    Damaged(u16),
}

/// What the learner should be.
#[derive(Debug, Clone)]
struct State {
    u: [f32; 2],
    v: [f32; 2],
    sum: [f32; 2],
    count: u32,
    environment: Option<u32>,
    step_size: f32,
    norm_limit: Option<f32>,
    steps: u64,
    samples: u64,
}

/// Why a call is refused, as far as the model knows.
#[derive(Debug, PartialEq)]
enum Refusal {
    NotFinite(Part),
    OutOfRange(Part),
    OtherEnvironment,
    EmptyBatch,
    Diverged,
    StepSize,
    NormLimit,
}

impl State {
    fn open(&mut self, environment: Option<u32>) {
        (self.sum, self.count, self.environment) = ([0.0; 2], 0, environment);
    }

    fn estimate(&self) -> [f32; 2] {
        [0, 1].map(|i| self.u[i] * self.u[i] - self.v[i] * self.v[i])
    }

    fn observe(&mut self, x: [f32; 2], y: f32) -> Result<(), Refusal> {
        // What is not finite comes before what is too large.
        for limit in [f32::INFINITY, f32::MAX_ENTRY] {
            for (index, entry) in x.into_iter().enumerate() {
                value(entry, limit, Part::Measurement { index })?;
            }
        }
        value(y, f32::MAX_RESIDUAL, Part::Response)?;
        let w = self.estimate();
        let residual = x[0] * w[0] + x[1] * w[1] - y;
        if !residual.is_finite() || residual.abs() > f32::MAX_RESIDUAL {
            return Err(Refusal::OutOfRange(Part::Residual));
        }
        self.sum = [0, 1].map(|i| self.sum[i] + residual * x[i]);
        self.count += 1;
        Ok(())
    }

    fn step(&mut self) -> Result<(), Refusal> {
        if self.count == 0 {
            return Err(Refusal::EmptyBatch);
        }
        let rate = self.step_size / self.count as f32;
        let pull = self.sum.map(|g| rate * g);
        let u = [0, 1].map(|i| self.u[i] - self.u[i] * pull[i]);
        let v = [0, 1].map(|i| self.v[i] + self.v[i] * pull[i]);
        let entries = [u[0], u[1], v[0], v[1]];
        let within = |limit: f32| entries.iter().fold(0.0, |sum, x| sum + x * x) <= limit * limit;
        let in_range = entries.iter().all(|x| x.abs() <= f32::MAX_FACTOR);
        if !in_range || self.norm_limit.is_some_and(|limit| !within(limit)) {
            return Err(Refusal::Diverged);
        }
        (self.u, self.v) = (u, v);
        self.steps += 1;
        self.samples += u64::from(self.count);
        self.open(None);
        Ok(())
    }

    fn call(&mut self, call: Call) -> Result<(), Refusal> {
        match call {
            Call::Batch(environment) => self.open(Some(environment.into())),
            Call::Unlabelled => self.open(None),
            Call::Observe(x, y) => self.observe(x.map(|x| x.0), y.0)?,
            Call::ObserveFrom(environment, x, y) => {
                let environment = u32::from(environment);
                if self.environment.is_some_and(|open| open != environment) {
                    return Err(Refusal::OtherEnvironment);
                }
                self.observe(x.map(|x| x.0), y.0)?;
                self.environment = Some(environment);
            }
            Call::Step => self.step()?,
            Call::StepSize(Value(size)) if size > 0.0 && size.is_finite() => self.step_size = size,
            Call::StepSize(_) => return Err(Refusal::StepSize),
            Call::NormLimit(None) => self.norm_limit = None,
            Call::NormLimit(Some(Value(limit))) if limit > 0.0 && limit <= f32::MAX_RESIDUAL => {
                self.norm_limit = Some(limit);
            }
            Call::NormLimit(Some(_)) => return Err(Refusal::NormLimit),
            Call::Restart | Call::Damaged(_) => {}
        }
        Ok(())
    }
}

fn value(value: f32, limit: f32, part: Part) -> Result<(), Refusal> {
    if !value.is_finite() {
        Err(Refusal::NotFinite(part))
    } else if value.abs() > limit {
        Err(Refusal::OutOfRange(part))
    } else {
        Ok(())
    }
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::NotFinite(part) => Refusal::NotFinite(part),
        Error::OutOfRange(part) => Refusal::OutOfRange(part),
        Error::OtherEnvironment { .. } => Refusal::OtherEnvironment,
        Error::EmptyBatch => Refusal::EmptyBatch,
        Error::Diverged { .. } => Refusal::Diverged,
        Error::StepSize => Refusal::StepSize,
        Error::NormLimit => Refusal::NormLimit,
        other => panic!("no call here leads to {other:?}"),
    }
}

fn settings() -> Settings<f32> {
    Settings {
        step_size: 0.5,
        init_scale: 0.25,
        seed: 0,
    }
}

/// The calls that `bytes` stand for.
pub fn any_calls(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    // Bytes that run out end the sequence.
    let calls = std::iter::from_fn(|| (!bytes.is_empty()).then(|| bytes.arbitrary().ok())?);
    run(calls);
}

/// Every call is refused or not as the model says, and leaves the state that it says.
pub fn run(calls: impl IntoIterator<Item = Call>) {
    let mut learner = Learner::new(settings()).expect("in range");
    let mut state = State {
        u: [0.25; 2],
        v: [0.25; 2],
        sum: [0.0; 2],
        count: 0,
        environment: None,
        step_size: 0.5,
        norm_limit: None,
        steps: 0,
        samples: 0,
    };
    compare(&mut learner, &state);
    for call in calls {
        let found = make(&mut learner, call).map_err(refusal);
        assert_eq!(found, state.call(call), "{call:?} at {state:?}");
        compare(&mut learner, &state);
    }
}

fn make(learner: &mut Learner, call: Call) -> Result<(), Error> {
    let features = |x: [Value; 2]| Features(x.map(|x| x.0));
    match call {
        Call::Batch(environment) => {
            learner.batch(environment.into());
            Ok(())
        }
        Call::Unlabelled => {
            learner.unlabelled_batch();
            Ok(())
        }
        Call::Observe(x, y) => learner.resume().observe(&features(x), y.0),
        Call::ObserveFrom(environment, x, y) => {
            learner
                .resume()
                .observe_from(environment.into(), &features(x), y.0)
        }
        Call::Step => learner.resume().step(),
        Call::StepSize(size) => learner.set_step_size(size.0),
        Call::NormLimit(limit) => learner.set_norm_limit(limit.map(|limit| limit.0)),
        Call::Restart => {
            let bytes = checkpoint(learner);
            *learner = Learner::new(settings())?;
            assert_eq!(learner.restore(&bytes), Ok(()));
            Ok(())
        }
        Call::Damaged(bit) => {
            let mut bytes = checkpoint(learner);
            let bit = usize::from(bit) % (8 * bytes.len());
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(learner.restore(&bytes).is_err());
            Ok(())
        }
    }
}

fn checkpoint(learner: &Learner) -> [u8; Learner::CHECKPOINT_BYTES] {
    let mut bytes = [0; Learner::CHECKPOINT_BYTES];
    assert_eq!(learner.checkpoint(&mut bytes), Ok(bytes.len()));
    bytes
}

fn compare(learner: &mut Learner, state: &State) {
    let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let (u, v) = learner.model().factors();
    assert_eq!([bits(u), bits(v)], [bits(&state.u), bits(&state.v)]);
    assert_eq!(bits(&learner.estimate()), bits(&state.estimate()));
    assert_eq!(learner.step_size().to_bits(), state.step_size.to_bits());
    assert_eq!(learner.norm_limit(), state.norm_limit);
    assert_eq!(
        [learner.steps(), learner.samples()],
        [state.steps, state.samples]
    );
    let batch = learner.resume();
    assert_eq!(
        (batch.count(), batch.environment()),
        (state.count, state.environment)
    );
    // The sum of the open batch shows in a checkpoint alone.
    let bytes = checkpoint(learner);
    let sum: Vec<u8> = state.sum.iter().flat_map(|x| x.to_le_bytes()).collect();
    let end = bytes.len() - 4;
    assert_eq!(bytes[end - sum.len()..end], sum);
}
