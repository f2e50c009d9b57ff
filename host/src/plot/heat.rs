//! Heat maps: a grid of cells, a colour bar, and curves on top.

use super::axis::{Axis, Scale};
use super::canvas::{Anchor, Canvas, Pixel, Stroke};
use super::clip;
use super::frame::{Frame, LINE, TEXT_SIZE, TICK_SIZE, TITLE_GAP, Titles};
use super::legend::{Entry, Sample};
use super::palette::{self, AXIS, BLANK, INK, PAPER};

/// The width of the colour bar with its labels.
pub(super) const BAR_ROOM: f64 = 84.0;
const BAR_WIDTH: f64 = 14.0;

/// Cells between edges. `cells` holds rows from the lowest y up, each from the lowest x up; a
/// missing value is drawn blank.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// Edges along x, ascending: one more than there are columns.
    pub x_edges: Vec<f64>,
    /// Edges along y, ascending: one more than there are rows.
    pub y_edges: Vec<f64>,
    /// The values.
    pub cells: Vec<Vec<Option<f64>>>,
}

/// A heat map.
#[derive(Debug, Clone, Default)]
pub struct HeatMap {
    pub(super) title: String,
    x_label: String,
    y_label: String,
    x_scale: Scale,
    y_scale: Scale,
    grid: Grid,
    range: Option<(f64, f64)>,
    bar_label: String,
    blank_label: String,
    curves: Vec<(String, Vec<(f64, f64)>)>,
}

impl HeatMap {
    /// A heat map of `grid`.
    pub fn new(title: impl Into<String>, grid: Grid) -> Self {
        Self {
            title: title.into(),
            grid,
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

    /// Says what the colours show.
    #[must_use]
    pub fn bar_label(mut self, label: impl Into<String>) -> Self {
        self.bar_label = label.into();
        self
    }

    /// Sets the values of the first and the last colour; without it, they span the data.
    #[must_use]
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Says in the legend why cells are blank.
    #[must_use]
    pub fn blank_label(mut self, label: impl Into<String>) -> Self {
        self.blank_label = label.into();
        self
    }

    /// Adds a curve on top of the cells.
    #[must_use]
    pub fn curve(
        mut self,
        label: impl Into<String>,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        self.curves
            .push((label.into(), points.into_iter().collect()));
        self
    }

    pub(super) fn y_axis(&self) -> Axis {
        spanning(self.y_scale, &self.grid.y_edges)
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        let curves = self.curves.iter().map(|(label, _)| Entry {
            label: label.clone(),
            sample: Sample::Line {
                stroke: Stroke::new(INK, 2.2),
                line: true,
                band: false,
                markers: false,
            },
        });
        let blank = (!self.blank_label.is_empty()).then(|| Entry {
            label: self.blank_label.clone(),
            sample: Sample::Patch(BLANK),
        });
        curves.chain(blank).collect()
    }

    /// Draws the map into the rectangle between the axes from `low` to `high`; the colour bar
    /// stands to the right of it, the title over `head` pixels.
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, low: Pixel, high: Pixel, head: f64) {
        let frame = Frame {
            x: spanning(self.x_scale, &self.grid.x_edges),
            y: self.y_axis(),
            low,
            high,
        };
        let values = self.grid.cells.iter().flatten().flatten().copied();
        let bar = match self.range {
            Some((low, high)) => Axis::new(Scale::Linear, low, high),
            None => Axis::around(Scale::Linear, values),
        };
        self.draw_cells(canvas, &frame, &bar);
        for (_, points) in &self.curves {
            let points: Vec<_> = points.iter().map(|&p| frame.pixel(p)).collect();
            for piece in clip::to_rectangle(&points, low, high) {
                // A pale edge keeps the curve apart from dark cells.
                canvas.path(&piece, Stroke::new(PAPER, 4.4));
                canvas.path(&piece, Stroke::new(INK, 2.2));
            }
        }
        let titles = Titles {
            title: &self.title,
            x: &self.x_label,
            y: &self.y_label,
        };
        frame.axes(canvas, titles, head + TITLE_GAP);
        self.draw_bar(canvas, &frame, bar);
    }

    fn draw_cells(&self, canvas: &mut Canvas<'_>, frame: &Frame, bar: &Axis) {
        // Whole pixels, so that no paper shows between neighbours.
        let edges = |edges: &[f64], place: &dyn Fn(f64) -> Option<f64>| -> Vec<f64> {
            edges
                .iter()
                .filter_map(|&e| place(e))
                .map(f64::round)
                .collect()
        };
        let xs = edges(&self.grid.x_edges, &|x| frame.pixel_x(x));
        let ys = edges(&self.grid.y_edges, &|y| frame.pixel_y(y));
        for (row, y) in self.grid.cells.iter().zip(ys.windows(2)) {
            for (value, x) in row.iter().zip(xs.windows(2)) {
                let (&[left, right], &[bottom, top]) = (x, y) else {
                    continue;
                };
                let colour = value
                    .and_then(|v| bar.share(v))
                    .map_or(BLANK, palette::heat);
                canvas.rect((left, top), (right, bottom), colour, 1.0);
            }
        }
    }

    fn draw_bar(&self, canvas: &mut Canvas<'_>, frame: &Frame, bar: Axis) {
        const STEPS: usize = 60;
        let left = (frame.high.0 + 14.0).round();
        let scale = Frame {
            x: Axis::new(Scale::Linear, 0.0, 1.0),
            y: bar,
            low: (left, frame.low.1),
            high: (left + BAR_WIDTH, frame.high.1),
        };
        let height = scale.high.1 - scale.low.1;
        for step in 0..STEPS {
            let edge = |k: usize| (scale.high.1 - height * k as f64 / STEPS as f64).round();
            let colour = palette::heat((step as f64 + 0.5) / STEPS as f64);
            let (from, to) = ((left, edge(step + 1)), (left + BAR_WIDTH, edge(step)));
            canvas.rect(from, to, colour, 1.0);
        }
        for tick in bar.ticks(5) {
            if let (Some(y), super::axis::Label::Number(text)) =
                (scale.pixel_y(tick.at), &tick.label)
            {
                let right = scale.high.0;
                canvas.line((right, y), (right + 4.0, y), Stroke::new(AXIS, 1.0));
                canvas.text(text, (right + 7.0, y), TICK_SIZE, Anchor::Start);
            }
        }
        let at = (
            scale.high.0 + 34.0 + LINE / 2.0,
            f64::midpoint(scale.low.1, scale.high.1),
        );
        canvas.text(&self.bar_label, at, TEXT_SIZE, Anchor::Upwards);
    }
}

/// The axis from the first edge to the last.
fn spanning(scale: Scale, edges: &[f64]) -> Axis {
    let low = edges.first().copied().unwrap_or(0.0);
    let high = edges.last().copied().unwrap_or(1.0);
    Axis::new(scale, low, high)
}
