//! What is run: batches of a simulated sensor, and learners that whiten them.

use heterosgd::algebra::Dual;
use heterosgd::experiment::Sensing;
use heterosgd::model::GramPacking;
use heterosgd::sampling::Gaussian;
use heterosgd::{HeteroSgd, Psd, Schedule, Settings, Size, Symmetric, Whitened};

use super::super::lab::Lab;
use crate::error::{Error, Result};
use crate::problem::{Problem, Shape, Strengths};

/// The strength of every invariant direction.
pub(super) const SIGMA: f64 = 1.0;
pub(super) const STEP_SIZE: f64 = 0.1;

/// A sensor of Gaussian measurements.
pub(super) type Sensor<'a, const D: usize> =
    Sensing<'a, Psd<f64, D, D>, Symmetric<f64, D>, Gaussian>;

/// Coordinates of a symmetric matrix, p = d(d+1)/2.
pub(super) const fn coordinates(d: usize) -> u32 {
    (d * (d + 1) / 2) as u32
}

/// A problem as it is claimed, and the signals of the one that is run, which differ by a fault.
#[derive(Debug)]
pub(super) struct Signals<const D: usize>
where
    Size<D>: GramPacking,
{
    pub(super) claimed: Problem<D>,
    run: Vec<Dual<f64, D>>,
}

impl<const D: usize> Signals<D>
where
    Size<D>: GramPacking,
{
    /// As many invariant as spurious directions, `count`, with these mean pulls and heterogeneity.
    pub(super) fn new(lab: &Lab, count: usize, (mu, heterogeneity): (f64, f64), seed: u64) -> Self {
        let shape = Shape {
            dim: D,
            rank: count,
            spurious: count,
        };
        let strengths = Strengths {
            sigma: SIGMA,
            mu,
            heterogeneity,
        };
        let claimed = Problem::new(shape, strengths, seed);
        let pulls = claimed.pulls.iter().map(|pulls| {
            let pull = |&claimed: &f64| lab.pull(mu, heterogeneity, (claimed - mu) / heterogeneity);
            pulls.iter().map(pull).collect()
        });
        let pulls = pulls.collect();
        let run = Problem::with_pulls(shape, strengths, pulls, 0.0, seed).signals;
        Self { claimed, run }
    }

    /// Batches of `A* + A^(e)`, every environment equally likely, with label noise of standard
    /// deviation `noise`.
    pub(super) fn sensor(&self, lab: &Lab, noise: f64, seed: u64) -> Result<Sensor<'_, D>> {
        let environments = self.run.len() as u32;
        Sensing::new(&self.run, Schedule::Uniform { environments }, seed)
            .and_then(|sensing| sensing.with_noise(lab.noise(noise)))
            .map_err(failed)
    }
}

/// A learner that starts from `init_scale I`; `None` for the ridge it has if nothing is set.
pub(super) fn learner<const D: usize>(
    lab: &Lab,
    init_scale: f64,
    ridge: Option<f64>,
) -> Result<HeteroSgd<Psd<f64, D, D>, Whitened>>
where
    Size<D>: GramPacking,
{
    let mut learner = HeteroSgd::new(Settings {
        step_size: lab.step_size(STEP_SIZE),
        init_scale,
        seed: 0,
    })
    .map_err(failed)?;
    if let Some(ridge) = ridge {
        learner.set_ridge(ridge).map_err(failed)?;
    }
    Ok(learner)
}

fn failed(error: heterosgd::Error) -> Error {
    Error::Failed(format!("V12: {error}"))
}
