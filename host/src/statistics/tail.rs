//! The index of a heavy tail.

use super::interval::normal_quantile;

/// Hill's estimate of a tail index kappa, where `P(X > x)` falls like `x^-kappa`: the reciprocal of the
/// mean logarithm of the largest values over the next one (Hill, Annals of Statistics 3, 1975).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hill {
    pub(crate) index: f64,
    count: f64,
}

impl Hill {
    /// From the `count` largest of `values`, which are positive and independent. `None` if there are not
    /// more values than that.
    pub(crate) fn of(values: &[f64], count: usize) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let threshold = *sorted.get(count)?;
        let largest = sorted.get(..count).filter(|largest| !largest.is_empty())?;
        let logarithms = largest.iter().map(|x| libm::log(x / threshold));
        let mean = logarithms.sum::<f64>() / count as f64;
        let index = 1.0 / mean;
        index.is_finite().then_some(Self {
            index,
            count: count as f64,
        })
    }

    /// The two-sided interval that misses the index with probability `alarm`, for an exact power law: the
    /// estimate is asymptotically normal with a relative deviation of `1/sqrt(count)`.
    pub(crate) fn interval(&self, alarm: f64) -> (f64, f64) {
        let spread = normal_quantile(1.0 - alarm / 2.0) / libm::sqrt(self.count);
        (self.index / (1.0 + spread), self.index / (1.0 - spread))
    }
}

#[cfg(test)]
mod tests {
    use super::Hill;

    /// The quantiles of a Pareto distribution of index 1.5.
    #[test]
    fn the_index_of_a_power_law() {
        let n = 100_000;
        let values: Vec<f64> = (0..n)
            .map(|i| libm::pow((f64::from(i) + 0.5) / f64::from(n), -1.0 / 1.5))
            .collect();
        let hill = Hill::of(&values, 1000).unwrap();
        assert!((hill.index - 1.5).abs() < 0.01, "{}", hill.index);
        let (low, high) = hill.interval(0.01);
        assert!(low < 1.5 && 1.5 < high && high - low < 0.3);
        assert_eq!(Hill::of(&values[..10], 10), None);
        assert_eq!(Hill::of(&values, 0), None);
    }
}
