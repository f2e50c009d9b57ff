//! Which model, and of what size.

/// Which model it is, and the size of its factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// 1 for [`Psd`](crate::Psd), 2 for [`Signed`](crate::Signed), 3 for [`Linear`](crate::Linear); as in
    /// checkpoints.
    pub model: u8,
    /// Rows of a factor, D.
    pub rows: usize,
    /// Columns of a factor, K; 1 for [`Linear`](crate::Linear).
    pub columns: usize,
}

impl Shape {
    /// Scalars of all factors: U alone for [`Psd`](crate::Psd), U and V for the others.
    pub const fn scalars(self) -> usize {
        let factors = if self.model == 1 { 1 } else { 2 };
        factors * self.rows * self.columns
    }
}
