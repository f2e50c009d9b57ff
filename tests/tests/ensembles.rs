//! Measurement ensembles are isotropic, `E[<X, Z> X] = Z`, and their entries have the stated laws.

use heterosgd::algebra::Dual;
use heterosgd::sampling::{
    Ensemble, Gaussian, GaussianFeatures, GaussianRankOne, Purpose, Rademacher, orthonormal, stream,
};
use heterosgd::{Features, IsotropicRankOne, Measurement, Model, Psd, Scalar, Symmetric};
use heterosgd_tests::statistics::{Mean, NORMAL_LIMIT, NORMAL_LIMIT_OF_500};

const DRAWS: u64 = 200_000;

type Matrix<T> = Symmetric<T, 4>;

/// Some symmetric Z without zeros or symmetries.
fn z<T: Scalar>() -> Matrix<T> {
    Symmetric::from_fn(|i, j| T::from_f64(0.3 + i as f64 - 0.7 * j as f64))
}

/// Each entry of the mean of `<X, Z> X`, within [`NORMAL_LIMIT_OF_500`] standard errors of Z:
/// false alarm below 2e-8 for ten entries.
fn is_isotropic<T: Scalar, X: Measurement<Psd<T, 4, 4>>, S: Ensemble<X>>() {
    let z = z::<T>();
    let dual = Dual::new(&z);
    let mut rng = stream(0, Purpose::Measurements, 0);
    let mut means = [Mean::default(); 10];
    for _ in 0..DRAWS {
        let x = S::draw(&mut rng);
        let mut term = Matrix::<T>::zero();
        x.add_to(&mut term, x.respond(&dual));
        for (mean, &entry) in means.iter_mut().zip(term.as_slice()) {
            mean.add(entry.to_f64());
        }
    }
    for (mean, &expected) in means.iter().zip(z.as_slice()) {
        let score = mean.z_score(expected.to_f64());
        assert!(score.abs() < NORMAL_LIMIT_OF_500, "{score} at {expected:?}");
    }
}

#[test]
fn gaussian_is_isotropic() {
    is_isotropic::<f32, Matrix<f32>, Gaussian>();
    is_isotropic::<f64, Matrix<f64>, Gaussian>();
}

#[test]
fn rademacher_is_isotropic() {
    is_isotropic::<f32, Matrix<f32>, Rademacher>();
    is_isotropic::<f64, Matrix<f64>, Rademacher>();
}

#[test]
fn rank_one_is_isotropic() {
    is_isotropic::<f32, IsotropicRankOne<f32, 4>, GaussianRankOne>();
    is_isotropic::<f64, IsotropicRankOne<f64, 4>, GaussianRankOne>();
}

/// `E[<x, w> x] = w`. False alarm below 1e-8.
#[test]
fn features_are_isotropic() {
    let w = [0.5, -1.0, 2.0, 0.0];
    let mut rng = stream(0, Purpose::Measurements, 0);
    let mut means = [Mean::default(); 4];
    for _ in 0..DRAWS {
        let x: Features<f64, 4> = GaussianFeatures::draw(&mut rng);
        let response = x.respond(&w);
        for (mean, x) in means.iter_mut().zip(x.0) {
            mean.add(response * x);
        }
    }
    for (mean, expected) in means.iter().zip(w) {
        let score = mean.z_score(expected);
        assert!(score.abs() < NORMAL_LIMIT_OF_500, "{score} at {expected}");
    }
}

/// Every entry of a sign matrix is one of two values, with equal odds; entries beyond the 32 bits of
/// the first word included. False alarm: 36 z-scores at 2e-9 each, 7e-8.
#[test]
fn signs() {
    let mut rng = stream(0, Purpose::Measurements, 1);
    let mut means = [Mean::default(); 36];
    for _ in 0..DRAWS {
        let x: Symmetric<f64, 8> = Rademacher::draw(&mut rng);
        let mut entries = x.as_slice().iter();
        for i in 0..8 {
            for j in i..8 {
                let size = if i == j {
                    1.0
                } else {
                    core::f64::consts::FRAC_1_SQRT_2
                };
                let entry = entries.next().expect("36 entries");
                assert_eq!(entry.abs(), size, "({i}, {j})");
            }
        }
        for (mean, entry) in means.iter_mut().zip(x.as_slice()) {
            mean.add(entry.signum());
        }
    }
    for mean in means {
        let score = mean.z_score(0.0);
        assert!(score.abs() < NORMAL_LIMIT_OF_500, "{score}");
    }
}

/// The largest entry of `|columns columns^T - I|`.
fn orthonormality<T: Scalar, const D: usize, const K: usize>(seed: u64) -> f64 {
    let columns: [[T; D]; K] = orthonormal(&mut stream(seed, Purpose::Factor, 0));
    let mut worst = 0.0f64;
    for (i, a) in columns.iter().enumerate() {
        for (j, b) in columns.iter().enumerate() {
            let inner: f64 = a.iter().zip(b).map(|(a, b)| a.to_f64() * b.to_f64()).sum();
            worst = worst.max((inner - f64::from(u8::from(i == j))).abs());
        }
    }
    worst
}

/// To a few roundings, for every shape and seed: nothing is left to chance.
#[test]
fn columns_are_orthonormal() {
    for seed in 0..100 {
        for (shape, error) in [
            ("1 x 1", orthonormality::<f32, 1, 1>(seed)),
            ("2 x 2", orthonormality::<f32, 2, 2>(seed)),
            ("8 x 2", orthonormality::<f32, 8, 2>(seed)),
            ("8 x 8", orthonormality::<f32, 8, 8>(seed)),
            ("64 x 5", orthonormality::<f32, 64, 5>(seed)),
            ("64 x 64", orthonormality::<f32, 64, 64>(seed)),
        ] {
            assert!(
                error <= 8.0 * f64::from(f32::EPSILON),
                "f32 {shape}: {error:e}"
            );
        }
        for (shape, error) in [
            ("1 x 1", orthonormality::<f64, 1, 1>(seed)),
            ("20 x 3", orthonormality::<f64, 20, 3>(seed)),
            ("20 x 20", orthonormality::<f64, 20, 20>(seed)),
            ("64 x 64", orthonormality::<f64, 64, 64>(seed)),
        ] {
            assert!(error <= 8.0 * f64::EPSILON, "f64 {shape}: {error:e}");
        }
    }
}

/// Haar columns: entries have mean 0, second moment 1/D, fourth moment 3/(D(D+2)), and entries of
/// different columns are uncorrelated. False alarm: 4 * 18 z-scores at 1e-6, 7e-5.
#[test]
fn columns_are_uniform() {
    const D: usize = 6;
    let mut moments = [[[Mean::default(); 4]; D]; 3];
    let mut rng = stream(0, Purpose::Signals, 0);
    for _ in 0..20_000 {
        let columns: [[f64; D]; 3] = orthonormal(&mut rng);
        for (k, column) in columns.iter().enumerate() {
            for (i, &u) in column.iter().enumerate() {
                let [mean, second, fourth, cross] = &mut moments[k][i];
                mean.add(u);
                second.add(u * u);
                fourth.add(u * u * u * u);
                cross.add(u * columns[(k + 1) % 3][(i + 1) % D]);
            }
        }
    }
    let d = D as f64;
    for entry in moments.as_flattened() {
        for (moment, expected) in entry.iter().zip([0.0, 1.0 / d, 3.0 / (d * (d + 2.0)), 0.0]) {
            let score = moment.z_score(expected);
            assert!(score.abs() < NORMAL_LIMIT, "{score}, expected {expected}");
        }
    }
}

/// A thin factor starts from such columns, a square one from the identity.
#[test]
fn starting_factors() {
    let square = Psd::<f64, 4, 4>::initial(0.5, 9);
    assert_eq!(naive_norm(&square.estimate()), 0.5);
    assert_eq!(square.estimate().get(3, 3), Some(0.25));
    let thin = Psd::<f64, 4, 2>::initial(0.5, 9);
    let norm = naive_norm(&thin.estimate());
    assert!((norm - 0.25 * core::f64::consts::SQRT_2).abs() < 1e-15);
    assert_ne!(
        thin,
        Psd::initial(0.5, 10),
        "the seed chooses the directions"
    );
}

fn naive_norm(x: &Symmetric<f64, 4>) -> f64 {
    let full = heterosgd_tests::naive::full(x);
    heterosgd_tests::naive::norm(&full)
}
