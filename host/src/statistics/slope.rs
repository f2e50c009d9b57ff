//! Straight lines through points.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The slope of a least-squares line, with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slope {
    pub(crate) value: f64,
    pub(crate) error: f64,
    freedom: f64,
}

impl Slope {
    /// The line through `points`, all of equal weight. `None` for fewer than three, or where all x are one.
    pub(crate) fn of(points: &[(f64, f64)]) -> Option<Self> {
        let n = points.len() as f64;
        let freedom = n - 2.0;
        if freedom < 1.0 {
            return None;
        }
        let mean_x = points.iter().map(|p| p.0).sum::<f64>() / n;
        let mean_y = points.iter().map(|p| p.1).sum::<f64>() / n;
        let sxx: f64 = points.iter().map(|p| (p.0 - mean_x) * (p.0 - mean_x)).sum();
        let sxy: f64 = points.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum();
        let slope = sxy / sxx;
        if !slope.is_finite() {
            return None;
        }
        let residuals = points.iter().map(|p| p.1 - mean_y - slope * (p.0 - mean_x));
        let rss: f64 = residuals.map(|r| r * r).sum();
        Some(Self {
            value: slope,
            error: libm::sqrt(rss / freedom / sxx),
            freedom,
        })
    }

    /// The line through the logarithms of `points`.
    pub(crate) fn of_logarithms(points: &[(f64, f64)]) -> Option<Self> {
        let logarithms = points.iter().map(|&(x, y)| (libm::log(x), libm::log(y)));
        Self::of(&logarithms.collect::<Vec<_>>())
    }

    /// The ends of the two-sided interval that misses the slope with probability `alarm`, residuals
    /// normal and of one variance.
    pub(crate) fn interval(&self, alarm: f64) -> (f64, f64) {
        let t = StudentsT::new(0.0, 1.0, self.freedom)
            .map_or(f64::INFINITY, |t| t.inverse_cdf(1.0 - alarm / 2.0));
        (self.value - t * self.error, self.value + t * self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::Slope;

    #[test]
    fn a_line_is_found() {
        let exact = Slope::of(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]).unwrap();
        assert!((exact.value - 2.0).abs() < 1e-12 && exact.error < 1e-12);
        let power = Slope::of_logarithms(&[(1.0, 3.0), (4.0, 1.5), (16.0, 0.75)]).unwrap();
        assert!((power.value + 0.5).abs() < 1e-12);
        assert_eq!(Slope::of(&[(0.0, 1.0), (1.0, 3.0)]), None);
        assert_eq!(Slope::of(&[(1.0, 1.0), (1.0, 3.0), (1.0, 2.0)]), None);
    }

    /// By hand: slope 0.6, residuals -0.1, 0.3, -0.3, 0.1; sum of squares 0.2; error sqrt(0.1/5); t of two
    /// degrees of freedom is 4.3027.
    #[test]
    fn an_interval_by_hand() {
        let points = [(0.0, 1.0), (1.0, 2.0), (2.0, 2.0), (3.0, 3.0)];
        let line = Slope::of(&points).unwrap();
        assert!((line.value - 0.6).abs() < 1e-12);
        let error = libm::sqrt(0.02);
        assert!((line.error - error).abs() < 1e-12);
        let (low, high) = line.interval(0.05);
        assert!((low - (0.6 - 4.3027 * error)).abs() < 1e-4);
        assert!((high - (0.6 + 4.3027 * error)).abs() < 1e-4);
    }
}
