//! One run: what runs, then the stack it took, then its costs.

use heterosgd::learner::Rule;
use heterosgd::sampling::Ensemble;
use heterosgd::{Measurement, Packing, Psd, Scalar, Size};
use heterosgd_problems::operations::operations;
use heterosgd_problems::{Problem, Sink};

use crate::board::stack;
use crate::{Semihosting, measure, request};

/// Runs `problem`, reports, and leaves with status 0, or 1 if the run was refused.
pub fn run<T, const D: usize, const K: usize, R, X, S>(problem: &Problem<T, D, K, R, X, S>) -> !
where
    T: Scalar,
    Size<D>: Packing,
    R: Rule,
    X: Measurement<Psd<T, D, K>>,
    S: Ensemble<X>,
{
    stack::paint();
    let mut sink = Semihosting::default();
    let outcome = problem.run(&request::read(), &mut sink);
    board(&mut sink);
    let outcome = outcome.and_then(|()| measure::measure(problem, &mut sink));
    if outcome.is_err() {
        sink.record("refused", &[]);
        semihosting::process::exit(1);
    }
    sink.record("end", &[]);
    semihosting::process::exit(0)
}

/// Runs every operation of the core in the scalar `T`, reports, and leaves with status 0.
pub fn run_operations<T: Scalar>() -> ! {
    stack::paint();
    let mut sink = Semihosting::default();
    operations::<T>(&mut sink);
    board(&mut sink);
    #[cfg(feature = "deliberate-panic")]
    crate::panic::deliberate();
    sink.record("end", &[]);
    semihosting::process::exit(0)
}

/// Reports how deep the stack went, and where.
fn board(sink: &mut impl Sink) {
    let stack = stack::mark();
    sink.record("stack", &[stack.peak as u64, stack.available as u64]);
    sink.write(b"target ");
    sink.write(env!("FIRMWARE_TARGET").as_bytes());
    sink.write(b"\n");
}
