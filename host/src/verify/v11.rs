//! V11: environments that do not commute.

use heterosgd::nalgebra::DMatrix;
use heterosgd::sampling::{Purpose, below, stream};
use heterosgd::{Model as _, Psd, Scalar as _, Symmetric};
use rayon::prelude::*;

use super::check::{Check, Row};
use super::lab::Lab;
use crate::lyapunov::TopExponent;
use crate::plot::{Chart, Figure, Series};
use crate::trial::Method;

const D: usize = 5;
/// Spurious directions; the other ones are the invariant ones.
const Q: usize = 3;
/// Random parts; with either sign of them and of the common part, four times as many environments.
const PARTS: usize = 3;
const STEP_SIZE: f64 = 0.1;
const MEAN: f64 = 0.5;
/// The heterogeneity of the common part, a multiple of the identity, and the scale of the random parts.
const SETS: [(f64, f64); 6] = [
    (0.0, 2.0),
    (2.0, 1.0),
    (2.5, 2.0),
    (4.5, 1.0),
    (5.0, 2.0),
    (6.0, 3.0),
];
/// The confidence interval of an exponent misses it this often.
const ALARM: f64 = 1e-6;
const START: f64 = 1e-100;

/// Symmetric Q x Q matrices: the mean pull and plus or minus the heterogeneity times the identity, plus or
/// minus random parts that do not commute.
fn signals(mean: f64, (heterogeneity, scale): (f64, f64), seed: u64) -> Vec<DMatrix<f64>> {
    let mut rng = stream(seed, Purpose::Signals, 0);
    let mut signals = Vec::new();
    for _ in 0..PARTS {
        let normal = DMatrix::from_fn(Q, Q, |_, _| f64::standard_normal(&mut rng));
        let part = (&normal + normal.transpose()) * (scale / 2.0);
        for pull in [mean + heterogeneity, mean - heterogeneity] {
            let common = DMatrix::identity(Q, Q) * pull;
            signals.extend([&common + &part, &common - &part]);
        }
    }
    signals
}

/// The growth rate of the spurious part of U in the matrix step, near zero, with the signal learned.
fn growth(lab: &Lab, signals: &[DMatrix<f64>], steps: u64, seed: u64) -> f64 {
    let mut mean = DMatrix::zeros(Q, Q);
    for signal in signals {
        mean += signal / signals.len() as f64;
    }
    let mut rng = stream(seed, Purpose::Environments, 1);
    // The invariant directions come first.
    let mut factor = heterosgd::nalgebra::SMatrix::<f64, D, D>::zeros();
    for i in 0..D {
        factor[(i, i)] = if i < D - Q { 1.0 } else { START };
    }
    let mut log = 0.0;
    for _ in 0..steps {
        let Ok(mut model) = Psd::<f64, D, D>::from_factor(factor) else {
            return f64::INFINITY;
        };
        let mut gradient: Symmetric<f64, D> = model.estimate();
        let environment = below(&mut rng, signals.len() as u32) as usize;
        let signal = match lab.hetero() {
            Method::Hetero => signals.get(environment).unwrap_or(&mean),
            Method::Pooled => &mean,
        };
        let entries = (0..D).flat_map(|i| (i..D).map(move |j| (i, j)));
        for ((i, j), entry) in entries.zip(gradient.as_mut_slice()) {
            *entry -= if i >= D - Q {
                signal[(i - (D - Q), j - (D - Q))]
            } else {
                f64::from(u8::from(i == j))
            };
        }
        if !model.step(&gradient, lab.step_size(STEP_SIZE)) {
            return f64::INFINITY;
        }
        factor = *model.factor();
        let mut spurious = factor.fixed_view_mut::<Q, D>(D - Q, 0);
        let norm = spurious.norm();
        if !(START * 1e-50..START * 1e50).contains(&norm) {
            log += libm::log(norm / START);
            spurious /= norm / START;
        }
    }
    let norm = factor.fixed_view::<Q, D>(D - Q, 0).norm();
    (log + libm::log(norm / START)) / steps as f64
}

pub(super) fn run(lab: &Lab) -> Check {
    let steps = lab.pick(5_000, 50_000);
    let mut rows = Vec::new();
    let mut points = [Vec::new(), Vec::new()];
    let results: Vec<_> = SETS
        .into_par_iter()
        .enumerate()
        .map(|(index, set)| {
            let seed = lab.seed(11, index as u64);
            let claimed = signals(MEAN, set, seed);
            let exponent = TopExponent::estimate(&claimed, STEP_SIZE, steps, seed);
            let run = signals(lab.mean(MEAN), set, seed);
            (set, exponent, growth(lab, &run, steps * 8, seed))
        })
        .collect();
    for (set, exponent, growth) in results {
        let name = format!("M = {}, random parts {}", set.0, set.1);
        let (low, high) = exponent.interval(ALARM);
        let sign = if low > 0.0 {
            1.0
        } else if high < 0.0 {
            -1.0
        } else {
            0.0
        };
        let what = format!(
            "{name}: sign of the growth of U; exponent {:.4} ({low:.4} to {high:.4})",
            exponent.mean
        );
        let seen = if growth > 0.0 {
            1.0
        } else if growth < 0.0 {
            -1.0
        } else {
            f64::NAN
        };
        rows.push(if sign == 0.0 {
            Row::reported(what, exponent.mean, growth)
        } else {
            Row::between(what, sign, seen, (sign, sign)).over(exponent.blocks, ALARM)
        });
        rows.push(Row::reported(
            format!("{name}: growth rate"),
            exponent.mean,
            growth,
        ));
        points[0].push((set.0, exponent.mean));
        points[1].push((set.0, growth));
    }
    let [predicted, measured] = points;
    let chart = Chart::new("Growth of the spurious part near zero")
        .x_label("heterogeneity M of the common part")
        .y_label("rate per step")
        .horizontal(0.0, "boundary")
        .series(Series::line("top Lyapunov exponent", predicted).markers())
        .series(Series::points("matrix step", measured));
    lab.progress.inc(1);
    Check {
        name: "V11",
        title: "Environments that do not commute",
        statement: "The sign of the top Lyapunov exponent of the products of I + eta A^(e) on the spurious \
            subspace, estimated by QR, says whether the spurious part of U dies out or grows \
            (docs/theory.md, 2.2).",
        rows,
        figure: Figure::row([chart]),
    }
}
