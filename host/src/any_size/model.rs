//! What is learned, of any size: the slices of the core's models, and its arithmetic on them.

use heterosgd::Scalar;
use heterosgd::algebra::cholesky::packed_length;
use heterosgd::algebra::{dot, packed};
use heterosgd::digest::Digest;

/// Which model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Coefficients `u*u - v*v` of d features.
    Linear,
    /// `U U^T` of size d, with as many columns as rows.
    Psd,
}

/// A measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sample<'a, T> {
    /// Features, or a packed matrix.
    Entries(&'a [T]),
    /// The vector x of `X = x x^T`.
    RankOne(&'a [T]),
}

/// A model of size `d`.
#[derive(Debug, Clone)]
pub(crate) struct Model<T> {
    kind: Kind,
    d: usize,
    /// u, then v; or the columns of U, one after the other.
    factor: Vec<T>,
    /// The estimate as measurements are tested against it: coefficients, or a packed matrix with its
    /// entries off the diagonal doubled.
    signal: Vec<T>,
}

impl<T: Scalar> Model<T> {
    /// At the starting point of the core's models.
    pub(crate) fn new(kind: Kind, d: usize, init_scale: T) -> Self {
        let factor = match kind {
            Kind::Linear => vec![init_scale; 2 * d],
            Kind::Psd => (0..d * d)
                .map(|k| {
                    if k % (d + 1) == 0 {
                        init_scale
                    } else {
                        T::ZERO
                    }
                })
                .collect(),
        };
        let mut model = Self {
            kind,
            d,
            factor,
            signal: Vec::new(),
        };
        model.signal = model.refilled();
        model
    }

    /// Coordinates of a measurement.
    pub(crate) fn coordinates(&self) -> usize {
        match self.kind {
            Kind::Linear => self.d,
            Kind::Psd => packed_length(self.d),
        }
    }

    /// How often each counts in an inner product.
    pub(crate) fn weights(&self) -> impl Iterator<Item = T> + Clone + use<T> {
        let (d, two) = (self.d, T::ONE + T::ONE);
        let once = if self.kind == Kind::Linear { d } else { 0 };
        let rows = if self.kind == Kind::Psd { d } else { 0 };
        std::iter::repeat_n(T::ONE, once).chain(
            (0..rows).flat_map(move |i| {
                std::iter::once(T::ONE).chain(std::iter::repeat_n(two, d - i - 1))
            }),
        )
    }

    /// `<x, estimate>`; `row` is room for d numbers.
    pub(super) fn predict(&self, x: Sample<'_, T>, row: &mut [T]) -> T {
        match x {
            Sample::Entries(x) => dot(x, &self.signal),
            Sample::RankOne(x) => {
                row.fill(T::ZERO);
                packed::quadratic(&self.signal, x, row)
            }
        }
    }

    /// One step along `direction`. False, and nothing changed, if the factor would leave its range or
    /// the limit of its norm.
    pub(crate) fn step(&mut self, direction: &[T], rate: T, norm_limit: Option<T>) -> bool {
        let mut next = self.factor.clone();
        match self.kind {
            Kind::Linear => {
                let (u, v) = next.split_at_mut(self.d);
                for ((u, v), &g) in u.iter_mut().zip(v).zip(direction) {
                    let pull = rate * g;
                    *u = *u - *u * pull;
                    *v = *v + *v * pull;
                }
            }
            Kind::Psd => {
                for column in next.chunks_mut(self.d) {
                    let mut pull = vec![T::ZERO; self.d];
                    packed::add_product(direction, column, &mut pull);
                    for (entry, &p) in column.iter_mut().zip(&pull) {
                        *entry -= rate * p;
                    }
                }
            }
        }
        let squares = || next.iter().fold(T::ZERO, |sum, &x| sum + x * x);
        let good = next.iter().all(|x| x.within(T::MAX_FACTOR))
            && norm_limit.is_none_or(|limit| squares() <= limit * limit);
        if good {
            self.factor = next;
            self.signal = self.refilled();
        }
        good
    }

    /// Each scalar of the factor with its slope along `direction`.
    pub(crate) fn slopes(&self, direction: &[T]) -> Vec<(T, T)> {
        let mut slopes = vec![T::ZERO; self.factor.len()];
        match self.kind {
            Kind::Linear => {
                let signs = [T::ONE, -T::ONE];
                let halves = self.factor.chunks(self.d).zip(slopes.chunks_mut(self.d));
                for ((factor, slopes), sign) in halves.zip(signs) {
                    for ((slope, &entry), &g) in slopes.iter_mut().zip(factor).zip(direction) {
                        *slope = sign * (entry * g);
                    }
                }
            }
            Kind::Psd => {
                let columns = self.factor.chunks(self.d).zip(slopes.chunks_mut(self.d));
                for (column, slopes) in columns {
                    packed::add_product(direction, column, slopes);
                }
            }
        }
        self.factor.iter().copied().zip(slopes).collect()
    }

    /// The estimate: coefficients, or a packed matrix.
    pub(crate) fn estimate(&self) -> Vec<T> {
        match self.kind {
            Kind::Linear => self.signal.clone(),
            Kind::Psd => {
                let mut estimate = vec![T::ZERO; packed_length(self.d)];
                for column in self.factor.chunks(self.d) {
                    packed::add_outer(&mut estimate, column, T::ONE);
                }
                estimate
            }
        }
    }

    /// The factor in the order of digests: u and v, or U row by row.
    pub(crate) fn factor(&self) -> Vec<T> {
        match self.kind {
            Kind::Linear => self.factor.clone(),
            Kind::Psd => (0..self.d)
                .flat_map(|i| self.factor.iter().skip(i).step_by(self.d).copied())
                .collect(),
        }
    }

    /// The digest of the bits of the factor, that of a device.
    pub(crate) fn digest(&self) -> u64 {
        let mut digest = Digest::new();
        for entry in self.factor() {
            digest.write_scalar(entry);
        }
        digest.finish()
    }

    fn refilled(&self) -> Vec<T> {
        match self.kind {
            Kind::Linear => {
                let (u, v) = self.factor.split_at(self.d);
                u.iter().zip(v).map(|(&u, &v)| u * u - v * v).collect()
            }
            Kind::Psd => {
                let mut signal = self.estimate();
                packed::double(&mut signal, self.d);
                signal
            }
        }
    }
}

impl<T: Scalar> Sample<'_, T> {
    /// The numbers that are recorded of it.
    pub(crate) fn numbers(&self) -> &[T] {
        match self {
            Self::Entries(x) | Self::RankOne(x) => x,
        }
    }

    /// The largest of them that is in range.
    pub(crate) fn limit(&self) -> T {
        match self {
            Self::Entries(_) => T::MAX_ENTRY,
            Self::RankOne(_) => T::MAX_COORDINATE,
        }
    }

    /// Adds `weight * X` to `sum`.
    pub(crate) fn add_to(&self, sum: &mut [T], weight: T) {
        match self {
            Self::Entries(x) => add_scaled(sum, x, weight),
            Self::RankOne(x) => packed::add_outer(sum, x, weight),
        }
    }
}

/// Adds `scale * x`, entry by entry.
pub(super) fn add_scaled<T: Scalar>(sum: &mut [T], x: &[T], scale: T) {
    for (entry, &x) in sum.iter_mut().zip(x) {
        *entry += scale * x;
    }
}
