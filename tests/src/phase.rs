//! Screens and refits in the middle of a visit, and their checkpoints.

use std::fmt::Debug;

use heterosgd::checkpoint::CheckpointError;
use heterosgd::screen::MomentPacking;
use heterosgd::{Error, Features, Findings, Refit, Scalar, Screen, Size, Verdict};

/// Features of a row of [`row`].
pub const D: usize = 3;

/// What a screen and a refit have in common.
pub trait Phase: Clone + Debug {
    /// Bytes of a checkpoint.
    const BYTES: usize;
    /// Its scalar.
    type Scalar: Scalar;

    /// One that has seen nothing.
    fn start() -> Self;
    /// Takes a row.
    ///
    /// # Errors
    /// Those of `observe_from`.
    fn take(&mut self, environment: Option<u32>, x: [f64; D], y: f64) -> Result<bool, Error>;
    /// Ends a visit.
    ///
    /// # Errors
    /// Those of `end_visit_to`.
    fn end_to(&mut self, environment: u32) -> Result<(), Error>;
    /// Ends all visits, and says all that can be said.
    fn outcome(&mut self) -> String;
    /// Writes a checkpoint.
    ///
    /// # Errors
    /// Those of `checkpoint`.
    fn write(&self, buffer: &mut [u8]) -> Result<usize, CheckpointError>;
    /// Takes a checkpoint.
    ///
    /// # Errors
    /// Those of `restore`.
    fn read(&mut self, bytes: &[u8]) -> Result<(), CheckpointError>;
    /// The digest of the state.
    fn bits(&self) -> u64;
}

macro_rules! phase {
    ([$($generics:tt)*] $type:ty, $start:expr, $outcome:expr) => {
        impl<T: Scalar, $($generics)*> Phase for $type
        where
            Size<D>: MomentPacking,
        {
            const BYTES: usize = Self::CHECKPOINT_BYTES;
            type Scalar = T;

            fn start() -> Self {
                $start
            }

            fn take(
                &mut self,
                environment: Option<u32>,
                x: [f64; D],
                y: f64,
            ) -> Result<bool, Error> {
                let (x, y) = (Features(x.map(T::from_f64)), T::from_f64(y));
                match environment {
                    Some(environment) => self.observe_from(environment, &x, y),
                    None => self.observe(&x, y),
                }
            }

            fn end_to(&mut self, environment: u32) -> Result<(), Error> {
                self.end_visit_to(environment)
            }

            fn outcome(&mut self) -> String {
                self.end_all();
                let outcome: fn(&Self) -> String = $outcome;
                outcome(self)
            }

            fn write(&self, buffer: &mut [u8]) -> Result<usize, CheckpointError> {
                self.checkpoint(buffer)
            }

            fn read(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
                self.restore(bytes)
            }

            fn bits(&self) -> u64 {
                self.digest()
            }
        }
    };
}

phase!(
    [const BLOCKS: usize, const OPEN: usize] Screen<T, D, BLOCKS, OPEN>,
    Self::new(),
    |screen| format!("{:?}", screen.findings())
);
phase!(
    [const OPEN: usize] Refit<T, D, OPEN>,
    Self::new(findings()),
    |refit| format!("{:?}, {:?}", refit.findings(), refit.answer())
);

/// Findings with something of everything.
pub fn findings() -> Findings<D> {
    let mut findings =
        Findings::from_verdicts([Verdict::Invariant, Verdict::Around, Verdict::Unsure]);
    findings.of[1].mean = 1.5;
    findings.of[1].spread = 0.25;
    findings.design.visits = 3;
    findings.design.few_rows = true;
    findings
}

/// The row of a number: rounded noise, and now and then a gross outlier.
pub fn row(number: u32) -> ([f64; D], f64) {
    let at = |k: u32| f64::from((number * number * 7 + k * 50 + 3 * number * k) % 101) / 16.0;
    let x = core::array::from_fn(|i| at(i as u32 + 1) - 2.0);
    let outlier = if number % 37 == 36 { 1e6 } else { 0.0 };
    (x, x[0] - 0.5 * x[1] + at(9) + outlier)
}

/// Takes row `number` of a recording of environments side by side, in turns of four rows; every
/// fourth environment is one without a label, and some visits are ended before others come.
pub fn feed<P: Phase, const OPEN: u32>(phase: &mut P, number: u32) {
    let turn = number / 4;
    let environment = turn / (9 * OPEN) * OPEN + turn % OPEN;
    let (x, y) = row(number);
    if number > 0 && number.is_multiple_of(36 * OPEN) {
        for before in environment - OPEN..environment {
            let _ = phase.end_to(before);
        }
    }
    let label = (environment % 4 != 3).then_some(environment);
    let taken = phase.take(label, x, y);
    assert!(
        matches!(taken, Ok(_) | Err(Error::TooManyOpen { .. })),
        "{taken:?}"
    );
}

/// One that has taken some rows, in the middle of a visit.
pub fn part_way<P: Phase, const OPEN: u32>() -> P {
    let mut phase = P::start();
    for number in 0..36 * OPEN + 27 {
        feed::<P, OPEN>(&mut phase, number);
    }
    phase
}

/// The checkpoint: all of the state.
pub fn bytes<P: Phase>(phase: &P) -> Vec<u8> {
    let mut bytes = vec![0; P::BYTES];
    assert_eq!(phase.write(&mut bytes), Ok(bytes.len()));
    bytes
}
