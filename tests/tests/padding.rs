//! A problem embedded in a larger one is the same problem: padded coordinates never move, and a
//! factor's columns of zeros stay zero.

use heterosgd::algebra::{Packing, Size};
use heterosgd::nalgebra::SMatrix;
use heterosgd::sampling::{Purpose, below, stream};
use heterosgd::{
    Features, HeteroSgd, Linear, Measurement, Psd, RankOne, Scalar, Settings, Symmetric,
};
use heterosgd_tests::naive;

const STEPS: u64 = 200;
const BATCH: u32 = 8;
/// Large, so that predictions count beside the responses and their last bits come through.
const INIT_SCALE: f64 = 0.5;

/// A vector of D entries, of which the first 5 are random: the same ones whatever D is.
fn vector<T: Scalar, const D: usize>(step: u64, sample: u32) -> [T; D] {
    let mut rng = stream(u64::from(sample), Purpose::Measurements, step);
    core::array::from_fn(|i| {
        if i < 5 {
            T::from_f64(f64::from(below(&mut rng, 2001)) / 1000.0 - 1.0)
        } else {
            T::ZERO
        }
    })
}

/// A matrix of which only the leading 5 x 5 block is random.
fn matrix<T: Scalar, const D: usize>(step: u64, sample: u32) -> Symmetric<T, D>
where
    Size<D>: Packing,
{
    let mut rng = stream(u64::from(sample), Purpose::Measurements, step);
    Symmetric::from_fn(|_, j| {
        if j < 5 {
            T::from_f64(f64::from(below(&mut rng, 2001)) / 1000.0 - 1.0)
        } else {
            T::ZERO
        }
    })
}

fn response<T: Scalar>(step: u64, sample: u32) -> T {
    T::from_f64(f64::from((step as u32 * BATCH + sample) % 7) / 3.0)
}

fn run<T: Scalar, X, const D: usize>(draw: impl Fn(u64, u32) -> X) -> HeteroSgd<Psd<T, D, D>>
where
    Size<D>: Packing,
    X: Measurement<Psd<T, D, D>>,
{
    let mut learner = HeteroSgd::new(Settings {
        step_size: T::from_f64(0.05),
        init_scale: T::from_f64(INIT_SCALE),
        seed: 0,
    })
    .expect("in range");
    for step in 0..STEPS {
        let mut batch = learner.batch(0);
        for sample in 0..BATCH {
            batch
                .observe(&draw(step, sample), response(step, sample))
                .expect("in range");
        }
        batch.step().expect("finite");
    }
    learner
}

/// The leading blocks agree to `tolerance`, to the bit if it is 0, and the padding is exactly the start.
fn compare<T: Scalar, const D: usize>(
    small: &HeteroSgd<Psd<T, 5, 5>>,
    large: &HeteroSgd<Psd<T, D, D>>,
    tolerance: f64,
) where
    Size<D>: Packing,
{
    let block = naive::factor(small.model().factor());
    let u = large.model().factor();
    for i in 0..D {
        for j in 0..D {
            if i < 5 && j < 5 {
                let difference = (u[(i, j)].to_f64() - block[i][j]).abs();
                assert!(difference <= tolerance, "({i}, {j}) is off by {difference}");
                if tolerance == 0.0 {
                    let bits = small.model().factor()[(i, j)].to_bits64();
                    assert_eq!(u[(i, j)].to_bits64(), bits, "({i}, {j})");
                }
            } else {
                let start = if i == j { INIT_SCALE } else { 0.0 };
                let bits = T::from_f64(start).to_bits64();
                assert_eq!(u[(i, j)].to_bits64(), bits, "({i}, {j}) has moved");
            }
        }
    }
}

/// Packed entries change their lanes with D, so that last bits differ: measured are 6e-17 and 6e-8,
/// a unit in the last place of the entries, and allowed is some 16 times that.
#[test]
fn dense() {
    let small = run::<f64, _, 5>(matrix::<f64, 5>);
    compare(&small, &run::<f64, _, 8>(matrix::<f64, 8>), 1e-15);
    compare(&small, &run::<f64, _, 32>(matrix::<f64, 32>), 1e-15);
    let small = run::<f32, _, 5>(matrix::<f32, 5>);
    compare(&small, &run::<f32, _, 16>(matrix::<f32, 16>), 1e-6);
}

/// Vectors pad to the bit while both sizes predict by the packed route, as K = D does: a coordinate
/// keeps its lane, and the padding adds zeros.
#[test]
fn rank_one_to_the_bit() {
    fn padded<T: Scalar, const D: usize>()
    where
        Size<D>: Packing,
    {
        let small = run::<T, _, 5>(|t, i| RankOne(vector::<T, 5>(t, i)));
        let large = run::<T, _, D>(|t, i| RankOne(vector::<T, D>(t, i)));
        compare(&small, &large, 0.0);
    }
    padded::<f64, 6>();
    padded::<f64, 32>();
    padded::<f32, 8>();
    padded::<f32, 16>();
    padded::<f32, 64>();
}

/// Features pad to the bit: the gradient is taken coordinate by coordinate, and zeros added to the
/// lanes of a dot product change nothing.
#[test]
fn linear_to_the_bit() {
    fn run<const D: usize>() -> HeteroSgd<Linear<f32, D>> {
        let mut learner = HeteroSgd::new(Settings {
            step_size: 0.1,
            init_scale: 0.05,
            seed: 0,
        })
        .expect("in range");
        for step in 0..STEPS {
            let mut batch = learner.batch(0);
            for sample in 0..BATCH {
                let x = Features(vector(step, sample));
                batch.observe(&x, response(step, sample)).expect("in range");
            }
            batch.step().expect("finite");
        }
        learner
    }
    let (small, large) = (run::<5>(), run::<20>());
    assert_eq!(small.estimate(), large.estimate()[..5]);
    assert_ne!(small.estimate(), [0.0; 5]);
    let (u, v) = large.model().factors();
    assert_eq!((&u[5..], &v[5..]), (&[0.05; 15][..], &[0.05; 15][..]));
}

/// Columns of zeros stay zero and change no bit of the others.
#[test]
fn columns_to_the_bit() {
    fn run<const K: usize>() -> HeteroSgd<Psd<f32, 8, K>> {
        let factor = SMatrix::from_fn(|i, k| {
            if k < 2 {
                0.01 * (i as f32 + 1.0) / (k as f32 + 1.0)
            } else {
                0.0
            }
        });
        let model = Psd::from_factor(factor).expect("in range");
        let mut learner = HeteroSgd::from_model(model, 0.05).expect("in range");
        for step in 0..STEPS {
            let mut batch = learner.batch(0);
            for sample in 0..BATCH {
                let x = matrix::<f32, 8>(step, sample);
                batch.observe(&x, response(step, sample)).expect("in range");
            }
            batch.step().expect("finite");
        }
        learner
    }
    let (thin, wide) = (run::<2>(), run::<5>());
    assert_eq!(thin.estimate(), wide.estimate());
    for k in 0..5 {
        for i in 0..8 {
            let expected = if k < 2 {
                thin.model().factor()[(i, k)]
            } else {
                0.0
            };
            assert_eq!(wide.model().factor()[(i, k)].to_bits(), expected.to_bits());
        }
    }
}
