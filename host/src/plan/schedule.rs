//! Initial scale, batch size and steps for a step size, and what they lead to.

use heterosgd::theory::{Recovery, Unmet, settling_steps, signal_steps};
use serde::Serialize;

use super::interval;
use super::signals::Signals;
use crate::error::{Error, Result};

/// What a run has to reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Goal {
    /// `||U U^T - A*||_F / ||A*||_F`, A* of the weakest strength in all directions.
    pub(super) accuracy: f64,
    /// Probability with which the spurious part may exceed its bound.
    pub(super) chance: f64,
}

impl Goal {
    /// The norm of A*, of the weakest strength in all directions, and the squared error that is allowed.
    fn budget(self, signals: &Signals) -> (f64, f64) {
        let norm = signals.sigma.0 * libm::sqrt(signals.rank as f64);
        (norm, (self.accuracy * norm) * (self.accuracy * norm))
    }
}

/// The settings of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Schedule {
    pub(super) step_size: f64,
    pub(super) init_scale: f64,
    pub(super) batch: u64,
    pub(super) steps: u64,
    pub(super) samples: u64,
    /// The largest exponent of a spurious direction.
    pub(super) exponent: f64,
    /// The least tail index of a cross block; infinite where none has a heavy tail.
    pub(super) tail_index: f64,
    /// Whether the average over the last half of the steps, cut back to rank r, has to be taken: the last
    /// iterate has no finite variance.
    pub(super) average: bool,
    /// Predicted relative error: the recovery bound of the population, and the noise of the batches.
    pub(super) bound: f64,
    pub(super) floor: f64,
    pub(super) error: f64,
}

fn failed(unmet: Unmet) -> Error {
    Error::Failed(format!("the plan cannot be made: {unmet}"))
}

/// `value` rounded down to two significant digits, so that it can be typed.
fn rounded_down(value: f64) -> f64 {
    let scale = libm::pow(10.0, libm::floor(libm::log10(value)) - 1.0);
    libm::floor(value / scale) * scale
}

impl Schedule {
    /// The settings at this step size. Of the squared error that the accuracy allows, a quarter is for the
    /// signal, a quarter for what is spurious or null, and half for the noise of the batches.
    pub(super) fn new(signals: &Signals, goal: Goal, step_size: f64) -> Result<Self> {
        let directions = signals.directions()?;
        let (norm, budget) = goal.budget(signals);
        let (weakest, strongest) = signals.sigma;
        let init_scale = init_scale(signals, goal, step_size)?;
        let room = libm::sqrt(budget / 4.0 / signals.rank as f64) / (2.0 * strongest);
        let tolerance = room.min(1.0 - core::f64::consts::FRAC_1_SQRT_2);
        if !(init_scale > 0.0 && init_scale.is_finite()) {
            return Err(Error::Failed(
                "the plan cannot be made: no initial scale is small enough; allow a larger --chance"
                    .to_owned(),
            ));
        }
        let mut steps = 0;
        for sigma in [weakest, strongest] {
            let rise = signal_steps(sigma, step_size, init_scale).map_err(failed)?;
            let settle = settling_steps(sigma, step_size, tolerance).map_err(failed)?;
            steps = steps.max(rise + settle);
        }
        let tail_index = interval::index(&directions, signals.sigma, step_size)?;
        let average = tail_index <= 2.0;
        if average {
            steps *= 2;
        }
        let variance = batch_variance(signals, step_size)?;
        let batch = libm::ceil(variance / (budget / 2.0)).max(1.0) as u64;
        let strengths = vec![strongest; signals.rank];
        let bound = Recovery {
            step_size,
            init_scale,
            invariant: &strengths,
            spurious: &directions,
            dim: u32::try_from(signals.dim).unwrap_or(u32::MAX),
        }
        .bound(tolerance, goal.chance)
        .map_err(failed)?;
        let exponents = directions.iter().map(|pulls| pulls.lyapunov(step_size));
        let floor = variance / batch as f64;
        Ok(Self {
            step_size,
            init_scale,
            batch,
            steps,
            samples: steps.saturating_mul(batch),
            exponent: exponents.fold(f64::NEG_INFINITY, f64::max),
            tail_index,
            average,
            bound: libm::sqrt(bound.squared_error) / norm,
            floor: libm::sqrt(floor) / norm,
            error: libm::sqrt(bound.squared_error + floor) / norm,
        })
    }
}

/// The largest initial scale at which spurious and null parts stay within `room`, the argument of the bound
/// holds, and every invariant direction starts below half its square (docs/theory.md, 2.1 and 2.3).
pub(super) fn init_scale(signals: &Signals, goal: Goal, step_size: f64) -> Result<f64> {
    let directions = signals.directions()?;
    let room = goal.budget(signals).1 / 4.0;
    let share = goal.chance / directions.len().max(1) as f64;
    let mut sum = (signals.dim - signals.rank - directions.len()) as f64;
    let mut most = libm::sqrt(signals.sigma.0 / 2.0) / 2.0;
    for pulls in &directions {
        let growth = match pulls.adjustment_coefficient(step_size) {
            Ok(theta) => libm::pow(share, -2.0 / theta),
            Err(Unmet::NeverGrows) => 1.0,
            // At the very end of the interval: no initial scale will do.
            Err(Unmet::Learned | Unmet::SignChange | Unmet::Range) => return Ok(0.0),
            Err(unmet) => return Err(failed(unmet)),
        };
        sum += growth * growth;
        let turned = (1.0 + step_size * pulls.smallest()) / step_size;
        most = most.min(libm::sqrt(turned / growth));
    }
    if sum > 0.0 {
        most = most.min(libm::sqrt(libm::sqrt(room / sum)));
    }
    Ok(if most > 0.0 { rounded_down(most) } else { 0.0 })
}

/// The squared error that the noise of the batches leaves, times the batch size: the stationary variances of
/// docs/theory.md, section 3, for Gaussian measurements, with the spurious signal as noise. Cross blocks
/// without a finite variance are left out; averaging takes care of them.
fn batch_variance(signals: &Signals, step_size: f64) -> Result<f64> {
    let power = signals.spurious_power() + signals.noise * signals.noise;
    let (rank, sigma) = (signals.rank as f64, signals.sigma.1);
    let directions = signals.directions()?;
    let null = (signals.dim - signals.rank - directions.len()) as f64;
    let eta = step_size;
    let mut variance = rank * null * sigma * eta * power / (2.0 - eta * sigma);
    variance += rank * (rank + 1.0) / 2.0 * sigma * eta * power / (1.0 - eta * sigma);
    for pulls in &signals.pulls {
        let square = |s: &f64| {
            let factor = 1.0 + eta * (s - sigma);
            factor * factor
        };
        let second = pulls.iter().map(square).sum::<f64>() / pulls.len().max(1) as f64;
        if second < 1.0 {
            variance += rank * sigma * sigma * eta * eta * power / (1.0 - second);
        }
    }
    Ok(variance)
}

#[cfg(test)]
mod tests {
    use super::rounded_down;

    #[test]
    fn two_digits() {
        assert!((rounded_down(0.001_29) - 0.0012).abs() < 1e-12);
        assert!((rounded_down(9.99e-8) - 9.9e-8).abs() < 1e-15);
        assert!((rounded_down(0.5) - 0.5).abs() < 1e-12);
    }
}
