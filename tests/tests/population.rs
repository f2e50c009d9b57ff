//! With exact population gradients the matrices follow the scalar recursions of docs/theory.md,
//! section 2: each eigen-direction is a scalar of its own.

use heterosgd::sampling::{Purpose, orthonormal, stream};
use heterosgd::theory::population_step;
use heterosgd::{HeteroSgd, Linear, Model, Psd, Scalar, Settings, Signed};
use heterosgd_tests::exact;
use heterosgd_tests::naive::{self, Matrix};

const STEPS: u64 = 2000;
const STEP_SIZE: f64 = 0.1;
const INIT_SCALE: f64 = 1e-3;
/// Two invariant, two spurious and four null directions; the spurious ones change sign.
const PULLS: [[f64; 8]; 2] = [
    [1.0, 0.6, 7.0, 5.5, 0.0, 0.0, 0.0, 0.0],
    [1.0, 0.6, -5.0, -3.7, 0.0, 0.0, 0.0, 0.0],
];

fn settings<T: Scalar>() -> Settings<T> {
    Settings {
        step_size: T::from_f64(STEP_SIZE),
        init_scale: T::from_f64(INIT_SCALE),
        seed: 0,
    }
}

/// A random order of the environments.
fn environments() -> impl Iterator<Item = usize> {
    let mut rng = stream(7, Purpose::Environments, 0);
    (0..STEPS).map(move |_| heterosgd::sampling::below(&mut rng, 2) as usize)
}

/// `|value - expected|` relative to `expected`. Directions that die out leave the range of normal
/// numbers within 2,000 steps; below `floor`, well inside that range, only absolute size counts.
fn deviation<T: Scalar>(value: T, expected: f64) -> f64 {
    let floor = if size_of::<T>() == 4 { 1e-30 } else { 1e-290 };
    (value.to_f64() - expected).abs() / expected.abs().max(floor)
}

/// The relative error of the worst entry of the factor over the run, in the eigenbasis, where
/// directions of every size can be told apart. At D = 8 the design's diagonal, sqrt(36), is exact.
fn worst_entry<T: Scalar>() -> f64 {
    let design = exact::basis::<T, 8>(&naive::identity(8, 1.0));
    let signals = PULLS.map(|pulls| exact::signal::<T, 8>(&naive::diagonal(&pulls)));
    let mut learner = HeteroSgd::<Psd<T, 8, 8>>::new(settings()).expect("in range");
    let mut scalars = [INIT_SCALE; 8];
    let mut worst = 0.0f64;
    for e in environments() {
        exact::step(&mut learner, &design, &signals[e]);
        for (b, pull) in scalars.iter_mut().zip(PULLS[e]) {
            *b = population_step(*b, STEP_SIZE, pull);
        }
        let u = learner.model().factor();
        for i in 0..8 {
            worst = worst.max(deviation(u[(i, i)], scalars[i]));
            for j in (0..8).filter(|&j| j != i) {
                assert!(
                    u[(i, j)] == T::ZERO,
                    "entry ({i}, {j}) couples two directions"
                );
            }
        }
    }
    worst
}

#[test]
fn eigenbasis_f64() {
    let worst = worst_entry::<f64>();
    println!("f64, eigenbasis: {worst:.1e}");
    assert!(worst <= 1e-12, "{worst}");
}

#[test]
fn eigenbasis_f32() {
    let worst = worst_entry::<f32>();
    println!("f32, eigenbasis: {worst:.1e}");
    assert!(worst <= 1e-4, "{worst}");
}

/// As [`PULLS`], but too weak for a lucky run of environments to amplify anything: in other
/// coordinates rounding couples the directions, and where a spurious one may grow by e^20 before it
/// dies, so may that coupling.
const WEAK_PULLS: [[f64; 8]; 2] = [
    [1.0, 0.6, 0.5, 0.3, 0.0, 0.0, 0.0, 0.0],
    [1.0, 0.6, -1.5, -1.2, 0.0, 0.0, 0.0, 0.0],
];

/// The relative error of `U U^T` over the run, where nothing is diagonal.
fn worst_rotated<T: Scalar>(seed: u64) -> f64 {
    let columns: [[f64; 8]; 8] = orthonormal(&mut stream(seed, Purpose::Signals, 0));
    let rotation: Matrix = columns.iter().map(|c| c.to_vec()).collect();
    let design = exact::basis::<T, 8>(&rotation);
    let signals = WEAK_PULLS
        .map(|pulls| exact::signal::<T, 8>(&exact::rotated(&rotation, &naive::diagonal(&pulls))));
    let mut learner = HeteroSgd::<Psd<T, 8, 8>>::new(settings()).expect("in range");
    let mut scalars = [INIT_SCALE; 8];
    let mut worst = 0.0f64;
    for e in environments() {
        exact::step(&mut learner, &design, &signals[e]);
        for (b, pull) in scalars.iter_mut().zip(WEAK_PULLS[e]) {
            *b = population_step(*b, STEP_SIZE, pull);
        }
        let expected = exact::rotated(&rotation, &naive::diagonal(&scalars.map(|b| b * b)));
        let estimate = naive::full(&learner.estimate());
        worst = worst.max(naive::relative_error(&estimate, &expected));
    }
    worst
}

#[test]
fn rotated_f64() {
    for seed in 0..5 {
        let worst = worst_rotated::<f64>(seed);
        println!("f64, rotation {seed}: {worst:.1e}");
        assert!(worst <= 1e-12, "{worst}");
    }
}

#[test]
fn rotated_f32() {
    for seed in 0..5 {
        let worst = worst_rotated::<f32>(seed);
        println!("f32, rotation {seed}: {worst:.1e}");
        assert!(worst <= 1e-5, "{worst}");
    }
}

/// Section 2.5: the two halves of a coordinate move by `1 -+ step_size g` with the same g.
fn signed_step(u: &mut [f64], v: &mut [f64], pulls: &[f64]) {
    for ((u, v), s) in u.iter_mut().zip(v).zip(pulls) {
        let g = *u * *u - *v * *v - s;
        *u *= 1.0 - STEP_SIZE * g;
        *v *= 1.0 + STEP_SIZE * g;
    }
}

#[test]
fn signed_in_its_eigenbasis() {
    let design = exact::basis::<f64, 8>(&naive::identity(8, 1.0));
    let signals = PULLS.map(|pulls| exact::signal::<f64, 8>(&naive::diagonal(&pulls)));
    let mut learner = HeteroSgd::<Signed<f64, 8, 8>>::new(settings()).expect("in range");
    let (mut u, mut v) = ([INIT_SCALE; 8], [INIT_SCALE; 8]);
    let mut worst = 0.0f64;
    for e in environments() {
        exact::step(&mut learner, &design, &signals[e]);
        signed_step(&mut u, &mut v, &PULLS[e]);
        let (positive, negative) = learner.model().factors();
        for i in 0..8 {
            worst = worst.max(deviation(positive[(i, i)], u[i]));
            worst = worst.max(deviation(negative[(i, i)], v[i]));
        }
    }
    println!("signed f64: {worst:.1e}");
    assert!(worst <= 1e-12, "{worst}");
}

#[test]
fn linear() {
    let design = exact::unit_features::<f64, 8>();
    let signals = PULLS.map(|pulls| exact::coefficients::<f64, 8>(&pulls));
    let mut learner = HeteroSgd::<Linear<f64, 8>>::new(settings()).expect("in range");
    let (mut u, mut v) = ([INIT_SCALE; 8], [INIT_SCALE; 8]);
    let mut worst = 0.0f64;
    for e in environments() {
        exact::step(&mut learner, &design, &signals[e]);
        signed_step(&mut u, &mut v, &PULLS[e]);
        let (positive, negative) = learner.model().factors();
        for i in 0..8 {
            worst = worst.max(deviation(positive[i], u[i]));
            worst = worst.max(deviation(negative[i], v[i]));
        }
    }
    println!("linear f64: {worst:.1e}");
    assert!(worst <= 1e-12, "{worst}");
    assert_eq!(learner.model().estimate(), *learner.model().signal());
}
