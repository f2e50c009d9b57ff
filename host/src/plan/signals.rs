//! What is known of the signals.

use heterosgd::theory::Pulls;
use serde::Serialize;

use crate::error::{Error, Result};

/// The signals that a plan is for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Signals {
    /// Rows d of the matrices.
    pub(super) dim: usize,
    /// Invariant directions r.
    pub(super) rank: usize,
    /// The weakest and the strongest invariant direction.
    pub(super) sigma: (f64, f64),
    /// The pulls on each spurious direction, over equally likely environments.
    pub(super) pulls: Vec<Vec<f64>>,
    /// Standard deviation of the noise of a response.
    pub(super) noise: f64,
}

impl Signals {
    /// Whether they make sense.
    ///
    /// # Errors
    /// Bad usage: what, and what would be right.
    pub(super) fn check(&self) -> Result<()> {
        let (weakest, strongest) = self.sigma;
        if !(weakest > 0.0 && weakest <= strongest && strongest.is_finite()) {
            return Err(Error::usage(format!(
                "--sigma {weakest}:{strongest}: a strength above 0, or a range LOW:HIGH of them, is needed"
            )));
        }
        if self.rank == 0 || self.rank + self.pulls.len() > self.dim {
            return Err(Error::usage(format!(
                "--rank {} and --spurious {}: at least one invariant direction, and together at most --dim {}",
                self.rank,
                self.pulls.len(),
                self.dim
            )));
        }
        if !(self.noise >= 0.0 && self.noise.is_finite()) {
            return Err(Error::usage(format!(
                "--noise {}: a finite number of 0 or more is needed",
                self.noise
            )));
        }
        self.directions().map(|_| ())
    }

    /// The distribution of the pulls on each spurious direction.
    pub(super) fn directions(&self) -> Result<Vec<Pulls<'_, f64>>> {
        self.pulls
            .iter()
            .map(|pulls| Pulls::equal(pulls).map_err(|unmet| Error::usage(unmet.to_string())))
            .collect()
    }

    /// The same signals with the deviations of the pulls from their means times `factor`.
    pub(super) fn spread(&self, factor: f64) -> Self {
        let spread = |pulls: &Vec<f64>| {
            let mean = pulls.iter().sum::<f64>() / pulls.len().max(1) as f64;
            pulls.iter().map(|s| mean + factor * (s - mean)).collect()
        };
        Self {
            pulls: self.pulls.iter().map(spread).collect(),
            ..self.clone()
        }
    }

    /// The standard deviation of the pulls on the least heterogeneous direction with a positive mean.
    pub(super) fn heterogeneity(&self) -> Option<f64> {
        let deviations = self.pulls.iter().filter_map(|pulls| {
            let n = pulls.len().max(1) as f64;
            let mean = pulls.iter().sum::<f64>() / n;
            let square = pulls.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / n;
            (mean > 0.0).then(|| libm::sqrt(square))
        });
        deviations.reduce(f64::min)
    }

    /// The mean over environments of `||A^(e)||_F^2`, the variance with which the spurious signal acts as noise.
    pub(super) fn spurious_power(&self) -> f64 {
        let square =
            |pulls: &Vec<f64>| pulls.iter().map(|s| s * s).sum::<f64>() / pulls.len().max(1) as f64;
        self.pulls.iter().map(square).sum()
    }
}
