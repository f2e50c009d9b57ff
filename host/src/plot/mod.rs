//! Charts: lines with bands and reference lines, heat maps, several panels side by side; as SVG, and as PNG
//! where the program is built with the feature `png`.
//!
//! ```
//! use heterosgd_host::plot::{Chart, Figure, Series};
//!
//! let chart = Chart::new("Spurious part")
//!     .x_label("step")
//!     .y_label("Frobenius norm")
//!     .log_y()
//!     .series(Series::line("HeteroSGD", [(0.0, 1.0), (10.0, 0.1), (20.0, 0.01)]))
//!     .vertical(12.0, "half way");
//! let figure = Figure::row([chart]);
//! assert!(figure.svg()?.starts_with("<svg"));
//! # Ok::<(), heterosgd_host::Error>(())
//! ```
//!
//! The same figure gives the same bytes on every machine: all layout arithmetic is plain or from
//! `libm`, and the PNG is drawn from the SVG with the bundled font alone.

mod axis;
mod canvas;
mod chart;
mod clip;
mod figure;
mod frame;
mod heat;
mod labels;
mod legend;
mod lines;
mod palette;
#[cfg(feature = "png")]
mod png;
mod series;

pub use axis::{Axis, Scale};
pub use chart::Chart;
pub use figure::{Figure, Panel};
pub use heat::{Grid, HeatMap};
pub use palette::{Colour, SERIES};
pub use series::Series;
