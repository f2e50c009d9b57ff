//! The step sizes at which the theory promises recovery, and the best of them.

use heterosgd::theory::{Pulls, Unmet};
use serde::Serialize;

use super::signals::Signals;
use crate::error::{Error, Result};

/// Step sizes that are tried for the best one.
const CANDIDATES: u32 = 400;
/// Where no mean pull is positive any step size suppresses; the interval begins at this share of its end.
const LEAST_SHARE: f64 = 1e-3;
/// How far the spread of the pulls is raised in search of a feasible one.
const MOST_SPREAD: f64 = 1e4;

/// Step sizes from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Interval {
    /// The margin times the critical step size, above which every exponent is negative.
    pub(super) low: f64,
    /// The smaller of `1/(2 sigma)` and `1/|s|`.
    pub(super) high: f64,
    /// The step size at which the largest exponent is 0.
    pub(super) critical: f64,
}

fn failed(unmet: Unmet) -> Error {
    Error::Failed(format!("the plan cannot be made: {unmet}"))
}

impl Interval {
    /// The interval of these signals; `low` is above `high` where there is none, and infinite where no step
    /// size suppresses some direction.
    pub(super) fn of(signals: &Signals, margin: f64) -> Result<Self> {
        let mut high = 0.5 / signals.sigma.1;
        let mut critical: f64 = 0.0;
        for pulls in signals.directions()? {
            let largest = pulls.largest().abs().max(pulls.smallest().abs());
            if largest > 0.0 {
                // Strictly below.
                high = high.min((1.0 - 1e-9) / largest);
            }
            if pulls.mean() > 0.0 {
                critical = critical.max(match pulls.critical_step_size() {
                    Ok(critical) => critical,
                    Err(Unmet::NeverShrinks | Unmet::Range) => f64::INFINITY,
                    Err(unmet) => return Err(failed(unmet)),
                });
            }
        }
        let low = f64::max(margin * critical, LEAST_SHARE * high);
        Ok(Self {
            low,
            high,
            critical,
        })
    }

    /// Whether there is a step size in it.
    pub(super) fn is_feasible(&self) -> bool {
        self.low < self.high
    }

    /// The best step size: of those whose initial scale, as `init_scale` has it, is `least` or more, the one
    /// with the largest tail index kappa of the cross blocks; where there are none, the one with the largest
    /// initial scale.
    pub(super) fn best(
        &self,
        signals: &Signals,
        least: f64,
        init_scale: impl Fn(f64) -> Result<f64>,
    ) -> Result<f64> {
        let directions = signals.directions()?;
        let ratio = self.high / self.low;
        let mut best = (self.low, (f64::NEG_INFINITY, f64::NEG_INFINITY));
        for i in 0..=CANDIDATES {
            let share = f64::from(i) / f64::from(CANDIDATES);
            let step_size = self.low * libm::pow(ratio, share);
            let scale = init_scale(step_size)?;
            let worth = if scale >= least {
                (least, index(&directions, signals.sigma, step_size)?)
            } else {
                (scale, 0.0)
            };
            if worth > best.1 {
                best = (step_size, worth);
            }
        }
        Ok(best.0)
    }
}

/// The least tail index over directions and strengths; 0 where a block is not even stable.
pub(super) fn index(
    directions: &[Pulls<'_, f64>],
    sigma: (f64, f64),
    step_size: f64,
) -> Result<f64> {
    let mut least = f64::INFINITY;
    for pulls in directions {
        for sigma in [sigma.0, sigma.1] {
            least = least.min(match pulls.kesten_index(step_size, sigma) {
                Ok(kappa) => kappa,
                Err(Unmet::NeverGrows | Unmet::Range) => f64::INFINITY,
                Err(Unmet::Learned) => 0.0,
                Err(unmet) => return Err(failed(unmet)),
            });
        }
    }
    Ok(least)
}

/// The factor by which the deviations of the pulls from their means have to grow for a feasible interval;
/// `None` if none up to a large one does.
pub(super) fn needed_spread(signals: &Signals, margin: f64) -> Result<Option<f64>> {
    let feasible =
        |factor: f64| Ok::<_, Error>(Interval::of(&signals.spread(factor), margin)?.is_feasible());
    let mut high = 1.0;
    while !feasible(high)? {
        high *= 2.0;
        if high > MOST_SPREAD {
            return Ok(None);
        }
    }
    let mut low = high / 2.0;
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if feasible(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Some(high))
}

#[cfg(test)]
mod tests {
    use super::{Interval, needed_spread};
    use crate::plan::signals::Signals;

    fn signals(mean: f64, m: f64) -> Signals {
        Signals {
            dim: 8,
            rank: 1,
            sigma: (1.0, 1.0),
            pulls: vec![vec![mean + m, mean - m]],
            noise: 0.0,
        }
    }

    #[test]
    fn the_interval_by_hand() {
        let interval = Interval::of(&signals(1.0, 6.0), 1.0).unwrap();
        assert!((interval.critical - 2.0 / 35.0).abs() < 1e-12);
        assert!((interval.high - 1.0 / 7.0).abs() < 1e-9);
        assert!(interval.is_feasible());
        let best = |scale: f64| {
            interval
                .best(&signals(1.0, 6.0), 1e-6, |_| Ok(scale))
                .unwrap()
        };
        assert!(interval.low <= best(1e-3) && best(1e-3) <= interval.high);
        assert_eq!(best(1e-9), interval.low, "all alike: the first");
        // Where only large steps allow a large initial scale, it is one of them.
        let rising = |step_size: f64| Ok(if step_size > 0.1 { 1e-3 } else { 1e-9 });
        assert!(interval.best(&signals(1.0, 6.0), 1e-6, rising).unwrap() > 0.1);
    }

    /// docs/theory.md, 2.2: inside the theory a direction can be suppressed only if M > 3 mu.
    #[test]
    fn too_little_heterogeneity() {
        let interval = Interval::of(&signals(1.0, 2.9), 1.0).unwrap();
        assert!(!interval.is_feasible());
        let factor = needed_spread(&signals(1.0, 2.0), 1.0).unwrap().unwrap();
        assert!((factor * 2.0 - 3.0).abs() < 1e-6, "{factor}");
        let interval = Interval::of(&signals(1.0, 0.5), 1.0).unwrap();
        assert!(interval.critical.is_infinite() && !interval.is_feasible());
        assert_eq!(needed_spread(&signals(1.0, 0.0), 1.0).unwrap(), None);
    }

    #[test]
    fn a_negative_mean_needs_no_heterogeneity() {
        let interval = Interval::of(&signals(-1.0, 0.5), 1.1).unwrap();
        assert_eq!(interval.critical, 0.0);
        assert!(interval.is_feasible());
    }
}
