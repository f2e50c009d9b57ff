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

mod answer;
mod checkpoint;
mod solution;
mod subspace;
pub mod sums;
mod visit;

pub use answer::Answer;
pub use solution::Normal;
pub use subspace::Subspace;

use self::sums::{NormalMut, NormalTotals, Order, fold};
use self::visit::Visit;
use crate::Scalar;
use crate::algebra::{Packing, Size};
use crate::error::Error;
use crate::measurement::Features;
use crate::screen::moments::Moments;
use crate::screen::{Findings, MomentPacking, Open, Place, least_pivot};

/// The joint fit of D features, with up to `OPEN` visits open at once.
///
/// For 14 features in `f32` a visit takes 0.6 KB; what lasts takes 1.9 KB, with the findings.
#[derive(Debug, Clone)]
pub struct Refit<T: Scalar, const D: usize, const OPEN: usize = 1>
where
    Size<D>: MomentPacking,
{
    open: Open<T, Visit<T, D>, OPEN>,
    findings: Findings<D>,
    matrix: <Size<D> as Packing>::Array<f64>,
    products: [f64; D],
    pivots: [f64; D],
    totals: NormalTotals,
}

impl<T: Scalar, const D: usize, const OPEN: usize> Refit<T, D, OPEN>
where
    Size<D>: MomentPacking,
{
    /// A fit in which the features have the parts that `findings` gives them: a coefficient for each
    /// visit (`Varies`, `Around`), a common one (`Invariant`, `Unsure`), none (`Zero`). Findings may be
    /// a caller's own: [`Findings::from_verdicts`].
    pub fn new(findings: Findings<D>) -> Self {
        Self {
            open: Open::new(Visit::new),
            findings,
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
        let Some(place) = self.open.admit(environment, &x.0, y)? else {
            return Ok(false);
        };
        if let Place::After(index) = place {
            self.end_or_skip(index);
        }
        if let Some(visit) = self.open.enter(place.index(), environment) {
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

    fn end(&mut self, index: usize) -> Result<(), Error> {
        let visit = self.open.visit(index).ok_or(Error::EmptyBatch)?;
        let mut room = <Size<D> as MomentPacking>::moments();
        fold(
            Moments::new(visit.moments.as_ref(), D),
            D,
            visit.counters.rows,
            Order::of(&self.findings.of, &mut [0; D]),
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
}
