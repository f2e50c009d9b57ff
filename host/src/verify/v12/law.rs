//! The law of the noise of a whitened direction (docs/theory.md, section 5).

use super::super::check::Row;
use super::ALARM;
use crate::statistics::normal_quantile;

/// In isotropic coordinates the noise of a whitened direction is `tau z/sqrt(c)`: z standard normal,
/// c chi-squared of `nu = m - p + 1` degrees, one for all coordinates. Measurements and label noise
/// are Gaussian.
#[derive(Debug, Clone, Copy)]
pub(super) struct Law {
    /// Standard deviation of the label noise.
    pub(super) noise: f64,
    /// Samples m in a batch.
    pub(super) batch: u32,
    /// Coordinates p.
    pub(super) coordinates: u32,
}

impl Law {
    fn degrees(self) -> f64 {
        f64::from(self.batch) - f64::from(self.coordinates) + 1.0
    }

    /// The variance of an isotropic coordinate, `tau^2 E[1/c] = tau^2/(m - p - 1)`.
    pub(super) fn variance(self) -> f64 {
        self.noise * self.noise / (self.degrees() - 2.0)
    }

    /// `Var(1/c)/E[1/c]^2 = 2/(nu - 4)`: by how much the noise of one batch is larger than that of
    /// another.
    fn spread(self) -> f64 {
        2.0 / (self.degrees() - 4.0)
    }

    /// The relative variance of the mean square of `count` coordinates of one batch:
    /// `2/count + (1 + 2/count) 2/(nu - 4)`.
    pub(super) fn of_batch(self, count: f64) -> f64 {
        2.0 / count + (1.0 + 2.0 / count) * self.spread()
    }

    /// The relative variance of the mean square over `steps` steps of `count` entries that follow
    /// `w <- a w + xi`: what normal noise has, `2/count`, counts for as many steps as squares are
    /// correlated, `(1 + a^2)/(1 - a^2)`; what the spread of c adds to it, once.
    pub(super) fn of_recursion(self, count: f64, steps: f64, a: f64) -> f64 {
        let time = (1.0 + a * a) / (1.0 - a * a);
        (2.0 / count * time + (1.0 + 2.0 / count) * self.spread()) / steps
    }
}

/// A mean square has to lie around its prediction; `relative` is its variance over the square of the
/// prediction. It misses the limits with probability [`ALARM`].
pub(super) fn judged(what: String, predicted: f64, measured: f64, relative: f64) -> Row {
    let room = -normal_quantile(ALARM / 2.0) * libm::sqrt(relative);
    Row::within(what, predicted, measured, room)
}
