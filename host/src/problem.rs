//! The paper's problem, simulated: invariant and spurious signals in random orthonormal bases, one
//! environment for each combination of signs.

use heterosgd::algebra::Dual;
use heterosgd::sampling::{Purpose, fill_orthonormal, stream};
use heterosgd::{Metrics, Packing, Reference, Size, Symmetric};
use serde::Serialize;

/// The strengths of the signals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Strengths {
    /// Strength of every invariant direction.
    pub sigma: f64,
    /// Mean pull on every spurious direction.
    pub mu: f64,
    /// Heterogeneity M: the pull is mu + M or mu - M.
    pub heterogeneity: f64,
}

/// Numbers of directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// Rows of the matrices, d.
    pub dim: usize,
    /// Invariant directions, r.
    pub rank: usize,
    /// Spurious directions, q.
    pub spurious: usize,
}

/// The signals, and what estimates of them are compared with. Where `dim < D` they are zero-padded.
#[derive(Debug, Clone)]
pub struct Problem<const D: usize>
where
    Size<D>: Packing,
{
    /// Orthonormal columns of the invariant signal.
    pub invariant: Vec<[f64; D]>,
    /// Orthonormal columns of the spurious signals.
    pub spurious: Vec<[f64; D]>,
    /// The invariant signal A*.
    pub truth: Symmetric<f64, D>,
    /// A* plus the positive part of the mean spurious signal.
    pub pooled_truth: Symmetric<f64, D>,
    /// The pull on each spurious direction, environment by environment.
    pub pulls: Vec<Vec<f64>>,
    /// `A* + A^(e)` for each environment e.
    pub signals: Vec<Dual<f64, D>>,
}

impl<const D: usize> Problem<D>
where
    Size<D>: Packing,
{
    /// The problem under `seed`: bases drawn uniformly, `2^q` environments.
    pub fn new(shape: Shape, strengths: Strengths, seed: u64) -> Self {
        let mut basis = vec![[0.0; D]; shape.rank + shape.spurious];
        let mut rng = stream(seed, Purpose::Signals, 0);
        fill_orthonormal(&mut rng, &mut basis, shape.dim);
        let spurious = basis.split_off(shape.rank);
        let mut truth = Symmetric::zero();
        for direction in &basis {
            truth.add_outer(direction, strengths.sigma);
        }
        let mut pooled_truth = truth;
        for direction in &spurious {
            pooled_truth.add_outer(direction, strengths.mu.max(0.0));
        }
        let pulls: Vec<Vec<f64>> = (0..1_u32 << shape.spurious)
            .map(|signs| {
                (0..shape.spurious)
                    .map(|j| {
                        let sign = if (signs >> j) & 1 == 0 { 1.0 } else { -1.0 };
                        strengths.mu + sign * strengths.heterogeneity
                    })
                    .collect()
            })
            .collect();
        let signals = pulls
            .iter()
            .map(|pulls| {
                let mut signal = truth;
                for (direction, &pull) in spurious.iter().zip(pulls) {
                    signal.add_outer(direction, pull);
                }
                Dual::new(&signal)
            })
            .collect();
        Self {
            invariant: basis,
            spurious,
            truth,
            pooled_truth,
            pulls,
            signals,
        }
    }

    /// How far `estimate` is from the truths, and its parts.
    pub fn metrics(&self, estimate: &Symmetric<f64, D>) -> Metrics<f64> {
        let reference = Reference {
            invariant: &self.invariant,
            spurious: &self.spurious,
            truth: &self.truth,
            pooled_truth: &self.pooled_truth,
        };
        reference.metrics(estimate)
    }
}

#[cfg(test)]
mod tests {
    use super::{Problem, Shape, Strengths};

    #[test]
    fn environments_average_to_the_pooled_truth() {
        let shape = Shape {
            dim: 5,
            rank: 2,
            spurious: 2,
        };
        let strengths = Strengths {
            sigma: 1.0,
            mu: 1.0,
            heterogeneity: 6.0,
        };
        let problem = Problem::<6>::new(shape, strengths, 3);
        assert_eq!(problem.signals.len(), 4);
        let metrics = problem.metrics(&problem.pooled_truth);
        assert!((metrics.invariant - problem.truth.norm()).abs() < 1e-12);
        assert!((metrics.error - core::f64::consts::SQRT_2).abs() < 1e-12);
        assert_eq!(metrics.pooled_error, 0.0);
        assert!(problem.invariant.iter().all(|column| column[5] == 0.0));
        let mut projector = heterosgd::Symmetric::zero();
        projector.add_outer(&problem.spurious[0], 1.0);
        let pulls = problem.signals.iter().map(|s| s.inner(&projector));
        assert!((pulls.sum::<f64>() / 4.0 - 1.0).abs() < 1e-12);
    }
}
