//! What the joint fit gives: common coefficients, and how sure they are.

use super::sums::Order;
use super::{Normal, Refit};
use crate::Scalar;
use crate::algebra::{Packing, Size, Symmetric, rows_mut};
use crate::error::Error;
use crate::screen::{MomentPacking, least_pivot};

/// The answer: what is the same in all environments.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Answer<const D: usize> {
    /// The common coefficients; 0 where there is none ([`Varies`](crate::Verdict::Varies)) or it is next to nothing
    /// ([`Zero`](crate::Verdict::Zero)), the random-effects mean for [`Around`](crate::Verdict::Around).
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
        let mut order = [0; D];
        let normal = self.normal(&mut order)?;
        let mut answer = Answer {
            coefficients: [0.0; D],
            standard_errors: [0.0; D],
            noise: 0.0,
            visits: self.totals.visits,
            skipped: self.totals.skipped,
        };
        let (mut factor, mut room) = (<Size<D> as Packing>::zeros(), [0.0; D]);
        normal.standard_errors(factor.as_mut(), &mut room, &mut answer.standard_errors);
        answer.noise = normal.solve(factor.as_mut(), &mut room, &mut answer.coefficients);
        Ok(answer)
    }

    /// The covariance of the common coefficients; 0 in the rows of all others. Each is scaled by the
    /// design effects of its two features; what a coefficient was found to spread between environments
    /// adds to its variance.
    ///
    /// # Errors
    /// As for [`answer`](Self::answer).
    pub fn covariance(&self) -> Result<Symmetric<f64, D>, Error> {
        let mut order = [0; D];
        let normal = self.normal(&mut order)?;
        let (mut factor, mut room) = (<Size<D> as Packing>::zeros(), [0.0; D]);
        let mut covariance = Symmetric::zero();
        normal.covariance(factor.as_mut(), &mut room, |i, j, entry| {
            put(&mut covariance, i, j, entry);
        });
        Ok(covariance)
    }

    /// The normal equations, if there are any; `order` is room for the features.
    fn normal<'a>(&'a self, order: &'a mut [u16; D]) -> Result<Normal<'a>, Error> {
        if self.totals.visits == 0 {
            return Err(Error::EmptyBatch);
        }
        Ok(Normal {
            matrix: self.matrix.as_ref(),
            products: &self.products,
            totals: &self.totals,
            order: Order::of(&self.findings.of, order),
            findings: &self.findings.of,
            least: least_pivot::<T>(),
        })
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
