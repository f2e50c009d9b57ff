//! Drawing a chart of lines.

use super::canvas::{Anchor, Canvas, Pixel, Stroke, text_width};
use super::chart::{Chart, Reference};
use super::clip;
use super::frame::{Frame, LINE, TICK_SIZE, TITLE_GAP, Titles};
use super::labels::{self, Place, Wanted};
use super::legend::{Entry, Sample};
use super::palette::{self, AXIS};
use super::series::Series;

pub(super) const BAND_OPACITY: f64 = 0.2;
pub(super) const MARKER: f64 = 3.0;
/// Between the plot and a label at its right.
const LABEL_GAP: f64 = 6.0;

impl Chart {
    /// The entries of the legend, in the order of the series.
    pub(super) fn entries(&self) -> Vec<Entry> {
        if !self.legend {
            return Vec::new();
        }
        self.styled()
            .filter(|(series, _)| !series.label.is_empty())
            .map(|(series, stroke)| Entry {
                label: series.label.clone(),
                sample: Sample::Line {
                    stroke,
                    line: series.line,
                    band: !series.band.is_empty(),
                    markers: series.markers,
                },
            })
            .collect()
    }

    /// The series with their strokes. A set colour does not use up one of the palette.
    fn styled(&self) -> impl Iterator<Item = (&Series, Stroke)> {
        let mut next = 0;
        self.series.iter().map(move |series| {
            let (colour, second_round) = series.colour.map_or_else(
                || {
                    next += 1;
                    palette::series(next - 1)
                },
                |colour| (colour, false),
            );
            let stroke = Stroke::new(colour, series.width).dashed(series.dashed || second_round);
            (series, stroke)
        })
    }

    /// The width of the labels to the right of the plot.
    pub(super) fn right(&self) -> f64 {
        let labels = self.horizontal.iter().map(|line| line.label.as_str());
        labels
            .filter(|label| !label.is_empty())
            .map(|label| LABEL_GAP + text_width(label, TICK_SIZE))
            .fold(0.0, f64::max)
    }

    /// The height of the labels above the plot.
    pub(super) fn head(&self, low_x: f64, high_x: f64) -> f64 {
        let places = self.label_places(&self.frame((low_x, 0.0), (high_x, 1.0)));
        let rows = places.iter().map(|place| place.row + 1).max();
        rows.unwrap_or(0) as f64 * LINE
    }

    fn frame(&self, low: Pixel, high: Pixel) -> Frame {
        Frame {
            x: self.x_axis(),
            y: self.y_axis(),
            low,
            high,
        }
    }

    /// Draws the chart into the rectangle between the axes from `low` to `high`; its title stands over
    /// `head` pixels of labels.
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, low: Pixel, high: Pixel, head: f64) {
        let frame = self.frame(low, high);
        frame.grid(canvas);
        for (series, stroke) in self.styled() {
            draw_band(canvas, &frame, series, stroke);
        }
        self.draw_verticals(canvas, &frame);
        for line in &self.horizontal {
            draw_horizontal(canvas, &frame, line);
        }
        for (series, stroke) in self.styled() {
            draw_series(canvas, &frame, series, stroke);
        }
        for line in &self.horizontal {
            label_horizontal(canvas, &frame, line);
        }
        let titles = Titles {
            title: &self.title,
            x: &self.x_label,
            y: &self.y_label,
        };
        frame.axes(canvas, titles, head + TITLE_GAP);
    }

    fn draw_verticals(&self, canvas: &mut Canvas<'_>, frame: &Frame) {
        let places = self.label_places(frame);
        for (line, place) in self.vertical.iter().zip(places) {
            let Some(x) = inside(frame.pixel_x(line.at), frame.low.0, frame.high.0) else {
                continue;
            };
            let colour = line.series.as_ref().and_then(|label| {
                let mut styled = self.styled();
                let (_, stroke) = styled.find(|(series, _)| series.label == *label)?;
                Some(stroke.colour)
            });
            let stroke = Stroke::new(colour.unwrap_or(AXIS), 1.2).dashed(true);
            let y = frame.low.1 - (place.row as f64 + 0.5) * LINE;
            // A label beside its line is reached by it; one over it is not crossed.
            let top = if place.anchor == Anchor::Middle {
                frame.low.1 - 2.0
            } else {
                y - LINE / 2.0
            };
            canvas.line((x, frame.high.1), (x, top), stroke);
            canvas.text(&line.label, (place.x, y), TICK_SIZE, place.anchor);
        }
    }

    /// Where each vertical line has its label.
    fn label_places(&self, frame: &Frame) -> Vec<Place> {
        let lines = self.vertical.iter();
        let wanted: Vec<Wanted> = lines
            .map(|line| Wanted {
                x: frame.pixel_x(line.at).unwrap_or(frame.low.0),
                width: text_width(&line.label, TICK_SIZE),
            })
            .collect();
        labels::places(&wanted, frame.low.0, frame.high.0)
    }
}

fn inside(value: Option<f64>, low: f64, high: f64) -> Option<f64> {
    value.filter(|v| (low..=high).contains(v))
}

fn draw_horizontal(canvas: &mut Canvas<'_>, frame: &Frame, line: &Reference) {
    if let Some(y) = inside(frame.pixel_y(line.at), frame.low.1, frame.high.1) {
        let stroke = Stroke::new(AXIS, 1.2).dashed(true);
        canvas.line((frame.low.0, y), (frame.high.0, y), stroke);
    }
}

/// The label of a horizontal line, to the right of the plot, where no curve is.
fn label_horizontal(canvas: &mut Canvas<'_>, frame: &Frame, line: &Reference) {
    if let Some(y) = inside(frame.pixel_y(line.at), frame.low.1, frame.high.1) {
        let at = (frame.high.0 + LABEL_GAP, y);
        canvas.text(&line.label, at, TICK_SIZE, Anchor::Start);
    }
}

fn draw_band(canvas: &mut Canvas<'_>, frame: &Frame, series: &Series, stroke: Stroke) {
    // What leaves the axes runs along the edge of the plot.
    let clamped = |x: f64, y: f64| -> Option<Pixel> {
        let py = match frame.pixel_y(y) {
            Some(py) => py.clamp(frame.low.1, frame.high.1),
            None if y <= 0.0 => frame.high.1,
            None => return None,
        };
        Some((inside(frame.pixel_x(x), frame.low.0, frame.high.0)?, py))
    };
    let ends: Vec<(Pixel, Pixel)> = series
        .points
        .iter()
        .zip(&series.band)
        .filter_map(|(&(x, _), &(low, high))| Some((clamped(x, low)?, clamped(x, high)?)))
        .collect();
    if ends.len() < 2 {
        return;
    }
    let outline: Vec<Pixel> = ends
        .iter()
        .map(|end| end.0)
        .chain(ends.iter().rev().map(|end| end.1))
        .collect();
    canvas.polygon(&outline, stroke.colour, BAND_OPACITY);
}

fn draw_series(canvas: &mut Canvas<'_>, frame: &Frame, series: &Series, stroke: Stroke) {
    let points: Vec<Option<Pixel>> = series.points.iter().map(|&p| frame.pixel(p)).collect();
    if series.line {
        for piece in clip::to_rectangle(&points, frame.low, frame.high) {
            canvas.path(&piece, stroke);
        }
    }
    if series.markers {
        for (x, y) in points.into_iter().flatten() {
            let seen = inside(Some(x), frame.low.0, frame.high.0).and(inside(
                Some(y),
                frame.low.1,
                frame.high.1,
            ));
            if seen.is_some() {
                canvas.dot((x, y), MARKER, stroke.colour);
            }
        }
    }
}
