//! The common coefficients, by one joint least squares over all environments.
//!
//! Every visit to an environment has an intercept and coefficients of its own for the features that
//! vary, and shares those of the others. By the theorem of Frisch and Waugh that is exact without
//! keeping a row: each visit's own features are taken out of its Gram matrix when it ends, and what is
//! left adds up to normal equations of the common coefficients. The estimate is unbiased whatever the
//! correlation between features (docs/theory.md, section 6).
//!
//! ```
//! use heterosgd::{Features, Refit, Screen};
//!
//! # let noise = |t: u32| {
//! #     let a = (t + 1).wrapping_mul(2_654_435_761);
//! #     let b = (a ^ (a >> 15)).wrapping_mul(2_246_822_519);
//! #     let c = (b ^ (b >> 13)).wrapping_mul(3_266_489_917);
//! #     f64::from((c ^ (c >> 16)) >> 8) / f64::from(1 << 24) - 0.5
//! # };
//! # let row = |environment: u32, t: u32| {
//! #     let x = [noise(3 * t + 1 + 1000 * environment), noise(3 * t + 2 + 1000 * environment)];
//! #     let own = if environment % 2 == 0 { 3.0 } else { -1.0 };
//! #     (Features(x), 2.0 * x[0] + own * x[1] + 0.1 * noise(3 * t + 1000 * environment))
//! # };
//! let rows = (0..4).flat_map(|environment| (0..200).map(move |t| (environment, t)));
//! let mut screen = Screen::<f64, 2>::new();
//! for (environment, t) in rows.clone() {
//!     let (x, y) = row(environment, t);
//!     screen.observe_from(environment, &x, y)?;
//! }
//! screen.end_all();
//! let mut refit = Refit::<f64, 2>::new(screen.findings());
//! for (environment, t) in rows { // the same rows again, or those that come next
//!     let (x, y) = row(environment, t);
//!     refit.observe_from(environment, &x, y)?;
//! }
//! refit.end_all();
//! let answer = refit.answer()?;
//! assert!((answer.coefficients[0] - 2.0).abs() < 4.0 * answer.standard_errors[0]);
//! assert_eq!(answer.coefficients[1], 0.0); // it varies: there is no common one
//! # Ok::<(), heterosgd::Error>(())
//! ```

mod subspace;
pub mod sums;

pub use subspace::Subspace;

use self::sums::{NormalMut, NormalTotals, Order, fold};
use crate::Scalar;
use crate::algebra::cholesky::{cholesky, solve};
use crate::algebra::{Packing, Size, Symmetric, rows_mut};
use crate::error::{Error, Part};
use crate::measurement::{Features, check_entries, check_value};
use crate::screen::moments::{Moments, add_row};
use crate::screen::{Findings, Guard, MomentPacking, Open, Place, Verdict, least_pivot};

/// The joint fit of D features, with up to `OPEN` visits open at once.
///
/// For 14 features in `f32` a visit takes 0.6 KB; what lasts takes 1.9 KB, with the findings.
#[derive(Debug, Clone)]
pub struct Refit<T: Scalar, const D: usize, const OPEN: usize = 1>
where
    Size<D>: MomentPacking,
{
    open: Open<Visit<T, D>, OPEN>,
    guard: Guard<T>,
    findings: Findings<D>,
    order: [u16; D],
    nuisance: u16,
    fitted: u16,
    matrix: <Size<D> as Packing>::Array<f64>,
    products: [f64; D],
    pivots: [f64; D],
    totals: NormalTotals,
}

/// The memory of an open visit: rows relative to the first.
#[derive(Debug, Clone)]
struct Visit<T: Scalar, const D: usize>
where
    Size<D>: MomentPacking,
{
    moments: <Size<D> as MomentPacking>::Moments<T>,
    rows: [<Size<D> as MomentPacking>::Sample<T>; 2],
    count: u32,
}

impl<T: Scalar, const D: usize> Visit<T, D>
where
    Size<D>: MomentPacking,
{
    fn new() -> Self {
        Self {
            moments: <Size<D> as MomentPacking>::moments(),
            rows: [<Size<D> as MomentPacking>::sample(); 2],
            count: 0,
        }
    }

    fn add(&mut self, x: &[T; D], y: T) {
        let [first, row] = self.rows.each_mut().map(AsMut::as_mut);
        for (entry, &value) in row.iter_mut().zip(x.iter().chain([&y])) {
            *entry = value;
        }
        if self.count == 0 {
            for (entry, &value) in first.iter_mut().zip(row.iter()) {
                *entry = value;
            }
        }
        for (entry, &origin) in row.iter_mut().zip(first.iter()) {
            *entry -= origin;
        }
        add_row(self.moments.as_mut(), row);
        self.count += 1;
    }
}

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
    /// A fit in which the features have the parts that `findings` gives them: a coefficient for each
    /// visit (`Varies`, `Around`), a common one (`Invariant`, `Unsure`), none (`Zero`). Findings may be
    /// a caller's own: [`Findings::from_verdicts`].
    pub fn new(findings: Findings<D>) -> Self {
        let mut order = [0; D];
        let mut places = order.iter_mut();
        // A feature that follows from others has no coefficient of its own. Where no visit could be
        // screened that says nothing: all are fitted.
        let screened = findings.of.iter().any(|finding| finding.visits > 0);
        let mut put = |wanted: fn(Verdict) -> bool| {
            let mut count = 0;
            for (feature, finding) in (0..).zip(&findings.of) {
                if (finding.visits > 0 || !screened)
                    && wanted(finding.verdict)
                    && let Some(place) = places.next()
                {
                    *place = feature;
                    count += 1;
                }
            }
            count
        };
        let nuisance = put(|verdict| matches!(verdict, Verdict::Varies | Verdict::Around));
        let common = put(|verdict| matches!(verdict, Verdict::Invariant | Verdict::Unsure));
        Self {
            open: Open::new(Visit::new),
            guard: Guard::new(),
            findings,
            order,
            nuisance,
            fitted: nuisance + common,
            matrix: <Size<D> as Packing>::zeros(),
            products: [0.0; D],
            pivots: [0.0; D],
            totals: NormalTotals::default(),
        }
    }

    /// Takes in a row of the visit without a label; see [`Screen::observe`](crate::Screen::observe).
    ///
    /// # Errors
    /// As for [`observe_from`](Self::observe_from).
    pub fn observe(&mut self, x: &Features<T, D>, y: T) -> Result<bool, Error> {
        self.take(None, x, y)
    }

    /// Takes in a row of `environment`; see [`Screen::observe_from`](crate::Screen::observe_from). False
    /// if it was set aside as a gross outlier.
    ///
    /// # Errors
    /// [`Error::NotFinite`], [`Error::OutOfRange`], [`Error::FullBatch`]; [`Error::TooManyOpen`] if
    /// `OPEN` visits to other environments are open. Nothing has changed then.
    pub fn observe_from(
        &mut self,
        environment: u32,
        x: &Features<T, D>,
        y: T,
    ) -> Result<bool, Error> {
        self.take(Some(environment), x, y)
    }

    fn take(&mut self, environment: Option<u32>, x: &Features<T, D>, y: T) -> Result<bool, Error> {
        check_entries(&x.0, T::MAX_ENTRY)?;
        check_value(y, T::MAX_ENTRY, Part::Response)?;
        let place = self.open.place(environment)?;
        if let Place::Open(index) = place
            && let Some(visit) = self.open.visit(index)
            && visit.count == u32::MAX
        {
            return Err(Error::FullBatch);
        }
        if !self.guard.admits(y) {
            return Ok(false);
        }
        let index = match place {
            Place::Open(index) | Place::Free(index) => index,
            Place::After(index) => {
                self.end_or_skip(index);
                index
            }
        };
        if let Some(visit) = self.open.enter(index, environment) {
            visit.add(&x.0, y);
        }
        Ok(true)
    }

    /// Ends the visit of the last row, so that it counts.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] if there is none; [`Error::ShortVisit`] where it has too few rows for
    /// coefficients of its own, [`Error::FlatVisit`] if a feature or the response hardly moves. It
    /// stays open then.
    pub fn end_visit(&mut self) -> Result<(), Error> {
        let index = self.open.last().ok_or(Error::EmptyBatch)?;
        self.end(index)
    }

    /// As [`end_visit`](Self::end_visit), for the visit to `environment`.
    ///
    /// # Errors
    /// As for [`end_visit`](Self::end_visit).
    pub fn end_visit_to(&mut self, environment: u32) -> Result<(), Error> {
        let index = self.open.of(environment).ok_or(Error::EmptyBatch)?;
        self.end(index)
    }

    /// Ends all visits that are open; those that are too short are left out and counted.
    pub fn end_all(&mut self) {
        for index in self.open.all() {
            self.end_or_skip(index);
        }
    }

    /// Forgets the visit of the last row.
    pub fn discard_visit(&mut self) {
        if let Some(index) = self.open.last() {
            self.forget(index);
        }
    }

    fn order(&self) -> Order<'_> {
        Order {
            features: self
                .order
                .get(..usize::from(self.fitted))
                .unwrap_or_default(),
            nuisance: usize::from(self.nuisance),
        }
    }

    fn end(&mut self, index: usize) -> Result<(), Error> {
        let visit = self.open.visit(index).ok_or(Error::EmptyBatch)?;
        let mut room = <Size<D> as MomentPacking>::moments();
        let order = Order {
            features: self
                .order
                .get(..usize::from(self.fitted))
                .unwrap_or_default(),
            nuisance: usize::from(self.nuisance),
        };
        fold(
            Moments::new(visit.moments.as_ref(), D),
            D,
            visit.count,
            order,
            least_pivot::<T>(),
            NormalMut {
                matrix: self.matrix.as_mut(),
                products: &mut self.products,
                pivots: &mut self.pivots,
                totals: &mut self.totals,
            },
            room.as_mut(),
        )?;
        self.forget(index);
        Ok(())
    }

    fn end_or_skip(&mut self, index: usize) {
        if self.end(index).is_err() {
            self.totals.skipped = self.totals.skipped.saturating_add(1);
            self.forget(index);
        }
    }

    fn forget(&mut self, index: usize) {
        if let Some(visit) = self.open.visit_mut(index) {
            *visit = Visit::new();
        }
        self.open.free(index);
    }

    /// What the fit is based on.
    pub fn findings(&self) -> &Findings<D> {
        &self.findings
    }

    /// The common coefficients and how sure they are, from the visits that have ended.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] before the first visit has ended.
    // Out of line, as `Screen::findings` is.
    #[inline(never)]
    pub fn answer(&self) -> Result<Answer<D>, Error> {
        let covariance = self.covariance()?;
        let order = self.order();
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
        let order = self.order();
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
        cholesky(matrix, self.order().common(), |diagonal| least * diagonal);
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

impl<const D: usize> Findings<D> {
    /// Findings of a caller's own: verdicts alone, independent rows.
    pub fn from_verdicts(verdicts: [Verdict; D]) -> Self {
        let mut findings = Self {
            of: [crate::screen::Finding::default(); D],
            design: crate::screen::Design::default(),
        };
        for (finding, verdict) in findings.of.iter_mut().zip(verdicts) {
            finding.verdict = verdict;
            finding.visits = 1;
            finding.design_effect = 1.0;
        }
        findings
    }
}
