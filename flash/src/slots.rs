//! The places for checkpoints: as many to a page as fit, from its first byte on.

use core::marker::PhantomData;
use core::ops::Range;

use embedded_storage_async::nor_flash::NorFlash;
use heterosgd::checkpoint::{CheckpointError, Extra};
use heterosgd::learner::{Learner, Rule, Step};
use heterosgd::model::Model;

use crate::{Number, StoreError, buffer_bytes};

/// A multiple of the word of every flash.
pub(crate) const WORD: usize = 32;

/// Bytes by which a checkpoint says what learner it is of (docs/formats.md), and those of its first counter.
const KIND: usize = 20;
const COUNTER: usize = 8;

/// What erased flash reads as.
const ERASED: u8 = 0xff;

/// The slots of checkpoints with an extra `E` and their numbers.
pub(crate) struct Slots<'b, M, R, C, E> {
    range: Range<u32>,
    page: u32,
    /// As many bytes as a slot has.
    buffer: &'b mut [u8],
    /// Bytes of a slot that are used.
    used: usize,
    types: PhantomData<(M, R, C, E)>,
}

impl<'b, M: Model, R: Rule, C: Step<M>, E: Extra> Slots<'b, M, R, C, E> {
    pub(crate) fn new<F>(
        range: Range<u32>,
        page: u32,
        buffer: &'b mut [u8],
    ) -> Result<Self, StoreError<F>> {
        let checkpoint = Learner::<M, R, C>::CHECKPOINT_BYTES + E::BYTES;
        let (needed, given) = (buffer_bytes(checkpoint), buffer.len());
        if needed > page as usize {
            return Err(StoreError::Page { needed });
        }
        Ok(Self {
            range,
            page,
            buffer: buffer
                .get_mut(..needed)
                .ok_or(StoreError::Buffer { needed, given })?,
            used: checkpoint + size_of::<Number>(),
            types: PhantomData,
        })
    }

    /// Bytes of a slot.
    fn bytes(&self) -> u32 {
        self.buffer.len() as u32
    }

    /// The addresses of the slots of the page at `page`.
    fn of_page(&self, page: u32) -> impl Iterator<Item = u32> + use<M, R, C, E> {
        let (bytes, size) = (self.bytes(), self.page);
        (0..)
            .map(move |slot| slot * bytes)
            .take_while(move |offset| offset + bytes <= size)
            .map(move |offset| page + offset)
    }

    fn pages(&self) -> impl Iterator<Item = u32> + use<M, R, C, E> {
        self.range.clone().step_by(self.page as usize)
    }

    async fn read<F: NorFlash>(
        &mut self,
        flash: &mut F,
        address: u32,
    ) -> Result<(), StoreError<F::Error>> {
        flash
            .read(address, self.buffer)
            .await
            .map_err(StoreError::Flash)
    }

    /// The number of the checkpoint at `address`, or why there is none.
    pub(crate) async fn number<F: NorFlash>(
        &mut self,
        flash: &mut F,
        address: u32,
    ) -> Result<Result<Number, CheckpointError>, StoreError<F::Error>> {
        self.read(flash, address).await?;
        let used = self.buffer.get(..self.used).unwrap_or_default();
        let extra = Learner::<M, R, C>::extra::<(E, Number)>(used);
        Ok(extra.map(|(_, number)| number))
    }

    /// The number and address of the newest checkpoint. A `learner` of the kind says what kind it is.
    pub(crate) async fn newest<F: NorFlash>(
        &mut self,
        flash: &mut F,
        learner: &Learner<M, R, C>,
    ) -> Result<Option<(Number, u32)>, StoreError<F::Error>> {
        let mut newest: Option<(Number, u32)> = None;
        for page in self.pages() {
            for address in self.of_page(page) {
                if let Ok(number) = self.number(flash, address).await?
                    && newest.is_none_or(|(highest, _)| number > highest)
                {
                    newest = Some((number, address));
                }
            }
        }
        if newest.is_none() && self.is_of_another(flash, learner).await? {
            return Err(StoreError::OtherLearner);
        }
        Ok(newest)
    }

    /// Whether a page begins with a checkpoint of another kind of learner. Its length is not known, so its
    /// checksum cannot be looked at; but one that is torn within its kind has nothing after it.
    async fn is_of_another<F: NorFlash>(
        &mut self,
        flash: &mut F,
        learner: &Learner<M, R, C>,
    ) -> Result<bool, StoreError<F::Error>> {
        let mut ours = [0; KIND];
        if learner.checkpoint(self.buffer).is_ok()
            && let Some((kind, _)) = self.buffer.split_first_chunk()
        {
            ours = *kind;
        }
        // Not that of a learner alone, but with what is kept beside it.
        if let Some(extra) = ours.last_chunk_mut::<2>() {
            *extra = ((E::BYTES + size_of::<Number>()) as u16).to_le_bytes();
        }
        for page in self.pages() {
            self.read(flash, page).await?;
            if let Some((kind, rest)) = self.buffer.split_first_chunk::<KIND>()
                && kind.first_chunk::<4>() == ours.first_chunk::<4>()
                && *kind != ours
                && rest.iter().take(COUNTER).any(|&byte| byte != ERASED)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The next slot that can be written, after the one at `newest` or from the beginning. Erases the page
    /// that follows, if the rest of this one is used up.
    pub(crate) async fn blank<F: NorFlash>(
        &mut self,
        flash: &mut F,
        newest: Option<u32>,
    ) -> Result<u32, StoreError<F::Error>> {
        let mut page = self.range.start;
        if let Some(newest) = newest {
            // Without a division that could panic.
            let offset = (newest - self.range.start).checked_rem(self.page);
            page = newest - offset.unwrap_or(0);
            let rest = self.of_page(page).filter(move |&slot| slot > newest);
            for slot in rest {
                if self.is_blank(flash, slot..slot + self.bytes()).await? {
                    return Ok(slot);
                }
            }
            page += self.page;
            if page >= self.range.end {
                page = self.range.start;
            }
        }
        if !self.is_blank(flash, page..page + self.page).await? {
            flash
                .erase(page, page + self.page)
                .await
                .map_err(StoreError::Flash)?;
        }
        Ok(page)
    }

    /// Whether all of a range reads as erased.
    async fn is_blank<F: NorFlash>(
        &mut self,
        flash: &mut F,
        range: Range<u32>,
    ) -> Result<bool, StoreError<F::Error>> {
        let mut from = range.start;
        while from < range.end {
            let length = self.bytes().min(range.end - from);
            let Some(bytes) = self.buffer.get_mut(..length as usize) else {
                return Ok(false);
            };
            flash.read(from, bytes).await.map_err(StoreError::Flash)?;
            if bytes.iter().any(|&byte| byte != ERASED) {
                return Ok(false);
            }
            from += length;
        }
        Ok(true)
    }

    /// Puts a checkpoint into the buffer.
    pub(crate) fn fill<F>(
        &mut self,
        learner: &Learner<M, R, C>,
        extra: &(E, Number),
    ) -> Result<(), StoreError<F>> {
        self.buffer.fill(ERASED);
        learner
            .checkpoint_with(extra, self.buffer)
            .map(|_| ())
            .map_err(StoreError::Checkpoint)
    }

    /// Writes the buffer to `address`.
    pub(crate) async fn write<F: NorFlash>(
        &mut self,
        flash: &mut F,
        address: u32,
    ) -> Result<(), StoreError<F::Error>> {
        flash
            .write(address, self.buffer)
            .await
            .map_err(StoreError::Flash)
    }

    /// Takes the checkpoint at `address`.
    pub(crate) async fn take<F: NorFlash>(
        &mut self,
        flash: &mut F,
        address: u32,
        learner: &mut Learner<M, R, C>,
    ) -> Result<(E, Number), StoreError<F::Error>> {
        self.read(flash, address).await?;
        let used = self.buffer.get(..self.used).unwrap_or_default();
        learner.restore_with(used).map_err(StoreError::Checkpoint)
    }
}
