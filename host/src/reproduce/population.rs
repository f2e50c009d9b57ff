//! The population dynamics of one spurious direction (docs/theory.md, section 2): the recursion
//! itself, simulated. No formula about it is used here.

use heterosgd::Schedule;
use heterosgd::sampling::{Purpose, stream};
use heterosgd::theory::population_step;

/// Pulls mu + M and mu - M, with equal odds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pulls {
    pub(super) mu: f64,
    pub(super) heterogeneity: f64,
}

impl Pulls {
    pub(super) fn of(self, environment: u32) -> f64 {
        if environment == 0 {
            self.mu + self.heterogeneity
        } else {
            self.mu - self.heterogeneity
        }
    }

    /// The pulls of independent draws of the environment under `seed`.
    fn draws(self, seed: u64) -> impl Iterator<Item = f64> {
        let schedule = Schedule::Uniform { environments: 2 };
        let mut rng = stream(seed, Purpose::Environments, 0);
        (0..).map(move |draw| self.of(schedule.environment(draw, &mut rng)))
    }
}

/// The average of b^2 over the last half of `steps` steps from `b = init_scale`: the direction's part
/// of the averaged estimate.
pub(super) fn average_part(
    pulls: Pulls,
    step_size: f64,
    init_scale: f64,
    steps: u64,
    seed: u64,
) -> f64 {
    let mut b = init_scale;
    let mut sum = 0.0;
    let half = steps / 2;
    for (step, pull) in (0..steps).zip(pulls.draws(seed)) {
        b = population_step(b, step_size, pull);
        if step >= half {
            sum += b * b;
        }
    }
    sum / steps.saturating_sub(half).max(1) as f64
}

/// The measured growth rate of ln |b| per step near zero.
pub(super) fn growth_rate(pulls: Pulls, step_size: f64, steps: u64, seed: u64) -> f64 {
    let draws = (0..steps).zip(pulls.draws(seed)).map(|(_, pull)| pull);
    crate::trial::growth_rate(step_size, draws)
}

#[cfg(test)]
mod tests {
    use super::{Pulls, average_part, growth_rate};

    #[test]
    fn without_heterogeneity_the_mean_is_learned() {
        let pulls = Pulls {
            mu: 1.0,
            heterogeneity: 0.0,
        };
        assert!((average_part(pulls, 0.1, 1e-3, 2000, 0) - 1.0).abs() < 1e-9);
        assert!((growth_rate(pulls, 0.1, 20_000, 0) - libm::log(1.1)).abs() < 1e-9);
    }

    /// The measurement against the formula, at five standard deviations of the sample mean.
    #[test]
    fn growth_agrees_with_the_lyapunov_exponent() {
        let pulls = Pulls {
            mu: 1.0,
            heterogeneity: 6.0,
        };
        let steps = 100_000;
        let predicted = heterosgd::theory::lyapunov(0.1, [7.0, -5.0]);
        let half_gap = (libm::log(1.7) - libm::log(0.5)) / 2.0;
        let deviation = half_gap / libm::sqrt(steps as f64);
        let measured = growth_rate(pulls, 0.1, steps, 7);
        assert!(
            (measured - predicted).abs() < 5.0 * deviation,
            "{measured} {predicted}"
        );
    }
}
