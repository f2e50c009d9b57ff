//! NOR flash in memory, whose power can be cut after any byte.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Bytes of a page: the least that is erased.
pub const PAGE: usize = 1024;
/// Pages.
pub const PAGES: usize = 2;
/// Bytes of a word: the least that is written.
pub const WORD: usize = 4;

/// What a cut does to the byte that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing: the cut comes between two bytes.
    Clean,
    /// It is left with a part of its bits as they were. A page that is being erased loses its bits all over,
    /// one here and one there, the more the later the cut.
    Torn,
}

/// Why the flash refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NorError {
    /// The power is gone.
    PowerCut,
    /// Addresses that are outside, or no multiples of a word or page; or a word that was written is
    /// written again, with anything but zeros, before its page is erased. (The rule of flash with a code
    /// for errors; others forgive more.)
    Misuse,
}

impl NorFlashError for NorError {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// The flash. Writing takes one unit of power for a byte, erasing one for a byte, too; reading none.
#[derive(Debug, Clone)]
pub struct Nor {
    bytes: [u8; PAGE * PAGES],
    /// Units until the power is cut.
    power: u32,
    cut: Cut,
    /// Units used since the power came.
    pub used: u32,
    /// How often each page was erased.
    pub erased: [u32; PAGES],
}

impl Nor {
    /// Erased flash.
    pub fn new(cut: Cut) -> Self {
        Self {
            bytes: [0xff; PAGE * PAGES],
            power: u32::MAX,
            cut,
            used: 0,
            erased: [0; PAGES],
        }
    }

    /// Gives power for so many bytes.
    pub fn power(&mut self, bytes: u32) {
        self.power = bytes;
        self.used = 0;
    }

    /// Lets the lowest programmed bit of a byte go, as age or radiation do. A byte that is erased stays.
    pub fn rot(&mut self, position: usize) {
        if let Some(byte) = self.bytes.get_mut(position) {
            *byte |= byte.wrapping_add(1);
        }
    }

    /// Takes the power for one byte; false if there is none left.
    fn spend(&mut self) -> bool {
        let powered = self.used < self.power;
        self.used += u32::from(powered);
        powered
    }

    fn range(&self, from: u32, length: usize, unit: usize) -> Result<(usize, usize), NorError> {
        let from = from as usize;
        let to = from.checked_add(length).ok_or(NorError::Misuse)?;
        let whole = from.is_multiple_of(unit) && to.is_multiple_of(unit);
        if whole && to <= self.bytes.len() {
            Ok((from, to))
        } else {
            Err(NorError::Misuse)
        }
    }
}

impl ErrorType for Nor {
    type Error = NorError;
}

impl ReadNorFlash for Nor {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorError> {
        let (from, to) = self.range(offset, bytes.len(), Self::READ_SIZE)?;
        let stored = self.bytes.get(from..to).ok_or(NorError::Misuse)?;
        bytes.copy_from_slice(stored);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for Nor {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorError> {
        let length = to.checked_sub(from).ok_or(NorError::Misuse)?;
        let (from, to) = self.range(from, length as usize, PAGE)?;
        for page in from / PAGE..to / PAGE {
            if let Some(erased) = self.erased.get_mut(page) {
                *erased += 1;
            }
        }
        let length = to - from;
        let powered = (0..length).take_while(|_| self.spend()).count();
        let bytes = self.bytes.get_mut(from..to).ok_or(NorError::Misuse)?;
        for (position, byte) in bytes.iter_mut().enumerate() {
            *byte |= match self.cut {
                Cut::Clean if position < powered => 0xff,
                Cut::Clean => 0,
                Cut::Torn => erased_bits(position, powered, length),
            };
        }
        if powered == length {
            Ok(())
        } else {
            Err(NorError::PowerCut)
        }
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorError> {
        let (from, to) = self.range(offset, bytes.len(), WORD)?;
        let stored = self.bytes.get(from..to).ok_or(NorError::Misuse)?;
        for (stored, next) in stored.chunks(WORD).zip(bytes.chunks(WORD)) {
            let erased = stored.iter().all(|&byte| byte == 0xff);
            if !erased && next.iter().any(|&byte| byte != 0) {
                return Err(NorError::Misuse);
            }
        }
        for (position, &byte) in (from..to).zip(bytes) {
            let powered = self.spend();
            let (cut, stored) = (self.cut, self.bytes.get_mut(position));
            match (powered, cut, stored) {
                (true, _, Some(stored)) => *stored &= byte,
                (_, Cut::Torn, Some(stored)) => {
                    *stored &= byte | scattered(position);
                    return Err(NorError::PowerCut);
                }
                _ => return Err(NorError::PowerCut),
            }
        }
        Ok(())
    }
}

/// The bits that are erased when `done` of `all` is: each at a time of its own.
fn erased_bits(position: usize, done: usize, all: usize) -> u8 {
    (0..8).fold(0, |bits, bit| {
        let time = ((position * 8 + bit) as u32).wrapping_mul(0x9e37_79b9) >> 16;
        let erased = (time as usize * all) >> 16 < done;
        bits | u8::from(erased) << bit
    })
}

/// Bits that follow from a position and look random.
fn scattered(position: usize) -> u8 {
    ((position as u32).wrapping_mul(0x9e37_79b9) >> 24) as u8
}
