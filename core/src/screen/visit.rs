//! The rows of one visit to an environment, summed, and what they say by themselves.

use super::counters::Counters;
use super::moments::{Moments, add_pair, add_row, moments_length, quadratic};
use super::summary::{FeatureSums, Totals};
use crate::Scalar;
use crate::algebra::cholesky::{cholesky, solve};
use crate::algebra::{rows, rows_mut};
use crate::error::Error;

/// A visit in which a feature, those before it taken out, moves by less than this share of what it
/// moves in the others is flat.
pub(crate) const FLAT: f64 = 0.01;

/// The pivot of a feature, relative to its diagonal entry, below which it is a linear combination of
/// those before it: what the rounding of the sums leaves of 0.
pub fn least_pivot<T: Scalar>() -> f64 {
    (64.0 * T::EPSILON.to_f64()).max(1e-6)
}

/// The memory of an open visit of `p` features, wherever it lies. Rows are taken relative to the
/// first one, so that large means do not use up the digits of the sums.
#[derive(Debug)]
pub struct VisitMut<'a, T> {
    /// Features of a row.
    pub p: usize,
    /// Blocks of [`moments_length`] scalars: one, or an even number.
    pub blocks: &'a mut [T],
    /// The moments of pairs of consecutive rows: as many.
    pub pairs: &'a mut [T],
    /// The first row, x and y: p + 1 scalars.
    pub first: &'a mut [T],
    /// The last row, relative to the first, and room for the next.
    pub last: [&'a mut [T]; 2],
    /// How many rows there are.
    pub counters: &'a mut Counters,
}

impl<T: Scalar> VisitMut<'_, T> {
    /// Takes in a row, of finite numbers in range.
    ///
    /// # Errors
    /// [`Error::FullBatch`] after `u32::MAX` rows.
    pub fn add(&mut self, x: &[T], y: T) -> Result<(), Error> {
        let rows = self.counters.rows.checked_add(1).ok_or(Error::FullBatch)?;
        if self.counters.rows == 0 {
            for (entry, &value) in self.first.iter_mut().zip(x.iter().chain([&y])) {
                *entry = value;
            }
        }
        let count = self.count();
        // A single block holds everything.
        let mut block = 0;
        if count > 1 {
            if self.present() >= count {
                self.halve();
            }
            block = self.present();
        }
        let [last, now] = &mut self.last;
        let row = x.iter().copied().chain([y]);
        for ((entry, value), &origin) in now.iter_mut().zip(row).zip(self.first.iter()) {
            *entry = value - origin;
        }
        if self.counters.rows > 0 {
            add_pair(self.pairs, now, last);
        }
        for (entry, &value) in last.iter_mut().zip(now.iter()) {
            *entry = value;
        }
        let length = moments_length(self.p);
        let start = block * length;
        if let Some(moments) = self.blocks.get_mut(start..start + length) {
            add_row(moments, now);
        }
        self.counters.rows = rows;
        Ok(())
    }

    /// How many blocks there are.
    fn count(&self) -> usize {
        let blocks = self.blocks.len().checked_div(moments_length(self.p));
        let blocks = blocks.unwrap_or(0);
        // They are added in pairs.
        if blocks > 1 { blocks & !1 } else { blocks }
    }

    /// The block of the next row.
    fn present(&self) -> usize {
        let block = self.counters.rows.checked_div(self.counters.block());
        block.unwrap_or(0) as usize
    }

    /// Adds neighbouring blocks together, which makes room for as many again.
    fn halve(&mut self) {
        let length = moments_length(self.p);
        for k in 0..self.count() {
            for entry in 0..length {
                let at = |block: usize| self.blocks.get(block * length + entry).copied();
                let sum = match (at(2 * k), at(2 * k + 1)) {
                    (Some(a), Some(b)) => a + b,
                    _ => T::ZERO,
                };
                if let Some(own) = self.blocks.get_mut(k * length + entry) {
                    *own = sum;
                }
            }
        }
        self.counters.doublings = self.counters.doublings.saturating_add(1);
    }

    /// The sums of all rows.
    pub fn moments(&self) -> Moments<'_, T> {
        Moments::new(self.blocks, self.p)
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        let [last, _] = &mut self.last;
        for part in [&mut self.blocks, &mut self.pairs, &mut self.first, last] {
            part.fill(T::ZERO);
        }
        *self.counters = Counters::EMPTY;
    }
}

/// Room for what is computed when a visit ends.
#[derive(Debug)]
pub struct Scratch<'a> {
    /// A packed matrix of size p.
    pub gram: &'a mut [f64],
    /// Vectors of p numbers.
    pub vectors: [&'a mut [f64]; 3],
}

/// The fit of a visit by itself, y on x with an intercept.
struct OwnFit<'a, T> {
    all: Moments<'a, T>,
    pairs: Moments<'a, T>,
    /// Rows.
    n: f64,
    /// The factor of the Gram matrix; its row is 0 for a feature without a coefficient.
    factor: &'a [f64],
    coefficients: &'a [f64],
    rss: f64,
    dof: f64,
}

/// Fits a visit by itself, and adds what it says to the sums that last. All or nothing.
///
/// # Errors
/// [`Error::ShortVisit`] with fewer than 2(p+1)+1 rows, [`Error::FlatVisit`] if a feature hardly
/// moves.
pub fn fit<T: Scalar>(
    visit: &VisitMut<'_, T>,
    features: &mut [FeatureSums],
    scatter: &mut [f64],
    totals: &mut Totals,
    scratch: Scratch<'_>,
) -> Result<(), Error> {
    let p = visit.p;
    let rows_taken = visit.counters.rows;
    let needed = 2 * (p + 1) + 1;
    if (rows_taken as usize) < needed {
        return Err(Error::ShortVisit {
            rows: rows_taken,
            needed,
        });
    }
    let n = f64::from(rows_taken);
    let all = visit.moments();
    let Scratch {
        gram,
        vectors: [b, h, v],
    } = scratch;
    for (i, row) in rows_mut(gram, p).enumerate() {
        for (j, entry) in (i..).zip(row) {
            *entry = all.centred(i, j, n);
        }
    }
    let least = least_pivot::<T>();
    cholesky(gram, p, |diagonal| least * diagonal);
    let flat = features
        .iter()
        .zip(pivots(gram, p))
        .position(|(sums, pivot)| {
            sums.pivots > 0.0 && pivot / n < FLAT * sums.pivots / totals.rows
        });
    if let Some(coordinate) = flat {
        return Err(Error::FlatVisit { coordinate });
    }
    for (i, (b, product)) in b.iter_mut().zip(h.iter_mut()).enumerate() {
        *product = all.centred(i, p, n);
        *b = *product;
    }
    solve(gram, b);
    let explained = h.iter().zip(b.iter()).fold(0.0, |sum, (c, b)| sum + c * b);
    let square = all.centred(p, p, n);
    let live = pivots(gram, p).filter(|&pivot| pivot > 0.0).count();
    let own = OwnFit {
        all,
        pairs: Moments::new(visit.pairs, p),
        n,
        factor: gram,
        coefficients: b,
        rss: (square - explained).max(1e-12 * square),
        dof: n - live as f64 - 1.0,
    };
    totals.lagged += own.add_coefficients(features, h, v);
    own.add_products(scatter);
    let blocks = if visit.count() > 1 {
        // The last one may be part full.
        let full = rows_taken.checked_div(visit.counters.block()).unwrap_or(0);
        full + u32::from(full.saturating_mul(visit.counters.block()) < rows_taken)
    } else {
        1
    };
    own.add_blocks(blocks, features, h, v);
    totals.block_dof += f64::from(blocks - 1);
    totals.dof += own.dof;
    totals.rows += n;
    totals.square += square;
    totals.visits = totals.visits.saturating_add(1);
    Ok(())
}

/// The squares of the diagonal of a factor: sums of squares of each feature, those before it taken out.
fn pivots(factor: &[f64], p: usize) -> impl Iterator<Item = f64> {
    rows(factor, p).map(|row| row.first().map_or(0.0, |root| root * root))
}

/// n times an autocorrelation, with what it lacks on average where n is small.
fn corrected(n: f64, rho: f64) -> f64 {
    n * rho + 1.0 + 3.0 * rho.max(0.0)
}

impl<T: Scalar> OwnFit<'_, T> {
    fn mean(&self, i: usize) -> f64 {
        self.all.mean(i, self.n)
    }

    fn pair(&self, i: usize, j: usize) -> f64 {
        self.pairs.centred_pairs(i, j, |i| self.mean(i))
    }

    /// Adds each feature's coefficient and lag-one autocorrelation, and puts the variances of the
    /// coefficients into `v`. Returns the autocorrelation of the residuals, corrected.
    fn add_coefficients(&self, features: &mut [FeatureSums], h: &mut [f64], v: &mut [f64]) -> f64 {
        let (b, p) = (self.coefficients, self.coefficients.len());
        let variance = self.rss / self.dof;
        let roots = pivots(self.factor, p);
        for (j, ((sums, pivot), (v, &own))) in features
            .iter_mut()
            .zip(roots)
            .zip(v.iter_mut().zip(b))
            .enumerate()
        {
            // The row of the inverse: the feature with all others taken out, over its sum of squares.
            h.fill(0.0);
            if let Some(entry) = h.get_mut(j) {
                *entry = 1.0;
            }
            solve(self.factor, h);
            let inverse = h.get(j).copied().unwrap_or(0.0);
            sums.square += self.all.centred(j, j, self.n);
            sums.pivots += pivot;
            *v = variance * inverse;
            let in_range = sums.fits(own, *v);
            if in_range {
                let rho = quadratic(h, |i, j| self.pair(i, j)) / inverse;
                sums.lagged += corrected(self.n, rho);
                sums.add(own, *v);
            } else {
                *v = 0.0;
            }
        }
        let pair = |i, j| self.pair(i, j);
        let cross = b
            .iter()
            .enumerate()
            .fold(0.0, |sum, (i, b)| sum + b * pair(i, p));
        let lagged = pair(p, p) - 2.0 * cross + quadratic(b, pair);
        let moves = self.rss > 0.0;
        corrected(self.n, if moves { lagged / self.rss } else { 0.0 })
    }

    /// Adds the products of the coefficients to a packed matrix, but for those out of range.
    fn add_products(&self, scatter: &mut [f64]) {
        let b = self.coefficients;
        for (i, (row, &bi)) in rows_mut(scatter, b.len()).zip(b).enumerate() {
            for (entry, &bj) in row.iter_mut().zip(b.iter().skip(i)) {
                let sum = *entry + bi * bj;
                if sum.within(f64::MAX_SUM) {
                    *entry = sum;
                }
            }
        }
    }

    /// Adds the spread of the blocks' scores, which shows how much less than independent rows these
    /// say, to the sums of each feature.
    fn add_blocks(&self, blocks: u32, features: &mut [FeatureSums], h: &mut [f64], v: &[f64]) {
        if blocks < 2 {
            return;
        }
        let (b, p) = (self.coefficients, self.coefficients.len());
        let means = b.iter().enumerate().map(|(j, b)| b * self.mean(j));
        let intercept = means.fold(self.mean(p), |sum, fitted| sum - fitted);
        let share = f64::from(blocks) / f64::from(blocks - 1) * self.n / self.dof;
        for part in self.all.parts().take(blocks as usize) {
            // The sum of the residuals of the block times component i of (1, x).
            let score = |i: usize| {
                let fitted = b.iter().enumerate();
                let fitted = fitted.fold(0.0, |sum, (j, b)| sum + part.get(i, j + 1) * b);
                part.get(i, p + 1) - intercept * part.get(i, 0) - fitted
            };
            let common = score(0);
            for (i, entry) in h.iter_mut().enumerate() {
                *entry = score(i + 1) - self.mean(i) * common;
            }
            solve(self.factor, h);
            for (sums, (&score, &v)) in features.iter_mut().zip(h.iter().zip(v)) {
                if v > 0.0 {
                    sums.blocks += share * score * score / v;
                }
            }
        }
    }
}
