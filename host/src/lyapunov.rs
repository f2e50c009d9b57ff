//! The top Lyapunov exponent of random matrix products, for environments that do not commute.

use heterosgd::nalgebra::DMatrix;
use heterosgd::sampling::{Purpose, below, stream};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Independent stretches of the product, from which the confidence interval comes.
const BLOCKS: u64 = 16;
/// Factors until the product has forgotten where it started.
const BURN_IN: u64 = 200;

/// The top Lyapunov exponent of `prod (I + eta A^(e_t))`, `e_t` drawn uniformly: the growth rate of the
/// spurious part of the factor near zero (docs/theory.md, 2.2). Negative: the spurious signal dies out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TopExponent {
    /// The estimate, per step.
    pub mean: f64,
    /// Its standard error, over independent stretches.
    pub error: f64,
    /// Number of stretches.
    pub blocks: u64,
}

impl TopExponent {
    /// Estimates it from the symmetric `signals`, `A^(e)` on the spurious subspace for each environment, all
    /// of one size: over [`blocks`](Self::blocks) independent products of `steps` factors each, after a
    /// burn-in, by repeated QR factorisation of a moving orthonormal frame (Benettin et al., Meccanica 15,
    /// 1980). NaN for no signals.
    pub fn estimate(signals: &[DMatrix<f64>], step_size: f64, steps: u64, seed: u64) -> Self {
        let rates: Vec<f64> = (0..BLOCKS)
            .map(|block| rate(signals, step_size, steps, seed.wrapping_add(block)))
            .collect();
        let n = BLOCKS as f64;
        let mean = rates.iter().sum::<f64>() / n;
        let square: f64 = rates.iter().map(|rate| (rate - mean) * (rate - mean)).sum();
        Self {
            mean,
            error: libm::sqrt(square / (n - 1.0) / n),
            blocks: BLOCKS,
        }
    }

    /// The ends of the two-sided interval that misses the exponent with probability `alarm`, rates of
    /// stretches normal.
    pub fn interval(&self, alarm: f64) -> (f64, f64) {
        let t = StudentsT::new(0.0, 1.0, self.blocks as f64 - 1.0)
            .map_or(f64::INFINITY, |t| t.inverse_cdf(1.0 - alarm / 2.0));
        (self.mean - t * self.error, self.mean + t * self.error)
    }
}

/// The mean logarithm of the stretch of the leading direction of the frame.
fn rate(signals: &[DMatrix<f64>], step_size: f64, steps: u64, seed: u64) -> f64 {
    let Some(size) = signals.first().map(DMatrix::nrows) else {
        return f64::NAN;
    };
    let mut rng = stream(seed, Purpose::Environments, 0);
    let mut frame = DMatrix::<f64>::identity(size, size);
    let mut sum = 0.0;
    for step in 0..BURN_IN + steps {
        let Some(signal) = signals.get(below(&mut rng, signals.len() as u32) as usize) else {
            return f64::NAN;
        };
        let moved = &frame + signal * &frame * step_size;
        let factors = moved.qr();
        if step >= BURN_IN {
            sum += libm::log(factors.r()[(0, 0)].abs());
        }
        frame = factors.q();
    }
    sum / steps.max(1) as f64
}

#[cfg(test)]
mod tests {
    use heterosgd::nalgebra::{DMatrix, DVector};

    use super::TopExponent;

    /// Matrices that commute: the exponent is that of the leading direction, in any basis.
    #[test]
    fn commuting_signals_have_a_known_exponent() {
        let turn = DMatrix::from_row_slice(2, 2, &[0.6, -0.8, 0.8, 0.6]);
        let signal = |a, b| {
            &turn * DMatrix::from_diagonal(&DVector::from_vec(vec![a, b])) * turn.transpose()
        };
        let signals = [signal(7.0, 1.0), signal(-5.0, 1.5)];
        let exponent = TopExponent::estimate(&signals, 0.1, 4000, 1);
        let expected = f64::midpoint(libm::log(1.1), libm::log(1.15));
        let (low, high) = exponent.interval(1e-6);
        assert!(
            low <= expected && expected <= high,
            "{exponent:?} {expected}"
        );
        assert!(high - low < 0.02);
        let alone = [
            DMatrix::from_element(1, 1, 7.0),
            DMatrix::from_element(1, 1, -5.0),
        ];
        let exponent = TopExponent::estimate(&alone, 0.1, 4000, 2);
        let (low, high) = exponent.interval(1e-6);
        let expected = heterosgd::theory::lyapunov(0.1, [7.0, -5.0]);
        assert!(
            low <= expected && expected <= high,
            "{exponent:?} {expected}"
        );
        assert!(TopExponent::estimate(&[], 0.1, 10, 0).mean.is_nan());
    }
}
