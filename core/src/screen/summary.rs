//! What lasts of the visits: some ten numbers for each feature.

use crate::Scalar;
use crate::state::state;

/// Sums over the visits in which a feature has a coefficient of its own, b with sampling variance v;
/// w = 1/v.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FeatureSums {
    /// Visits.
    pub visits: f64,
    /// Sum of w.
    pub weight: f64,
    /// Sum of w b.
    pub weighted: f64,
    /// Sum of w b^2.
    pub weighted_square: f64,
    /// Sum of w^2.
    pub squared_weight: f64,
    /// Sum of b.
    pub mean: f64,
    /// Sum of v.
    pub variance: f64,
    /// Sum of the variance by blocks over v: how much less the rows say than independent ones.
    pub blocks: f64,
    /// Sum of n times the lag-one autocorrelation of the feature with the others taken out, with a
    /// correction for few rows.
    pub lagged: f64,
    /// Sum of squares within visits.
    pub square: f64,
    /// Sum of squares within visits, the features before it taken out.
    pub pivots: f64,
}

state!([] FeatureSums, []:
    visits in Sum,
    weight in Sum,
    weighted in Sum,
    weighted_square in Sum,
    squared_weight in Sum,
    mean in Sum,
    variance in Sum,
    blocks in Sum,
    lagged in Sum,
    square in Sum,
    pivots in Sum,
);

impl FeatureSums {
    /// Whether a coefficient `b` with sampling variance `v` leaves every sum in range.
    pub(super) fn fits(&self, b: f64, v: f64) -> bool {
        let w = 1.0 / v;
        let sums = [
            self.weighted_square + w * b * b,
            self.squared_weight + w * w,
            self.mean + b,
            self.variance + v,
        ];
        v > 0.0 && sums.iter().all(|sum| sum.within(f64::MAX_SUM))
    }

    /// Adds a coefficient `b` with sampling variance `v`.
    pub(super) fn add(&mut self, b: f64, v: f64) {
        let w = 1.0 / v;
        self.visits += 1.0;
        self.weight += w;
        self.weighted += w * b;
        self.weighted_square += w * b * b;
        self.squared_weight += w * w;
        self.mean += b;
        self.variance += v;
    }
}

/// Sums over visits that are not of one feature.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// Visits.
    pub visits: u32,
    /// Visits that ended short or flat and were left out.
    pub skipped: u32,
    /// Rows.
    pub rows: f64,
    /// Residual degrees of freedom.
    pub dof: f64,
    /// Degrees of freedom of the variances by blocks.
    pub block_dof: f64,
    /// Sum of n times the lag-one autocorrelation of the residuals, with a correction for few rows.
    pub lagged: f64,
    /// Sum of squares of the response within visits.
    pub square: f64,
}

state!([] Totals, []:
    visits,
    skipped,
    rows in Sum,
    dof in Sum,
    block_dof in Sum,
    lagged in Sum,
    square in Sum,
);
