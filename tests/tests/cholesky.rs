//! Cholesky factors, solutions, what is left out, and whitened directions against textbook algebra.

use heterosgd::algebra::cholesky::{bilinear, cholesky, eliminate, packed_length, solve};
use heterosgd::algebra::gram::{add_outer, whiten};
use heterosgd_tests::naive::solved;
use proptest::prelude::*;

/// `B B^T + I/4` for a B of small numbers, full and packed.
fn matrix(n: usize, seed: u64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let b = |i: usize, k: usize| ((i * 7 + k * 5 + seed as usize * 3) % 11) as f64 - 5.0;
    let entry = |i: usize, j: usize| {
        let product: f64 = (0..n).map(|k| b(i, k) * b(j, k)).sum();
        product + f64::from(u8::from(i == j)) / 4.0
    };
    let full: Vec<Vec<f64>> = (0..n)
        .map(|i| (0..n).map(|j| entry(i, j)).collect())
        .collect();
    let packed = (0..n).flat_map(|i| (i..n).map(move |j| (i, j)));
    let packed = packed.map(|(i, j)| full[i][j]).collect();
    (full, packed)
}

fn close(a: &[f64], b: &[f64], tolerance: f64) {
    let scale = b.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= tolerance * scale, "{a} for {b}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn solutions_are_those_of_elimination(n in 1usize..24, seed in 0u64..50) {
        let (full, packed) = matrix(n, seed);
        let b: Vec<f64> = (0..n).map(|i| i as f64 - 3.5).collect();
        let expected = solved(&full, &b);
        let mut factor = packed.clone();
        prop_assert_eq!(factor.len(), packed_length(n));
        prop_assert_eq!(cholesky(&mut factor, n, |_| 0.0), None);
        let mut x = b.clone();
        solve(&factor, &mut x);
        close(&x, &expected, 1e-8);
        let product: f64 = x.iter().zip(&b).map(|(x, b)| x * b).sum();
        prop_assert!((bilinear(&packed, &x, &x) - product).abs() < 1e-8 * (1.0 + product.abs()));
    }

    /// The Schur complement is the matrix of the others once the first ones are solved for.
    #[test]
    fn elimination_in_part_leaves_the_schur_complement(n in 2usize..16, count in 1usize..15, seed in 0u64..50) {
        let count = count.min(n - 1);
        let (full, mut packed) = matrix(n, seed);
        prop_assert_eq!(eliminate(&mut packed, n, count, |_, _| 0.0), None);
        let first: Vec<Vec<f64>> = full[..count].iter().map(|row| row[..count].to_vec()).collect();
        let mut position = packed_length(n) - packed_length(n - count);
        for i in count..n {
            for j in i..n {
                let column: Vec<f64> = (0..count).map(|k| full[k][j]).collect();
                let taken: f64 = solved(&first, &column).iter().zip(&full[i]).map(|(y, a)| y * a).sum();
                let expected = full[i][j] - taken;
                prop_assert!((packed[position] - expected).abs() < 1e-7 * (1.0 + full[i][j].abs()));
                position += 1;
            }
        }
    }
}

/// The third coordinate is the sum of the first two: it is named, and the others are solved for.
#[test]
fn combinations_are_left_out() {
    let mut a = [4.0f64, 1.0, 5.0, 2.0, 3.0, 8.0];
    assert_eq!(cholesky(&mut a, 3, |diagonal| 1e-9 * diagonal), Some(2));
    let mut b = [9.0, 6.0, 15.0];
    solve(&a, &mut b);
    close(&b, &[12.0 / 7.0, 15.0 / 7.0, 0.0], 1e-12);
}

#[test]
fn what_is_not_a_number_is_no_pivot_and_a_wrong_length_no_panic() {
    let mut a = [f64::NAN, 0.0, 1.0];
    assert_eq!(cholesky(&mut a, 2, |_| 0.0), Some(0));
    assert_eq!(cholesky(&mut [1.0f64; 2], 2, |_| 0.0), None);
    solve(&[1.0f64], &mut [1.0, 2.0]);
}

/// `(S + ridge tr(W S)/p W^-1) (W x) = g`, against the plain form with the roots of the weights.
#[test]
fn whitening_is_that_of_vectors_with_a_plain_inner_product() {
    let weights = [1.0, 2.0, 2.0, 1.0, 2.0, 1.0];
    let p = weights.len();
    let sample = |k: usize| -> Vec<f64> {
        (0..p)
            .map(|i| ((k * 5 + i * 3 + k * k) % 13) as f64 - 6.0)
            .collect()
    };
    let mut gram = vec![0.0; packed_length(p)];
    let mut gradient = vec![0.0; p];
    let mut full = vec![vec![0.0; p]; p];
    let mut right = vec![0.0; p];
    for k in 0..20 {
        let (x, residual) = (sample(k), (k % 7) as f64 - 3.0);
        add_outer(&mut gram, &x);
        let plain: Vec<f64> = x
            .iter()
            .zip(weights)
            .map(|(x, w)| x * libm::sqrt(w))
            .collect();
        for i in 0..p {
            gradient[i] += residual * x[i];
            right[i] += residual * plain[i];
            for j in 0..p {
                full[i][j] += plain[i] * plain[j];
            }
        }
    }
    let trace: f64 = (0..p).map(|i| full[i][i]).sum();
    for (i, row) in full.iter_mut().enumerate() {
        row[i] += 1e-2 * trace / p as f64;
    }
    let expected: Vec<f64> = solved(&full, &right)
        .iter()
        .zip(weights)
        .map(|(x, w)| x / libm::sqrt(w))
        .collect();
    assert_eq!(
        whiten(&mut gram, &mut gradient, weights.into_iter(), 1e-2),
        Ok(())
    );
    close(&gradient, &expected, 1e-10);
}
