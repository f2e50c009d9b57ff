//! The space in which a measurement lives: feature vectors, or packed symmetric matrices.
//!
//! Everything after the core works on plain vectors of `len()` entries; for matrices these are the
//! packed upper triangles, and off-diagonal entries count twice in inner products.

/// The space of measurements and estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// Vectors of this many features.
    Features(usize),
    /// Symmetric matrices of this many rows.
    Matrix(usize),
}

impl Space {
    /// Number of entries of a vector of the space.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Features(p) => p,
            Self::Matrix(d) => d * (d + 1) / 2,
        }
    }

    /// The weight of each entry in inner products: 1, or 2 off the diagonal.
    pub(super) fn weights(self) -> Vec<f64> {
        match self {
            Self::Features(p) => vec![1.0; p],
            Self::Matrix(d) => positions(d)
                .map(|(i, j)| if i == j { 1.0 } else { 2.0 })
                .collect(),
        }
    }
}

/// The positions (i, j), i <= j, of a packed triangle in order.
pub(super) fn positions(d: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..d).flat_map(move |i| (i..d).map(move |j| (i, j)))
}

/// A packed triangle as full rows.
pub(super) fn full(packed: &[f64], d: usize) -> Vec<Vec<f64>> {
    let mut rows = vec![vec![0.0; d]; d];
    for ((i, j), &value) in positions(d).zip(packed) {
        rows[i][j] = value;
        rows[j][i] = value;
    }
    rows
}
