//! The heat map of a grid of two axes, with the predicted boundary.

use std::collections::BTreeMap;

use serde::Serialize;

use super::axes::{edges, is_logarithmic};
use super::grid::{Axis, Grid};
use crate::error::Result;
use crate::plot::{Figure, Grid as Cells, HeatMap};
use crate::statistics::{bisect, median};
use crate::trial::Setting;

/// Cells whose exponent changes sign within this share of an axis value are not judged.
const BAND: f64 = 0.02;
/// Points of the drawn boundary.
const POINTS: u32 = 200;
/// Pieces of an axis in which a change of sign is looked for.
const PIECES: u32 = 50;

/// How many cells are on the predicted side of the boundary.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Agreement {
    /// Cells within the theory and off the band around the boundary.
    pub(super) judged: u64,
    /// Those of them that are on the predicted side.
    pub(super) right: u64,
    /// `right` as a share of `judged`.
    pub(super) share: f64,
    /// A direction counts as learned above this share of its pooled value.
    pub(super) learned_share: f64,
    /// Relative width of the band.
    pub(super) band: f64,
}

/// The spurious parts of the runs, cell by cell.
#[derive(Debug)]
pub(super) struct Map<'a> {
    grid: &'a Grid,
    axes: [Axis; 2],
    /// Spurious parts of the tail averages over the pooled value; infinite where a run diverged.
    shares: BTreeMap<u64, Vec<f64>>,
}

impl<'a> Map<'a> {
    /// A map of `grid`; `None` unless it has exactly two axes, of numbers, and a pooled value to compare with.
    pub(super) fn of(grid: &'a Grid) -> Result<Option<Self>> {
        let setting = grid.setting(0)?;
        let axes: Option<[Axis; 2]> = grid.axes().and_then(|axes| axes.try_into().ok());
        Ok(axes.filter(|_| setting.spurious > 0).map(|axes| Self {
            grid,
            axes,
            shares: BTreeMap::new(),
        }))
    }

    /// Takes in a run: its cell, the spurious part of its tail average, whether it diverged.
    pub(super) fn add(&mut self, cell: u64, spurious: f64, diverged: bool) -> Result<()> {
        let setting = self.grid.setting(cell)?;
        let pooled = setting.mu.max(0.0) * libm::sqrt(setting.spurious as f64);
        let share = if diverged {
            f64::INFINITY
        } else {
            spurious / pooled
        };
        self.shares.entry(cell).or_default().push(share);
        Ok(())
    }

    fn share(&self, cell: u64) -> f64 {
        self.shares
            .get(&cell)
            .map_or(f64::NAN, |shares| median(shares))
    }

    /// The axes as columns and rows of the map: the step size is horizontal if it is one of them.
    fn oriented(&self) -> (&Axis, &Axis) {
        let [slow, fast] = &self.axes;
        if slow.name == "step_size" {
            (slow, fast)
        } else {
            (fast, slow)
        }
    }

    fn cell(&self, column: usize, row: usize) -> u64 {
        let [slow, fast] = &self.axes;
        let (x, _) = self.oriented();
        let (i, j) = if x.name == fast.name {
            (row, column)
        } else {
            (column, row)
        };
        debug_assert!(i < slow.values.len());
        (i * fast.values.len() + j) as u64
    }

    /// The sign of the exponent where one axis of a cell is moved; `None` where the theory does not hold.
    fn sign(setting: &Setting) -> Result<Option<bool>> {
        Ok(if setting.within_theory()? {
            Some(setting.exponent()? > 0.0)
        } else {
            None
        })
    }

    /// Whether the exponent changes sign, or the theory ends, within the band around a cell.
    fn in_band(&self, setting: &Setting) -> Result<bool> {
        let here = Self::sign(setting)?;
        for axis in &self.axes {
            for factor in [1.0 - BAND, 1.0 + BAND] {
                let value = match axis.name {
                    "heterogeneity" => setting.heterogeneity,
                    "step_size" => setting.step_size,
                    "mu" => setting.mu,
                    _ => continue,
                };
                if let Some(moved) = Grid::moved(setting, axis.name, value * factor)
                    && Self::sign(&moved)? != here
                {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// How many cells are on the predicted side.
    pub(super) fn agreement(&self, learned_share: f64) -> Result<Agreement> {
        let (mut judged, mut right) = (0, 0);
        for &cell in self.shares.keys() {
            let setting = self.grid.setting(cell)?;
            let Some(grows) = Self::sign(&setting)? else {
                continue;
            };
            if setting.mu <= 0.0 || self.in_band(&setting)? {
                continue;
            }
            judged += 1;
            right += u64::from((self.share(cell) > learned_share) == grows);
        }
        Ok(Agreement {
            judged,
            right,
            share: right as f64 / judged as f64,
            learned_share,
            band: BAND,
        })
    }

    /// The heat map, with the curve on which the exponent is 0.
    pub(super) fn figure(&self) -> Result<Figure> {
        let (x, y) = self.oriented();
        let mut rows = Vec::new();
        for row in 0..y.values.len() {
            let mut cells = Vec::new();
            for column in 0..x.values.len() {
                let cell = self.cell(column, row);
                let setting = self.grid.setting(cell)?;
                let share = self.share(cell);
                // A run that has diverged is shown like one that learned all of the spurious signal.
                let shown = (setting.within_theory()? && !share.is_nan()).then(|| share.min(1.0));
                cells.push(shown);
            }
            rows.push(cells);
        }
        let (log_x, log_y) = (is_logarithmic(&x.values), is_logarithmic(&y.values));
        let (x_edges, columns) = ascending(edges(&x.values, log_x));
        let (y_edges, lines) = ascending(edges(&y.values, log_y));
        if columns {
            for row in &mut rows {
                row.reverse();
            }
        }
        if lines {
            rows.reverse();
        }
        let curve = self.boundary(&x_edges, &y_edges, log_x)?;
        let mut map = HeatMap::new(
            "Spurious signal that is left",
            Cells {
                x_edges,
                y_edges,
                cells: rows,
            },
        )
        .x_label(label(x.name))
        .y_label(label(y.name))
        .range(0.0, 1.0)
        .bar_label("spurious part / pooled value")
        .blank_label("\u{3b7}|s| \u{2265} 1");
        if log_x {
            map = map.log_x();
        }
        if log_y {
            map = map.log_y();
        }
        if !curve.is_empty() {
            map = map.curve("predicted boundary, \u{39b} = 0", curve);
        }
        Ok(Figure::row([map]))
    }

    /// Where the exponent changes sign, column by column; where no column has such a place, the columns at
    /// which it does.
    fn boundary(&self, x_edges: &[f64], y_edges: &[f64], log_x: bool) -> Result<Vec<(f64, f64)>> {
        let (x, y) = self.oriented();
        let setting = self.grid.setting(0)?;
        let ends = |edges: &[f64]| Some((*edges.first()?, *edges.last()?));
        let (Some((left, right)), Some((low, high))) = (ends(x_edges), ends(y_edges)) else {
            return Ok(Vec::new());
        };
        let mut curve = Vec::new();
        for i in 0..=POINTS {
            let share = f64::from(i) / f64::from(POINTS);
            let at = if log_x {
                left * libm::pow(right / left, share)
            } else {
                left + (right - left) * share
            };
            let Some(column) = Grid::moved(&setting, x.name, at) else {
                return Ok(curve);
            };
            let along = |value: f64| Grid::moved(&column, y.name, value);
            if let Some(root) = first_root(along, low, high)? {
                curve.push((at, root));
            }
        }
        if curve.is_empty() {
            let along = |value: f64| Grid::moved(&setting, x.name, value);
            if let Some(root) = first_root(along, left, right)? {
                curve = vec![(root, low), (root, high)];
            }
        }
        Ok(curve)
    }
}

/// The first place between `low` and `high` at which the exponent changes sign within the theory.
fn first_root(along: impl Fn(f64) -> Option<Setting>, low: f64, high: f64) -> Result<Option<f64>> {
    let at = |i: u32| low + (high - low) * (f64::from(i) / f64::from(PIECES));
    let exponent = |value: f64| -> Result<Option<f64>> {
        match along(value) {
            Some(setting) if setting.within_theory()? => Ok(Some(setting.exponent()?)),
            _ => Ok(None),
        }
    };
    for i in 0..PIECES {
        let (from, to) = (at(i), at(i + 1));
        if let (Some(before), Some(after)) = (exponent(from)?, exponent(to)?)
            && (before > 0.0) != (after > 0.0)
        {
            let inside = |value: f64| exponent(value).ok().flatten().unwrap_or(f64::NAN);
            return Ok(bisect(inside, from, to, 1e-9 * (high - low)));
        }
    }
    Ok(None)
}

/// The edges in ascending order, and whether they were turned around.
fn ascending(mut edges: Vec<f64>) -> (Vec<f64>, bool) {
    let turned = edges.first() > edges.last();
    if turned {
        edges.reverse();
    }
    (edges, turned)
}

fn label(name: &str) -> String {
    match name {
        "step_size" => "step size \u{3b7}".to_owned(),
        "heterogeneity" => "heterogeneity M".to_owned(),
        "mu" => "mean pull \u{3bc}".to_owned(),
        "init_scale" => "initial scale \u{3b1}".to_owned(),
        "batch" => "batch m".to_owned(),
        other => other.replace('_', " "),
    }
}
