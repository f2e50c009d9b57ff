//! The screen and the refit, each by itself: to bytes and back.

use super::{CheckpointError, Header, Reader, Writer};
use crate::Scalar;
use crate::digest::Digest;
use crate::state::{Range, State, Visitor, VisitorMut};

/// A phase of the answer: [`Screen`](crate::Screen) or [`Refit`](crate::Refit).
pub(crate) trait Phase: State {
    /// What stands before its numbers, and how long all is.
    const HEADER: Header;
}

/// Writes a checkpoint to the start of `buffer`.
pub(crate) fn write<P: Phase>(phase: &P, buffer: &mut [u8]) -> Result<usize, CheckpointError> {
    P::HEADER.seal(buffer, |to| phase.visit(Range::Any, to))
}

/// Takes a checkpoint, or leaves every bit.
pub(crate) fn restore<P: Phase>(phase: &mut P, bytes: &[u8]) -> Result<(), CheckpointError> {
    let mut from = P::HEADER.open(bytes)?;
    read(phase, &mut from).ok_or(CheckpointError::Values)
}

/// Takes the numbers of a checkpoint. All are looked at before the first is written, in two passes over
/// the bytes, so that no second state has to fit into memory.
pub(crate) fn read<S: State>(state: &mut S, from: &mut Reader<'_>) -> Option<()> {
    let numbers = from.part(S::SIZE)?;
    let mut check = Check {
        from: numbers.clone(),
        sound: true,
    };
    state.visit(Range::Any, &mut check);
    if !check.sound {
        return None;
    }
    state.visit_mut(&mut Load(numbers));
    Some(())
}

/// The digest of all numbers.
pub(crate) fn digest(state: &impl State) -> u64 {
    let mut digest = Digest::new();
    state.visit(Range::Any, &mut digest);
    digest.finish()
}

impl Visitor for Writer<'_> {
    fn scalar<T: Scalar>(&mut self, value: T, _: Range) {
        Writer::scalar(self, value);
    }

    fn word(&mut self, word: u32, _: Range) -> u32 {
        self.bytes(&word.to_le_bytes());
        word
    }
}

impl Visitor for Digest {
    fn scalar<T: Scalar>(&mut self, value: T, _: Range) {
        self.write_scalar(value);
    }

    fn word(&mut self, word: u32, _: Range) -> u32 {
        self.write_word(word);
        word
    }
}

/// Looks at the bytes that are to become the numbers.
struct Check<'a> {
    from: Reader<'a>,
    sound: bool,
}

impl Visitor for Check<'_> {
    fn scalar<T: Scalar>(&mut self, _: T, range: Range) {
        let value = self.from.scalar::<T>();
        self.require(value.is_some_and(|value| range.has(value)));
    }

    fn word(&mut self, _: u32, range: Range) -> u32 {
        let word = self.from.array().map(u32::from_le_bytes);
        self.require(word.is_some_and(|word| range.has_word(word)));
        word.unwrap_or(0)
    }

    fn require(&mut self, holds: bool) {
        self.sound &= holds;
    }
}

/// Puts bytes that were looked at into their places.
struct Load<'a>(Reader<'a>);

impl VisitorMut for Load<'_> {
    fn scalar<T: Scalar>(&mut self, value: &mut T) {
        *value = self.0.scalar().unwrap_or(*value);
    }

    fn word(&mut self, word: &mut u32) {
        *word = self.0.array().map_or(*word, u32::from_le_bytes);
    }
}
