//! Figure 4: heterogeneity against step size, with the boundary between the phases.

use heterosgd::learner::OneEnvironment;
use heterosgd::theory::critical_heterogeneity;
use rayon::prelude::*;
use serde_json::json;

use super::outcome::{Claim, Outcome, Table, numbers};
use super::parameters::{D_SMALL, FIG4, MU, strengths};
use super::population::{Pulls, average_part};
use super::problem::{pooled_value, problem};
use super::replicates::Context;
use super::training::Training;
use crate::error::Result;
use crate::plot::{Figure, Grid, HeatMap};
use crate::statistics::median;

/// A cell: its centre, and the share of the pooled value that is learned there.
#[derive(Debug, Clone, Copy)]
struct Cell {
    step_size: f64,
    heterogeneity: f64,
    /// `None` where a pull can turn the factor around (step size times pull of 1 or more) and
    /// infinite where the run diverged.
    share: Option<f64>,
}

/// The edges of `cells` columns, evenly in logarithm.
fn step_size_edges(cells: u32) -> Vec<f64> {
    let ratio = FIG4.step_size_high / FIG4.step_size_low;
    (0..=cells)
        .map(|i| FIG4.step_size_low * libm::pow(ratio, f64::from(i) / f64::from(cells)))
        .collect()
}

fn heterogeneity_edges(cells: u32) -> Vec<f64> {
    (0..=cells)
        .map(|i| FIG4.heterogeneity_high * f64::from(i) / f64::from(cells))
        .collect()
}

/// The centres of all cells, rows from low M to high, columns from low step sizes to high.
fn centres(cells: u32) -> Vec<(f64, f64)> {
    let (columns, rows) = (step_size_edges(cells), heterogeneity_edges(cells));
    rows.windows(2)
        .flat_map(|row| {
            columns.windows(2).map(|column| {
                let step_size = libm::sqrt(column.iter().product());
                (step_size, row.iter().sum::<f64>() / 2.0)
            })
        })
        .collect()
}

/// Evaluates `share` on every cell within the theory, in order.
fn evaluate(cells: u32, share: impl Fn(u64, f64, f64) -> Result<f64> + Sync) -> Result<Vec<Cell>> {
    centres(cells)
        .into_par_iter()
        .enumerate()
        .map(|(index, (step_size, heterogeneity))| {
            let within = step_size * (heterogeneity + MU) < 1.0;
            let share = if within {
                Some(share(index as u64, step_size, heterogeneity)?)
            } else {
                None
            };
            Ok(Cell {
                step_size,
                heterogeneity,
                share,
            })
        })
        .collect()
}

fn training(step_size: f64) -> Training {
    let steps = (FIG4.batch_time / step_size).ceil() as u64;
    Training {
        step_size,
        init_scale: FIG4.init_scale,
        batch: FIG4.batch,
        steps,
        stride: steps,
    }
}

pub(super) fn work() -> u64 {
    centres(FIG4.batch_cells)
        .into_iter()
        .filter(|(step_size, heterogeneity)| step_size * (heterogeneity + MU) < 1.0)
        .map(|(step_size, _)| training(step_size).work(D_SMALL))
        .sum()
}

fn population(context: &Context) -> Result<Vec<Cell>> {
    evaluate(FIG4.population_cells, |_, step_size, heterogeneity| {
        let pulls = Pulls {
            mu: MU,
            heterogeneity,
        };
        let parts: Vec<f64> = (0..FIG4.population_replicates)
            .map(|k| {
                let seed = context.replicate(k);
                average_part(
                    pulls,
                    step_size,
                    FIG4.init_scale,
                    FIG4.population_steps,
                    seed,
                ) / MU
            })
            .collect();
        Ok(median(&parts))
    })
}

fn finite_batches(context: &Context) -> Result<Vec<Cell>> {
    evaluate(FIG4.batch_cells, |index, step_size, heterogeneity| {
        let seed = context.replicate(index);
        let training = training(step_size);
        let problem = problem::<D_SMALL>(strengths(heterogeneity), seed);
        let run = training.run::<OneEnvironment, D_SMALL>(&problem, seed)?;
        context.progress.inc(training.work(D_SMALL));
        Ok(match run.diverged_at {
            Some(_) => f64::INFINITY,
            None => run.tail.spurious / pooled_value(),
        })
    })
}

/// Cells off the band around the curve, and how many of them are on the predicted side.
fn agreement(cells: &[Cell]) -> (usize, usize) {
    let (mut judged, mut right) = (0, 0);
    for cell in cells {
        let (Some(share), Ok(boundary)) = (cell.share, critical_heterogeneity(MU, cell.step_size))
        else {
            continue;
        };
        if (cell.heterogeneity - boundary).abs() <= FIG4.band * boundary {
            continue;
        }
        judged += 1;
        let learned = share > FIG4.learned_share;
        right += usize::from(learned == (cell.heterogeneity < boundary));
    }
    (judged, right)
}

pub(super) fn run(context: &Context) -> Result<Outcome> {
    let exact = population(context)?;
    let batches = finite_batches(context)?;
    let (judged, right) = agreement(&exact);
    let agreeing = right as f64 / judged as f64;
    let diverged = batches
        .iter()
        .filter(|cell| cell.share == Some(f64::INFINITY))
        .count();
    let title = format!("(b) d = {D_SMALL}, batches of {}", FIG4.batch);
    Ok(Outcome {
        name: "fig4",
        title: "Heterogeneity against step size: two phases",
        explanation: "The share of the spurious signal that is left in the average over the last \
            half of a run: 1 is what PooledSGD learns, 0 is none. Above the curve \u{39b} = 0, \
            that is M = \u{221a}(\u{3bc}\u{b2} + 2\u{3bc}/\u{3b7}), the signal dies out: the \
            smaller the heterogeneity, the larger the step size has to be. (a) The population: \
            one recursion per cell, medians over seeds. (b) Finite batches, one run per cell; \
            bursts fed by sampling noise leave traces above the curve. Grey cells lie outside the \
            theory: there a single step can turn the factor around. A run that has diverged is \
            shown as 1."
            .to_owned(),
        parameters: json!({ "dimension": D_SMALL, "mu": MU, "choices": FIG4 }),
        numbers: numbers([
            ("population_cells_judged", judged as f64),
            ("population_cells_on_predicted_side", right as f64),
            ("finite_batch_cells_diverged", diverged as f64),
        ]),
        claims: vec![Claim::at_least(
            "share of population cells on the predicted side of the curve, outside a band of 5 % around it",
            agreeing,
            FIG4.agreement_bound,
        )],
        figure: Figure::row([
            map("(a) Population", &exact, FIG4.population_cells),
            map(&title, &batches, FIG4.batch_cells),
        ]),
        tables: vec![
            table("population", &exact),
            table("finite_batches", &batches),
        ],
    })
}

/// A run that has diverged is shown like one that learned all of the spurious signal.
fn shown(cell: &Cell) -> Option<f64> {
    cell.share.map(|share| share.min(1.0))
}

fn map(title: &str, cells: &[Cell], side: u32) -> HeatMap {
    let grid = Grid {
        x_edges: step_size_edges(side),
        y_edges: heterogeneity_edges(side),
        cells: cells
            .chunks(side as usize)
            .map(|row| row.iter().map(shown).collect())
            .collect(),
    };
    let boundary = step_size_edges(100)
        .into_iter()
        .filter_map(|eta| Some((eta, critical_heterogeneity(MU, eta).ok()?)));
    HeatMap::new(title, grid)
        .x_label("step size \u{3b7}")
        .y_label("heterogeneity M")
        .log_x()
        .range(0.0, 1.0)
        .bar_label("spurious part / pooled value")
        .curve("predicted boundary, \u{39b} = 0", boundary)
        .blank_label("\u{3b7} (M + \u{3bc}) \u{2265} 1")
}

fn table(name: &str, cells: &[Cell]) -> Table {
    let mut table = Table::new(name, ["step_size", "heterogeneity", "spurious_share"]);
    table.rows = cells
        .iter()
        .map(|cell| {
            vec![
                cell.step_size,
                cell.heterogeneity,
                cell.share.unwrap_or(f64::NAN),
            ]
        })
        .collect();
    table
}

#[cfg(test)]
mod tests {
    use super::{Cell, FIG4, agreement, centres, heterogeneity_edges, step_size_edges};

    #[test]
    fn the_grid_covers_its_ranges() {
        let edges = step_size_edges(4);
        assert_eq!(edges[0], FIG4.step_size_low);
        assert!((edges[4] - FIG4.step_size_high).abs() < 1e-15);
        assert_eq!(heterogeneity_edges(3), [0.0, 4.0, 8.0, 12.0]);
        assert_eq!(centres(4).len(), 16);
        assert!(centres(4)[1].0 > centres(4)[0].0 && centres(4)[4].1 > centres(4)[0].1);
    }

    #[test]
    fn agreement_leaves_out_the_band_and_the_blank() {
        // At step size 0.1 the boundary is at 4.58.
        let cell = |heterogeneity, share| Cell {
            step_size: 0.1,
            heterogeneity,
            share,
        };
        let cells = [
            cell(2.0, Some(0.9)),
            cell(6.0, Some(0.0)),
            cell(6.0, Some(f64::INFINITY)),
            cell(4.6, Some(0.9)),
            cell(9.5, None),
        ];
        assert_eq!(agreement(&cells), (3, 2));
    }
}
