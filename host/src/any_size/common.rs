//! Screen and refit of any number of features: which coefficients are common, and what they are.
//!
//! What the core's [`Screen`](heterosgd::Screen) and [`Refit`](heterosgd::Refit) do on a device, one
//! visit open at a time, over the same functions of slices: the same bits.

use heterosgd::algebra::cholesky::packed_length;
use heterosgd::error::Part;
use heterosgd::measurement::{check_entries, check_value};
use heterosgd::refit::Normal;
use heterosgd::refit::sums::{NormalMut, NormalTotals, Order, fold};
use heterosgd::screen::moments::{Moments, add_row, moments_length};
use heterosgd::screen::{
    Counters, FeatureSums, Guard, Scratch, Totals, VisitMut, decide, fit, least_pivot,
};
use heterosgd::{Design, Error, Finding, Scalar};

/// Blocks of a visit, as in the core at first.
const BLOCKS: usize = 8;

/// What is common to the environments of a recording.
#[derive(Debug, Clone)]
pub(crate) struct Common {
    /// What was found of each coefficient.
    pub(crate) findings: Vec<Finding>,
    /// What was found of the environments together.
    pub(crate) design: Design,
    /// As in [`heterosgd::Answer`].
    pub(crate) coefficients: Vec<f64>,
    pub(crate) standard_errors: Vec<f64>,
    pub(crate) noise: f64,
    pub(crate) visits: u32,
    pub(crate) skipped: u32,
}

/// A row: its environment, its features, its response.
pub(crate) type Row<T> = (u32, Vec<T>, T);

/// Screens `p` features, then fits them: two passes over `rows`.
///
/// # Errors
/// What is wrong with a row, and its place from 0; [`Error::EmptyBatch`] at the end if no visit could
/// be fitted.
pub(crate) fn common<T: Scalar, I: Iterator<Item = Row<T>>>(
    p: usize,
    rows: impl Fn() -> I,
) -> Result<Common, (usize, Error)> {
    let mut screen = Screen::new(p);
    let count = visits(rows(), &mut screen)?;
    let (findings, design) = screen.findings();
    let mut refit = Refit::new(&findings);
    visits(rows(), &mut refit)?;
    refit
        .answer(&findings, design)
        .map_err(|error| (count, error))
}

/// One of the two passes.
trait Pass<T> {
    /// Takes in a row of the open visit.
    fn add(&mut self, x: &[T], y: T) -> Result<(), Error>;
    /// Ends the open visit; leaves it out and counts it where it cannot be fitted.
    fn end(&mut self);
}

/// Feeds all rows, a visit to an environment after the other; returns how many there were.
fn visits<T: Scalar>(
    rows: impl Iterator<Item = Row<T>>,
    pass: &mut impl Pass<T>,
) -> Result<usize, (usize, Error)> {
    let mut guard = Guard::new();
    let mut open = None;
    let mut count = 0;
    for (environment, x, y) in rows {
        let mut take = || {
            check_entries(&x, T::MAX_ENTRY)?;
            check_value(y, T::MAX_ENTRY, Part::Response)?;
            if !guard.admits(y) {
                return Ok(());
            }
            if open.is_some_and(|open| open != environment) {
                pass.end();
            }
            open = Some(environment);
            pass.add(&x, y)
        };
        take().map_err(|error| (count, error))?;
        count += 1;
    }
    pass.end();
    Ok(count)
}

/// The memory of an open visit of the first pass.
struct Visit<T> {
    p: usize,
    blocks: Vec<T>,
    pairs: Vec<T>,
    rows: [Vec<T>; 3],
    counters: Counters,
}

impl<T> Visit<T> {
    fn view(&mut self) -> VisitMut<'_, T> {
        let [first, last, next] = &mut self.rows;
        VisitMut {
            p: self.p,
            blocks: &mut self.blocks,
            pairs: &mut self.pairs,
            first,
            last: [last, next],
            counters: &mut self.counters,
        }
    }
}

/// The first pass.
struct Screen<T> {
    visit: Visit<T>,
    features: Vec<FeatureSums>,
    scatter: Vec<f64>,
    totals: Totals,
}

impl<T: Scalar> Screen<T> {
    fn new(p: usize) -> Self {
        let zeros = |length| vec![T::ZERO; length];
        Self {
            visit: Visit {
                p,
                blocks: zeros(BLOCKS * moments_length(p)),
                pairs: zeros(moments_length(p)),
                rows: std::array::from_fn(|_| zeros(p + 1)),
                counters: Counters::EMPTY,
            },
            features: vec![FeatureSums::default(); p],
            scatter: vec![0.0; packed_length(p)],
            totals: Totals::default(),
        }
    }

    fn findings(mut self) -> (Vec<Finding>, Design) {
        let p = self.features.len();
        let mut findings = vec![Finding::default(); p];
        let [mut a, mut b] = [0, 1].map(|_| vec![0.0; p]);
        let design = decide(
            &self.features,
            &self.totals,
            &mut self.scatter,
            [&mut a, &mut b],
            &mut findings,
        );
        (findings, design)
    }
}

impl<T: Scalar> Pass<T> for Screen<T> {
    fn add(&mut self, x: &[T], y: T) -> Result<(), Error> {
        self.visit.view().add(x, y)
    }

    fn end(&mut self) {
        if self.visit.counters.rows == 0 {
            return;
        }
        let p = self.features.len();
        let mut gram = vec![0.0; packed_length(p)];
        let [mut b, mut h, mut v] = [0, 1, 2].map(|_| vec![0.0; p]);
        let scratch = Scratch {
            gram: &mut gram,
            vectors: [&mut b, &mut h, &mut v],
        };
        let mut visit = self.visit.view();
        let (features, scatter) = (&mut self.features, &mut self.scatter);
        if fit(&visit, features, scatter, &mut self.totals, scratch).is_err() {
            self.totals.skipped += 1;
        }
        visit.clear();
    }
}

/// The second pass.
struct Refit<T> {
    moments: Vec<T>,
    first: Vec<T>,
    row: Vec<T>,
    count: u32,
    order: Vec<u16>,
    nuisance: usize,
    matrix: Vec<f64>,
    products: Vec<f64>,
    pivots: Vec<f64>,
    totals: NormalTotals,
}

impl<T: Scalar> Refit<T> {
    fn new(findings: &[Finding]) -> Self {
        let p = findings.len();
        let mut features = vec![0; p];
        let Order { features, nuisance } = Order::of(findings, &mut features);
        let zeros = |length| vec![T::ZERO; length];
        Self {
            moments: zeros(moments_length(p)),
            first: zeros(p + 1),
            row: zeros(p + 1),
            count: 0,
            order: features.to_vec(),
            nuisance,
            matrix: vec![0.0; packed_length(p)],
            products: vec![0.0; p],
            pivots: vec![0.0; p],
            totals: NormalTotals::default(),
        }
    }

    fn answer(self, findings: &[Finding], design: Design) -> Result<Common, Error> {
        if self.totals.visits == 0 {
            return Err(Error::EmptyBatch);
        }
        let p = findings.len();
        let normal = Normal {
            matrix: &self.matrix,
            products: &self.products,
            totals: &self.totals,
            order: Order {
                features: &self.order,
                nuisance: self.nuisance,
            },
            findings,
            least: least_pivot::<T>(),
        };
        let mut factor = vec![0.0; packed_length(p)];
        let [mut room, mut standard_errors, mut coefficients] = [0, 1, 2].map(|_| vec![0.0; p]);
        normal.standard_errors(&mut factor, &mut room, &mut standard_errors);
        let noise = normal.solve(&mut factor, &mut room, &mut coefficients);
        Ok(Common {
            findings: findings.to_vec(),
            design,
            coefficients,
            standard_errors,
            noise,
            visits: self.totals.visits,
            skipped: self.totals.skipped,
        })
    }
}

impl<T: Scalar> Pass<T> for Refit<T> {
    fn add(&mut self, x: &[T], y: T) -> Result<(), Error> {
        let count = self.count.checked_add(1).ok_or(Error::FullBatch)?;
        for (entry, &value) in self.row.iter_mut().zip(x.iter().chain([&y])) {
            *entry = value;
        }
        if self.count == 0 {
            self.first.clone_from(&self.row);
        }
        for (entry, &origin) in self.row.iter_mut().zip(&self.first) {
            *entry -= origin;
        }
        add_row(&mut self.moments, &self.row);
        self.count = count;
        Ok(())
    }

    fn end(&mut self) {
        if self.count == 0 {
            return;
        }
        let p = self.products.len();
        let order = Order {
            features: &self.order,
            nuisance: self.nuisance,
        };
        let normal = NormalMut {
            matrix: &mut self.matrix,
            products: &mut self.products,
            pivots: &mut self.pivots,
            totals: &mut self.totals,
        };
        let moments = Moments::new(&self.moments, p);
        let mut room = vec![0.0; moments_length(p)];
        let least = least_pivot::<T>();
        if fold(moments, p, self.count, order, least, normal, &mut room).is_err() {
            self.totals.skipped += 1;
        }
        self.moments.fill(T::ZERO);
        self.count = 0;
    }
}
