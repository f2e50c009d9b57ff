//! Stored samples: checked once, then learned from at the speed of memory, as often as wanted.
//!
//! A device whose samples arrive one by one needs none of this. Where they lie in memory already,
//! recorded in flash or filled in by a DMA controller, [`Samples`] borrows them as they are, row
//! after row, and [`Batch::observe_all`](crate::Batch::observe_all) takes them in:
//!
//! ```
//! use heterosgd::{HeteroSgd, Psd, RankOne, Samples, Settings};
//! # let settings = Settings { step_size: 0.1, init_scale: 1e-3, seed: 0 };
//! let vectors: [f32; 4 * 2] = [1.0, 0.5, 0.0, 1.0, -1.0, 0.5, 0.3, 0.3];
//! let responses: [f32; 4] = [1.0, 0.2, 0.9, 0.1];
//! let samples = Samples::<RankOne<f32, 2>>::new(&vectors, &responses)?; // checked here
//! let mut learner = HeteroSgd::<Psd<f32, 2, 1>>::new(settings)?;
//! for _epoch in 0..3 {
//!     let mut batch = learner.batch(0);
//!     batch.observe_all(&samples)?;
//!     batch.step()?;
//! }
//! # Ok::<(), heterosgd::Error>(())
//! ```
//!
//! The bits are those of one [`observe`](crate::Batch::observe) after the other.

mod buffer;
mod kernel;
mod samples;

pub use buffer::SampleBuffer;
pub use kernel::{Kernel, Portable};
pub use samples::{Batches, Samples};

use crate::algebra::{Packing, Size, Symmetric};
use crate::measurement::{Features, Measurement, RankOne};
use crate::model::{Linear, Model, SymmetricModel};
use crate::{IsotropicRankOne, Scalar};

mod sealed {
    use crate::Scalar;
    use crate::state::State;

    pub trait Row: State {}
    impl<T: Scalar, const N: usize> Row for [T; N] {}
}

/// A row of a known number of scalars: an array. The trait is sealed.
pub trait Row<T>: sealed::Row + Copy + AsRef<[T]> + AsMut<[T]> + 'static {
    /// Scalars of a row.
    const LENGTH: usize;

    /// Cuts `flat` into rows; scalars beyond the last whole row are left out.
    fn rows(flat: &[T]) -> &[Self];

    /// The scalars of `rows`, one row after the other.
    fn flat(rows: &[Self]) -> &[T];

    /// As [`flat`](Self::flat), for writing.
    fn flat_mut(rows: &mut [Self]) -> &mut [T];
}

impl<T: Scalar, const N: usize> Row<T> for [T; N] {
    const LENGTH: usize = N;

    #[inline]
    fn rows(flat: &[T]) -> &[Self] {
        const { assert!(N > 0, "a row holds a scalar at least") }
        flat.as_chunks::<N>().0
    }

    #[inline]
    fn flat(rows: &[Self]) -> &[T] {
        rows.as_flattened()
    }

    #[inline]
    fn flat_mut(rows: &mut [Self]) -> &mut [T] {
        rows.as_flattened_mut()
    }
}

/// A measurement that can be stored as a row of scalars.
pub trait Stored: Sized {
    /// The scalar it is stored in.
    type Scalar: Scalar;
    /// Its row: D(D+1)/2 entries of [`Symmetric`], packed; D of a vector.
    type Row: Row<Self::Scalar>;
    /// The largest absolute value of an entry; see [`Scalar`].
    const LIMIT: Self::Scalar;

    /// The measurement of a row.
    fn from_row(row: &Self::Row) -> Self;

    /// The row of a measurement.
    fn to_row(&self) -> Self::Row;
}

/// A stored measurement that models of type `M` can learn from.
pub trait StoredMeasurement<M: Model<Scalar = Self::Scalar>>: Stored + Measurement<M> {
    /// Adds `r_i X_i` to `gradient` for the samples of `samples` in turn, `r_i` the residual under
    /// `model`, until the first residual beyond [`Scalar::MAX_RESIDUAL`]. Returns how many samples
    /// were added: all of them, or those before that one.
    #[inline]
    fn accumulate<K: Kernel<M::Scalar>>(
        samples: &Samples<'_, Self>,
        model: &M,
        gradient: &mut M::Gradient,
        _kernel: &K,
    ) -> usize {
        let mut taken = 0;
        for (x, y) in samples.iter() {
            let residual = x.predict(model) - y;
            if !residual.within(M::Scalar::MAX_RESIDUAL) {
                break;
            }
            x.add_to(gradient, residual);
            taken += 1;
        }
        taken
    }
}

impl<T: Scalar, const D: usize> Stored for Symmetric<T, D>
where
    Size<D>: Packing,
{
    type Scalar = T;
    type Row = <Size<D> as Packing>::Array<T>;
    const LIMIT: T = T::MAX_ENTRY;

    #[inline]
    fn from_row(row: &Self::Row) -> Self {
        Self::from_packed(*row)
    }

    #[inline]
    fn to_row(&self) -> Self::Row {
        *self.packed()
    }
}

impl<T: Scalar, M, const D: usize> StoredMeasurement<M> for Symmetric<T, D>
where
    Size<D>: Packing,
    M: SymmetricModel<T, D>,
{
    #[inline]
    fn accumulate<K: Kernel<T>>(
        samples: &Samples<'_, Self>,
        model: &M,
        gradient: &mut Symmetric<T, D>,
        kernel: &K,
    ) -> usize {
        let (entries, responses) = (samples.entries(), samples.responses());
        kernel.dense(
            model.signal().packed(),
            gradient.packed_mut(),
            entries,
            responses,
        )
    }
}

impl<T: Scalar, const D: usize> Stored for Features<T, D> {
    type Scalar = T;
    type Row = [T; D];
    const LIMIT: T = T::MAX_ENTRY;

    #[inline]
    fn from_row(row: &[T; D]) -> Self {
        Self(*row)
    }

    #[inline]
    fn to_row(&self) -> [T; D] {
        self.0
    }
}

impl<T: Scalar, const D: usize> StoredMeasurement<Linear<T, D>> for Features<T, D> {
    #[inline]
    fn accumulate<K: Kernel<T>>(
        samples: &Samples<'_, Self>,
        model: &Linear<T, D>,
        gradient: &mut [T; D],
        kernel: &K,
    ) -> usize {
        kernel.dense(
            model.signal(),
            gradient,
            samples.entries(),
            samples.responses(),
        )
    }
}

impl<T: Scalar, const D: usize> Stored for RankOne<T, D> {
    type Scalar = T;
    type Row = [T; D];
    const LIMIT: T = T::MAX_COORDINATE;

    #[inline]
    fn from_row(row: &[T; D]) -> Self {
        Self(*row)
    }

    #[inline]
    fn to_row(&self) -> [T; D] {
        self.0
    }
}

impl<T: Scalar, M, const D: usize> StoredMeasurement<M> for RankOne<T, D>
where
    Size<D>: Packing,
    M: SymmetricModel<T, D>,
{
    #[inline]
    fn accumulate<K: Kernel<T>>(
        samples: &Samples<'_, Self>,
        model: &M,
        gradient: &mut Symmetric<T, D>,
        kernel: &K,
    ) -> usize {
        kernel.rank_one(model, gradient, samples.rows(), samples.responses())
    }
}

impl<T: Scalar, const D: usize> Stored for IsotropicRankOne<T, D> {
    type Scalar = T;
    type Row = [T; D];
    const LIMIT: T = T::MAX_COORDINATE;

    #[inline]
    fn from_row(row: &[T; D]) -> Self {
        Self(*row)
    }

    #[inline]
    fn to_row(&self) -> [T; D] {
        self.0
    }
}

impl<T: Scalar, M, const D: usize> StoredMeasurement<M> for IsotropicRankOne<T, D>
where
    Size<D>: Packing,
    M: SymmetricModel<T, D>,
{
}
