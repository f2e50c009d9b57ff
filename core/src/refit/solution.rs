//! What the normal equations of any number of features give.

use super::sums::{NormalTotals, Order};
use crate::algebra::cholesky::{cholesky, solve};
use crate::screen::{Finding, Verdict};

/// The normal equations of all visits, to read.
#[derive(Debug, Clone, Copy)]
pub struct Normal<'a> {
    /// Their matrix, packed, of the size of the number of common coefficients; what follows is not
    /// read.
    pub matrix: &'a [f64],
    /// Their right-hand side.
    pub products: &'a [f64],
    /// Scalars beside.
    pub totals: &'a NormalTotals,
    /// Which features they are of.
    pub order: Order<'a>,
    /// What was found of each feature.
    pub findings: &'a [Finding],
    /// The pivot, relative to its diagonal entry, below which a feature is a combination of others.
    pub least: f64,
}

impl Normal<'_> {
    /// Puts the common coefficients into `coefficients`, all 0 before, one for each feature, and
    /// returns the variance of the noise. `factor` is room for a matrix, `common` for a vector.
    pub fn solve(&self, factor: &mut [f64], common: &mut [f64], coefficients: &mut [f64]) -> f64 {
        let common = common.get_mut(..self.order.common()).unwrap_or_default();
        for (entry, &product) in common.iter_mut().zip(self.products) {
            *entry = product;
        }
        self.factorise(factor);
        solve(factor, common);
        let mut explained = 0.0;
        for ((&feature, &value), &product) in self.common().zip(common.iter()).zip(self.products) {
            explained += value * product;
            if let Some(entry) = coefficients.get_mut(usize::from(feature)) {
                *entry = value;
            }
        }
        for (coefficient, finding) in coefficients.iter_mut().zip(self.findings) {
            if finding.verdict == Verdict::Around {
                *coefficient = finding.mean;
            }
        }
        let dof = self.totals.dof - common.len() as f64;
        if dof > 0.0 && self.totals.weighted_dof > 0.0 {
            let reduced = (self.totals.square - explained).max(0.0) / dof;
            reduced * self.totals.dof / self.totals.weighted_dof
        } else {
            0.0
        }
    }

    /// Gives `put` each entry of the covariance of the common coefficients, on both sides of the
    /// diagonal: scaled by the design effects of its two features, and on the diagonal with what the
    /// coefficient was found to spread between environments. `factor` is room for a matrix, `column`
    /// for a vector.
    pub fn covariance(
        &self,
        factor: &mut [f64],
        column: &mut [f64],
        mut put: impl FnMut(u16, u16, f64),
    ) {
        self.factorise(factor);
        let column = column.get_mut(..self.order.common()).unwrap_or_default();
        for (i, &feature) in self.common().enumerate() {
            column.fill(0.0);
            if let Some(entry) = column.get_mut(i) {
                *entry = 1.0;
            }
            solve(factor, column);
            let effect = |feature: u16| {
                let finding = self.findings.get(usize::from(feature));
                finding.map_or(1.0, |finding| finding.design_effect.max(1.0))
            };
            for (&other, &entry) in self.common().zip(column.iter()) {
                let scaled = entry * libm::sqrt(effect(feature) * effect(other));
                let own = if feature == other {
                    self.between(feature)
                } else {
                    0.0
                };
                put(feature, other, scaled + own);
            }
        }
    }

    /// Puts the standard errors of all coefficients into `errors`, all 0 before; room as for
    /// [`covariance`](Self::covariance).
    pub fn standard_errors(&self, factor: &mut [f64], column: &mut [f64], errors: &mut [f64]) {
        self.covariance(factor, column, |i, j, entry| {
            if i == j
                && let Some(error) = errors.get_mut(usize::from(i))
            {
                *error = libm::sqrt(entry);
            }
        });
        for (error, finding) in errors.iter_mut().zip(self.findings) {
            if finding.verdict == Verdict::Around {
                *error = finding.standard_error;
            }
        }
    }

    /// The features with a common coefficient.
    fn common(&self) -> impl Iterator<Item = &u16> {
        self.order.features.iter().skip(self.order.nuisance)
    }

    /// What the spread of a coefficient between environments adds to its variance.
    fn between(&self, feature: u16) -> f64 {
        let finding = self.findings.get(usize::from(feature));
        let visits = f64::from(self.totals.visits.max(1));
        finding.map_or(0.0, |finding| finding.spread * finding.spread / visits)
    }

    fn factorise(&self, factor: &mut [f64]) {
        for (entry, &value) in factor.iter_mut().zip(self.matrix) {
            *entry = value;
        }
        cholesky(factor, self.order.common(), |diagonal| {
            self.least * diagonal
        });
    }
}
