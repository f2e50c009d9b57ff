//! How pulls vary over environments: distributions of mean 0 and variance 1.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::statistics::normal_quantile;

/// The distribution of the deviation z in the pull `s = mu + M z`: of mean 0 and variance 1, so that M is
/// a standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deviations {
    /// +1 or -1 with equal odds.
    TwoPoint,
    /// Uniform between -sqrt(3) and sqrt(3).
    Uniform,
    /// Normal, cut off at two standard deviations before it is scaled to variance 1.
    Normal,
    /// Three values, skewed to the right: -1, 0, 3 with the odds 3 : 2 : 1, over sqrt(2).
    Skewed,
}

impl fmt::Display for Deviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TwoPoint => "two-point",
            Self::Uniform => "uniform",
            Self::Normal => "normal",
            Self::Skewed => "skewed",
        })
    }
}

/// The normal is cut off here.
const CUT: f64 = 2.0;

impl Deviations {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::TwoPoint, Self::Uniform, Self::Normal, Self::Skewed];

    /// The deviation that the share `u` of environments stays below, for u in (0, 1).
    pub fn quantile(self, u: f64) -> f64 {
        match self {
            Self::TwoPoint => {
                if u < 0.5 {
                    -1.0
                } else {
                    1.0
                }
            }
            Self::Uniform => libm::sqrt(3.0) * (2.0 * u - 1.0),
            Self::Normal => {
                // The variance of the cut normal is 1 - 2 CUT phi(CUT)/(1 - 2 tail).
                let tail = 0.5 * libm::erfc(CUT * core::f64::consts::FRAC_1_SQRT_2);
                let inside = 1.0 - 2.0 * tail;
                let density = libm::exp(-CUT * CUT / 2.0) / libm::sqrt(core::f64::consts::TAU);
                let variance = 1.0 - 2.0 * CUT * density / inside;
                normal_quantile(tail + u * inside) / libm::sqrt(variance)
            }
            Self::Skewed => {
                let value = if u < 0.5 {
                    -1.0
                } else if u < 5.0 / 6.0 {
                    0.0
                } else {
                    3.0
                };
                value * core::f64::consts::FRAC_1_SQRT_2
            }
        }
    }

    /// The deviations of `count` equally likely environments: quantiles at the middle of each share, moved
    /// and scaled to mean 0 and variance 1.
    ///
    /// # Errors
    /// Bad usage unless `count` is above 0, and such that the values have their odds.
    pub fn environments(self, count: u32) -> Result<Vec<f64>> {
        let multiple = match self {
            Self::Skewed => 6,
            Self::TwoPoint | Self::Uniform | Self::Normal => 2,
        };
        if count == 0 || !count.is_multiple_of(multiple) {
            return Err(Error::usage(format!(
                "--environments {count}: the {self} distribution needs a multiple of {multiple}"
            )));
        }
        let n = f64::from(count);
        let values = (0..count).map(|i| self.quantile((f64::from(i) + 0.5) / n));
        let mut values: Vec<f64> = values.collect();
        let mean = values.iter().sum::<f64>() / n;
        for z in &mut values {
            *z -= mean;
        }
        let variance = values.iter().map(|z| z * z).sum::<f64>() / n;
        let scale = libm::sqrt(variance);
        for z in &mut values {
            *z /= scale;
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::Deviations;

    #[test]
    fn mean_zero_and_variance_one() {
        for deviations in Deviations::ALL {
            // The quantiles themselves, nearly; the environments exactly.
            let n = 60_000;
            let share = |i: u32| (f64::from(i) + 0.5) / f64::from(n);
            let fine: Vec<f64> = (0..n).map(|i| deviations.quantile(share(i))).collect();
            let few = deviations.environments(12).unwrap();
            for (values, tolerance) in [(fine, 1e-3), (few, 1e-12)] {
                let count = values.len() as f64;
                let mean = values.iter().sum::<f64>() / count;
                let square = values.iter().map(|z| z * z).sum::<f64>() / count;
                assert!(mean.abs() < tolerance, "{deviations}: {mean}");
                assert!((square - 1.0).abs() < tolerance, "{deviations}: {square}");
            }
        }
    }

    #[test]
    fn odds_need_their_multiples() {
        assert_eq!(Deviations::TwoPoint.environments(2).unwrap(), [-1.0, 1.0]);
        assert!(Deviations::TwoPoint.environments(3).is_err());
        assert!(Deviations::Skewed.environments(8).is_err());
        assert!(Deviations::Uniform.environments(0).is_err());
        let skewed = Deviations::Skewed.environments(6).unwrap();
        assert!((skewed[5] - 3.0 * core::f64::consts::FRAC_1_SQRT_2).abs() < 1e-12);
    }
}
