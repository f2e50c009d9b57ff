//! The roofline: operations a second against operations per byte, under what memory and processor allow.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Failure;
use crate::outcome::{OURS, Outcome, PEAK};

const SIZE: (u32, u32) = (1000, 460);
const EIGEN: &str = "eigen-packed";

/// Operations per byte, and 10^9 operations a second.
type Point = (f64, f64);

/// What is shown for a scalar.
#[derive(Debug, Default)]
struct Panel {
    scalar: &'static str,
    /// 10^9 products and sums a second, none fused.
    peak: f64,
    /// GB/s from L2 and from DRAM: the best of all sizes.
    reads: [f64; 2],
    /// A label, whether from DRAM, and where; this library's.
    ours: Vec<(String, bool, Point)>,
    eigen: Vec<(bool, Point)>,
}

impl Panel {
    fn of(outcomes: &[Outcome], double: bool) -> Self {
        let mut panel = Self {
            scalar: if double { "f64" } else { "f32" },
            ..Self::default()
        };
        for outcome in outcomes.iter().filter(|o| o.case.double == double) {
            let case = outcome.case;
            let (bytes, operations) = (case.bytes_of_sample() as f64, case.operations());
            let place = usize::from(case.from_memory);
            if let (false, Some(limit)) = (case.rank_one, outcome.limit()) {
                panel.reads[place] = panel.reads[place].max(bytes / limit);
            }
            if let Some(time) = outcome.time(PEAK) {
                panel.peak = panel.peak.max(1.0 / time.median);
            }
            let point =
                |name: &str| Some((operations / bytes, operations / outcome.time(name)?.median));
            let kind = if case.rank_one { "x" } else { "" };
            if let Some(point) = point(OURS) {
                let label = format!("{kind}{}", case.d);
                panel.ours.push((label, case.from_memory, point));
            }
            if let (false, Some(point)) = (case.rank_one, point(EIGEN)) {
                panel.eigen.push((case.from_memory, point));
            }
        }
        panel
    }

    /// The most that memory of this speed and the processor allow.
    fn roof(&self, read: f64, intensity: f64) -> f64 {
        (read * intensity).min(self.peak)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failure>
    where
        B::ErrorType: 'static,
    {
        let (left, right) = (0.25, 40.0);
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .caption(
                format!("{}: no sum is fused with a product", self.scalar),
                ("sans-serif", 17),
            )
            .x_label_area_size(40)
            .y_label_area_size(52)
            .build_cartesian_2d(
                (left..right).log_scale(),
                (self.peak / 60.0..self.peak * 2.0).log_scale(),
            )?;
        chart
            .configure_mesh()
            .light_line_style(RGBColor(245, 245, 245))
            .x_desc("operations per byte")
            .y_desc("10^9 operations a second")
            .x_label_formatter(&|x| format!("{x}"))
            .y_label_formatter(&|y| format!("{y}"))
            .draw()?;
        let colours = [RGBColor(31, 119, 180), RGBColor(214, 96, 20)];
        let names = ["L2", "DRAM"];
        for ((&read, colour), name) in self.reads.iter().zip(&colours).zip(names) {
            let ridge = (self.peak / read).clamp(left, right);
            let line = [left, ridge, right].map(|x| (x, self.roof(read, x)));
            chart.draw_series(LineSeries::new(line, colour.stroke_width(2)))?;
            let text = format!("{name}: {read:.0} GB/s");
            let place = (left * 1.2, self.roof(read, left * 1.2) * 0.75);
            chart.draw_series([Text::new(
                text,
                place,
                ("sans-serif", 14).into_font().color(colour),
            )])?;
        }
        let text = format!("processor: {:.0}", self.peak);
        chart.draw_series([Text::new(
            text,
            (right / 4.0, self.peak * 1.3),
            ("sans-serif", 14),
        )])?;
        let grey = RGBColor(150, 150, 150);
        chart.draw_series(
            self.eigen
                .iter()
                .map(|&(_, point)| Cross::new(point, 4, grey.stroke_width(2))),
        )?;
        for (label, from_memory, point) in &self.ours {
            let colour = colours[usize::from(*from_memory)];
            chart.draw_series([Circle::new(*point, 4, colour.filled())])?;
            let side = if *from_memory { 0.82 } else { 1.07 };
            let beside = (point.0 * side, point.1 * 1.05);
            let style = ("sans-serif", 13).into_font().color(&colour);
            chart.draw_series([Text::new(label.clone(), beside, style)])?;
        }
        Ok(())
    }
}

/// Draws both scalars side by side into `path`; nothing, and `false`, where a part was not measured.
pub(crate) fn draw(outcomes: &[Outcome], path: &Path) -> Result<bool, Failure> {
    let panels = [false, true].map(|double| Panel::of(outcomes, double));
    let is_whole = |panel: &Panel| panel.peak > 0.0 && panel.reads.iter().all(|&read| read > 0.0);
    if !panels.iter().all(is_whole) {
        return Ok(false);
    }
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    for (panel, area) in panels.iter().zip(root.split_evenly((1, 2))) {
        panel.draw(&area)?;
    }
    root.present()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::Panel;
    use crate::outcome::tests::outcome;

    #[test]
    fn points_and_roofs_are_those_of_the_definition() {
        let cache = outcome(
            false,
            &[
                ("read", &[1.0]),
                ("peak", &[0.01]),
                ("heterosgd", &[2.0]),
                ("eigen-packed", &[4.0]),
            ],
        );
        let memory = outcome(true, &[("read", &[4.0]), ("heterosgd", &[8.0])]);
        let panel = Panel::of(&[cache, memory], false);
        // 36 entries and a response of 4 bytes; four operations an entry.
        assert_eq!(panel.reads, [148.0, 37.0]);
        assert_eq!(panel.peak, 100.0);
        assert_eq!(panel.ours[0], ("8".into(), false, (144.0 / 148.0, 72.0)));
        assert_eq!(panel.ours[1].2.1, 18.0);
        assert_eq!(panel.eigen, [(false, (144.0 / 148.0, 36.0))]);
        assert_eq!(panel.roof(148.0, 0.5), 74.0);
        assert_eq!(panel.roof(148.0, 2.0), 100.0);
    }
}
