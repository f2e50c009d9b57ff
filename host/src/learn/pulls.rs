//! How strongly each environment, and each batch, pulls on a direction.

use heterosgd::sampling::{Purpose, below, stream};

use super::design::Design;

/// Shuffles of each environment from which batches are cut.
const SHUFFLES: u64 = 4;

/// The pulls on several directions: `s = -mean(r z) + c mean(z^2)` over rows, r the residual of
/// the estimate, z the inner product of a row's measurement with the direction, c the part that
/// the estimate has along it. This is the pull near zero: the direction's own part is taken out
/// (docs/theory.md, 2.5).
#[derive(Debug, Clone)]
pub(super) struct Pulls {
    /// For each direction, the pull of each environment.
    pub(super) environments: Vec<Vec<f64>>,
    /// For each direction, the pulls of batches of the size that is trained with.
    pub(super) batches: Vec<Vec<f64>>,
}

/// Evaluates the pulls. `project` gives z for every direction, from a row's measurement.
pub(super) fn pulls(
    design: &Design,
    estimate: &[f64],
    own_part: &[f64],
    batch: usize,
    project: impl Fn(&[f64], &mut [f64]),
) -> Pulls {
    let directions = own_part.len();
    let weights = design.space.weights();
    let mut z = vec![0.0; directions];
    let mut mean_over = |rows: &[usize]| {
        let mut sums = vec![0.0; directions];
        for &row in rows {
            let r = residual(design, &weights, estimate, row);
            project(design.row(row), &mut z);
            for ((sum, z), own) in sums.iter_mut().zip(&z).zip(own_part) {
                *sum += own * z * z - r * z;
            }
        }
        for sum in &mut sums {
            *sum /= rows.len() as f64;
        }
        sums
    };
    let environments: Vec<Vec<f64>> = design.groups.iter().map(|rows| mean_over(rows)).collect();
    // Without labels the runs of rows are the batches.
    let batches = if design.labelled {
        batches(design, batch)
            .iter()
            .map(|rows| mean_over(rows))
            .collect()
    } else {
        environments.clone()
    };
    Pulls {
        environments: transposed(&environments, directions),
        batches: transposed(&batches, directions),
    }
}

/// Batches as training deals them, the same for every step size: equally many of each environment.
fn batches(design: &Design, batch: usize) -> Vec<Vec<usize>> {
    let most = design.groups.iter().map(Vec::len).max().unwrap_or(0);
    let per_shuffle = most.div_ceil(batch);
    let mut batches = Vec::new();
    for shuffle in 0..SHUFFLES {
        for (rows, number) in design.groups.iter().zip(0u64..) {
            let mut rng = stream(number, Purpose::Order, (1 << 62) | shuffle);
            let mut rows = rows.clone();
            shuffle_rows(&mut rows, &mut rng);
            let mut dealt = rows.iter().copied().cycle();
            batches.extend((0..per_shuffle).map(|_| dealt.by_ref().take(batch).collect()));
        }
    }
    batches
}

/// Fisher-Yates.
pub(super) fn shuffle_rows(rows: &mut [usize], rng: &mut heterosgd::sampling::Xoshiro128PlusPlus) {
    for last in (1..rows.len()).rev() {
        rows.swap(last, below(rng, last as u32 + 1) as usize);
    }
}

/// `<X, estimate> - y` of a row.
pub(super) fn residual(design: &Design, weights: &[f64], estimate: &[f64], row: usize) -> f64 {
    let prediction: f64 = design
        .row(row)
        .iter()
        .zip(estimate)
        .zip(weights)
        .map(|((x, w), weight)| x * w * weight)
        .sum();
    prediction - design.y[row]
}

fn transposed(rows: &[Vec<f64>], width: usize) -> Vec<Vec<f64>> {
    (0..width)
        .map(|column| rows.iter().map(|row| row[column]).collect())
        .collect()
}
