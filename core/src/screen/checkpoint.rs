//! All of a screen, and of what it finds: listed, to bytes and back.

use super::{Design, Finding, Findings, MomentPacking, Screen, Verdict, Visit};
use crate::Scalar;
use crate::algebra::Size;
use crate::checkpoint::phase::{self, Phase};
use crate::checkpoint::{CheckpointError, Extra, Header, Reader, Writer};
use crate::state::{Range, State, Visitor, VisitorMut, state};

// The room for the next row is filled before it is read.
state!([T: Scalar, const D: usize, const BLOCKS: usize] Visit<T, D, BLOCKS>,
    [Size<D>: MomentPacking]:
    blocks in Sum,
    pairs in Sum,
    first in Entry,
    last in Difference,
);

state!([T: Scalar, const D: usize, const BLOCKS: usize, const OPEN: usize]
    Screen<T, D, BLOCKS, OPEN>, [Size<D>: MomentPacking]:
    open,
    features,
    scatter in Sum,
    totals,
);

// Findings may be a caller's own: any numbers.
state!([const D: usize] Findings<D>, []: of, design);

state!([] Finding, []:
    verdict,
    visits,
    mean,
    standard_error,
    spread,
    design_effect,
    p_varies,
    p_zero,
);

state!([] Design, []: visits, skipped, directions, few_rows);

/// The verdicts in the order of their words.
const VERDICTS: [Verdict; 5] = [
    Verdict::Varies,
    Verdict::Around,
    Verdict::Invariant,
    Verdict::Zero,
    Verdict::Unsure,
];

impl State for Verdict {
    const SIZE: usize = 4;

    fn visit(&self, _: Range, to: &mut impl Visitor) {
        to.word(*self as u32, Range::Below(VERDICTS.len() as u32));
    }

    fn visit_mut(&mut self, to: &mut impl VisitorMut) {
        let mut word = *self as u32;
        to.word(&mut word);
        *self = VERDICTS.get(word as usize).copied().unwrap_or_default();
    }
}

impl<T: Scalar, const D: usize, const BLOCKS: usize, const OPEN: usize> Phase
    for Screen<T, D, BLOCKS, OPEN>
where
    Size<D>: MomentPacking,
{
    const HEADER: Header = Header::of_phase(4, [BLOCKS, OPEN], size_of::<T>(), D, Self::SIZE);
}

impl<T: Scalar, const D: usize, const BLOCKS: usize, const OPEN: usize> Screen<T, D, BLOCKS, OPEN>
where
    Size<D>: MomentPacking,
{
    /// Bytes of a checkpoint.
    pub const CHECKPOINT_BYTES: usize = Self::HEADER.length;

    /// Writes all that later calls depend on to the start of `buffer`, and returns the number of bytes:
    /// [`CHECKPOINT_BYTES`](Self::CHECKPOINT_BYTES). Also in the middle of a visit.
    ///
    /// ```
    /// use heterosgd::{Features, Screen};
    /// type Small = Screen<f32, 2, 1>;
    /// let mut screen = Small::new();
    /// screen.observe_from(7, &Features([1.0, 0.5]), 0.25)?;
    ///
    /// let mut bytes = [0; Small::CHECKPOINT_BYTES];
    /// screen.checkpoint(&mut bytes)?; // in the middle of a visit
    ///
    /// let mut again = Small::new();
    /// again.restore(&bytes)?;
    /// assert_eq!(again.digest(), screen.digest());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CheckpointError::Buffer`] if the buffer is smaller; nothing is written then.
    pub fn checkpoint(&self, buffer: &mut [u8]) -> Result<usize, CheckpointError> {
        phase::write(self, buffer)
    }

    /// Becomes the screen that wrote `bytes`, to the bit: it goes on as that one would have. `bytes` has
    /// the length of the checkpoint, and no second screen is needed in memory.
    ///
    /// # Errors
    /// A [`CheckpointError`] for anything but an intact checkpoint of this very kind of screen, which is
    /// then as before.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        phase::restore(self, bytes)
    }

    /// The digest of the bits of the whole state, in the order of checkpoints (docs/formats.md): with
    /// equal digests, two screens go on to the same bits.
    pub fn digest(&self) -> u64 {
        phase::digest(self)
    }
}

/// The numbers of a checkpoint, without its header and its checksum.
impl<T: Scalar, const D: usize, const BLOCKS: usize, const OPEN: usize> Extra
    for Screen<T, D, BLOCKS, OPEN>
where
    Size<D>: MomentPacking,
{
    const BYTES: usize = <Self as State>::SIZE;

    fn write(&self, to: &mut Writer<'_>) {
        self.visit(Range::Any, to);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let mut screen = Self::new();
        phase::read(&mut screen, from)?;
        Some(screen)
    }
}
