//! Quantities over the steps: their spread over replicates, as charts and as tables.

use heterosgd::Metrics;

use super::outcome::Table;
use super::training::{Run, Training};
use crate::plot::{Chart, Colour, SERIES, Series};
use crate::statistics::Spread;

/// A quantity of an estimate; the same name and colour in every figure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quantity {
    /// In tables and summaries.
    pub(super) name: &'static str,
    /// In legends.
    label: &'static str,
    colour: Colour,
    pub(super) of: fn(&Metrics<f64>) -> f64,
}

pub(super) const INVARIANT: Quantity = Quantity {
    name: "invariant",
    label: "invariant part",
    colour: SERIES[0],
    of: |m| m.invariant,
};
pub(super) const SPURIOUS: Quantity = Quantity {
    name: "spurious",
    label: "spurious part",
    colour: SERIES[1],
    of: |m| m.spurious,
};
pub(super) const ERROR: Quantity = Quantity {
    name: "error",
    label: "error to A*",
    colour: SERIES[2],
    of: |m| m.error,
};
pub(super) const POOLED_ERROR: Quantity = Quantity {
    name: "pooled_error",
    label: "error to A* + mean A",
    colour: SERIES[3],
    of: |m| m.pooled_error,
};

/// The spread of a quantity over all runs, step by step. A run that has diverged counts as infinite.
pub(super) fn spread(runs: &[Run], training: &Training, quantity: Quantity) -> Vec<(f64, Spread)> {
    (0..)
        .zip(training.recorded_steps())
        .map(|(i, step): (usize, u64)| {
            let values: Vec<f64> = runs
                .iter()
                .map(|run| run.curve.get(i).map_or(f64::INFINITY, quantity.of))
                .collect();
            (step as f64, Spread::of(&values))
        })
        .collect()
}

/// The median as a line and the quartiles as a band.
pub(super) fn series(label: &str, curve: &[(f64, Spread)]) -> Series {
    Series::line(label, curve.iter().map(|(step, s)| (*step, s.median)))
        .band(curve.iter().map(|(_, s)| (s.lower, s.upper)))
}

/// A chart of several quantities over the steps. The last one is drawn on top.
pub(super) fn chart(
    title: &str,
    runs: &[Run],
    training: &Training,
    quantities: &[Quantity],
) -> Chart {
    let empty = Chart::new(title)
        .x_label("step")
        .y_label("Frobenius norm")
        .y_range(0.0, 2.4);
    quantities.iter().fold(empty, |chart, &quantity| {
        let curve = spread(runs, training, quantity);
        chart.series(series(quantity.label, &curve).colour(quantity.colour))
    })
}

/// A table of the spread of several quantities over the steps.
pub(super) fn table(
    name: impl Into<String>,
    runs: &[Run],
    training: &Training,
    quantities: &[Quantity],
) -> Table {
    let parts = ["median", "lower_quartile", "upper_quartile", "min", "max"];
    let names = quantities
        .iter()
        .flat_map(|quantity| parts.map(|part| format!("{}_{part}", quantity.name)));
    let mut table = Table::new(name, std::iter::once("step".to_owned()).chain(names));
    let curves: Vec<_> = quantities
        .iter()
        .map(|&quantity| spread(runs, training, quantity))
        .collect();
    for (i, step) in training.recorded_steps().into_iter().enumerate() {
        let mut row = vec![step as f64];
        for (_, s) in curves.iter().filter_map(|curve| curve.get(i)) {
            row.extend([s.median, s.lower, s.upper, s.min, s.max]);
        }
        table.rows.push(row);
    }
    table
}
