//! The joint least squares of all visits, one visit after the other.

use crate::Scalar;
use crate::algebra::cholesky::{eliminate, packed_index, packed_length};
use crate::algebra::{rows, rows_mut};
use crate::error::Error;
use crate::screen::moments::Moments;
use crate::screen::{FLAT, Finding, Verdict};
use crate::state::state;

/// The largest entry of the normal equations of a visit: those of 2^32 visits stay in range.
const MOST: f64 = f64::MAX_SUM * f64::EPSILON;

/// The features of a fit, in its own order: those with a coefficient for each visit, then those with
/// a common one. Others are left out.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Positions of features.
    pub features: &'a [u16],
    /// How many of them have a coefficient for each visit.
    pub nuisance: usize,
}

impl<'a> Order<'a> {
    /// The order in which `findings` are fitted, in `features`, as long as there are findings: a
    /// coefficient for each visit (`Varies`, `Around`), a common one (`Invariant`, `Unsure`), none
    /// (`Zero`).
    pub fn of(findings: &[Finding], features: &'a mut [u16]) -> Self {
        let mut places = features.iter_mut();
        // A feature that follows from others has no coefficient of its own. Where no visit could be
        // screened that says nothing: all are fitted.
        let screened = findings.iter().any(|finding| finding.visits > 0);
        let mut put = |wanted: fn(Verdict) -> bool| {
            let mut count = 0;
            for (feature, finding) in (0..).zip(findings) {
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
        let features: &'a [u16] = features;
        Self {
            features: features.get(..nuisance + common).unwrap_or_default(),
            nuisance,
        }
    }

    /// How many have a common coefficient.
    pub fn common(&self) -> usize {
        self.features.len().saturating_sub(self.nuisance)
    }

    /// The component of (x, y) at position `k` of the fit: features, then the response of `p` features.
    fn component(&self, k: usize, p: usize) -> usize {
        self.features
            .get(k)
            .map_or(p, |&feature| usize::from(feature))
    }
}

/// What lasts of the visits: the normal equations of the common coefficients.
#[derive(Debug)]
pub struct NormalMut<'a> {
    /// Their matrix, packed, of the size of their number.
    pub matrix: &'a mut [f64],
    /// Their right-hand side.
    pub products: &'a mut [f64],
    /// For each feature in the order of the fit, the sum of squares within visits, those before it
    /// taken out.
    pub pivots: &'a mut [f64],
    /// Scalars beside.
    pub totals: &'a mut NormalTotals,
}

/// Sums over visits beside the normal equations.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct NormalTotals {
    /// Visits.
    pub visits: u32,
    /// Visits that were too short and were left out.
    pub skipped: u32,
    /// Rows.
    pub rows: f64,
    /// Weighted sum of squares of the response, the features of each visit's own taken out.
    pub square: f64,
    /// Residual degrees of freedom before the common coefficients are counted.
    pub dof: f64,
    /// Sum of those times the weight.
    pub weighted_dof: f64,
}

state!([] NormalTotals, []:
    visits,
    skipped,
    rows in Sum,
    square in Sum,
    dof in Sum,
    weighted_dof in Sum,
);

/// Adds a visit of `rows` rows and `p` features with `moments` to the normal equations: by Frisch and
/// Waugh, the features of its own and its intercept are taken out of all others, exactly. Its weight
/// is one over the residual variance of its own fit. `room` holds a packed matrix of the features and
/// the response. All or nothing.
///
/// # Errors
/// [`Error::ShortVisit`] with fewer than 2(q+1)+1 rows, q the number of features in the fit;
/// [`Error::FlatVisit`] if one of them, or the response, hardly moves.
pub fn fold<T: Scalar>(
    moments: Moments<'_, T>,
    p: usize,
    rows_taken: u32,
    order: Order<'_>,
    least: f64,
    normal: NormalMut<'_>,
    room: &mut [f64],
) -> Result<(), Error> {
    let q = order.features.len();
    let needed = 2 * (q + 1) + 1;
    if (rows_taken as usize) < needed {
        return Err(Error::ShortVisit {
            rows: rows_taken,
            needed,
        });
    }
    let n = f64::from(rows_taken);
    let fill = |room: &mut [f64]| {
        for (i, row) in rows_mut(room, q + 1).enumerate() {
            for (j, entry) in (i..).zip(row) {
                *entry = moments.centred(order.component(i, p), order.component(j, p), n);
            }
        }
    };
    // A response that is explained to the last digits is no combination of features.
    let floor = |k: usize, diagonal: f64| if k < q { least * diagonal } else { 0.0 };
    // The visit's own fit on all of them, for its weight.
    fill(room);
    let square = room.get(packed_index(q + 1, q, q)).copied().unwrap_or(0.0);
    eliminate(room, q + 1, q, floor);
    let pivots = || rows(room, q + 1).map(|row| row.first().copied().unwrap_or(0.0));
    let flat = pivots()
        .zip(normal.pivots.iter())
        .take(q)
        .position(|(root, &sum)| sum > 0.0 && root * root / n < FLAT * sum / normal.totals.rows);
    if let Some(position) = flat {
        return Err(Error::FlatVisit {
            coordinate: order.component(position, p),
        });
    }
    let live = pivots().take(q).filter(|&pivot| pivot > 0.0).count() as f64;
    let rss = pivots().nth(q).unwrap_or(0.0).max(1e-12 * square);
    let weight = (n - live - 1.0) / rss;
    // A response that does not move says nothing of any coefficient. One that moves by next to nothing
    // beside the range of the features has a weight out of range.
    let squares = (0..=q).map(|k| moments.centred(order.component(k, p), order.component(k, p), n));
    let moves = rss > 0.0 && (weight * squares.fold(n, f64::max)).within(MOST);
    if !moves {
        return Err(Error::FlatVisit { coordinate: p });
    }
    for (sum, root) in normal.pivots.iter_mut().zip(pivots()).take(q) {
        *sum += root * root;
    }
    // What is left of the common features and the response without those of the visit's own.
    fill(room);
    eliminate(room, q + 1, order.nuisance, floor);
    let own = pivots_before(room, q + 1, order.nuisance);
    let mut rest = rows(room, q + 1).skip(order.nuisance);
    for (matrix, product) in rows_mut(normal.matrix, order.common()).zip(normal.products) {
        let Some((response, features)) = rest.next().and_then(<[f64]>::split_last) else {
            break;
        };
        for (entry, &value) in matrix.iter_mut().zip(features) {
            *entry += weight * value;
        }
        *product += weight * response;
    }
    let left = rest.next().and_then(<[f64]>::first).copied().unwrap_or(0.0);
    let dof = n - own - 1.0;
    let totals = normal.totals;
    totals.square += weight * left;
    totals.dof += dof;
    totals.weighted_dof += weight * dof;
    totals.rows += n;
    totals.visits = totals.visits.saturating_add(1);
    Ok(())
}

/// How many of the first `count` coordinates have a pivot.
fn pivots_before(packed: &[f64], n: usize, count: usize) -> f64 {
    let pivots = rows(packed, n).take(count);
    pivots
        .filter(|row| row.first().is_some_and(|&pivot| pivot > 0.0))
        .count() as f64
}

/// Scalars of the room that [`fold`] needs for `q` features in the fit.
pub const fn room_length(q: usize) -> usize {
    packed_length(q + 1)
}
