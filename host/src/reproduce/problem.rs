//! The problem behind the figures: signals in random orthonormal bases, one environment for each
//! combination of signs.

use heterosgd::algebra::Dual;
use heterosgd::sampling::{Purpose, orthonormal, stream};
use heterosgd::{Metrics, Packing, Psd, Reference, Size, Symmetric};
use serde::Serialize;

use super::parameters::MU;

/// Invariant directions.
pub(super) const RANK: usize = 2;
/// Spurious directions.
pub(super) const SPURIOUS: usize = 2;

/// The strengths of the signals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Strengths {
    /// Strength of every invariant direction.
    pub(super) sigma: f64,
    /// Mean pull on every spurious direction.
    pub(super) mu: f64,
    /// Heterogeneity M: the pull is mu + M or mu - M.
    pub(super) heterogeneity: f64,
}

/// The spurious part of what PooledSGD goes to, at mean pull [`MU`].
pub(super) fn pooled_value() -> f64 {
    libm::sqrt(SPURIOUS as f64) * MU
}

/// The learner of all figures: U is D x D.
pub(super) type Learned<const D: usize> = Psd<f64, D, D>;

/// The signals, and what estimates of them are compared with.
#[derive(Debug, Clone)]
pub(super) struct Problem<const D: usize>
where
    Size<D>: Packing,
{
    invariant: [[f64; D]; RANK],
    spurious: [[f64; D]; SPURIOUS],
    truth: Symmetric<f64, D>,
    pooled_truth: Symmetric<f64, D>,
    /// `A* + A^(e)` for each environment e.
    pub(super) signals: Vec<Dual<f64, D>>,
}

impl<const D: usize> Problem<D>
where
    Size<D>: Packing,
{
    /// The problem under `seed`: bases drawn uniformly, `2^SPURIOUS` environments.
    pub(super) fn new(strengths: Strengths, seed: u64) -> Self {
        const { assert!(D >= RANK + SPURIOUS, "the directions are orthogonal") }
        let mut rng = stream(seed, Purpose::Signals, 0);
        let basis: [[f64; D]; RANK + SPURIOUS] = orthonormal(&mut rng);
        let mut invariant = [[0.0; D]; RANK];
        let mut spurious = [[0.0; D]; SPURIOUS];
        for (direction, drawn) in invariant.iter_mut().chain(&mut spurious).zip(&basis) {
            *direction = *drawn;
        }
        let mut truth = Symmetric::zero();
        for direction in &invariant {
            truth.add_outer(direction, strengths.sigma);
        }
        let mut pooled_truth = truth;
        for direction in &spurious {
            pooled_truth.add_outer(direction, strengths.mu.max(0.0));
        }
        let signals = (0..1_u32 << SPURIOUS)
            .map(|signs| {
                let mut signal = truth;
                for (j, direction) in spurious.iter().enumerate() {
                    let sign = if (signs >> j) & 1 == 0 { 1.0 } else { -1.0 };
                    signal.add_outer(direction, strengths.mu + sign * strengths.heterogeneity);
                }
                Dual::new(&signal)
            })
            .collect();
        Self {
            invariant,
            spurious,
            truth,
            pooled_truth,
            signals,
        }
    }

    /// How far `estimate` is from the truths, and its parts.
    pub(super) fn metrics(&self, estimate: &Symmetric<f64, D>) -> Metrics<f64> {
        let reference = Reference {
            invariant: &self.invariant,
            spurious: &self.spurious,
            truth: &self.truth,
            pooled_truth: &self.pooled_truth,
        };
        reference.metrics(estimate)
    }

    /// `||A*||`.
    pub(super) fn truth_norm(&self) -> f64 {
        self.truth.norm()
    }

    /// `||A* + mean A||`.
    pub(super) fn pooled_truth_norm(&self) -> f64 {
        self.pooled_truth.norm()
    }
}

#[cfg(test)]
mod tests {
    use super::{Problem, Strengths};

    #[test]
    fn environments_average_to_the_pooled_truth() {
        let strengths = Strengths {
            sigma: 1.0,
            mu: 1.0,
            heterogeneity: 6.0,
        };
        let problem = Problem::<6>::new(strengths, 3);
        assert_eq!(problem.signals.len(), 4);
        let metrics = problem.metrics(&problem.pooled_truth);
        assert!((metrics.invariant - problem.truth_norm()).abs() < 1e-12);
        assert!((metrics.error - 2.0_f64 / core::f64::consts::SQRT_2).abs() < 1e-12);
        assert_eq!(metrics.pooled_error, 0.0);
        // <v v^T, mean of the signals> is mu for a spurious v.
        let mut projector = heterosgd::Symmetric::zero();
        projector.add_outer(&problem.spurious[0], 1.0);
        let mean = problem
            .signals
            .iter()
            .map(|s| s.inner(&projector))
            .sum::<f64>()
            / 4.0;
        assert!((mean - 1.0).abs() < 1e-12);
    }
}
