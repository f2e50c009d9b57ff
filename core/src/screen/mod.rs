//! Which coefficients are common to all environments, and which vary: the first of two passes.
//!
//! A [`Screen`] takes in the rows of a recording, or of a stream, one visit to an environment after
//! the other, and keeps nothing of them but sums. Each visit is fitted by itself; of the fit some ten
//! numbers a feature remain. [`Screen::findings`] then asks of each coefficient whether it differs
//! between the visits by more than a tenth of its mean. [`Refit`](crate::Refit) is the second pass.
//! Tests and thresholds, and where they come from: docs/theory.md, section 6.
//!
//! ```
//! use heterosgd::{Features, Screen, Verdict};
//!
//! # let noise = |t: u32| {
//! #     let a = (t + 1).wrapping_mul(2_654_435_761);
//! #     let b = (a ^ (a >> 15)).wrapping_mul(2_246_822_519);
//! #     let c = (b ^ (b >> 13)).wrapping_mul(3_266_489_917);
//! #     f64::from((c ^ (c >> 16)) >> 8) / f64::from(1 << 24) - 0.5
//! # };
//! let mut screen = Screen::<f64, 2>::new();
//! for environment in 0..4 {
//!     for t in 0..200 {
//!         let x = [noise(3 * t + 1 + 1000 * environment), noise(3 * t + 2 + 1000 * environment)];
//!         // The first coefficient is 2 everywhere, the second changes its sign.
//!         let own = if environment % 2 == 0 { 3.0 } else { -1.0 };
//!         let y = 2.0 * x[0] + own * x[1] + 0.1 * noise(3 * t + 1000 * environment);
//!         screen.observe_from(environment, &Features(x), y)?; // consumed at once, nothing stored
//!     }
//! }
//! screen.end_all();
//! let findings = screen.findings();
//! assert_eq!(findings.of[0].verdict, Verdict::Invariant);
//! assert_eq!(findings.of[1].verdict, Verdict::Varies);
//! # Ok::<(), heterosgd::Error>(())
//! ```

mod checkpoint;
mod counters;
mod decide;
mod directions;
mod guard;
pub mod moments;
mod open;
mod packing;
mod summary;
mod tails;
mod visit;

pub use counters::Counters;
pub use decide::{Design, Finding, Findings, Verdict, decide};
pub use guard::Guard;
pub(crate) use open::{Open, Place, Rows};
pub use packing::MomentPacking;
pub use summary::{FeatureSums, Totals};
pub use tails::{f_tail, t_tail};
pub(crate) use visit::FLAT;
pub use visit::{Scratch, VisitMut, fit, least_pivot};

use crate::Scalar;
use crate::algebra::{Packing, Size};
use crate::error::Error;
use crate::measurement::Features;
use crate::stored::Row;

/// Screens D features, with up to `OPEN` visits open at once, each cut into `BLOCKS` blocks of rows
/// (an even number, or 1).
///
/// Blocks show how much less correlated rows say than independent ones. With `BLOCKS` = 1 only the
/// correlation of neighbouring rows is known: an open visit takes a quarter of the memory, standard
/// errors are too small where rows drift slowly, and verdicts too bold.
///
/// A visit of 14 features in `f32` takes 5.1 KB, 1.3 KB with one block; what lasts takes 2.2 KB.
#[derive(Debug, Clone)]
pub struct Screen<T: Scalar, const D: usize, const BLOCKS: usize = 8, const OPEN: usize = 1>
where
    Size<D>: MomentPacking,
{
    open: Open<T, Visit<T, D, BLOCKS>, OPEN>,
    features: [FeatureSums; D],
    /// Sums of the products of coefficients over visits.
    scatter: <Size<D> as Packing>::Array<f64>,
    totals: Totals,
}

/// The memory of an open visit.
#[derive(Debug, Clone)]
struct Visit<T: Scalar, const D: usize, const BLOCKS: usize>
where
    Size<D>: MomentPacking,
{
    blocks: [<Size<D> as MomentPacking>::Moments<T>; BLOCKS],
    pairs: <Size<D> as MomentPacking>::Moments<T>,
    /// The first row, the last one, and room for the next.
    first: <Size<D> as MomentPacking>::Sample<T>,
    last: <Size<D> as MomentPacking>::Sample<T>,
    next: <Size<D> as MomentPacking>::Sample<T>,
    counters: Counters,
}

impl<T: Scalar, const D: usize, const BLOCKS: usize> Visit<T, D, BLOCKS>
where
    Size<D>: MomentPacking,
{
    fn new() -> Self {
        Self {
            blocks: [<Size<D> as MomentPacking>::moments(); BLOCKS],
            pairs: <Size<D> as MomentPacking>::moments(),
            first: <Size<D> as MomentPacking>::sample(),
            last: <Size<D> as MomentPacking>::sample(),
            next: <Size<D> as MomentPacking>::sample(),
            counters: Counters::EMPTY,
        }
    }

    fn view(&mut self) -> VisitMut<'_, T> {
        VisitMut {
            p: D,
            blocks: Row::flat_mut(&mut self.blocks),
            pairs: self.pairs.as_mut(),
            first: self.first.as_mut(),
            last: [self.last.as_mut(), self.next.as_mut()],
            counters: &mut self.counters,
        }
    }
}

impl<T: Scalar, const D: usize, const BLOCKS: usize> Rows for Visit<T, D, BLOCKS>
where
    Size<D>: MomentPacking,
{
    const BLOCKS: usize = BLOCKS;

    fn counters(&self) -> &Counters {
        &self.counters
    }

    fn counters_mut(&mut self) -> &mut Counters {
        &mut self.counters
    }
}

impl<T: Scalar, const D: usize, const BLOCKS: usize, const OPEN: usize> Default
    for Screen<T, D, BLOCKS, OPEN>
where
    Size<D>: MomentPacking,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar, const D: usize, const BLOCKS: usize, const OPEN: usize> Screen<T, D, BLOCKS, OPEN>
where
    Size<D>: MomentPacking,
{
    /// A screen that has seen nothing.
    pub fn new() -> Self {
        const {
            assert!(
                BLOCKS == 1 || (BLOCKS > 0 && BLOCKS.is_multiple_of(2)),
                "BLOCKS is 1 or even: full blocks are added in pairs"
            );
        }
        Self {
            open: Open::new(Visit::new),
            features: [FeatureSums::default(); D],
            scatter: <Size<D> as Packing>::zeros(),
            totals: Totals::default(),
        }
    }

    /// Takes in a row of the visit without a label. False if it was set aside as a gross outlier: its
    /// response is further from the others than 30 of their mean deviations. The first 32 rows, from
    /// which that is learned, are all taken.
    ///
    /// # Errors
    /// As for [`observe_from`](Self::observe_from).
    pub fn observe(&mut self, x: &Features<T, D>, y: T) -> Result<bool, Error> {
        self.take(None, x, y)
    }

    /// Takes in a row of `environment`, any number by which the caller tells environments apart; it
    /// opens a visit if none to that environment is open. Where only one may be open, this ends the
    /// visit before, which is [skipped](Design::skipped) if it was too short or too flat.
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
        match self.open.enter(place.index(), environment) {
            Some(visit) => visit.view().add(&x.0, y).map(|()| true),
            None => Ok(false),
        }
    }

    /// Ends the visit of the last row, so that it counts.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] if there is none; [`Error::ShortVisit`] and [`Error::FlatVisit`] where it
    /// cannot be fitted by itself. It stays open then: let it have more rows, or
    /// [discard](Self::discard_visit) it.
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

    /// Ends all visits that are open; those that cannot be fitted are skipped and counted.
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
        let visit = self.open.visit_mut(index).ok_or(Error::EmptyBatch)?;
        let mut gram = <Size<D> as Packing>::zeros();
        let [mut b, mut h, mut v] = [[0.0; D]; 3];
        let scratch = Scratch {
            gram: gram.as_mut(),
            vectors: [&mut b, &mut h, &mut v],
        };
        fit(
            &visit.view(),
            &mut self.features,
            self.scatter.as_mut(),
            &mut self.totals,
            scratch,
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
            visit.view().clear();
        }
        self.open.free(index);
    }

    /// What is found from the visits that have ended. May be asked again when there are more.
    // Out of line: what it needs on the stack is not to lie there while rows are taken in.
    #[inline(never)]
    pub fn findings(&self) -> Findings<D> {
        let mut of = [Finding::default(); D];
        let mut scatter = self.scatter;
        let [mut a, mut b] = [[0.0; D]; 2];
        let design = decide(
            &self.features,
            &self.totals,
            scatter.as_mut(),
            [&mut a, &mut b],
            &mut of,
        );
        Findings { of, design }
    }
}
