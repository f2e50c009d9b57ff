//! Eigenvalues and eigenvectors: reconstruction, orthonormality and known spectra, at every scale.

use heterosgd::algebra::{Packing, Size};
use heterosgd::sampling::{Ensemble, Gaussian, Purpose, orthonormal, stream};
use heterosgd::{Eigen, Scalar, Symmetric};
use heterosgd_tests::naive::{self, Matrix, combine, norm, outer};

/// `Q diag(spectrum) Q^T` for a random rotation Q.
fn with_spectrum<T: Scalar, const D: usize>(spectrum: &[f64; D], seed: u64) -> Symmetric<T, D>
where
    Size<D>: Packing,
{
    let columns: [[f64; D]; D] = orthonormal(&mut stream(seed, Purpose::Signals, 0));
    let mut sum = naive::zeros(D, D);
    for (column, &value) in columns.iter().zip(spectrum) {
        sum = combine(&sum, value, &outer(column));
    }
    naive::packed(&sum)
}

fn vector<T: Scalar, const D: usize>(eigen: &Eigen<T, D>, k: usize) -> Vec<f64> {
    eigen.vectors[k].iter().map(|x| x.to_f64()).collect()
}

/// `V diag V^T` gives the matrix back and V is orthonormal, to `roundings` roundings of the norm;
/// values come in descending order of absolute value. The arithmetic of the test is scaled to norm
/// one, so that it neither overflows nor underflows where the matrix is huge or tiny.
fn decomposes<T: Scalar, const D: usize>(x: &Symmetric<T, D>, roundings: f64) -> Eigen<T, D>
where
    Size<D>: Packing,
{
    let tolerance = roundings * T::EPSILON.to_f64();
    let eigen = x.eigen();
    let largest = x
        .as_slice()
        .iter()
        .map(|e| e.to_f64().abs())
        .fold(0.0, f64::max);
    let scale = if largest > 0.0 { 1.0 / largest } else { 1.0 };
    let mut sum = naive::zeros(D, D);
    for k in 0..D {
        sum = combine(
            &sum,
            eigen.values[k].to_f64() * scale,
            &outer(&vector(&eigen, k)),
        );
    }
    let scaled: Matrix = combine(&naive::zeros(D, D), scale, &naive::full(x));
    let error = norm(&combine(&sum, -1.0, &scaled));
    assert!(
        error <= tolerance * norm(&scaled).max(1.0),
        "reconstruction: {error:e}"
    );
    for i in 0..D {
        for j in 0..D {
            let (a, b) = (vector(&eigen, i), vector(&eigen, j));
            let inner: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            let error = (inner - f64::from(u8::from(i == j))).abs();
            assert!(error <= tolerance, "vectors {i} and {j}: {error:e}");
        }
    }
    let sizes = eigen.values.map(Scalar::abs);
    assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    eigen
}

fn known<T: Scalar, const D: usize>(spectrum: [f64; D], roundings: f64)
where
    Size<D>: Packing,
{
    let mut expected = spectrum;
    expected.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
    let largest = expected[0].abs();
    for seed in 0..5 {
        let eigen = decomposes(&with_spectrum::<T, D>(&spectrum, seed), roundings);
        for (value, expected) in eigen.values.iter().zip(expected) {
            let error = (value.to_f64() - expected).abs() / largest;
            assert!(
                error <= roundings * T::EPSILON.to_f64(),
                "{value:?}, not {expected}"
            );
        }
    }
}

#[test]
fn known_spectra() {
    let plain = [5.0, -3.0, 2.0, 1.0, 0.5, -0.25, 0.1, 0.01];
    known::<f64, 8>(plain, 64.0);
    known::<f32, 8>(plain, 64.0);
    known::<f64, 1>([-2.0], 1.0);
    known::<f64, 2>([1.0, 0.25], 16.0);
}

/// Equal and all but equal values; a few of them among zeros, as of a low-rank estimate.
#[test]
fn clustered_and_low_rank_spectra() {
    let clustered = [1.0, 1.0, 1.0, 1.0 - 1e-12, 0.5, 0.5, 0.5 + 1e-9, 0.25];
    let low_rank = [2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let graded = [1.0, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15, 0.0, 0.0];
    for spectrum in [clustered, low_rank, graded] {
        known::<f64, 8>(spectrum, 64.0);
        known::<f32, 8>(spectrum, 64.0);
    }
}

/// Squares of such entries overflow or underflow; products of two diagonal entries must not matter.
#[test]
fn huge_and_tiny_spectra() {
    let spectrum = [5.0, -3.0, 2.0, 1.0, 0.5, -0.25, 0.1, 0.01];
    for scale in [1e-30, 1e-20, 1e20, 1e30] {
        known::<f32, 8>(spectrum.map(|s| s * scale), 64.0);
    }
    for scale in [1e-280, 1e-160, 1e160, 1e280] {
        known::<f64, 8>(spectrum.map(|s| s * scale), 64.0);
    }
}

#[test]
fn special_matrices() {
    let zero = decomposes(&Symmetric::<f32, 8>::zero(), 1.0);
    assert_eq!(zero.values, [0.0; 8]);
    let mut diagonal = Symmetric::<f64, 4>::zero();
    diagonal.add_diagonal(-3.0);
    assert_eq!(decomposes(&diagonal, 1.0).values, [-3.0; 4]);
    let ones = Symmetric::<f64, 4>::from_fn(|_, _| 1.0);
    let eigen = decomposes(&ones, 16.0);
    assert!((eigen.values[0] - 4.0).abs() < 1e-14);
    // An off-diagonal entry beside an empty diagonal: nothing to measure its size by.
    let swap = Symmetric::<f64, 2>::from_packed([0.0, 1.0, 0.0]);
    let [first, second] = decomposes(&swap, 4.0).values;
    assert!((first.abs() - 1.0).abs() < 1e-15 && (first + second).abs() < 1e-15);
    let lopsided = Symmetric::<f32, 2>::from_packed([1e30, 1.0, 1e-30]);
    assert_eq!(decomposes(&lopsided, 4.0).values[0], 1e30);
}

#[test]
fn random_matrices_of_every_kind_of_size() {
    let mut rng = stream(0, Purpose::Signals, 1);
    for _ in 0..5 {
        decomposes::<f64, 1>(&Gaussian::draw(&mut rng), 1.0);
        decomposes::<f64, 3>(&Gaussian::draw(&mut rng), 64.0);
        decomposes::<f32, 17>(&Gaussian::draw(&mut rng), 64.0);
    }
    decomposes::<f64, 64>(&Gaussian::draw(&mut rng), 256.0);
    decomposes::<f32, 64>(&Gaussian::draw(&mut rng), 256.0);
}

/// What is cut off is exactly the part of the smaller eigenvalues.
#[test]
fn leading() {
    let spectrum = [5.0, -3.0, 2.0, 1.0, 0.5, -0.25, 0.1, 0.0];
    let x = with_spectrum::<f64, 8>(&spectrum, 3);
    let full = naive::full(&x);
    for rank in 0..=8 {
        let cut = naive::full(&x.leading(rank));
        let rest: f64 = spectrum.iter().skip(rank).map(|s| s * s).sum();
        let distance = norm(&combine(&full, -1.0, &cut));
        assert!(
            (distance - libm::sqrt(rest)).abs() < 1e-13,
            "rank {rank}: {distance}"
        );
    }
    assert_eq!(x.leading(99), x.leading(8));
}
