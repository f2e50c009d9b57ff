//! Whitened and sequential steps: the population's dynamics from finite batches, the paper's problem,
//! refusals that leave no trace.

use heterosgd::algebra::cholesky::packed_length;
use heterosgd::algebra::gram;
use heterosgd::learner::{OneEnvironment, Step};
use heterosgd::model::{Model, Sum};
use heterosgd::sampling::{Ensemble, Gaussian, GaussianFeatures, Purpose, orthonormal, stream};
use heterosgd::theory::population_step;
use heterosgd::{
    Centred, Error, Features, HeteroSgd, Learner, Linear, Measurement, Plain, Psd, RankOne, Scalar,
    Sequential, Settings, Symmetric, TailAverage, Whitened,
};
use heterosgd_tests::statistics::median;
use rand_core::Rng as _;

fn settings<T: Scalar>(step_size: f64, init_scale: f64) -> Settings<T> {
    Settings {
        step_size: T::from_f64(step_size),
        init_scale: T::from_f64(init_scale),
        seed: 0,
    }
}

/// Two environments in a random order.
fn environments() -> impl Iterator<Item = usize> {
    let mut rng = stream(7, Purpose::Environments, 0);
    std::iter::repeat_with(move || heterosgd::sampling::below(&mut rng, 2) as usize)
}

/// Twice as many samples as coordinates, no noise, no ridge: matrices follow the scalars of the
/// population (docs/theory.md, section 5) to 1e-6 while the invariant is learned.
#[test]
fn a_whitened_run_is_the_population_run() {
    const PULLS: [[f64; 5]; 2] = [[1.0, 0.6, 7.0, 5.5, 0.0], [1.0, 0.6, -5.0, -3.7, 0.0]];
    let signals = PULLS.map(|pulls| {
        let signal = Symmetric::<f64, 5>::from_fn(|i, j| if i == j { pulls[i] } else { 0.0 });
        <Psd<f64, 5, 5> as Model>::signal_of(&signal)
    });
    let mut learner =
        HeteroSgd::<Psd<f64, 5, 5>, Whitened>::new(settings(0.1, 1e-3)).expect("in range");
    learner.set_ridge(0.0).expect("in range");
    let mut scalars = [1e-3; 5];
    let mut draws = stream(3, Purpose::Measurements, 0);
    let mut worst = 0.0f64;
    for environment in environments().take(120) {
        let mut batch = learner.batch(environment as u32);
        for _ in 0..2 * packed_length(5) {
            let x: Symmetric<f64, 5> = Gaussian::draw(&mut draws);
            let y = Measurement::<Psd<f64, 5, 5>>::respond(&x, &signals[environment]);
            batch.observe(&x, y).expect("in range");
        }
        batch.step().expect("finite");
        for (i, (b, pull)) in scalars.iter_mut().zip(PULLS[environment]).enumerate() {
            *b = population_step(*b, 0.1, pull);
            let entry = learner.model().factor()[(i, i)];
            // What has died out below the rounding of the invariant part is no longer its own.
            if b.abs() > 1e-8 {
                worst = worst.max((entry - *b).abs() / b.abs());
            }
        }
    }
    println!("largest relative deviation from the population: {worst:.1e}");
    assert!((scalars[0] - 1.0).abs() < 0.1, "the learning phase is over");
    assert!(worst < 1e-6, "{worst}");
}

/// What a run of the paper's problem ends with.
#[derive(Clone, Copy)]
struct Run {
    batch: u32,
    steps: u64,
    noise: f64,
}

/// The signals of BEYOND's table: r = q = 2, mu = 1, M = 6; the invariant one first.
fn paper<const D: usize>(seed: u64) -> [Symmetric<f64, D>; 3]
where
    heterosgd::Size<D>: heterosgd::Packing,
{
    let columns: [[f64; D]; D] = orthonormal(&mut stream(seed, Purpose::Signals, 0));
    let mut truth = Symmetric::zero();
    truth.add_outer(&columns[0], 1.0);
    truth.add_outer(&columns[1], 1.0);
    [0.0, 7.0, -5.0].map(|pull| {
        let mut signal = truth;
        signal.add_outer(&columns[2], pull);
        signal.add_outer(&columns[3], pull);
        signal
    })
}

/// The relative error of the tail average cut to rank 2.
fn cut_error<S: Step<Psd<f64, 8, 8>>>(
    run: Run,
    seed: u64,
    prepare: impl FnOnce(&mut Learner<Psd<f64, 8, 8>, OneEnvironment, S>),
) -> f64 {
    type M = Psd<f64, 8, 8>;
    let [truth, signals @ ..] = paper::<8>(seed);
    let signals = signals.map(|signal| M::signal_of(&signal));
    let mut learner = HeteroSgd::<M, S>::new(settings(0.1, 1e-3)).expect("in range");
    prepare(&mut learner);
    let mut draws = stream(seed, Purpose::Measurements, 0);
    let mut tail = TailAverage::from_step(run.steps / 2);
    for _ in 0..run.steps {
        let environment = (draws.next_u32() >> 31) as usize;
        let mut batch = learner.batch(environment as u32);
        for _ in 0..run.batch {
            let x: Symmetric<f64, 8> = Gaussian::draw(&mut draws);
            let y = Measurement::<M>::respond(&x, &signals[environment]);
            let y = y + run.noise * f64::standard_normal(&mut draws);
            if batch.observe(&x, y).is_err() {
                return f64::INFINITY;
            }
        }
        if batch.step().is_err() {
            return f64::INFINITY;
        }
        tail.record(learner.steps(), &learner.estimate());
    }
    relative(tail.mean().expect("a tail"), &truth)
}

fn relative<const D: usize>(mean: &Symmetric<f64, D>, truth: &Symmetric<f64, D>) -> f64
where
    heterosgd::Size<D>: heterosgd::Packing,
{
    let mut error = mean.leading(2);
    error.add_scaled(truth, -1.0);
    error.norm() / truth.norm()
}

fn medians(run: Run, seeds: u64) -> [f64; 3] {
    let over = |one: &dyn Fn(u64) -> f64| median(&mut (0..seeds).map(one).collect::<Vec<_>>());
    [
        over(&|seed| cut_error::<Plain>(run, seed, |_| ())),
        over(&|seed| cut_error::<Whitened>(run, seed, |_| ())),
        over(&|seed| cut_error::<Sequential>(run, seed, |_| ())),
    ]
}

/// The same samples: a whitened step is several times better than the plain one, also where labels are
/// noisy.
#[test]
fn whitening_serves_the_papers_problem() {
    for noise in [0.0, 1.0] {
        let run = Run {
            batch: 64,
            steps: 200,
            noise,
        };
        let [plain, whitened, _] = medians(run, 3);
        println!("noise {noise}: plain {plain:.3}, whitened {whitened:.3}");
        assert!(whitened < plain / 4.0, "{whitened}, {plain}");
    }
}

/// The table of docs/steps.md: `cargo xtask test --long` prints it.
#[test]
#[ignore = "ten minutes; cargo xtask test --long runs it"]
fn campaign_of_the_papers_problem() {
    // The prototype's medians over 20 seeds. Errors of different seeds differ by up to two orders of
    // magnitude, so that a median of few says little. An odd number of seeds has a middle one.
    for (batch, noise, prototype) in [
        (64, 0.0, 0.0012),
        (200, 0.0, 0.0003),
        (800, 0.0, 0.0001),
        (64, 1.0, 0.063),
        (200, 1.0, 0.034),
        (800, 1.0, 0.016),
    ] {
        let [plain, whitened, sequential] = medians(
            Run {
                batch,
                steps: 400,
                noise,
            },
            101,
        );
        println!(
            "d = 8, m = {batch}, noise {noise}: plain {plain:.4}, whitened {whitened:.4} (prototype {prototype}), sequential {sequential:.4}"
        );
    }
    for (batch, noise, seeds, prototype) in [
        (400, 0.0, 21, 0.0006),
        (1600, 0.0, 5, 0.0001),
        (400, 1.0, 21, 0.034),
        (1600, 1.0, 5, 0.011),
    ] {
        let mut errors: Vec<f64> = (0..seeds).map(|seed| large(batch, noise, seed)).collect();
        println!(
            "d = 20, m = {batch}, noise {noise}: whitened {:.4} (prototype {prototype})",
            median(&mut errors)
        );
    }
}

/// d = 20 by the functions on slices, which have no largest size.
fn large(batch: u32, noise: f64, seed: u64) -> f64 {
    type M = Psd<f64, 20, 20>;
    let p = packed_length(20);
    let [truth, signals @ ..] = paper::<20>(seed);
    let signals = signals.map(|signal| M::signal_of(&signal));
    let mut model = M::initial(1e-3, 0);
    let mut draws = stream(seed, Purpose::Measurements, 0);
    let mut tail = TailAverage::from_step(150);
    for step in 1..=300 {
        let environment = (draws.next_u32() >> 31) as usize;
        let mut sums = vec![0.0; packed_length(p)];
        let mut gradient = Symmetric::<f64, 20>::zero();
        for _ in 0..batch {
            let x: Symmetric<f64, 20> = Gaussian::draw(&mut draws);
            let y = Measurement::<M>::respond(&x, &signals[environment]);
            let residual = x.predict(&model) - y - noise * f64::standard_normal(&mut draws);
            gradient.add_scaled(&x, residual);
            gram::add_outer(&mut sums, x.as_slice());
        }
        let weights = <Symmetric<f64, 20> as Sum<f64>>::weights();
        gram::whiten(&mut sums, gradient.as_mut_slice(), weights, 1.0 / 1024.0).expect("a ridge");
        if !model.step(&gradient, 0.1) {
            return f64::INFINITY;
        }
        tail.record(step, &model.estimate());
    }
    relative(tail.mean().expect("a tail"), &truth)
}

/// One whitened step from coefficients 0 goes to those of the environment, whatever the scales and
/// the correlation of the features, and whatever their offset where the batch is centred.
#[test]
fn correlated_and_badly_scaled_features_do_no_harm() {
    fn direction<S: Step<Linear<f64, 3>>>(
        offset: f64,
        prepare: impl FnOnce(&mut Learner<Linear<f64, 3>, OneEnvironment, S>),
    ) -> Vec<f64> {
        let mut learner =
            HeteroSgd::<Linear<f64, 3>, S>::new(settings(0.25, 1.0)).expect("in range");
        prepare(&mut learner);
        let mut draws = stream(5, Purpose::Measurements, 0);
        let mut batch = learner.batch(0);
        for _ in 0..30 {
            let Features([a, b, c]): Features<f64, 3> = GaussianFeatures::draw(&mut draws);
            let x = [offset + a, 100.0 * (a + 0.2 * b), 0.01 * (c - offset)];
            batch
                .observe(
                    &Features(x),
                    offset + 2.0 * x[0] - 0.03 * x[1] + 50.0 * x[2],
                )
                .expect("in range");
        }
        // u <- u (1 - 0.25 g), u = 1: the coefficients of the environment are -g.
        batch.step().expect("a direction");
        let (u, _) = learner.model().factors();
        u.iter().map(|u| (u - 1.0) / 0.25).collect()
    }
    let expected = [2.0, -0.03, 50.0];
    let whitened = direction::<Whitened>(0.0, |learner| learner.set_ridge(0.0).expect("in range"));
    let centred =
        direction::<Centred<Whitened>>(1000.0, |learner| learner.set_ridge(0.0).expect("in range"));
    for (found, tolerance) in [(whitened, 1e-8), (centred, 1e-6)] {
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() < tolerance * expected.abs().max(1.0),
                "{found} for {expected}"
            );
        }
    }
}

/// A large mean uses up no digit of a centred batch, in single precision and with many samples.
#[test]
fn a_large_mean_does_no_harm_in_single_precision() {
    let mut learner =
        HeteroSgd::<Linear<f32, 2>, Centred<Whitened>>::new(settings(0.25, 1.0)).expect("in range");
    let mut draws = stream(5, Purpose::Measurements, 0);
    let mut batch = learner.batch(0);
    for _ in 0..300 {
        let Features([a, b]): Features<f32, 2> = GaussianFeatures::draw(&mut draws);
        let (a, b) = (a, (64.0 * b) as i32 as f32 / 64.0);
        batch
            .observe(&Features([a, 101_325.0 + b]), 2.0 * a - b)
            .expect("in range");
    }
    batch.step().expect("the ridge decides");
    let (u, _) = learner.model().factors();
    for (u, expected) in u.iter().zip([2.0, -1.0]) {
        assert!(((u - 1.0) / 0.25 - expected).abs() < 0.01, "{u}");
    }
}

/// Fewer samples than coordinates: the ridge makes it a step towards the nearest solution.
#[test]
fn a_short_batch_moves_towards_the_nearest_solution() {
    let mut learner =
        HeteroSgd::<Linear<f64, 4>, Whitened>::new(settings(0.25, 1.0)).expect("in range");
    let mut batch = learner.batch(0);
    batch
        .observe(&Features([3.0, 0.0, 4.0, 0.0]), 50.0)
        .expect("in range");
    batch.step().expect("the ridge is above 0");
    let (u, _) = learner.model().factors();
    // The point of the plane 3 a + 4 c = 50 nearest to 0 is (6, 0, 8, 0).
    for (u, expected) in u.iter().zip([6.0, 0.0, 8.0, 0.0]) {
        assert!(((u - 1.0) / 0.25 - expected).abs() < 0.05, "{u}");
    }
}

/// Without noise the direction of a sequential step converges to that of the population.
#[test]
fn sequential_projections_converge() {
    let mut learner =
        HeteroSgd::<Psd<f64, 4, 4>, Sequential>::new(settings(0.1, 0.5)).expect("in range");
    learner.set_full_gain(u32::MAX);
    let truth = Symmetric::<f64, 4>::from_fn(|i, j| (i + 2 * j) as f64 / 4.0 - 0.5);
    let signal = <Psd<f64, 4, 4> as Model>::signal_of(&truth);
    let before = learner.model().clone();
    let mut draws = stream(5, Purpose::Measurements, 0);
    let mut batch = learner.unlabelled_batch();
    for _ in 0..400 {
        let x: Symmetric<f64, 4> = Gaussian::draw(&mut draws);
        let y = Measurement::<Psd<f64, 4, 4>>::respond(&x, &signal);
        batch.observe(&x, y).expect("in range");
    }
    batch.step().expect("finite");
    let mut direction = before.estimate();
    direction.add_scaled(&truth, -1.0);
    let mut expected = before;
    assert!(expected.step(&direction, 0.1));
    let difference = learner.model().factor() - expected.factor();
    assert!(difference.norm() < 1e-9, "{difference}");
}

/// A refused step leaves every bit of learner and batch, which then goes on.
#[test]
fn a_refused_whitened_step_leaves_no_trace() {
    let mut learner =
        HeteroSgd::<Linear<f32, 3>, Whitened>::new(settings(0.1, 0.1)).expect("in range");
    for bad in [f32::NAN, -1.0, 2.0, f32::INFINITY] {
        assert_eq!(learner.set_ridge(bad), Err(Error::Ridge));
    }
    learner.set_ridge(0.0).expect("in range");
    let mut batch = learner.batch(4);
    batch
        .observe(&Features([1.0, 2.0, 3.0]), 1.0)
        .expect("in range");
    batch
        .observe(&Features([2.0, 4.0, 7.0]), 1.0)
        .expect("in range");
    let before = format!("{learner:?}");
    // The second coordinate is twice the first.
    assert_eq!(
        learner.resume().step(),
        Err(Error::Singular { coordinate: 1 })
    );
    assert_eq!(format!("{learner:?}"), before);
    let nan = learner
        .resume()
        .observe(&Features([1.0, f32::NAN, 0.0]), 0.0);
    assert!(nan.is_err() && format!("{learner:?}") == before);
    learner
        .resume()
        .observe(&Features([1.0, 0.0, 1.0]), 0.5)
        .expect("in range");
    assert_eq!(learner.resume().step(), Ok(()));

    let mut zeros =
        HeteroSgd::<Linear<f32, 3>, Whitened>::new(settings(0.1, 0.1)).expect("in range");
    zeros
        .batch(0)
        .observe(&Features([0.0; 3]), 1.0)
        .expect("in range");
    assert_eq!(
        zeros.resume().step(),
        Err(Error::Singular { coordinate: 0 })
    );
}

/// A measurement of nothing, or of next to nothing, leaves a sequential batch finite.
#[test]
fn a_sequential_batch_passes_over_what_has_no_hyperplane() {
    let mut learner =
        HeteroSgd::<Psd<f32, 3, 1>, Sequential>::new(settings(0.1, 0.1)).expect("in range");
    let mut batch = learner.unlabelled_batch();
    for x in [[0.0; 3], [1e-30; 3], [1e-12, 0.0, 0.0]] {
        batch.observe(&RankOne(x), 1.0).expect("in range");
    }
    assert_eq!(batch.count(), 3);
    batch
        .step()
        .expect("nothing was learned, and nothing is broken");
    let start = HeteroSgd::<Psd<f32, 3, 1>>::new(settings(0.1, 0.1)).expect("in range");
    assert_eq!(learner.digest(), start.digest());
}
