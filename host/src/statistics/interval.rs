//! Intervals for proportions.

use statrs::distribution::{Beta, Binomial, ContinuousCDF, DiscreteCDF, Normal};

/// The z that a standard normal stays below with probability `share`; NaN outside (0, 1).
pub(crate) fn normal_quantile(share: f64) -> f64 {
    if !(share > 0.0 && share < 1.0) {
        return f64::NAN;
    }
    Normal::standard().inverse_cdf(share)
}

/// How many of a number of independent runs did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proportion {
    pub(crate) hits: u64,
    pub(crate) runs: u64,
}

impl Proportion {
    /// The hits as a share of the runs; NaN for no runs.
    pub(crate) fn share(self) -> f64 {
        self.hits as f64 / self.runs as f64
    }

    /// The lower end of the one-sided Clopper-Pearson interval: were the probability below it, as many
    /// hits would come with probability `alarm` at most.
    pub(crate) fn lower(self, alarm: f64) -> f64 {
        if self.hits == 0 {
            return 0.0;
        }
        let misses = self.runs.saturating_sub(self.hits) as f64 + 1.0;
        Beta::new(self.hits as f64, misses).map_or(f64::NAN, |beta| beta.inverse_cdf(alarm))
    }

    /// The most hits that runs with probability `chance` have, but for a probability of `alarm` at most.
    pub(crate) fn most_hits(runs: u64, chance: f64, alarm: f64) -> u64 {
        let Ok(binomial) = Binomial::new(chance.clamp(0.0, 1.0), runs) else {
            return runs;
        };
        let (mut low, mut high) = (0, runs);
        while low < high {
            let middle = low + (high - low) / 2;
            if binomial.sf(middle) <= alarm {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::{Proportion, normal_quantile};

    #[test]
    fn quantiles() {
        assert!((normal_quantile(0.975) - 1.959_963_985).abs() < 1e-8);
        assert!(normal_quantile(0.0).is_nan() && normal_quantile(1.5).is_nan());
    }

    /// The end solves the tail equation: closed forms, and a value of the usual tables.
    #[test]
    fn clopper_pearson() {
        let lower = |hits, runs, alarm| Proportion { hits, runs }.lower(alarm);
        assert_eq!(lower(0, 100, 0.05), 0.0);
        assert!((lower(100, 100, 0.05) - libm::pow(0.05, 0.01)).abs() < 1e-9);
        assert!((lower(1, 100, 0.05) - (1.0 - libm::pow(0.95, 0.01))).abs() < 1e-9);
        assert!((lower(10, 100, 0.025) - 0.0490).abs() < 5e-5);
    }

    #[test]
    fn most_hits_of_few_runs() {
        // Two fair coins: two heads with probability 1/4.
        assert_eq!(Proportion::most_hits(2, 0.5, 0.3), 1);
        assert_eq!(Proportion::most_hits(2, 0.5, 0.2), 2);
        assert_eq!(Proportion::most_hits(10_000, 0.5, 1e-6), 5238);
        assert_eq!(Proportion::most_hits(10, 0.0, 1e-6), 0);
        assert_eq!(Proportion::most_hits(10, 1.0, 1e-6), 10);
    }
}
