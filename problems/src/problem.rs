//! What defines a problem.

use core::marker::PhantomData;

use heterosgd::experiment::Sensing;
use heterosgd::learner::Rule;
use heterosgd::sampling::Ensemble;
use heterosgd::{Error, Learner, Measurement, Packing, Psd, Scalar, Schedule, Settings, Size};

use crate::Scene;

/// The numbers of a problem. Both directions have unit length; the invariant one has strength 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// By which users and reports call it.
    pub name: &'static str,
    /// The step size.
    pub step_size: f64,
    /// The scale of the starting factor.
    pub init_scale: f64,
    /// Mean pull on the spurious direction.
    pub mean: f64,
    /// The pull is `mean + heterogeneity` or `mean - heterogeneity`, with equal odds.
    pub heterogeneity: f64,
    /// Steps of the run.
    pub steps: u64,
    /// Samples of a step.
    pub batch: u32,
    /// The digest of the factor is reported after every so many steps.
    pub checkpoint: u64,
    /// Seed of everything random.
    pub seed: u64,
}

/// A problem for the model `U U^T` with U of D x K, under batching rule `R`, with measurements `X`
/// drawn from `S`.
#[derive(Debug)]
pub struct Problem<T, const D: usize, const K: usize, R, X, S> {
    /// Its numbers.
    pub parameters: Parameters,
    types: PhantomData<(T, R, X, S)>,
}

impl<T, const D: usize, const K: usize, R, X, S> Problem<T, D, K, R, X, S> {
    /// The problem with these numbers.
    pub const fn new(parameters: Parameters) -> Self {
        Self {
            parameters,
            types: PhantomData,
        }
    }
}

impl<T, const D: usize, const K: usize, R, X, S> Problem<T, D, K, R, X, S>
where
    T: Scalar,
    Size<D>: Packing,
    R: Rule,
    X: Measurement<Psd<T, D, K>>,
    S: Ensemble<X>,
{
    /// A learner at the start.
    ///
    /// # Errors
    /// Those of [`Learner::new`].
    pub fn learner(&self) -> Result<Learner<Psd<T, D, K>, R>, Error> {
        Learner::new(Settings {
            step_size: T::from_f64(self.parameters.step_size),
            init_scale: T::from_f64(self.parameters.init_scale),
            seed: self.parameters.seed,
        })
    }

    /// The signals.
    pub fn scene(&self) -> Scene<T, D> {
        Scene::new(&self.parameters)
    }

    /// The sensor that measures these signals, the environments drawn uniformly.
    ///
    /// # Errors
    /// Those of [`Sensing::new`].
    pub fn sensing<'a>(
        &self,
        scene: &'a Scene<T, D>,
    ) -> Result<Sensing<'a, Psd<T, D, K>, X, S>, Error> {
        let environments = scene.signals.len() as u32;
        let schedule = Schedule::Uniform { environments };
        Sensing::new(&scene.signals, schedule, self.parameters.seed)
    }
}
