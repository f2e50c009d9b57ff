//! The tables: sums by four bits to look up, residuals by four bits to collect.

use super::{Signs, contributions, scale_off_diagonal};
use crate::Scalar;
use crate::algebra::{Dual, Packing, Size, Symmetric};

/// Values of four bits.
const VALUES: usize = 16;

/// Groups of four bits in a word.
const GROUPS: usize = 8;

/// Four packed entries. Sums and residuals stand side by side, so that one address serves both.
#[derive(Debug, Clone, Copy)]
struct Group<T> {
    /// What the group adds to a prediction, by the value of its bits.
    sums: [T; VALUES],
    /// The residuals of the samples in which the bits had this value.
    residuals: [T; VALUES],
}

/// Work space for sign measurements, the caller's: lent to [`Batch::signs`](crate::Batch::signs),
/// which fills it anew. What is in it between batches does not matter.
///
/// 32 scalars for each four packed entries, about 4 D(D+1) in all: 1,152 bytes for D = 8 in `f32`,
/// 4,352 for D = 16, 16,896 for D = 32; twice that in `f64`. It pays from some 20 samples on.
#[derive(Debug, Clone)]
pub struct SignTables<T: Scalar, const D: usize>
where
    Size<D>: Packing,
{
    groups: <Size<D> as Packing>::Fours<Group<T>>,
}

impl<T: Scalar, const D: usize> Default for SignTables<T, D>
where
    Size<D>: Packing,
{
    fn default() -> Self {
        Self::new()
    }
}

/// Adds the groups of one word to `total`: the eight of a full word as a tree, so that they need not
/// wait for each other, those of the last word one by one.
#[inline(always)]
pub(super) fn add_word<T: Scalar>(total: T, groups: usize, group: impl Fn(usize) -> T) -> T {
    if groups == GROUPS {
        let low = (group(0) + group(1)) + (group(2) + group(3));
        let high = (group(4) + group(5)) + (group(6) + group(7));
        return total + (low + high);
    }
    (0..groups).fold(total, |total, j| total + group(j))
}

/// The value of the four bits of group `j`.
#[inline(always)]
fn value(word: u32, j: usize) -> usize {
    ((word >> (4 * j)) & 15) as usize
}

impl<T: Scalar> Group<T> {
    const EMPTY: Self = Self {
        sums: [T::ZERO; VALUES],
        residuals: [T::ZERO; VALUES],
    };

    /// The sums `+-w_0 +- w_1 ...` in this order, from +0.0, for all signs of up to four entries.
    #[inline]
    fn fill(&mut self, weights: &[T]) {
        *self = Self::EMPTY;
        for (k, &weight) in weights.iter().enumerate().take(4) {
            let (plus, rest) = self.sums.split_at_mut(1 << k);
            for (plus, minus) in plus.iter_mut().zip(rest) {
                *minus = *plus - weight;
                *plus += weight;
            }
        }
    }

    /// For each entry, the residuals of the samples in which its sign was plus less those in which
    /// it was minus. Entry by entry, the two halves of each pair are subtracted, and added for the
    /// next entry.
    #[inline]
    fn differences(&self, entries: &mut [T]) {
        let mut residuals = self.residuals;
        let mut width = VALUES;
        for entry in entries.iter_mut().take(4) {
            width /= 2;
            let mut halved = [T::ZERO; VALUES];
            let (pairs, _) = residuals.as_chunks::<2>();
            for (half, &[plus, minus]) in halved.iter_mut().zip(pairs).take(width) {
                *entry += plus - minus;
                *half = plus + minus;
            }
            residuals = halved;
        }
    }
}

impl<T: Scalar, const D: usize> SignTables<T, D>
where
    Size<D>: Packing,
{
    /// Empty tables.
    pub fn new() -> Self {
        Self {
            groups: Size::<D>::fours(Group::EMPTY),
        }
    }

    /// Prepares for the samples of a batch: the sums are those of `signal`, there are no residuals.
    pub(crate) fn fill(&mut self, signal: &Dual<T, D>) {
        let weights = contributions(signal);
        let chunks = weights.as_slice().chunks(4);
        for (group, weights) in self.groups.as_mut().iter_mut().zip(chunks) {
            group.fill(weights);
        }
    }

    /// `<x, signal>` for the signal of [`fill`](Self::fill).
    #[inline]
    pub(crate) fn predict(&self, x: &Signs<D>) -> T {
        let mut total = T::ZERO;
        for (groups, &word) in self.groups.as_ref().chunks(GROUPS).zip(x.words()) {
            total = add_word(total, groups.len(), |j| {
                let sum = groups.get(j).and_then(|g| g.sums.get(value(word, j)));
                sum.copied().unwrap_or(T::ZERO)
            });
        }
        total
    }

    /// Collects the residual of sample `x`.
    #[inline]
    pub(crate) fn collect(&mut self, x: &Signs<D>, residual: T) {
        for (groups, &word) in self.groups.as_mut().chunks_mut(GROUPS).zip(x.words()) {
            for (j, group) in groups.iter_mut().enumerate() {
                if let Some(sum) = group.residuals.get_mut(value(word, j)) {
                    *sum += residual;
                }
            }
        }
    }

    /// Adds the sum of `residual * x` over the samples to `gradient`.
    pub(crate) fn add_to(&self, gradient: &mut Symmetric<T, D>) {
        let mut differences = Symmetric::zero();
        let chunks = differences.as_mut_slice().chunks_mut(4);
        for (group, entries) in self.groups.as_ref().iter().zip(chunks) {
            group.differences(entries);
        }
        scale_off_diagonal(&mut differences);
        gradient.add_scaled(&differences, T::ONE);
    }
}
