//! Sign measurements: one bit for each packed entry, tested by look-up tables.
//!
//! A matrix of signs has `X_ii = +-1` and `X_ij = X_ji = +-1/sqrt(2)`: as a measurement it is
//! D(D+1)/2 bits, and a sample is 36 bits and a response where D = 8. [`SignTables`] use that: four
//! bits at a time choose one of 16 sums, which are computed once per batch ("the method of the four
//! Russians": Arlazarov, Dinic, Kronrod and Faradzev 1970).
//!
//! ```
//! use heterosgd::{HeteroSgd, Psd, Settings, SignTables, Signs};
//! # fn read() -> ([u32; 2], f32) { ([0x1234_5678, 0x9], 0.5) }
//! let mut learner = HeteroSgd::<Psd<f32, 8, 8>>::new(Settings { step_size: 0.1, init_scale: 1e-3, seed: 0 })?;
//! let mut tables = SignTables::new(); // kept from batch to batch
//! let mut batch = learner.batch(0);
//! let mut signs = batch.signs(&mut tables);
//! for _ in 0..64 {
//!     let (words, y) = read();
//!     signs.observe(&Signs::from_words(words), y)?;
//! }
//! signs.finish(); // or let it go out of scope
//! batch.step()?;
//! # assert_eq!(learner.samples(), 64);
//! # Ok::<(), heterosgd::Error>(())
//! ```

mod sensing;
mod tables;

use rand_core::Rng;
pub use tables::SignTables;

use crate::algebra::{Dual, Packing, Size, Symmetric, rows_mut};
use crate::measurement::Measurement;
use crate::model::{Psd, Signed};
use crate::sampling::{Ensemble, Rademacher};
use crate::{Error, Scalar};

/// A D x D matrix of signs as a measurement: `X_ii = +-1`, `X_ij = X_ji = +-1/sqrt(2)`.
///
/// One bit for each packed entry, in order, from the lowest bit of each 32-bit word; 1 means minus.
/// Drawn from [`Rademacher`], it has the signs that [`Symmetric`] would get from the same generator.
///
/// Many of them in a batch go through [`Batch::signs`](crate::Batch::signs). Single ones may be given
/// to [`Batch::observe`](crate::Batch::observe): the same predictions, the gradient summed as that
/// of a dense matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs<const D: usize>
where
    Size<D>: Packing,
{
    // Bits beyond the last entry are 0.
    words: <Size<D> as Packing>::Words,
}

impl<const D: usize> Signs<D>
where
    Size<D>: Packing,
{
    /// From words of 32 bits, `ceil(D(D+1)/64)` of them. Bits beyond the last entry are ignored.
    #[inline]
    pub fn from_words(words: <Size<D> as Packing>::Words) -> Self {
        let mut signs = Self { words };
        let used = Size::<D>::ENTRIES % 32;
        if used != 0
            && let Some(last) = signs.words.as_mut().last_mut()
        {
            *last &= (1 << used) - 1;
        }
        signs
    }

    /// From words in a slice; `None` unless there are exactly `ceil(D(D+1)/64)` of them.
    pub fn from_slice(words: &[u32]) -> Option<Self> {
        let mut array = Size::<D>::words();
        if array.as_ref().len() != words.len() {
            return None;
        }
        array.as_mut().copy_from_slice(words);
        Some(Self::from_words(array))
    }

    /// The words; bits beyond the last entry are 0.
    #[inline]
    pub fn words(&self) -> &[u32] {
        self.words.as_ref()
    }

    /// The matrix, written out.
    pub fn to_symmetric<T: Scalar>(&self) -> Symmetric<T, D> {
        let mut x = Symmetric::zero();
        for (entries, &word) in x.as_mut_slice().chunks_mut(32).zip(self.words()) {
            for (entry, k) in entries.iter_mut().zip(0u32..) {
                *entry = signed(word, k, T::ONE);
            }
        }
        scale_off_diagonal(&mut x);
        x
    }
}

/// `value`, or `-value` where bit `k` of `word` is set.
#[inline]
fn signed<T: Scalar>(word: u32, k: u32, value: T) -> T {
    if (word >> k) & 1 == 0 { value } else { -value }
}

/// Times `1/sqrt(2)` off the diagonal.
fn scale_off_diagonal<T: Scalar, const D: usize>(x: &mut Symmetric<T, D>)
where
    Size<D>: Packing,
{
    for row in rows_mut(x.as_mut_slice(), D) {
        for entry in row.iter_mut().skip(1) {
            *entry *= T::FRAC_1_SQRT_2;
        }
    }
}

/// The contribution of each packed entry to `<X, signal>` where its sign is plus.
fn contributions<T: Scalar, const D: usize>(signal: &Dual<T, D>) -> Symmetric<T, D>
where
    Size<D>: Packing,
{
    let mut weights = Symmetric::zero();
    weights.as_mut_slice().copy_from_slice(signal.as_slice());
    scale_off_diagonal(&mut weights);
    weights
}

impl<const D: usize> Ensemble<Signs<D>> for Rademacher
where
    Size<D>: Packing,
{
    #[inline]
    fn draw<R: Rng + ?Sized>(rng: &mut R) -> Signs<D> {
        let mut words = Size::<D>::words();
        for word in words.as_mut() {
            *word = rng.next_u32();
        }
        Signs::from_words(words)
    }
}

/// `<X, signal>` in the order of [`SignTables`], bit for bit, without tables.
fn respond<T: Scalar, const D: usize>(x: &Signs<D>, signal: &Dual<T, D>) -> T
where
    Size<D>: Packing,
{
    let weights = contributions(signal);
    let mut total = T::ZERO;
    for (entries, &word) in weights.as_slice().chunks(32).zip(x.words()) {
        total = tables::add_word(total, entries.len().div_ceil(4), |group| {
            let mut sum = T::ZERO;
            for (&entry, k) in entries.iter().skip(4 * group).take(4).zip(0u32..) {
                sum += signed(word >> (4 * group), k, entry);
            }
            sum
        });
    }
    total
}

/// Once for each model: the scalar of a model that is only a parameter cannot be named here.
macro_rules! measurement {
    ($($model:ident)*) => {$(
        impl<T: Scalar, const D: usize, const K: usize> Measurement<$model<T, D, K>> for Signs<D>
        where
            Size<D>: Packing,
        {
            /// Never refuses: every bit is a sign.
            #[inline]
            fn check(&self) -> Result<(), Error> {
                Ok(())
            }

            fn respond(&self, signal: &Dual<T, D>) -> T {
                respond(self, signal)
            }

            fn add_to(&self, sum: &mut Symmetric<T, D>, weight: T) {
                sum.add_scaled(&self.to_symmetric(), weight);
            }
        }
    )*};
}

measurement!(Psd Signed);
