//! One curve of a chart.

use super::palette::Colour;

/// A curve: a line, points or both, with an optional translucent band.
#[derive(Debug, Clone)]
pub struct Series {
    pub(super) label: String,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) band: Vec<(f64, f64)>,
    pub(super) line: bool,
    pub(super) markers: bool,
    pub(super) dashed: bool,
    pub(super) width: f64,
    pub(super) colour: Option<Colour>,
}

impl Series {
    /// A line through `points`, in the order given. Points without a place on the axes (NaN; 0 and
    /// below on a logarithmic one) leave a gap. An empty label keeps it out of the legend.
    pub fn line(label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self {
            label: label.into(),
            points: points.into_iter().collect(),
            band: Vec::new(),
            line: true,
            markers: false,
            dashed: false,
            width: 1.6,
            colour: None,
        }
    }

    /// Points without a line.
    pub fn points(label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self {
            line: false,
            markers: true,
            ..Self::line(label, points)
        }
    }

    /// Adds a translucent band: a low and a high end for each point, in the same order.
    #[must_use]
    pub fn band(mut self, ends: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.band = ends.into_iter().collect();
        self
    }

    /// Marks every point with a dot.
    #[must_use]
    pub fn markers(mut self) -> Self {
        self.markers = true;
        self
    }

    /// Draws the line in dashes.
    #[must_use]
    pub fn dashed(mut self) -> Self {
        self.dashed = true;
        self
    }

    /// Draws a hairline: for the background of other curves.
    #[must_use]
    pub fn thin(mut self) -> Self {
        self.width = 0.8;
        self
    }

    /// Sets the colour; without it, colours come from [`SERIES`](super::SERIES) in order.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = Some(colour);
        self
    }
}
