//! What the joint fit gives: common coefficients, and how sure they are.

use super::Refit;
use crate::Scalar;
use crate::algebra::cholesky::{cholesky, solve};
use crate::algebra::{Packing, Size, Symmetric, rows_mut};
use crate::error::Error;
use crate::screen::{MomentPacking, Verdict, least_pivot};

/// The answer: what is the same in all environments.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Answer<const D: usize> {
    /// The common coefficients; 0 where there is none ([`Verdict::Varies`]) or it is next to nothing
    /// ([`Verdict::Zero`]), the random-effects mean for [`Verdict::Around`].
    pub coefficients: [f64; D],
    /// Their standard errors, the design effect and the spread between environments counted in; 0
    /// where the coefficient is 0 by verdict.
    pub standard_errors: [f64; D],
    /// The variance of the noise, tau^2: of what is left within environments, in squared units of the
    /// response.
    pub noise: f64,
    /// Visits that went into it.
    pub visits: u32,
    /// Visits that were left out, too short.
    pub skipped: u32,
}

impl<T: Scalar, const D: usize, const OPEN: usize> Refit<T, D, OPEN>
where
    Size<D>: MomentPacking,
{
    /// The common coefficients and how sure they are, from the visits that have ended.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] before the first visit has ended.
    // Out of line, as `Screen::findings` is.
    #[inline(never)]
    pub fn answer(&self) -> Result<Answer<D>, Error> {
        let covariance = self.covariance()?;
        let order = self.parts.order();
        let mut answer = Answer {
            coefficients: [0.0; D],
            standard_errors: [0.0; D],
            noise: 0.0,
            visits: self.totals.visits,
            skipped: self.totals.skipped,
        };
        let (mut factor, mut common) = (self.matrix, self.products);
        let common = common.get_mut(..order.common()).unwrap_or_default();
        self.factorise(factor.as_mut());
        solve(factor.as_ref(), common);
        let mut explained = 0.0;
        let common_features = order.features.iter().skip(order.nuisance);
        for ((&feature, &value), &product) in common_features.zip(common.iter()).zip(&self.products)
        {
            explained += value * product;
            if let Some(entry) = answer.coefficients.get_mut(usize::from(feature)) {
                *entry = value;
            }
        }
        for (i, entry) in answer.standard_errors.iter_mut().enumerate() {
            *entry = libm::sqrt(covariance.get(i, i).unwrap_or(0.0));
        }
        for (finding, (coefficient, error)) in self.findings.of.iter().zip(
            answer
                .coefficients
                .iter_mut()
                .zip(&mut answer.standard_errors),
        ) {
            if finding.verdict == Verdict::Around {
                (*coefficient, *error) = (finding.mean, finding.standard_error);
            }
        }
        let totals = &self.totals;
        let dof = totals.dof - common.len() as f64;
        if dof > 0.0 && totals.weighted_dof > 0.0 {
            let reduced = (totals.square - explained).max(0.0) / dof;
            answer.noise = reduced * totals.dof / totals.weighted_dof;
        }
        Ok(answer)
    }

    /// The covariance of the common coefficients; 0 in the rows of all others. Each is scaled by the
    /// design effects of its two features; what a coefficient was found to spread between environments
    /// adds to its variance.
    ///
    /// # Errors
    /// As for [`answer`](Self::answer).
    pub fn covariance(&self) -> Result<Symmetric<f64, D>, Error> {
        if self.totals.visits == 0 {
            return Err(Error::EmptyBatch);
        }
        let order = self.parts.order();
        let mut factor = self.matrix;
        self.factorise(factor.as_mut());
        let mut covariance = Symmetric::zero();
        let features = order.features.get(order.nuisance..).unwrap_or_default();
        for (i, &feature) in features.iter().enumerate() {
            let mut column = [0.0; D];
            let column = column.get_mut(..features.len()).unwrap_or_default();
            if let Some(entry) = column.get_mut(i) {
                *entry = 1.0;
            }
            solve(factor.as_ref(), column);
            let effect = |feature: u16| {
                let finding = self.findings.of.get(usize::from(feature));
                finding.map_or(1.0, |finding| finding.design_effect.max(1.0))
            };
            for (&other, &entry) in features.iter().zip(column.iter()) {
                let scaled = entry * libm::sqrt(effect(feature) * effect(other));
                let own = if feature == other {
                    self.between(feature)
                } else {
                    0.0
                };
                put(&mut covariance, feature, other, scaled + own);
            }
        }
        Ok(covariance)
    }

    /// What the spread of a coefficient between environments adds to its variance.
    fn between(&self, feature: u16) -> f64 {
        let finding = self.findings.of.get(usize::from(feature));
        let visits = f64::from(self.totals.visits.max(1));
        finding.map_or(0.0, |finding| finding.spread * finding.spread / visits)
    }

    fn factorise(&self, matrix: &mut [f64]) {
        let least = least_pivot::<T>();
        cholesky(matrix, self.parts.order().common(), |diagonal| {
            least * diagonal
        });
    }
}

fn put<const D: usize>(matrix: &mut Symmetric<f64, D>, i: u16, j: u16, value: f64)
where
    Size<D>: Packing,
{
    let (i, j) = (usize::from(i.min(j)), usize::from(i.max(j)));
    let row = rows_mut(matrix.as_mut_slice(), D).nth(i);
    if let Some(entry) = row.and_then(|row| row.get_mut(j - i)) {
        *entry = value;
    }
}
