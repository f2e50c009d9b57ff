//! Every public operation of the core, on inputs that the compiler cannot see through.
//!
//! For two questions that no single problem answers. Is a panic reachable? A firmware that holds all
//! of this holds all of the core, and its symbols are searched. Are the bits the same? A board and a
//! host report one digest over all results. `tests/operations.rs` sees to it that nothing is left out.

mod algebra;
mod alone;
mod checkpoints;
mod estimates;
mod evaluation;
mod experiment;
mod learning;
mod measuring;
mod messages;
mod models;
mod refusals;
mod sampling;
mod scalars;
mod signs;
mod steps;
mod stored;
mod tally;
mod theory;

use heterosgd::Scalar;

use crate::Sink;
use tally::Tally;

type Part = fn(&mut Tally);

/// The parts, each out of line so that their stacks do not add up. A report tells them apart by
/// their positions.
fn parts<T: Scalar>() -> [Part; 14] {
    [
        scalars::scalars::<T>,
        algebra::algebra::<T>,
        sampling::sampling::<T>,
        sampling::schedules,
        measuring::measuring::<T>,
        stored::stored::<T>,
        signs::signs::<T>,
        models::models::<T>,
        learning::learning::<T>,
        refusals::refusals::<T>,
        experiment::experiments::<T>,
        evaluation::evaluation::<T>,
        theory::theory::<T>,
        messages::messages,
    ]
}

/// Runs all operations in the scalar `T` but those of [`checkpoint_operations`] and
/// [`estimate_operations`]; more would not fit into
/// 256 KB of flash. Reports `part POSITION COUNT DIGEST` after each part, of the results so far, and
/// `operations COUNT DIGEST` at the end.
pub fn operations<T: Scalar>(sink: &mut impl Sink) {
    run(&parts::<T>(), sink);
}

/// Runs all operations on checkpoints and guarded state in the scalar `T`, and reports like [`operations`].
pub fn checkpoint_operations<T: Scalar>(sink: &mut impl Sink) {
    run(&[checkpoints::checkpoints::<T>], sink);
}

/// Runs all operations on steps other than the plain one, the screen and the refit in the scalar `T`, and
/// reports like [`operations`].
pub fn estimate_operations<T: Scalar>(sink: &mut impl Sink) {
    run(&[steps::steps::<T>, estimates::estimates::<T>], sink);
}

/// A whitened linear model of 14 features, `f32`, alone; reports like [`operations`].
pub fn whitened(sink: &mut impl Sink) {
    run(&[alone::whitened], sink);
}

/// A whitened matrix model, d = 8, k = 2, `f32`, alone; reports like [`operations`].
pub fn whitened_matrix(sink: &mut impl Sink) {
    run(&[alone::whitened_matrix], sink);
}

/// Screen and refit of 14 features, `f32`, alone; reports like [`operations`].
pub fn refit(sink: &mut impl Sink) {
    run(&[alone::refit], sink);
}

fn run(parts: &[Part], sink: &mut impl Sink) {
    let mut tally = Tally::default();
    for (position, part) in (0u64..).zip(parts) {
        core::hint::black_box(part)(&mut tally);
        sink.record("part", &[position, tally.results(), tally.bits()]);
    }
    sink.record("operations", &[tally.results(), tally.bits()]);
}
