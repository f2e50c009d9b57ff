//! Panels side by side, and the files they become.

use super::canvas::{self, Canvas, Pixel};
use super::chart::Chart;
use super::frame::Frame;
use super::heat::{BAR_ROOM, HeatMap};
use super::legend::{self, Entry};
use super::palette::PAPER;
#[cfg(feature = "png")]
use super::png;
use crate::error::Result;
use crate::output::OutDir;

/// Room above the plot for the title, below for the horizontal axis, and around everything.
const TOP: f64 = 32.0;
const BOTTOM: f64 = 48.0;
const MARGIN: f64 = 14.0;
/// Between a plot and its legend, and between panels.
const GAP: f64 = 18.0;
/// The plot area of a single chart, and of a chart in a row.
const SINGLE: Pixel = (560.0, 360.0);
const IN_ROW: Pixel = (350.0, 290.0);

/// A chart or a heat map.
#[derive(Debug, Clone)]
pub enum Panel {
    /// Lines.
    Chart(Chart),
    /// Cells.
    HeatMap(HeatMap),
}

impl From<Chart> for Panel {
    fn from(chart: Chart) -> Self {
        Self::Chart(chart)
    }
}

impl From<HeatMap> for Panel {
    fn from(map: HeatMap) -> Self {
        Self::HeatMap(map)
    }
}

/// One or more panels side by side.
#[derive(Debug, Clone)]
pub struct Figure {
    panels: Vec<Panel>,
}

/// Where a panel goes: its left edge, its plot area, its legend.
struct Placed<'a> {
    panel: &'a Panel,
    low: Pixel,
    high: Pixel,
    entries: Vec<Entry>,
    width: f64,
}

impl Figure {
    /// Panels side by side. One panel has its legend beside it, several have theirs below.
    pub fn row<P: Into<Panel>>(panels: impl IntoIterator<Item = P>) -> Self {
        Self {
            panels: panels.into_iter().map(Into::into).collect(),
        }
    }

    /// The figure as SVG.
    ///
    /// # Errors
    /// If the drawing library fails, which it does not do in memory.
    pub fn svg(&self) -> Result<String> {
        let beside = self.panels.len() == 1;
        let (placed, size, head) = self.layout(beside);
        let titles: Vec<&str> = self.panels.iter().map(Panel::title).collect();
        canvas::draw(size, &titles.join("; "), |canvas| {
            canvas.rect((0.0, 0.0), size, PAPER, 1.0);
            for place in &placed {
                place.panel.draw(canvas, place.low, place.high, head);
                if beside {
                    let at = (place.high.0 + place.panel.right() + GAP, place.low.1);
                    legend::draw_column(canvas, &place.entries, at);
                } else {
                    let at = (place.low.0, place.high.1 + BOTTOM);
                    legend::draw_table(canvas, &place.entries, at, place.width);
                }
            }
        })
    }

    /// The figure as PNG, drawn from the SVG; with the feature `png`.
    ///
    /// # Errors
    /// As [`svg`](Self::svg), or if the figure is too large for memory.
    #[cfg(feature = "png")]
    pub fn png(&self) -> Result<Vec<u8>> {
        png::render(&self.svg()?)
    }

    /// Writes `<stem>.svg`, and `<stem>.png` with the feature `png`; the names of the files.
    ///
    /// # Errors
    /// As [`svg`](Self::svg), if the figure is too large for memory, or if the files cannot be
    /// written.
    pub fn save(&self, out: &OutDir, stem: &str) -> Result<Vec<String>> {
        let svg = self.svg()?;
        let name = format!("{stem}.svg");
        out.write(&name, svg.as_bytes())?;
        #[cfg(feature = "png")]
        out.write(&format!("{stem}.png"), &png::render(&svg)?)?;
        let kinds = ["svg"]
            .into_iter()
            .chain(cfg!(feature = "png").then_some("png"));
        Ok(kinds.map(|kind| format!("{stem}.{kind}")).collect())
    }

    /// The places of the panels, the size of the whole, and the height of labels below the titles:
    /// the same for all, so that titles stand in one row.
    fn layout(&self, beside: bool) -> (Vec<Placed<'_>>, Pixel, f64) {
        let (width, height) = if beside { SINGLE } else { IN_ROW };
        let lefts: Vec<f64> = self.panels.iter().map(Panel::left).collect();
        let head = self
            .panels
            .iter()
            .map(|panel| panel.head(width))
            .fold(0.0, f64::max);
        let top = MARGIN + TOP + head;
        let mut x = MARGIN;
        let mut below = 0.0_f64;
        let mut placed = Vec::new();
        for (panel, left) in self.panels.iter().zip(lefts) {
            // Whole pixels keep axes and cells sharp.
            let low = ((x + left).round(), top);
            let high = (low.0 + width, top + height);
            let entries = panel.entries();
            let room = width + panel.right();
            x = high.0 + panel.right() + GAP;
            if beside {
                x += legend::column_width(&entries);
                let legend_height = entries.len() as f64 * super::frame::LINE;
                below = below.max(legend_height - height - BOTTOM);
            } else {
                below = below.max(legend::table_height(&entries, room));
            }
            placed.push(Placed {
                panel,
                low,
                high,
                entries,
                width: room,
            });
        }
        let size = (x.ceil(), (top + height + BOTTOM + below + MARGIN).ceil());
        (placed, size, head)
    }
}

impl Panel {
    fn title(&self) -> &str {
        match self {
            Self::Chart(chart) => &chart.title,
            Self::HeatMap(map) => &map.title,
        }
    }

    fn left(&self) -> f64 {
        match self {
            Self::Chart(chart) => Frame::left_margin(&chart.y_axis()),
            Self::HeatMap(map) => Frame::left_margin(&map.y_axis()),
        }
    }

    /// The height of labels between title and plot.
    fn head(&self, width: f64) -> f64 {
        match self {
            Self::Chart(chart) => chart.head(0.0, width),
            Self::HeatMap(_) => 0.0,
        }
    }

    /// The width of labels or of a colour bar to the right of the plot.
    fn right(&self) -> f64 {
        match self {
            Self::Chart(chart) => chart.right(),
            Self::HeatMap(_) => BAR_ROOM,
        }
    }

    fn entries(&self) -> Vec<Entry> {
        match self {
            Self::Chart(chart) => chart.entries(),
            Self::HeatMap(map) => map.entries(),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, low: Pixel, high: Pixel, head: f64) {
        match self {
            Self::Chart(chart) => chart.draw(canvas, low, high, head),
            Self::HeatMap(map) => map.draw(canvas, low, high, head),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Figure, Panel};
    use crate::plot::{Chart, Grid, HeatMap, Series};

    fn chart(series: usize) -> Chart {
        let curves = (0..series).map(|k| {
            let points = (0..40).map(|i| (f64::from(i), libm::sin(f64::from(i) * 0.2) + k as f64));
            Series::line(format!("coefficient x_{k}"), points)
        });
        curves.fold(
            Chart::new("Coefficients").x_label("step").y_label("value"),
            Chart::series,
        )
    }

    fn map() -> HeatMap {
        HeatMap::new(
            "Map",
            Grid {
                x_edges: vec![0.02, 0.05, 0.1],
                y_edges: vec![0.0, 1.0, 2.0],
                cells: vec![vec![Some(0.0), None], vec![Some(f64::NAN), Some(1.0)]],
            },
        )
        .log_x()
        .blank_label("nothing here")
        .curve("boundary", [(0.02, 0.5), (0.1, 1.5)])
    }

    #[test]
    #[cfg(feature = "png")]
    fn rendering_twice_gives_the_same_bytes() {
        let figure = Figure::row([
            Panel::from(chart(3).vertical(7.0, "here").horizontal(1.0, "one")),
            Panel::from(map()),
        ]);
        assert_eq!(figure.svg().unwrap(), figure.svg().unwrap());
        let png = figure.png().unwrap();
        assert_eq!(png, figure.png().unwrap());
        assert!(png.starts_with(b"\x89PNG"));
        // Text has been drawn: without the font, the picture would be another one.
        let svg = figure.svg().unwrap();
        let without_text: String = svg
            .split_inclusive('\n')
            .filter(|l| !l.contains("here"))
            .collect();
        assert_ne!(crate::plot::png::render(&without_text).unwrap(), png);
    }

    #[test]
    fn every_label_of_a_long_legend_is_there() {
        let svg = Figure::row([chart(14)]).svg().unwrap();
        for k in 0..14 {
            assert!(svg.contains(&format!("coefficient x_{k}\n")));
        }
    }

    #[test]
    #[cfg(feature = "png")]
    fn odd_input_draws_something() {
        for chart in [
            Chart::default(),
            Chart::new("<&>").log_x().log_y(),
            Chart::new("NaN").series(Series::line("", [(f64::NAN, f64::INFINITY)])),
            Chart::new("0")
                .log_y()
                .series(Series::points("p", [(0.0, 0.0), (1.0, -1.0)]).band([(0.0, 0.0)])),
        ] {
            Figure::row([chart]).png().unwrap();
        }
        Figure::row([HeatMap::default()]).png().unwrap();
        Figure::row(Vec::<Chart>::new()).png().unwrap();
    }
}
