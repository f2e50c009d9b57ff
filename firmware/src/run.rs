//! One run: what runs, then the stack it took, then its costs.

use heterosgd::learner::Rule;
use heterosgd::model::Whitening;
use heterosgd::sampling::Ensemble;
use heterosgd::stored::StoredMeasurement;
use heterosgd::{Error, Measurement, Packing, Psd, Scalar, Size};
use heterosgd_problems::power::power_cuts;
use heterosgd_problems::{Problem, Sink};

use crate::board::stack;
use crate::{Semihosting, measure, request};

/// Runs a recorded stream, reports, and leaves with status 0, or 1 if it was refused.
pub fn run_stream(learn: impl FnOnce(&mut Semihosting) -> Result<(), Error>) -> ! {
    stack::paint();
    let mut sink = Semihosting::default();
    let outcome = learn(&mut sink);
    about_the_board(&mut sink);
    leave(outcome, &mut sink)
}

/// The stack that the run took, and the target.
fn about_the_board(sink: &mut Semihosting) {
    let stack = stack::mark();
    sink.record("stack", &[stack.peak as u64, stack.available as u64]);
    sink.write(b"target ");
    sink.write(env!("FIRMWARE_TARGET").as_bytes());
    sink.write(b"\n");
}

fn leave<E>(outcome: Result<(), E>, sink: &mut Semihosting) -> ! {
    if outcome.is_err() {
        sink.record("refused", &[]);
        semihosting::process::exit(1);
    }
    sink.record("end", &[]);
    semihosting::process::exit(0)
}

/// The run itself. Out of line: what it keeps on the stack is given back before costs are measured.
#[inline(never)]
fn learn<T, const D: usize, const K: usize, R, X, S>(
    problem: &Problem<T, D, K, R, X, S>,
    sink: &mut Semihosting,
) -> Result<(), Error>
where
    T: Scalar,
    Size<D>: Packing,
    R: Rule,
    X: StoredMeasurement<Psd<T, D, K>, Scalar = T>,
    S: Ensemble<X>,
{
    problem.run(&request::read(), sink)
}

/// Runs `problem`, reports, and leaves with status 0, or 1 if the run was refused.
pub fn run<T, const D: usize, const K: usize, R, X, S>(problem: &Problem<T, D, K, R, X, S>) -> !
where
    T: Scalar,
    Size<D>: Packing,
    R: Rule,
    X: StoredMeasurement<Psd<T, D, K>, Scalar = T>,
    S: Ensemble<X>,
{
    stack::paint();
    let mut sink = Semihosting::default();
    let outcome = learn(problem, &mut sink);
    about_the_board(&mut sink);
    let outcome = outcome.and_then(|()| measure::measure(problem, &mut sink));
    leave(outcome, &mut sink)
}

/// As [`run_operations`], then times a sample and a step of a whitened model on batches of `batch`.
pub fn run_whitened<M, X, S>(operations: fn(&mut Semihosting), batch: u32) -> !
where
    M: Whitening<Scalar = f32>,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    stack::paint();
    let mut sink = Semihosting::default();
    operations(&mut sink);
    about_the_board(&mut sink);
    let outcome = measure::whitened::<M, X, S>(batch, &mut sink);
    leave(outcome, &mut sink)
}

/// Runs `operations`, reports, and leaves with status 0.
pub fn run_operations(operations: fn(&mut Semihosting)) -> ! {
    stack::paint();
    let mut sink = Semihosting::default();
    operations(&mut sink);
    about_the_board(&mut sink);
    #[cfg(feature = "deliberate-panic")]
    crate::panic::deliberate();
    leave(Ok::<_, Error>(()), &mut sink)
}

/// Cuts the power of a flash after every byte, times what keeping a learner costs and what sign measurements
/// cost, reports, and leaves with status 0.
pub fn run_power_cuts() -> ! {
    stack::paint();
    let mut sink = Semihosting::default();
    power_cuts(&mut sink);
    about_the_board(&mut sink);
    let kept = measure::keeping(&mut sink).ok_or(());
    let outcome = kept.and_then(|()| measure::signs(&mut sink).map_err(|_| ()));
    leave(outcome, &mut sink)
}
