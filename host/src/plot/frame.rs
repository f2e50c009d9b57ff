//! What line charts and heat maps share: the rectangle between the axes, its ticks and titles.

use super::axis::{Axis, Label, fixed};
use super::canvas::{Anchor, Canvas, Pixel, Stroke, text_width};
use super::palette::{AXIS, GRID};

/// Sizes of type, in pixels: such that the backend's division by 1.24 gives whole units back.
pub(super) const TITLE_SIZE: f64 = 15.0;
pub(super) const TEXT_SIZE: f64 = 13.0;
pub(super) const TICK_SIZE: f64 = 12.2;
/// The height of a line of small text.
pub(super) const LINE: f64 = 18.0;

/// From the top of the plot, or of the labels on it, up to the middle of the title.
pub(super) const TITLE_GAP: f64 = 16.0;

/// The rectangle between the axes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) x: Axis,
    pub(super) y: Axis,
    /// Top left corner.
    pub(super) low: Pixel,
    /// Bottom right corner.
    pub(super) high: Pixel,
}

/// The texts around a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Titles<'a> {
    pub(super) title: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
}

impl Frame {
    /// Where a point lies, possibly outside the frame; `None` if it has no place on the axes.
    pub(super) fn pixel(&self, (x, y): (f64, f64)) -> Option<Pixel> {
        Some((self.pixel_x(x)?, self.pixel_y(y)?))
    }

    pub(super) fn pixel_x(&self, x: f64) -> Option<f64> {
        let share = self.x.share(x)?;
        Some(self.low.0 + share * (self.high.0 - self.low.0))
    }

    pub(super) fn pixel_y(&self, y: f64) -> Option<f64> {
        let share = self.y.share(y)?;
        Some(self.high.1 - share * (self.high.1 - self.low.1))
    }

    /// The room that tick labels and the title of the vertical axis need to the left of a frame.
    pub(super) fn left_margin(y: &Axis) -> f64 {
        let widest = y
            .ticks(Y_TICKS)
            .iter()
            .map(|tick| match &tick.label {
                Label::None => 0.0,
                Label::Number(text) => text_width(text, TICK_SIZE),
                Label::PowerOfTen(exponent) => {
                    let raised = text_width(&fixed(f64::from(*exponent), 0), TICK_SIZE * 0.75);
                    text_width("10", TICK_SIZE) + raised
                }
            })
            .fold(0.0, f64::max);
        widest + 9.0 + LINE + 8.0
    }

    /// Pale lines across the frame at every tick.
    pub(super) fn grid(&self, canvas: &mut Canvas<'_>) {
        let stroke = Stroke::new(GRID, 0.8);
        for tick in self.x.ticks(self.x_ticks()) {
            if let Some(x) = self.pixel_x(tick.at) {
                canvas.line((x, self.low.1), (x, self.high.1), stroke);
            }
        }
        for tick in self.y.ticks(Y_TICKS) {
            if let Some(y) = self.pixel_y(tick.at) {
                canvas.line((self.low.0, y), (self.high.0, y), stroke);
            }
        }
    }

    /// The axes, their ticks and the titles; the main title stands `above` pixels over the frame.
    pub(super) fn axes(&self, canvas: &mut Canvas<'_>, titles: Titles<'_>, above: f64) {
        let stroke = Stroke::new(AXIS, 1.0);
        let (low, high) = (self.low, self.high);
        canvas.path(&[low, (low.0, high.1), high], stroke);
        for tick in self.x.ticks(self.x_ticks()) {
            if let Some(x) = self.pixel_x(tick.at) {
                canvas.line((x, high.1), (x, high.1 + 4.0), stroke);
                label(canvas, &tick.label, (x, high.1 + 13.0), Anchor::Middle);
            }
        }
        for tick in self.y.ticks(Y_TICKS) {
            if let Some(y) = self.pixel_y(tick.at) {
                canvas.line((low.0 - 4.0, y), (low.0, y), stroke);
                label(canvas, &tick.label, (low.0 - 7.0, y), Anchor::End);
            }
        }
        let centre = f64::midpoint(low.0, high.0);
        canvas.text(titles.x, (centre, high.1 + 33.0), TEXT_SIZE, Anchor::Middle);
        let left = low.0 - Self::left_margin(&self.y) + 10.0;
        let middle = f64::midpoint(low.1, high.1);
        canvas.text(titles.y, (left, middle), TEXT_SIZE, Anchor::Upwards);
        canvas.text(
            titles.title,
            (low.0, low.1 - above),
            TITLE_SIZE,
            Anchor::Start,
        );
    }

    /// As many labels as fit side by side.
    fn x_ticks(&self) -> usize {
        (((self.high.0 - self.low.0) / 70.0) as usize).clamp(2, 8)
    }
}

/// Labels on a vertical axis, about.
const Y_TICKS: usize = 6;

fn label(canvas: &mut Canvas<'_>, label: &Label, at: Pixel, anchor: Anchor) {
    match label {
        Label::None => {}
        Label::Number(text) => canvas.text(text, at, TICK_SIZE, anchor),
        Label::PowerOfTen(exponent) => canvas.power_of_ten(*exponent, at, TICK_SIZE, anchor),
    }
}
