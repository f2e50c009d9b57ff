//! In how many directions environments differ.

use super::decide::{Finding, Verdict};
use super::summary::{FeatureSums, Totals};
use crate::algebra::{rows, rows_mut};

/// A direction counts if the environments differ along it by more than this share of the most.
const DIRECTION: f64 = 0.05;
/// Multiplications with the scatter matrix for an eigenvalue: enough where the first two are close,
/// since then their values are too.
const POWER_STEPS: u32 = 60;

/// In how many directions the coefficients that vary differ: eigenvalues of their scatter over the
/// visits, each in units of its sampling error, that are above [`DIRECTION`] squared of the largest.
pub(super) fn directions(
    features: &[FeatureSums],
    findings: &[Finding],
    totals: &Totals,
    scatter: &mut [f64],
    [x, product]: [&mut [f64]; 2],
) -> u32 {
    let visits = f64::from(totals.visits);
    let unit = |j: usize| {
        let (sums, finding) = (features.get(j)?, findings.get(j)?);
        let varies = matches!(finding.verdict, Verdict::Varies | Verdict::Around);
        let counts = varies && sums.visits >= visits && sums.variance > 0.0;
        counts.then(|| libm::sqrt(sums.variance / visits))
    };
    let mean = |j: usize| features.get(j).map_or(0.0, |sums| sums.mean / visits);
    let mut trace = 0.0;
    for (i, row) in rows_mut(scatter, features.len()).enumerate() {
        for (j, entry) in (i..).zip(row) {
            *entry = match (unit(i), unit(j)) {
                (Some(a), Some(b)) => (*entry - visits * mean(i) * mean(j)) / (a * b),
                _ => 0.0,
            };
            if i == j {
                trace += *entry;
            }
        }
    }
    let mut count = 0;
    let mut least = 0.0;
    // Beyond that there is only rounding.
    while trace > 0.0 && count < totals.visits.saturating_sub(1) {
        let value = take_leading(scatter, x, product);
        if count == 0 {
            least = DIRECTION * DIRECTION * value;
        }
        let counts = value > least;
        if !counts {
            break;
        }
        count += 1;
    }
    count
}

/// The largest eigenvalue of a packed matrix, by the power method, which is then taken from it.
fn take_leading(packed: &mut [f64], x: &mut [f64], product: &mut [f64]) -> f64 {
    let p = x.len();
    let mut value = 0.0;
    // Starts from the column of the largest diagonal entry.
    let mut start = (0, 0.0);
    for (i, row) in rows(packed, p).enumerate() {
        if let Some(&entry) = row.first()
            && entry > start.1
        {
            start = (i, entry);
        }
    }
    for (i, entry) in x.iter_mut().enumerate() {
        *entry = f64::from(u8::from(i == start.0));
    }
    for _ in 0..POWER_STEPS {
        times(packed, x, product);
        let norm = libm::sqrt(product.iter().fold(0.0, |sum, x| sum + x * x));
        let moves = norm > 0.0;
        if !moves {
            return 0.0;
        }
        for (entry, &image) in x.iter_mut().zip(product.iter()) {
            *entry = image / norm;
        }
        value = norm;
    }
    for (i, row) in rows_mut(packed, p).enumerate() {
        for (j, entry) in (i..).zip(row) {
            let product = x.get(i).zip(x.get(j)).map_or(0.0, |(a, b)| a * b);
            *entry -= value * product;
        }
    }
    value
}

/// `A x` for a packed matrix.
fn times(packed: &[f64], x: &[f64], product: &mut [f64]) {
    product.fill(0.0);
    for (i, (row, &xi)) in rows(packed, x.len()).zip(x).enumerate() {
        let mut own_and_below = product.iter_mut().skip(i);
        if let Some(own) = own_and_below.next() {
            for (&entry, &xj) in row.iter().zip(x.iter().skip(i)) {
                *own += entry * xj;
            }
        }
        for (below, &entry) in own_and_below.zip(row.iter().skip(1)) {
            *below += entry * xi;
        }
    }
}
