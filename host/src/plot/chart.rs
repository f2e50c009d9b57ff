//! A chart of lines: what is on it.

use super::axis::{Axis, Scale};
use super::series::Series;

/// A straight reference line across the plot.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) at: f64,
    pub(super) label: String,
    /// The label of the curve that it belongs to.
    pub(super) series: Option<String>,
}

/// A chart of lines over two axes. Axes span the data and the reference lines unless told otherwise.
#[derive(Debug, Clone, Default)]
pub struct Chart {
    pub(super) title: String,
    pub(super) x_label: String,
    pub(super) y_label: String,
    pub(super) x_scale: Scale,
    pub(super) y_scale: Scale,
    x_range: Option<(f64, f64)>,
    y_range: Option<(f64, f64)>,
    pub(super) series: Vec<Series>,
    pub(super) vertical: Vec<Reference>,
    pub(super) horizontal: Vec<Reference>,
    pub(super) legend: bool,
}

impl Chart {
    /// An empty chart.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            legend: true,
            ..Self::default()
        }
    }

    /// Says what the horizontal axis shows.
    #[must_use]
    pub fn x_label(mut self, label: impl Into<String>) -> Self {
        self.x_label = label.into();
        self
    }

    /// Says what the vertical axis shows.
    #[must_use]
    pub fn y_label(mut self, label: impl Into<String>) -> Self {
        self.y_label = label.into();
        self
    }

    /// Makes the horizontal axis logarithmic.
    #[must_use]
    pub fn log_x(mut self) -> Self {
        self.x_scale = Scale::Log;
        self
    }

    /// Makes the vertical axis logarithmic.
    #[must_use]
    pub fn log_y(mut self) -> Self {
        self.y_scale = Scale::Log;
        self
    }

    /// Sets the ends of the horizontal axis; curves are cut there.
    #[must_use]
    pub fn x_range(mut self, low: f64, high: f64) -> Self {
        self.x_range = Some((low, high));
        self
    }

    /// Sets the ends of the vertical axis; curves are cut there.
    #[must_use]
    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        self.y_range = Some((low, high));
        self
    }

    /// Adds a curve.
    #[must_use]
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Adds a vertical reference line; its label stands above the plot.
    #[must_use]
    pub fn vertical(mut self, x: f64, label: impl Into<String>) -> Self {
        self.vertical.push(Reference {
            at: x,
            label: label.into(),
            series: None,
        });
        self
    }

    /// As [`vertical`](Self::vertical), in the colour of the curve labelled `series`.
    #[must_use]
    pub fn vertical_of(
        mut self,
        series: impl Into<String>,
        x: f64,
        label: impl Into<String>,
    ) -> Self {
        self.vertical.push(Reference {
            at: x,
            label: label.into(),
            series: Some(series.into()),
        });
        self
    }

    /// Adds a horizontal reference line; its label stands to the right of the plot.
    #[must_use]
    pub fn horizontal(mut self, y: f64, label: impl Into<String>) -> Self {
        self.horizontal.push(Reference {
            at: y,
            label: label.into(),
            series: None,
        });
        self
    }

    /// Leaves the legend out, where the panel next to it says the same.
    #[must_use]
    pub fn without_legend(mut self) -> Self {
        self.legend = false;
        self
    }

    pub(super) fn x_axis(&self) -> Axis {
        if let Some((low, high)) = self.x_range {
            return Axis::new(self.x_scale, low, high);
        }
        let data = self
            .series
            .iter()
            .flat_map(|s| s.points.iter().map(|p| p.0));
        let lines = self.vertical.iter().map(|line| line.at);
        Axis::around(self.x_scale, data.chain(lines))
    }

    pub(super) fn y_axis(&self) -> Axis {
        if let Some((low, high)) = self.y_range {
            return Axis::new(self.y_scale, low, high);
        }
        let data = self.series.iter().flat_map(|s| {
            let bands = s.band.iter().flat_map(|&(low, high)| [low, high]);
            s.points.iter().map(|p| p.1).chain(bands)
        });
        let lines = self.horizontal.iter().map(|line| line.at);
        Axis::around(self.y_scale, data.chain(lines))
    }
}
