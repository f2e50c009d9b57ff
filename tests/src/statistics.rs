//! Limits of statistical tests. Seeds are fixed, so a test gives one answer for ever; the
//! false-alarm probability says how often a correct sampler would have met an unlucky seed.

/// The distribution function of the standard normal.
pub fn normal_distribution(z: f64) -> f64 {
    0.5 * libm::erfc(-z * core::f64::consts::FRAC_1_SQRT_2)
}

/// The Kolmogorov-Smirnov statistic `sqrt(n) sup |F_n - F|`; sorts `sample`.
pub fn kolmogorov_smirnov(sample: &mut [f64], distribution: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let mut largest = 0.0f64;
    for (i, &z) in sample.iter().enumerate() {
        let f = distribution(z);
        largest = largest.max(f - i as f64 / n).max((i as f64 + 1.0) / n - f);
    }
    libm::sqrt(n) * largest
}

/// Exceeded by [`kolmogorov_smirnov`] with probability 1e-6: `2 exp(-2 x^2) = 1e-6`.
pub const KOLMOGOROV_SMIRNOV_LIMIT: f64 = 2.694;

/// Exceeded by a standard normal's absolute value with probability 1e-6.
pub const NORMAL_LIMIT: f64 = 4.892;

/// Exceeded by a standard normal's absolute value with probability 2e-9: for tests that take the
/// largest of up to 500 such values, whose false-alarm probability is then 1e-6.
pub const NORMAL_LIMIT_OF_500: f64 = 6.0;

/// Pearson's statistic of `counts` against the probabilities `odds`.
pub fn chi_square(counts: &[u32], odds: &[f64]) -> f64 {
    let n: f64 = counts.iter().copied().map(f64::from).sum();
    counts
        .iter()
        .zip(odds)
        .map(|(&count, p)| (f64::from(count) - n * p) * (f64::from(count) - n * p) / (n * p))
        .sum()
}

/// Exceeded by a chi-square variable of `freedom` degrees with probability 1e-6 (within a few
/// per cent of that): Wilson and Hilferty's approximation at the normal quantile 4.753.
pub fn chi_square_limit(freedom: usize) -> f64 {
    let spread = 2.0 / (9.0 * freedom as f64);
    let root = 1.0 - spread + 4.753 * libm::sqrt(spread);
    freedom as f64 * root * root * root
}

/// Mean, and mean divided by its standard error, of a sample.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mean {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Mean {
    /// Takes in one value.
    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.sum / self.count
    }

    /// How many standard errors the mean lies from `expected`.
    pub fn z_score(&self, expected: f64) -> f64 {
        let mean = self.mean();
        let variance = self.squares / self.count - mean * mean;
        (mean - expected) / libm::sqrt(variance / self.count)
    }
}

/// The median; sorts `values`.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
