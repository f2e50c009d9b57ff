//! The experiment loop: a simulated sensor, met batch by batch. Host and board run this same code.

use core::marker::PhantomData;
use core::ops::Range;

use crate::environment::Schedule;
use crate::learner::{Learner, Rule, Step};
use crate::measurement::Measurement;
use crate::model::Model;
use crate::sampling::{Ensemble, Normals, Purpose, stream};
use crate::stored::{Kernel, Portable, SampleBuffer, Stored, StoredMeasurement};
use crate::{Error, Scalar};

/// Samples that [`Sensing::step_with`] learns from at a time: as many as the kernels of a computer take
/// in at once, and a remainder.
const BLOCK: usize = 9;

/// A sensor in changing environments: `y = <X, A* + A^(e)> + noise`, X drawn from ensemble `S`.
///
/// Nothing of it is stored but the signals: batch t is regenerated from `(seed, t)`, the same
/// measurements and noise for HeteroSGD and PooledSGD.
#[derive(Debug)]
pub struct Sensing<'a, M: Model, X, S> {
    signals: &'a [M::Signal],
    schedule: Schedule<'a>,
    noise: M::Scalar,
    seed: u64,
    ensemble: PhantomData<fn() -> (X, S)>,
}

impl<'a, M, X, S> Sensing<'a, M, X, S>
where
    M: Model,
    X: Measurement<M>,
    S: Ensemble<X>,
{
    /// A sensor without noise of `signals`, `A* + A^(e)` for each environment e, which it meets as
    /// `schedule` says; `seed` is that of measurements, noise and environments.
    ///
    /// # Errors
    /// Those of [`Schedule::check`] for as many environments as there are signals.
    pub fn new(signals: &'a [M::Signal], schedule: Schedule<'a>, seed: u64) -> Result<Self, Error> {
        schedule.check(signals.len())?;
        Ok(Self {
            signals,
            schedule,
            noise: M::Scalar::ZERO,
            seed,
            ensemble: PhantomData,
        })
    }

    /// The same sensor with Gaussian noise of standard deviation `noise`, in units of the response;
    /// 0 for none.
    ///
    /// # Errors
    /// [`Error::Noise`] unless it is a finite number of 0 or more, and in range.
    pub fn with_noise(self, noise: M::Scalar) -> Result<Self, Error> {
        if noise >= M::Scalar::ZERO && noise.within(M::Scalar::MAX_RESIDUAL) {
            Ok(Self { noise, ..self })
        } else {
            Err(Error::Noise)
        }
    }

    /// The signals, `A* + A^(e)` for each environment e.
    pub fn signals(&self) -> &'a [M::Signal] {
        self.signals
    }

    /// Which environment comes when.
    pub fn schedule(&self) -> Schedule<'a> {
        self.schedule
    }

    /// Standard deviation of the noise, in units of the response; 0 for none.
    pub fn noise(&self) -> M::Scalar {
        self.noise
    }

    /// Seed of measurements, noise and environments.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Lets `learner` take the step of batch number `batch` on `size` samples.
    ///
    /// # Errors
    /// Those of [`Batch::observe`](crate::Batch::observe) and [`Batch::step`](crate::Batch::step).
    pub fn step<R: Rule, C: Step<M>>(
        &self,
        learner: &mut Learner<M, R, C>,
        batch: u64,
        size: u32,
    ) -> Result<(), Error> {
        learner.unlabelled_batch();
        self.resume(learner, batch, size)
    }

    /// As [`step`](Self::step), where the open batch already holds the first samples of batch number
    /// `batch`: they are drawn again and passed over, so that a simulated sensor needs no state of its own
    /// in a [`checkpoint`](crate::checkpoint).
    ///
    /// # Errors
    /// Those of [`step`](Self::step).
    pub fn resume<R: Rule, C: Step<M>>(
        &self,
        learner: &mut Learner<M, R, C>,
        batch: u64,
        size: u32,
    ) -> Result<(), Error> {
        let mut environments = stream(self.seed, Purpose::Environments, batch);
        let mut draws = stream(self.seed, Purpose::Measurements, batch);
        let shared = self.schedule.environment(batch, &mut environments);
        let mut open = learner.resume();
        let taken = u64::from(open.count());
        for sample in 0..u64::from(size) {
            let environment = if R::ONE_ENVIRONMENT {
                shared
            } else {
                let draw = batch.wrapping_mul(u64::from(size)).wrapping_add(sample);
                self.schedule.environment(draw, &mut environments)
            };
            let (x, y) = self.sample(environment, &mut draws)?;
            if sample >= taken {
                open.observe_from(environment, &x, y)?;
            }
        }
        open.step()
    }

    /// As [`step`](Self::step), for a computer: samples are drawn by way of `kernel`, and learned
    /// from a few at a time. The same bits, and the same samples in the batch where one is refused.
    ///
    /// # Errors
    /// Those of [`step`](Self::step).
    #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), inline(always))]
    pub fn step_with<R: Rule, C: Step<M>, K>(
        &self,
        kernel: &K,
        learner: &mut Learner<M, R, C>,
        batch: u64,
        size: u32,
    ) -> Result<(), Error>
    where
        X: StoredMeasurement<M> + Stored<Scalar = M::Scalar>,
        K: Kernel<M::Scalar> + Normals,
    {
        let mut environments = stream(self.seed, Purpose::Environments, batch);
        let mut draws = stream(self.seed, Purpose::Measurements, batch);
        let shared = self.schedule.environment(batch, &mut environments);
        let mut open = learner.unlabelled_batch();
        let mut buffer = SampleBuffer::<X, BLOCK>::new();
        let size = u64::from(size);
        for first in (0..size).step_by(BLOCK) {
            buffer.clear();
            let mut kept = Ok(());
            for sample in first..size.min(first + BLOCK as u64) {
                let environment = if R::ONE_ENVIRONMENT {
                    shared
                } else {
                    let draw = batch.wrapping_mul(size).wrapping_add(sample);
                    self.schedule.environment(draw, &mut environments)
                };
                kept = self
                    .sample_with(kernel, environment, &mut draws)
                    .and_then(|(x, y)| buffer.push(&x, y));
                if kept.is_err() {
                    break;
                }
            }
            // Also those before one that is refused.
            open.observe_all_from(shared, kernel, &buffer.samples())?;
            kept?;
        }
        open.step_with(kernel)
    }

    /// Draws one sample of `environment`.
    ///
    /// # Errors
    /// [`Error::Environments`] if there is no such environment.
    pub fn sample<G: rand_core::Rng + ?Sized>(
        &self,
        environment: u32,
        draws: &mut G,
    ) -> Result<(X, M::Scalar), Error> {
        self.sample_with(&Portable, environment, draws)
    }

    /// As [`sample`](Self::sample), by way of `normals`; the same bits.
    ///
    /// # Errors
    /// Those of [`sample`](Self::sample).
    #[inline]
    pub fn sample_with<N: Normals, G: rand_core::Rng + ?Sized>(
        &self,
        normals: &N,
        environment: u32,
        draws: &mut G,
    ) -> Result<(X, M::Scalar), Error> {
        let signal = self
            .signals
            .get(environment as usize)
            .ok_or(Error::Environments)?;
        let x = S::draw_with(normals, draws);
        let mut y = x.respond(signal);
        if self.noise > M::Scalar::ZERO {
            y += self.noise * M::Scalar::standard_normal(draws);
        }
        Ok((x, y))
    }

    /// The environment of batch number `batch` under HeteroSGD.
    pub fn environment(&self, batch: u64) -> u32 {
        let mut environments = stream(self.seed, Purpose::Environments, batch);
        self.schedule.environment(batch, &mut environments)
    }

    /// Takes the steps of the batches numbered `batches`, of `size` samples each, and shows the
    /// learner to `observe` after each one.
    ///
    /// # Errors
    /// Those of [`step`](Self::step); the learner keeps what it had learned.
    pub fn run<R: Rule, C: Step<M>>(
        &self,
        learner: &mut Learner<M, R, C>,
        batches: Range<u64>,
        size: u32,
        mut observe: impl FnMut(&Learner<M, R, C>),
    ) -> Result<(), Error> {
        for batch in batches {
            self.step(learner, batch, size)?;
            observe(learner);
        }
        Ok(())
    }
}
