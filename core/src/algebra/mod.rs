//! Fixed-size algebra: packed symmetric matrices, dot products in one canonical order, eigenvectors.

pub mod cholesky;
mod dot;
mod eigen;
pub mod gram;
pub mod packed;
mod packing;
pub mod projection;
mod symmetric;

pub use dot::dot;
pub(crate) use dot::{VECTORS, dot_pair, in_software};
pub use eigen::Eigen;
pub use packing::{Packing, Size};
pub(crate) use packing::{rows, rows_mut};
pub use symmetric::{Dual, Symmetric};
