//! Keeps what a learner has learned in NOR flash.
//!
//! A [`Store`] writes the checkpoints of a learner ([`Learner::checkpoint`]) one after the other through a
//! range of pages, round and round, so that every page is erased equally often. Whenever the power goes,
//! also in the middle of a write or an erase, [`load`](Store::load) finds the last checkpoint that was
//! written whole. docs/reliability.md says how that was tried.
//!
//! It trusts nothing that it cannot check: a checkpoint is one if its checksum says so, the newest is the
//! one with the highest number, and nothing is written to a place that does not read as erased. So it does
//! not matter what a torn write or a torn erase has left, and there is nothing to be repaired: loading only
//! reads, and the page that is erased next is never the one that holds the newest checkpoint.
//!
//! The flash is anything with the traits of `embedded-storage-async`; a blocking driver is wrapped into
//! `embassy_embedded_hal::adapter::BlockingAsync`, and its futures are always ready:
//! ```
//! use embassy_embedded_hal::adapter::BlockingAsync;
//! use embassy_futures::block_on;
//! use heterosgd::{HeteroSgd, Psd, RankOne, Settings};
//! use heterosgd_flash::{Store, buffer_bytes};
//! # use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash, NorFlashErrorKind};
//! # struct Ram([u8; 2048]);
//! # impl ErrorType for Ram { type Error = NorFlashErrorKind; }
//! # impl ReadNorFlash for Ram {
//! #     const READ_SIZE: usize = 1;
//! #     fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
//! #         bytes.copy_from_slice(&self.0[at as usize..][..bytes.len()]);
//! #         Ok(())
//! #     }
//! #     fn capacity(&self) -> usize { 2048 }
//! # }
//! # impl NorFlash for Ram {
//! #     const WRITE_SIZE: usize = 4;
//! #     const ERASE_SIZE: usize = 1024;
//! #     fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
//! #         self.0[from as usize..to as usize].fill(0xff);
//! #         Ok(())
//! #     }
//! #     fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Self::Error> {
//! #         self.0[at as usize..][..bytes.len()].copy_from_slice(bytes);
//! #         Ok(())
//! #     }
//! # }
//! # let driver = Ram([0xff; 2048]);
//! type Model = HeteroSgd<Psd<f32, 8, 2>>;
//! const BUFFER: usize = buffer_bytes(Model::CHECKPOINT_BYTES);
//!
//! let settings = Settings { step_size: 0.1, init_scale: 1e-3, seed: 0 };
//! let mut learner = Model::new(settings)?;
//! // Two pages of 1 KB; for a driver of internal flash, those that the linker leaves free.
//! let mut store = Store::new(BlockingAsync::new(driver), 0..2048)?;
//! let mut buffer = [0; BUFFER];
//! // At start-up: go on from where the power went, or from the beginning.
//! let found = block_on(store.load(&mut learner, &mut buffer))?;
//! assert!(found.is_none());
//! learner.batch(0).observe(&RankOne([0.5; 8]), 1.0)?;
//! block_on(store.save(&learner, &mut buffer))?;
//! # let mut again = Model::new(settings)?;
//! # assert!(block_on(store.load(&mut again, &mut buffer))?.is_some());
//! # let [mut one, mut other] = [[0; Model::CHECKPOINT_BYTES]; 2];
//! # learner.checkpoint(&mut one)?;
//! # again.checkpoint(&mut other)?;
//! # assert_eq!(one, other);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]

mod error;
mod slots;

use core::ops::Range;

use embedded_storage_async::nor_flash::NorFlash;
use heterosgd::checkpoint::Extra;
use heterosgd::learner::{Learner, Rule, Step};
use heterosgd::model::Model;

pub use crate::error::StoreError;
use crate::slots::{Slots, WORD};

/// The number that is kept beside each checkpoint.
type Number = u64;

/// Bytes of the buffer for checkpoints of `checkpoint` bytes, those of an [`Extra`] included; in flash, each
/// takes as many.
pub const fn buffer_bytes(checkpoint: usize) -> usize {
    (checkpoint + size_of::<Number>()).next_multiple_of(WORD)
}

/// The checkpoints of one learner in a range of flash.
#[derive(Debug)]
pub struct Store<F> {
    flash: F,
    range: Range<u32>,
    /// The newest checkpoint, once it was looked for and until a save fails: its number and address.
    newest: Option<(Number, u32)>,
}

impl<F: NorFlash> Store<F> {
    /// A store in `range` of `flash`: addresses in bytes, on the borders of pages, at least two pages. All of
    /// the range is the store's.
    ///
    /// # Errors
    /// [`StoreError::Range`] if the range does not fit the pages of the flash, or a word of it has more
    /// than 32 bytes.
    pub fn new(flash: F, range: Range<u32>) -> Result<Self, StoreError<F::Error>> {
        let page = F::ERASE_SIZE as u32;
        let whole = [range.start, range.end].map(|end| end.checked_rem(page) == Some(0));
        let pages = range.end.saturating_sub(range.start) / page.max(1);
        let inside = flash.capacity() as u64 >= u64::from(range.end);
        let words = [F::WRITE_SIZE, F::READ_SIZE].map(|word| WORD.checked_rem(word) == Some(0));
        if whole == [true; 2] && pages >= 2 && inside && words == [true; 2] {
            Ok(Self {
                flash,
                range,
                newest: None,
            })
        } else {
            Err(StoreError::Range)
        }
    }

    /// Writes a checkpoint of `learner` and reads it back. Once this returns without an error, it is what
    /// [`load`](Self::load) finds; until then, it is this one or the one before.
    ///
    /// `buffer` has [`buffer_bytes`] of [`Learner::CHECKPOINT_BYTES`].
    ///
    /// # Errors
    /// [`StoreError::Flash`] if the driver refuses, [`StoreError::NotTaken`] if the flash did not keep what
    /// it was given (it may be worn out), [`StoreError::Page`] and [`StoreError::Buffer`] if a page or the
    /// buffer is too small, [`StoreError::OtherLearner`] as for [`load`](Self::load). The learner is as it
    /// was in any case, and so is the newest checkpoint.
    pub async fn save<M: Model, R: Rule, C: Step<M>>(
        &mut self,
        learner: &Learner<M, R, C>,
        buffer: &mut [u8],
    ) -> Result<(), StoreError<F::Error>> {
        self.save_with(learner, &(), buffer).await
    }

    /// As [`save`](Self::save), with `extra` beside the learner, for [`Extra::BYTES`] more.
    ///
    /// # Errors
    /// As for [`save`](Self::save).
    pub async fn save_with<M: Model, R: Rule, C: Step<M>, E: Extra + Clone>(
        &mut self,
        learner: &Learner<M, R, C>,
        extra: &E,
        buffer: &mut [u8],
    ) -> Result<(), StoreError<F::Error>> {
        let mut slots = self.slots::<M, R, C, E>(buffer)?;
        let before = match self.newest {
            Some(newest) => Some(newest),
            None => slots.newest(&mut self.flash, learner).await?,
        };
        // Whatever happens from here on, look again.
        self.newest = None;
        let number = before.map_or(0, |(number, _)| number.wrapping_add(1));
        let address = slots
            .blank(&mut self.flash, before.map(|(_, address)| address))
            .await?;
        slots.fill(learner, &(extra.clone(), number))?;
        slots.write(&mut self.flash, address).await?;
        if slots.number(&mut self.flash, address).await? != Ok(number) {
            return Err(StoreError::NotTaken);
        }
        self.newest = Some((number, address));
        Ok(())
    }

    /// Puts `learner` where the newest whole checkpoint was taken. `None`, and the learner as it was, if
    /// there is none.
    ///
    /// # Errors
    /// [`StoreError::OtherLearner`] if there are checkpoints, but of another kind of learner: other firmware
    /// has written them. [`erase`](Self::erase) them, or go on with the firmware that has.
    /// [`StoreError::Flash`], [`StoreError::Page`] and [`StoreError::Buffer`] as for [`save`](Self::save).
    /// The learner is as it was.
    pub async fn load<M: Model, R: Rule, C: Step<M>>(
        &mut self,
        learner: &mut Learner<M, R, C>,
        buffer: &mut [u8],
    ) -> Result<Option<()>, StoreError<F::Error>> {
        self.load_with(learner, buffer).await
    }

    /// As [`load`](Self::load), and gives what was kept beside the learner.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub async fn load_with<M: Model, R: Rule, C: Step<M>, E: Extra + Clone>(
        &mut self,
        learner: &mut Learner<M, R, C>,
        buffer: &mut [u8],
    ) -> Result<Option<E>, StoreError<F::Error>> {
        let mut slots = self.slots::<M, R, C, E>(buffer)?;
        let Some((number, address)) = slots.newest(&mut self.flash, learner).await? else {
            return Ok(None);
        };
        let (extra, _) = slots.take(&mut self.flash, address, learner).await?;
        self.newest = Some((number, address));
        Ok(Some(extra))
    }

    /// Erases all of the range: the next [`load`](Self::load) finds nothing.
    ///
    /// # Errors
    /// [`StoreError::Flash`] if the driver refuses.
    pub async fn erase(&mut self) -> Result<(), StoreError<F::Error>> {
        self.newest = None;
        let Range { start, end } = self.range;
        self.flash
            .erase(start, end)
            .await
            .map_err(StoreError::Flash)
    }

    /// The driver, for other parts of the flash.
    pub fn flash(&mut self) -> &mut F {
        &mut self.flash
    }

    /// The places for checkpoints of a learner with an extra.
    fn slots<'b, M: Model, R: Rule, C: Step<M>, E: Extra>(
        &self,
        buffer: &'b mut [u8],
    ) -> Result<Slots<'b, M, R, C, E>, StoreError<F::Error>> {
        Slots::new(self.range.clone(), F::ERASE_SIZE as u32, buffer)
    }
}
