//! What a device of 14 features would hold, by itself, so that its memory and flash can be told.

use heterosgd::sampling::{
    Ensemble, Gaussian, GaussianFeatures, Purpose, Xoshiro128PlusPlus, stream,
};
use heterosgd::{
    Features, Findings, HeteroSgd, Linear, Measurement, Model, Psd, Refit, Scalar, Screen,
    Settings, Symmetric, Whitened,
};

use super::tally::Tally;

/// Features, as many as two lifted to degree 2 from four.
const P: usize = 14;

fn settings() -> Settings<f32> {
    Settings {
        step_size: 0.1,
        init_scale: 0.05,
        seed: 0,
    }
}

/// A row of an environment: two features are common, two have a coefficient for each environment.
fn row(environment: u32, draws: &mut Xoshiro128PlusPlus) -> (Features<f32, P>, f32) {
    let x: Features<f32, P> = GaussianFeatures::draw(draws);
    let own = if environment.is_multiple_of(2) {
        3.0
    } else {
        -2.0
    };
    let [a, b, c, d, ..] = x.0;
    let y = (a - 0.5 * b) + own * (c - d) + 0.5 * f32::standard_normal(draws);
    (x, y)
}

/// Whitened steps of a linear model.
#[inline(never)]
pub(super) fn whitened(tally: &mut Tally) {
    let Ok(mut learner) = HeteroSgd::<Linear<f32, P>, Whitened>::new(settings()) else {
        return;
    };
    let mut draws = stream(0, Purpose::Measurements, 0);
    for step in 0..20 {
        let mut batch = learner.batch(step % 2);
        for _ in 0..32 {
            let (x, y) = row(step, &mut draws);
            tally.outcome(&batch.observe(&x, y));
        }
        tally.outcome(&batch.step());
    }
    tally.scalars(&learner.estimate());
}

/// Whitened steps of a matrix of 8 rows.
#[inline(never)]
pub(super) fn whitened_matrix(tally: &mut Tally) {
    type M = Psd<f32, 8, 2>;
    let Ok(mut learner) = HeteroSgd::<M, Whitened>::new(settings()) else {
        return;
    };
    let mut draws = stream(0, Purpose::Measurements, 0);
    for step in 0..6 {
        let pull = if step % 2 == 0 { 7.0 } else { -5.0 };
        let signal = M::signal_of(&Symmetric::from_fn(|i, j| match (i, j) {
            (0, 0) => 1.0,
            (1, 1) => pull,
            _ => 0.0,
        }));
        let mut batch = learner.batch(step % 2);
        for _ in 0..72 {
            let x: Symmetric<f32, 8> = Gaussian::draw(&mut draws);
            let y = Measurement::<M>::respond(&x, &signal);
            tally.outcome(&batch.observe(&x, y));
        }
        tally.outcome(&batch.step());
    }
    tally.scalars(learner.estimate().as_slice());
}

/// The decision and the answer, with eight blocks and one environment open at a time; one after the
/// other in the same memory.
#[inline(never)]
pub(super) fn refit(tally: &mut Tally) {
    let findings = decision(tally);
    answer(&findings, tally);
}

#[inline(never)]
fn decision(tally: &mut Tally) -> Findings<P> {
    let mut screen = Screen::<f32, P>::new();
    let mut draws = stream(0, Purpose::Measurements, 0);
    for environment in 0..3 {
        for _ in 0..100 {
            let (x, y) = row(environment, &mut draws);
            tally.outcome(&screen.observe_from(environment, &x, y));
        }
    }
    screen.end_all();
    let findings = screen.findings();
    for finding in &findings.of {
        tally.word(finding.verdict as u64);
        tally.scalar(finding.mean);
    }
    findings
}

#[inline(never)]
fn answer(findings: &Findings<P>, tally: &mut Tally) {
    let mut refit = Refit::<f32, P>::new(*findings);
    let mut draws = stream(0, Purpose::Measurements, 0);
    for environment in 0..3 {
        for _ in 0..100 {
            let (x, y) = row(environment, &mut draws);
            tally.outcome(&refit.observe_from(environment, &x, y));
        }
    }
    refit.end_all();
    if let Ok(answer) = refit.answer() {
        tally.scalars(&answer.coefficients);
        tally.scalars(&answer.standard_errors);
    }
}
