//! How many rows an open visit has, and how many a block of it holds.

/// Rows of a block at first; whenever all blocks are full, neighbours become one.
const BLOCK_ROWS: u32 = 4;

/// The counters of an open visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// Rows taken in.
    pub rows: u32,
    /// How often blocks were added in pairs.
    pub doublings: u32,
}

impl Counters {
    /// Of a visit without rows. All zeros, so that an empty visit is cleared memory, which is made in
    /// place and not copied there.
    pub const EMPTY: Self = Self {
        rows: 0,
        doublings: 0,
    };

    /// Rows of a block.
    pub fn block(self) -> u32 {
        BLOCK_ROWS.checked_shl(self.doublings).unwrap_or(u32::MAX)
    }

    /// Whether a visit of `blocks` blocks can have counted so: they double when all are full, and then
    /// one more row comes.
    pub(crate) fn fit(self, blocks: usize) -> bool {
        if blocks == 1 {
            return self.doublings == 0;
        }
        let rows = u64::from(self.rows);
        let room =
            |doublings: u32| (blocks as u64).saturating_mul(u64::from(BLOCK_ROWS) << doublings);
        match self.doublings {
            0 => rows <= room(0),
            more => more < u32::BITS && room(more - 1) < rows && rows <= room(more),
        }
    }
}
