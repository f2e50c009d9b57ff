//! Order statistics over replicates, and where a curve crosses a level.

/// The quantile `share` (0..=1) of `values`, by linear interpolation between order statistics.
/// Infinities count as very large values; NaN for no values.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = share.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let weight = position - below as f64;
    match (sorted.get(below), sorted.get(below + 1)) {
        (Some(&a), Some(&b)) if weight > 0.0 && b.is_finite() => a + weight * (b - a),
        // Between a number and infinity there is nothing but infinity.
        (Some(_), Some(&b)) if weight > 0.0 => b,
        (Some(&a), _) => a,
        (None, _) => f64::NAN,
    }
}

/// The median.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The largest value; NaN for none.
pub(crate) fn largest(values: &[f64]) -> f64 {
    quantile(values, 1.0)
}

/// Median, quartiles and range of one quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    pub(crate) fn of(values: &[f64]) -> Self {
        Self {
            median: median(values),
            lower: quantile(values, 0.25),
            upper: quantile(values, 0.75),
            min: quantile(values, 0.0),
            max: largest(values),
        }
    }
}

/// The zero of `f` between `low` and `high`, where it changes sign once, to `tolerance`.
/// `None` if the signs at the ends do not differ.
pub(crate) fn bisect(
    mut f: impl FnMut(f64) -> f64,
    mut low: f64,
    mut high: f64,
    tolerance: f64,
) -> Option<f64> {
    let positive_below = f(low) > 0.0;
    if (f(high) > 0.0) == positive_below {
        return None;
    }
    while high - low > tolerance {
        let middle = f64::midpoint(low, high);
        // No number is left between the two.
        if middle <= low || middle >= high {
            break;
        }
        if (f(middle) > 0.0) == positive_below {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(f64::midpoint(low, high))
}

/// The x at which the curve through `points` falls through `level` for the last time, by linear
/// interpolation. `None` if it never does.
pub(crate) fn last_fall_through(points: &[(f64, f64)], level: f64) -> Option<f64> {
    points.windows(2).rev().find_map(|pair| match *pair {
        [(x0, y0), (x1, y1)] if y0 >= level && y1 < level => {
            Some(x0 + (y0 - level) / (y0 - y1) * (x1 - x0))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Spread, bisect, last_fall_through, median, quantile};

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(quantile(&[0.0, 10.0], 0.25), 2.5);
        assert_eq!(quantile(&[7.0], 0.9), 7.0);
        assert!(median(&[]).is_nan());
        assert_eq!(median(&[1.0, f64::INFINITY, f64::INFINITY]), f64::INFINITY);
        assert_eq!(median(&[1.0, 2.0, f64::INFINITY]), 2.0);
        assert_eq!(median(&[1.0, f64::INFINITY]), f64::INFINITY);
        let spread = Spread::of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(
            (spread.min, spread.lower, spread.upper, spread.max),
            (1.0, 2.0, 4.0, 5.0)
        );
    }

    #[test]
    fn bisection_finds_the_root_or_says_so() {
        let root = bisect(|x| 2.0 - x * x, 0.0, 2.0, 1e-12).unwrap();
        assert!((root - core::f64::consts::SQRT_2).abs() < 1e-12);
        let tight = bisect(|x| x - 1.0, 0.0, 3.0, 0.0).unwrap();
        assert!(
            (tight - 1.0).abs() < 1e-15,
            "ends although the tolerance is 0"
        );
        assert_eq!(bisect(|x| x * x + 1.0, -1.0, 1.0, 1e-9), None);
    }

    #[test]
    fn crossings_interpolate() {
        let points = [(0.0, 1.0), (1.0, 0.2), (2.0, 1.0), (3.0, 0.0)];
        assert_eq!(last_fall_through(&points, 0.5), Some(2.5));
        assert_eq!(last_fall_through(&points, 2.0), None);
        assert_eq!(last_fall_through(&[], 0.5), None);
    }
}
