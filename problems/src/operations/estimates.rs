//! The screen and the refit.

use core::hint::black_box;

use heterosgd::algebra::Size;
use heterosgd::refit::sums::{NormalMut, NormalTotals, Order, fold, room_length};
use heterosgd::refit::{Normal, Subspace};
use heterosgd::sampling::{Ensemble, GaussianFeatures, Purpose, Xoshiro128PlusPlus, stream};
use heterosgd::screen::moments::{Moments, add_pair, add_row, moments_length};
use heterosgd::screen::{
    Counters, FeatureSums, Guard, MomentPacking, Scratch, Totals, VisitMut, decide, f_tail, fit,
    least_pivot, t_tail,
};
use heterosgd::{
    Answer, Design, Features, Finding, Findings, Psd, RankOne, Refit, Scalar, Screen, Verdict,
};

use super::tally::Tally;

/// Features of the recordings below, of which one has a coefficient for each environment.
const P: usize = 4;

/// Every public operation of the screen and the refit.
pub(super) fn estimates<T: Scalar>(tally: &mut Tally) {
    recording::<T>(tally);
    pieces::<T>(tally);
    subspace::<T>(tally);
    for (f, d1, d2) in black_box([(2.0, 3.0, 20.0), (0.2, 1.0, 7.0), (-1.0, 2.0, 2.0)]) {
        tally.scalar(f_tail(f, d1, d2));
        tally.scalar(t_tail(f, d2));
    }
}

/// Visits to three environments, screened and refitted, with everything that can be asked of both.
#[inline(never)]
fn recording<T: Scalar>(tally: &mut Tally) {
    let mut screen = Screen::<T, P, 2, 2>::default();
    let mut draws = stream(black_box(5), Purpose::Measurements, 0);
    for environment in 0..3 {
        for t in 0..40 {
            let (x, y) = row::<T>(environment, &mut draws);
            let taken = if t % 2 == 0 {
                screen.observe_from(environment, &x, y)
            } else {
                screen.observe(&x, y)
            };
            tally.outcome(&taken);
        }
        tally.outcome(&screen.end_visit_to(environment));
        tally.outcome(&screen.end_visit());
        screen.discard_visit();
    }
    screen.end_all();
    let findings: Findings<P> = screen.findings();
    found(&findings, tally);
    let mut refit = Refit::<T, P, 2>::new(findings);
    for environment in 0..3 {
        for t in 0..40 {
            let (x, y) = row::<T>(environment, &mut draws);
            let taken = if t % 2 == 0 {
                refit.observe_from(environment, &x, y)
            } else {
                refit.observe(&x, y)
            };
            tally.outcome(&taken);
        }
        tally.outcome(&refit.end_visit_to(environment));
        tally.outcome(&refit.end_visit());
        refit.discard_visit();
    }
    refit.end_all();
    tally.word(refit.findings().of.len() as u64);
    if let Ok(covariance) = refit.covariance() {
        tally.scalars(covariance.as_slice());
    }
    answered(refit.answer().ok(), tally);
    let verdicts = black_box([
        Verdict::Varies,
        Verdict::Around,
        Verdict::Invariant,
        Verdict::Zero,
    ]);
    found(&Findings::from_verdicts(verdicts), tally);
    tally.word(Verdict::Unsure == Verdict::default());
}

fn answered(answer: Option<Answer<P>>, tally: &mut Tally) {
    if let Some(answer) = answer {
        tally.scalars(&answer.coefficients);
        tally.scalars(&answer.standard_errors);
        tally.scalar(answer.noise);
    }
}

fn found(findings: &Findings<P>, tally: &mut Tally) {
    for finding in &findings.of {
        let Finding {
            mean,
            standard_error,
            spread,
            p_varies,
            ..
        } = *finding;
        tally.scalars(&[mean, standard_error, spread, p_varies]);
        tally.word(finding.verdict as u64);
    }
    let Design {
        visits, directions, ..
    } = findings.design;
    tally.word(visits);
    tally.word(directions);
}

/// A row of an environment: twice the first feature, `own` times the second, and a little noise.
fn row<T: Scalar>(environment: u32, draws: &mut Xoshiro128PlusPlus) -> (Features<T, P>, T) {
    let x: Features<T, P> = GaussianFeatures::draw(draws);
    let [a, b, ..] = x.0;
    let own = T::from_f64(f64::from(environment) * 3.0 - 2.0);
    let noise = T::from_f64(0.1) * T::standard_normal(draws);
    (x, (a + a) + own * b + noise)
}

/// The functions on slices, as a host calls them.
#[inline(never)]
fn pieces<T: Scalar>(tally: &mut Tally) {
    const LENGTH: usize = moments_length(2);
    let number = |value: f64| T::from_f64(black_box(value));
    let mut moments = [T::ZERO; LENGTH];
    let mut pairs: <Size<2> as MomentPacking>::Moments<T> = <Size<2> as MomentPacking>::moments();
    let sample: <Size<2> as MomentPacking>::Sample<T> = <Size<2> as MomentPacking>::sample();
    tally.scalars(sample.as_ref());
    let mut blocks = [T::ZERO; 2 * LENGTH];
    let (mut first, mut last, mut next) = (sample, sample, sample);
    let mut counters = Counters::EMPTY;
    let mut visit = VisitMut {
        p: 2,
        blocks: &mut blocks,
        pairs: pairs.as_mut(),
        first: first.as_mut(),
        last: [last.as_mut(), next.as_mut()],
        counters: &mut counters,
    };
    for k in 0..20 {
        let x = [
            number(f64::from(k % 5) - 2.0),
            number(f64::from(k % 7) - 3.0),
        ];
        let [a, b] = x;
        add_row(&mut moments, &[a, b, a + b + number(f64::from(k % 3))]);
        tally.outcome(&visit.add(&x, a - b));
    }
    tally.scalar(visit.moments().mean(0, 20.0));
    tally.scalar(visit.moments().parts().count() as f64);
    let (mut sums, mut all) = ([FeatureSums::default(); 2], Totals::default());
    let (mut scatter, mut gram) = ([0.0; 3], [0.0; 3]);
    let [mut a, mut b, mut c] = [[0.0; 2]; 3];
    let scratch = Scratch {
        gram: &mut gram,
        vectors: [&mut a, &mut b, &mut c],
    };
    tally.outcome(&fit(&visit, &mut sums, &mut scatter, &mut all, scratch));
    let mut found = [Finding::default(); 2];
    let design = decide(&sums, &all, &mut scatter, [&mut a, &mut b], &mut found);
    tally.word(design.visits);
    visit.clear();
    tally.word(visit.counters.block());
    let mut again = moments;
    add_pair(&mut again, &[T::ONE; 3], &[number(2.0); 3]);
    let read = Moments::new(&moments, 2);
    tally.scalar(read.get(0, 0));
    tally.scalar(read.centred(0, 1, 20.0));
    tally.scalar(Moments::new(&again, 2).centred_pairs(0, 1, |i| i as f64));
    let mut room = [0.0; room_length(2)];
    let (mut matrix, mut products, mut pivots) = ([0.0; 1], [0.0; 1], [0.0; 2]);
    let mut totals = NormalTotals::default();
    let order = Order {
        features: &[1, 0],
        nuisance: 1,
    };
    tally.word(order.common() as u64);
    let normal = NormalMut {
        matrix: &mut matrix,
        products: &mut products,
        pivots: &mut pivots,
        totals: &mut totals,
    };
    tally.outcome(&fold(
        read,
        2,
        black_box(20),
        order,
        1e-6,
        normal,
        &mut room,
    ));
    tally.scalars(&[matrix[0], products[0], totals.square]);
    let normal = Normal {
        matrix: &matrix,
        products: &products,
        totals: &totals,
        order,
        findings: &[Finding::default(); 2],
        least: least_pivot::<T>(),
    };
    let (mut factor, mut vector, mut values) = ([0.0; 1], [0.0; 1], [0.0; 2]);
    tally.scalar(normal.solve(&mut factor, &mut vector, &mut values));
    tally.scalars(&values);
    normal.standard_errors(&mut factor, &mut vector, &mut values);
    tally.scalars(&values);
    let mut guard = Guard::<T>::new();
    tally.word(guard.admits(black_box(T::ONE)));
}

#[inline(never)]
fn subspace<T: Scalar>(tally: &mut Tally) {
    let one = black_box(T::ONE);
    let zero = T::ZERO;
    let span = Subspace::new([[one, zero, zero], [zero, one, zero]]);
    let x = RankOne([one, one + one, one]);
    let features: [T; 3] = span.features::<Psd<T, 3, 1>, _, 3>(&x);
    tally.scalars(&features);
}
