//! The legend: beside a single chart, below the charts of a row; never on the data.

use super::canvas::{Anchor, Canvas, Pixel, Stroke, text_width};
use super::frame::{LINE, TEXT_SIZE};
use super::palette::Colour;

/// Width of the sample in front of a label.
const SAMPLE: f64 = 26.0;
const GAP: f64 = 8.0;

/// How an entry is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sample {
    Line {
        stroke: Stroke,
        line: bool,
        band: bool,
        markers: bool,
    },
    Patch(Colour),
}

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) label: String,
    pub(super) sample: Sample,
}

fn entry_width(entry: &Entry) -> f64 {
    SAMPLE + GAP + text_width(&entry.label, TEXT_SIZE)
}

fn widest(entries: &[Entry]) -> f64 {
    entries.iter().map(entry_width).fold(0.0, f64::max)
}

/// The width of a legend in one column.
pub(super) fn column_width(entries: &[Entry]) -> f64 {
    if entries.is_empty() {
        0.0
    } else {
        widest(entries) + 4.0
    }
}

/// How many columns fit into `width`, and how many rows they make.
fn table(entries: &[Entry], width: f64) -> (usize, usize) {
    let columns = ((width / (widest(entries) + 14.0)) as usize).clamp(1, entries.len().max(1));
    let rows = entries.len().div_ceil(columns);
    // Fewer columns may do with as many rows: 4 entries stand better 2 by 2 than 3 and 1.
    (entries.len().div_ceil(rows.max(1)).max(1), rows)
}

/// The height of a legend spread over `width`.
pub(super) fn table_height(entries: &[Entry], width: f64) -> f64 {
    table(entries, width).1 as f64 * LINE
}

/// Draws the legend as one column from `at`, its top left corner.
pub(super) fn draw_column(canvas: &mut Canvas<'_>, entries: &[Entry], at: Pixel) {
    for (i, entry) in entries.iter().enumerate() {
        draw_entry(canvas, entry, (at.0, at.1 + (i as f64 + 0.5) * LINE));
    }
}

/// Draws the legend in rows from `at`, its top left corner, over `width`.
pub(super) fn draw_table(canvas: &mut Canvas<'_>, entries: &[Entry], at: Pixel, width: f64) {
    let (columns, _) = table(entries, width);
    let step = widest(entries) + 14.0;
    for (i, entry) in entries.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let corner = (
            at.0 + column as f64 * step,
            at.1 + (row as f64 + 0.5) * LINE,
        );
        draw_entry(canvas, entry, corner);
    }
}

fn draw_entry(canvas: &mut Canvas<'_>, entry: &Entry, (x, y): Pixel) {
    match entry.sample {
        Sample::Patch(colour) => canvas.rect((x, y - 5.0), (x + SAMPLE, y + 5.0), colour, 1.0),
        Sample::Line {
            stroke,
            line,
            band,
            markers,
        } => {
            if band {
                let (low, high) = ((x, y - 5.0), (x + SAMPLE, y + 5.0));
                canvas.rect(low, high, stroke.colour, super::lines::BAND_OPACITY);
            }
            if line {
                canvas.line((x, y), (x + SAMPLE, y), stroke);
            }
            if markers {
                canvas.dot((x + SAMPLE / 2.0, y), super::lines::MARKER, stroke.colour);
            }
        }
    }
    let text_at = (x + SAMPLE + GAP, y);
    canvas.text(&entry.label, text_at, TEXT_SIZE, Anchor::Start);
}
