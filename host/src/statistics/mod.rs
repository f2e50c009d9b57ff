//! Statistics of runs: order statistics, intervals, slopes, tails.
//!
//! Distribution functions are those of the crate `statrs`.

mod interval;
mod order;
mod slope;
mod tail;

pub(crate) use interval::{Proportion, normal_quantile};
pub(crate) use order::{Spread, bisect, largest, last_fall_through, median};
pub(crate) use slope::Slope;
pub(crate) use tail::Hill;
