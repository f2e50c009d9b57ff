//! One run of the paper's problem under any setting: what `sweep` and `verify` do many of.

mod batches;
mod ending;
mod population;

use clap::ValueEnum;
use heterosgd::theory::Pulls;
use serde::{Deserialize, Serialize};

pub use ending::{Ending, Parts};
pub(crate) use population::growth_rate;

use crate::deviations::Deviations;
use crate::error::{Error, Result};
use crate::problem::{Problem, Shape, Strengths};
use crate::replay::Precision;
use crate::simulate::EnsembleKind;

/// The sizes for which finite batches are compiled. (A problem of another size cannot be padded: random
/// measurements of a larger size are other measurements.)
pub const SIZES: &[usize] = &[4, 5, 8, 10, 16, 20, 32];

/// Most rows of the matrices in the population.
const MOST_ROWS: usize = 4096;

/// Which samples share a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// HeteroSGD: those of one environment, drawn afresh for every batch.
    Hetero,
    /// PooledSGD: every sample is of an environment of its own.
    Pooled,
}

/// A run, but for its seed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Rows d of the matrices.
    pub dim: usize,
    /// Invariant directions r.
    pub rank: usize,
    /// Spurious directions q.
    pub spurious: usize,
    /// Columns k of the factor; 0 for as many as rows.
    pub columns: usize,
    /// Strength sigma of every invariant direction.
    pub sigma: f64,
    /// Mean pull mu on every spurious direction.
    pub mu: f64,
    /// Heterogeneity M, the standard deviation of the pulls.
    pub heterogeneity: f64,
    /// The distribution of the pulls.
    pub distribution: Deviations,
    /// Number of environments.
    pub environments: u32,
    /// The inner product of a spurious direction and an invariant one, eps.
    pub overlap: f64,
    /// Standard deviation of the noise of a response.
    pub noise: f64,
    /// The distribution of measurements.
    pub ensemble: EnsembleKind,
    /// The scalar of the state.
    pub precision: Precision,
    /// Which samples share a batch.
    pub method: Method,
    /// Samples m of a batch; 0 for the population, batches of infinite size.
    pub batch: u32,
    /// Step size eta of `U <- (I - eta M) U`.
    pub step_size: f64,
    /// Initial scale alpha.
    pub init_scale: f64,
    /// Steps.
    pub steps: u64,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            dim: 10,
            rank: 2,
            spurious: 2,
            columns: 0,
            sigma: 1.0,
            mu: 1.0,
            heterogeneity: 6.0,
            distribution: Deviations::TwoPoint,
            environments: 24,
            overlap: 0.0,
            noise: 0.0,
            ensemble: EnsembleKind::Gaussian,
            precision: Precision::F64,
            method: Method::Hetero,
            batch: 0,
            step_size: 0.1,
            init_scale: 1e-3,
            steps: 1000,
        }
    }
}

impl Setting {
    /// Whether the setting makes sense.
    ///
    /// # Errors
    /// Bad usage: which field, and what would be right.
    pub fn check(&self) -> Result<()> {
        let positive = [
            ("sigma", self.sigma),
            ("step-size", self.step_size),
            ("init-scale", self.init_scale),
        ];
        for (name, value) in positive {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::usage(format!(
                    "{name} {value}: a finite number above 0 is needed"
                )));
            }
        }
        for (name, value) in [("heterogeneity", self.heterogeneity), ("noise", self.noise)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::usage(format!(
                    "{name} {value}: a finite number, 0 or above, is needed"
                )));
            }
        }
        if !self.mu.is_finite() {
            return Err(Error::usage(format!(
                "mu {}: a finite number is needed",
                self.mu
            )));
        }
        if !(0.0..1.0).contains(&self.overlap) {
            return Err(Error::usage(format!(
                "overlap {}: a number from 0 to below 1 is needed",
                self.overlap
            )));
        }
        if self.rank == 0 || self.rank + self.spurious > self.dim {
            return Err(Error::usage(format!(
                "rank {} and spurious {}: at least one invariant direction, and together at most dim {}",
                self.rank, self.spurious, self.dim
            )));
        }
        if self.columns > self.dim {
            return Err(Error::usage(format!(
                "columns {}: at most dim {} (0 for as many)",
                self.columns, self.dim
            )));
        }
        if self.overlap > 0.0 && self.spurious > self.rank {
            return Err(Error::usage(format!(
                "overlap needs an invariant partner for each of the {} spurious directions; rank is {}",
                self.spurious, self.rank
            )));
        }
        if self.steps == 0 {
            return Err(Error::usage("steps 0: at least one is needed"));
        }
        if self.scalar() {
            if self.dim > MOST_ROWS {
                return Err(Error::usage(format!(
                    "dim {}: at most {MOST_ROWS}",
                    self.dim
                )));
            }
            if self.precision == Precision::F32 || self.noise > 0.0 {
                return Err(Error::usage(
                    "the population (batch 0) has f64 scalars and no noise; give a batch size",
                ));
            }
        } else if !SIZES.contains(&self.dim) {
            return Err(Error::usage(format!(
                "dim {}: compiled for batches (and for overlap, and fewer columns than rows) are {SIZES:?}",
                self.dim
            )));
        } else if self.batch == 0 && (self.precision == Precision::F32 || self.noise > 0.0) {
            return Err(Error::usage(
                "the population (batch 0) has f64 scalars and no noise; give a batch size",
            ));
        }
        self.distribution
            .environments(self.environments)
            .map(|_| ())
    }

    /// Whether every direction is its own scalar: the population with orthogonal signals from `alpha I`.
    fn scalar(&self) -> bool {
        let square = self.columns == 0 || self.columns == self.dim;
        self.batch == 0 && square && self.overlap == 0.0
    }

    /// Runs under `seed`: that of the problem, the measurements and the environments alike.
    ///
    /// # Errors
    /// Those of [`check`](Self::check). Divergence is an outcome, not an error.
    pub fn run(&self, seed: u64) -> Result<Ending> {
        self.check()?;
        if self.scalar() {
            return population::run(self, seed);
        }
        batches::run(self, seed)
    }

    /// The pulls, environment by environment, on each spurious direction: the deviations of the
    /// distribution, for each direction in an order of its own.
    ///
    /// # Errors
    /// Those of [`Deviations::environments`].
    pub fn pulls(&self, seed: u64) -> Result<Vec<Vec<f64>>> {
        use heterosgd::sampling::{Purpose, below, stream};
        let deviations = self.distribution.environments(self.environments)?;
        let mut columns = Vec::new();
        for direction in 0..self.spurious {
            let mut column = deviations.clone();
            let mut rng = stream(seed, Purpose::Order, direction as u64);
            for end in (1..column.len()).rev() {
                // No more than `end`, which is in range.
                column.swap(end, below(&mut rng, end as u32 + 1) as usize);
            }
            columns.push(column);
        }
        let pull = |z: f64| self.mu + self.heterogeneity * z;
        Ok((0..deviations.len())
            .map(|e| {
                columns
                    .iter()
                    .map(|c| pull(c.get(e).copied().unwrap_or(0.0)))
                    .collect()
            })
            .collect())
    }

    /// The Lyapunov exponent of a spurious direction; that of the mean pull for PooledSGD.
    ///
    /// # Errors
    /// Those of [`Deviations::environments`].
    pub fn exponent(&self) -> Result<f64> {
        let pulls = self.pulls_on_one()?;
        let pulls = Pulls::equal(&pulls).map_err(|unmet| Error::Failed(unmet.to_string()))?;
        Ok(match self.method {
            Method::Hetero => pulls.lyapunov(self.step_size),
            Method::Pooled => heterosgd::theory::lyapunov(self.step_size, [self.mu]),
        })
    }

    /// Whether factors keep their sign, as the theory assumes: `step_size |s| < 1` for all pulls.
    ///
    /// # Errors
    /// Those of [`Deviations::environments`].
    pub fn within_theory(&self) -> Result<bool> {
        let pulls = match self.method {
            Method::Hetero => self.pulls_on_one()?,
            Method::Pooled => vec![self.mu],
        };
        Ok(pulls.iter().all(|s| (self.step_size * s).abs() < 1.0))
    }

    fn pulls_on_one(&self) -> Result<Vec<f64>> {
        let deviations = self.distribution.environments(self.environments)?;
        Ok(deviations
            .iter()
            .map(|z| self.mu + self.heterogeneity * z)
            .collect())
    }

    fn problem<const D: usize>(&self, seed: u64) -> Result<Problem<D>>
    where
        heterosgd::Size<D>: heterosgd::Packing,
    {
        let shape = Shape {
            dim: self.dim,
            rank: self.rank,
            spurious: self.spurious,
        };
        let strengths = Strengths {
            sigma: self.sigma,
            mu: self.mu,
            heterogeneity: self.heterogeneity,
        };
        let pulls = self.pulls(seed)?;
        Ok(Problem::with_pulls(
            shape,
            strengths,
            pulls,
            self.overlap,
            seed,
        ))
    }
}
