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
    /// Orthonormal columns of the spurious signals; where they overlap with the invariant ones, what is
    /// left of them beside those.
    pub spurious: Vec<[f64; D]>,
    /// The directions of the spurious signals themselves.
    turned: Vec<[f64; D]>,
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
        Self::with_pulls(shape, strengths, pulls, 0.0, seed)
    }

    /// The problem under `seed` with these pulls, environment by environment, on the spurious directions;
    /// their means are `strengths.mu`. A spurious direction is turned towards the invariant one of the
    /// same number until their inner product is `overlap`, 0 for none; directions without a partner are
    /// not turned, so that they stay orthonormal. [`spurious`](Self::spurious) holds what is left of them
    /// beside the invariant ones, so that both together are orthonormal.
    pub fn with_pulls(
        shape: Shape,
        strengths: Strengths,
        pulls: Vec<Vec<f64>>,
        overlap: f64,
        seed: u64,
    ) -> Self {
        let mut basis = vec![[0.0; D]; shape.rank + shape.spurious];
        let mut rng = stream(seed, Purpose::Signals, 0);
        fill_orthonormal(&mut rng, &mut basis, shape.dim);
        let spurious = basis.split_off(shape.rank);
        let mut turned = spurious.clone();
        if overlap != 0.0 {
            let rest = libm::sqrt(1.0 - overlap * overlap);
            for (direction, partner) in turned.iter_mut().zip(&basis) {
                for (entry, &of_partner) in direction.iter_mut().zip(partner) {
                    *entry = rest * *entry + overlap * of_partner;
                }
            }
        }
        let mut truth = Symmetric::zero();
        for direction in &basis {
            truth.add_outer(direction, strengths.sigma);
        }
        let mut pooled_truth = truth;
        for direction in &turned {
            pooled_truth.add_outer(direction, strengths.mu.max(0.0));
        }
        let mut problem = Self {
            invariant: basis,
            spurious,
            turned,
            truth,
            pooled_truth,
            pulls,
            signals: Vec::new(),
        };
        problem.signals = problem.matrices().map(|m| Dual::new(&m)).collect();
        problem
    }

    /// `A* + A^(e)` for each environment e, as plain matrices.
    pub fn matrices(&self) -> impl Iterator<Item = Symmetric<f64, D>> {
        self.pulls.iter().map(|pulls| {
            let mut signal = self.truth;
            for (direction, &pull) in self.turned.iter().zip(pulls) {
                signal.add_outer(direction, pull);
            }
            signal
        })
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
        let pulls = problem.pulls.clone();
        let turned = Problem::<6>::with_pulls(shape, strengths, pulls, 0.6, 3);
        assert_eq!(turned.spurious, problem.spurious);
        let metrics = turned.metrics(&turned.pooled_truth);
        // Of the part v v^T with v = 0.8 w + 0.6 u, 0.64 stays in the direction w.
        assert!((metrics.spurious - 0.64 * core::f64::consts::SQRT_2).abs() < 1e-12);
        let mut projector = heterosgd::Symmetric::zero();
        projector.add_outer(&problem.spurious[0], 1.0);
        let pulls = problem.signals.iter().map(|s| s.inner(&projector));
        assert!((pulls.sum::<f64>() / 4.0 - 1.0).abs() < 1e-12);
    }
}
