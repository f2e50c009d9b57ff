//! The drawing surface: pixel coordinates in, SVG text out.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontTransform, IntoFont as _, RGBAColor, ShapeStyle, TextStyle};

use super::palette::{Colour, INK};
use crate::error::{Error, Result};

/// Drawing units per pixel: the backend takes whole units only, and curves need finer ones.
const UNITS: f64 = 10.0;

/// The bundled font first, for the PNG and for browsers that have it.
const FONT: &str = "Open Sans, sans-serif";

/// A point in pixels from the top left corner.
pub(super) type Pixel = (f64, f64);

/// A stroke: colour, width in pixels, opacity, and whether it is dashed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub(super) colour: Colour,
    pub(super) width: f64,
    pub(super) opacity: f64,
    pub(super) dashed: bool,
}

impl Stroke {
    pub(super) fn new(colour: Colour, width: f64) -> Self {
        Self {
            colour,
            width,
            opacity: 1.0,
            dashed: false,
        }
    }

    pub(super) fn dashed(self, dashed: bool) -> Self {
        Self { dashed, ..self }
    }

    fn style(self) -> ShapeStyle {
        ShapeStyle {
            color: rgba(self.colour, self.opacity),
            filled: false,
            stroke_width: (self.width * UNITS).round() as u32,
        }
    }
}

/// Where a text stands relative to its anchor point; vertically it is always centred on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
    /// Centred and turned, to be read from below upwards.
    Upwards,
}

/// The drawing surface. Drawing into memory does not fail; should the backend report an error
/// nevertheless, it is kept and comes out of [`draw`].
pub(super) struct Canvas<'a> {
    backend: SVGBackend<'a>,
    failed: bool,
}

/// The SVG of what `paint` draws on a surface of `size` pixels; `title` is for screen readers.
pub(super) fn draw(
    size: Pixel,
    title: &str,
    paint: impl FnOnce(&mut Canvas<'_>),
) -> Result<String> {
    let mut svg = String::new();
    let backend = SVGBackend::with_string(&mut svg, (units(size.0) as u32, units(size.1) as u32));
    let mut canvas = Canvas {
        backend,
        failed: false,
    };
    paint(&mut canvas);
    let presented = canvas.backend.present().is_ok();
    let good = presented && !canvas.failed;
    drop(canvas);
    match svg.split_once('\n') {
        Some((_, body)) if good => Ok(root(size, title) + body),
        _ => Err(Error::Failed("a plot could not be drawn".to_owned())),
    }
}

/// The root element: the backend's own would show drawing units as pixels.
fn root((width, height): Pixel, title: &str) -> String {
    let title = title
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" stroke-linejoin=\"round\" stroke-linecap=\"butt\">\n\
         <title>{title}</title>\n",
        units(width),
        units(height),
    )
}

impl Canvas<'_> {
    /// A polyline.
    pub(super) fn path(&mut self, points: &[Pixel], stroke: Stroke) {
        if stroke.dashed {
            for dash in super::clip::dashes(points, 6.0, 3.5) {
                self.path(&dash, stroke.dashed(false));
            }
            return;
        }
        let result = self
            .backend
            .draw_path(points.iter().copied().map(unit_point), &stroke.style());
        self.failed |= result.is_err();
    }

    /// A straight line.
    pub(super) fn line(&mut self, from: Pixel, to: Pixel, stroke: Stroke) {
        self.path(&[from, to], stroke);
    }

    /// A filled polygon.
    pub(super) fn polygon(&mut self, points: &[Pixel], colour: Colour, opacity: f64) {
        let result = self.backend.fill_polygon(
            points.iter().copied().map(unit_point),
            &rgba(colour, opacity),
        );
        self.failed |= result.is_err();
    }

    /// A filled rectangle.
    pub(super) fn rect(&mut self, from: Pixel, to: Pixel, colour: Colour, opacity: f64) {
        let result = self.backend.draw_rect(
            unit_point(from),
            unit_point(to),
            &rgba(colour, opacity),
            true,
        );
        self.failed |= result.is_err();
    }

    /// A filled circle.
    pub(super) fn dot(&mut self, centre: Pixel, radius: f64, colour: Colour) {
        let result = self.backend.draw_circle(
            unit_point(centre),
            units(radius) as u32,
            &rgba(colour, 1.0),
            true,
        );
        self.failed |= result.is_err();
    }

    /// Text of `size` pixels.
    pub(super) fn text(&mut self, text: &str, at: Pixel, size: f64, anchor: Anchor) {
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle | Anchor::Upwards => HPos::Center,
            Anchor::End => HPos::Right,
        };
        // The backend divides by 1.24, its estimate of line height over font size.
        let ink = rgba(INK, 1.0);
        let mut style = TextStyle::from((FONT, (size * UNITS).round() * 1.24).into_font())
            .color(&ink)
            .pos(Pos::new(horizontal, VPos::Center));
        if anchor == Anchor::Upwards {
            style = style.transform(FontTransform::Rotate270);
        }
        let result = self.backend.draw_text(text, &style, unit_point(at));
        self.failed |= result.is_err();
    }

    /// A power of ten with a raised exponent; `anchor` is [`Anchor::Middle`] or [`Anchor::End`].
    pub(super) fn power_of_ten(&mut self, exponent: i32, at: Pixel, size: f64, anchor: Anchor) {
        let raised = super::axis::with_minus(&exponent.to_string());
        let small = size * 0.75;
        let (base, top) = (text_width("10", size), text_width(&raised, small));
        let left = match anchor {
            Anchor::End => at.0 - base - top,
            _ => at.0 - f64::midpoint(base, top),
        };
        self.text("10", (left, at.1), size, Anchor::Start);
        let up = at.1 - 0.4 * size;
        self.text(&raised, (left + base, up), small, Anchor::Start);
    }
}

fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

fn unit_point((x, y): Pixel) -> (i32, i32) {
    (units(x), units(y))
}

fn rgba(Colour(red, green, blue): Colour, opacity: f64) -> RGBAColor {
    plotters::style::RGBColor(red, green, blue).mix(opacity)
}

/// The width of `text` set in Open Sans, in pixels, to a few per cent: enough for layout. Digits, and so
/// tick labels, are exact.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let em: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | '\'' | '|' | ' ' => 0.265,
            'f' | 't' | 'r' | '(' | ')' | '-' | '/' => 0.36,
            '0'..='9' | '+' | '=' | '\u{2212}' | '\u{d7}' | '<' | '>' => 0.571,
            'm' | 'M' | 'W' | 'w' | '%' => 0.88,
            'A'..='Z' => 0.64,
            _ => 0.565,
        })
        .sum();
    em * size
}
