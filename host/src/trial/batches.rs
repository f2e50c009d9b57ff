//! Runs in matrices: finite batches, and the population where directions are not their own scalars.

use heterosgd::algebra::Dual;
use heterosgd::experiment::Sensing;
use heterosgd::learner::{Mixture, OneEnvironment, Rule};
use heterosgd::nalgebra::SMatrix;
use heterosgd::sampling::{
    Ensemble, Gaussian, GaussianRankOne, Purpose, Rademacher, fill_orthonormal, stream,
};
use heterosgd::stored::{Kernel, Stored, StoredMeasurement};
use heterosgd::{
    Error as CoreError, IsotropicRankOne, Learner, Model as _, Packing, Plain, Psd, Scalar,
    Schedule, Size, Symmetric, TailAverage,
};

use super::{Ending, Method, Setting};
use crate::error::{Error, Result};
use crate::problem::Problem;
use crate::replay::Precision;
use crate::simd::Vectors;
use crate::simulate::EnsembleKind;

pub(super) fn run(setting: &Setting, seed: u64) -> Result<Ending> {
    crate::with_size!(setting.dim, D => sized::<D>(setting, seed); 4 5 8 10 16 20 32)
        .unwrap_or_else(|| Err(Error::usage("no compiled size holds this dim")))
}

fn sized<const D: usize>(setting: &Setting, seed: u64) -> Result<Ending>
where
    Size<D>: Packing,
{
    let problem = setting.problem::<D>(seed)?;
    if setting.batch == 0 {
        return population(setting, &problem, seed);
    }
    match setting.precision {
        Precision::F32 => precise::<f32, D>(setting, &problem, seed),
        Precision::F64 => precise::<f64, D>(setting, &problem, seed),
    }
}

fn precise<T: Scalar, const D: usize>(
    setting: &Setting,
    problem: &Problem<D>,
    seed: u64,
) -> Result<Ending>
where
    Size<D>: Packing,
    Vectors: Kernel<T>,
{
    type Rotated<T, const D: usize> = IsotropicRankOne<T, D>;
    match setting.ensemble {
        EnsembleKind::Gaussian => ruled::<T, Symmetric<T, D>, Gaussian, D>(setting, problem, seed),
        EnsembleKind::Rademacher => {
            ruled::<T, Symmetric<T, D>, Rademacher, D>(setting, problem, seed)
        }
        EnsembleKind::RankOne => {
            ruled::<T, Rotated<T, D>, GaussianRankOne, D>(setting, problem, seed)
        }
    }
}

fn ruled<T: Scalar, X, S, const D: usize>(
    setting: &Setting,
    problem: &Problem<D>,
    seed: u64,
) -> Result<Ending>
where
    Size<D>: Packing,
    X: StoredMeasurement<Psd<T, D, D>> + Stored<Scalar = T>,
    S: Ensemble<X>,
    Vectors: Kernel<T>,
{
    match setting.method {
        Method::Hetero => train::<T, X, S, OneEnvironment, D>(setting, problem, seed),
        Method::Pooled => train::<T, X, S, Mixture, D>(setting, problem, seed),
    }
}

fn train<T: Scalar, X, S, R: Rule, const D: usize>(
    setting: &Setting,
    problem: &Problem<D>,
    seed: u64,
) -> Result<Ending>
where
    Size<D>: Packing,
    X: StoredMeasurement<Psd<T, D, D>> + Stored<Scalar = T>,
    S: Ensemble<X>,
    Vectors: Kernel<T>,
{
    let signals: Vec<Dual<T, D>> = problem
        .matrices()
        .map(|signal| Dual::new(&converted(&signal)))
        .collect();
    let schedule = Schedule::Uniform {
        environments: setting.environments,
    };
    let sensing = Sensing::<Psd<T, D, D>, X, S>::new(&signals, schedule, seed)
        .and_then(|sensing| sensing.with_noise(T::from_f64(setting.noise)))
        .map_err(|e| refused(&e))?;
    let start = start::<T, D>(setting, seed)?;
    let eta = T::from_f64(setting.step_size);
    let mut learner = Learner::<_, R, Plain>::from_model(start, eta).map_err(|e| refused(&e))?;
    let kernel = Vectors::detect();
    let mut record = Record::new(setting, problem);
    for batch in 0..setting.steps {
        match kernel.simulate(&sensing, &mut learner, batch, setting.batch) {
            Ok(()) => record.after(batch + 1, &converted(&learner.estimate())),
            // A residual out of range is divergence seen one step earlier.
            Err(CoreError::Diverged { .. } | CoreError::OutOfRange(_)) => {
                return Ok(record.ending(&converted(&learner.estimate()), Some(batch)));
            }
            Err(error) => return Err(refused(&error)),
        }
    }
    Ok(record.ending(&converted(&learner.estimate()), None))
}

/// The population in matrices: `M = U U^T - A* - A^(e)`, the mean over environments for PooledSGD.
fn population<const D: usize>(setting: &Setting, problem: &Problem<D>, seed: u64) -> Result<Ending>
where
    Size<D>: Packing,
{
    let mut model = start::<f64, D>(setting, seed)?;
    let signals: Vec<Symmetric<f64, D>> = problem.matrices().collect();
    let mut mean = Symmetric::zero();
    for signal in &signals {
        mean.add_scaled(signal, 1.0 / signals.len() as f64);
    }
    let schedule = Schedule::Uniform {
        environments: setting.environments,
    };
    let mut record = Record::new(setting, problem);
    for step in 0..setting.steps {
        let mut environments = stream(seed, Purpose::Environments, step);
        let environment = schedule.environment(step, &mut environments);
        let signal = match setting.method {
            Method::Hetero => signals.get(environment as usize).unwrap_or(&mean),
            Method::Pooled => &mean,
        };
        let mut gradient = model.estimate();
        gradient.add_scaled(signal, -1.0);
        if !model.step(&gradient, setting.step_size) {
            return Ok(record.ending(&model.estimate(), Some(step)));
        }
        record.after(step + 1, &model.estimate());
    }
    Ok(record.ending(&model.estimate(), None))
}

/// `alpha I`, or alpha times k random orthonormal columns beside columns of zeros, which stay zero.
fn start<T: Scalar, const D: usize>(setting: &Setting, seed: u64) -> Result<Psd<T, D, D>>
where
    Size<D>: Packing,
{
    let scale = T::from_f64(setting.init_scale);
    let columns = setting.columns;
    if columns == 0 || columns == D {
        return Ok(Psd::initial(scale, seed));
    }
    let mut orthonormal = vec![[T::ZERO; D]; columns];
    let mut rng = stream(seed, Purpose::Factor, 0);
    fill_orthonormal(&mut rng, &mut orthonormal, D);
    let mut factor = [[T::ZERO; D]; D];
    for (column, unit) in factor.iter_mut().zip(&orthonormal) {
        for (entry, &value) in column.iter_mut().zip(unit) {
            *entry = scale * value;
        }
    }
    let matrix = SMatrix::from_fn(|i, j| factor[j][i]);
    Psd::from_factor(matrix).map_err(|e| refused(&e))
}

/// The same matrix in another scalar.
fn converted<A: Scalar, B: Scalar, const D: usize>(matrix: &Symmetric<A, D>) -> Symmetric<B, D>
where
    Size<D>: Packing,
{
    let mut other = Symmetric::zero();
    for (to, from) in other.as_mut_slice().iter_mut().zip(matrix.as_slice()) {
        *to = B::from_f64(from.to_f64());
    }
    other
}

/// Averages the last half of a run.
struct Record<'a, const D: usize>
where
    Size<D>: Packing,
{
    problem: &'a Problem<D>,
    rank: usize,
    tail: TailAverage<Symmetric<f64, D>, f64>,
}

impl<'a, const D: usize> Record<'a, D>
where
    Size<D>: Packing,
{
    fn new(setting: &Setting, problem: &'a Problem<D>) -> Self {
        Self {
            problem,
            rank: setting.rank,
            tail: TailAverage::from_step(setting.steps / 2 + 1),
        }
    }

    fn after(&mut self, step: u64, estimate: &Symmetric<f64, D>) {
        self.tail.record(step, estimate);
    }

    fn ending(&self, last: &Symmetric<f64, D>, diverged_at: Option<u64>) -> Ending {
        let mean = self.tail.mean().unwrap_or(last);
        Ending {
            last: self.problem.metrics(last).into(),
            tail: self.problem.metrics(mean).into(),
            tail_cut: self.problem.metrics(&mean.leading(self.rank)).into(),
            diverged_at,
        }
    }
}

/// An error that a setting that was checked should not bring about.
fn refused(error: &CoreError) -> Error {
    Error::Failed(format!("a run was refused: {error}"))
}
