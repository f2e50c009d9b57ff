//! The grid: every combination of the values, by number.

use serde::{Deserialize, Serialize};

use super::axes::{counts, numbers, words};
use super::values::Values;
use crate::deviations::Deviations;
use crate::error::{Error, Result};
use crate::replay::Precision;
use crate::simulate::EnsembleKind;
use crate::trial::{Method, Setting};

/// Most runs of a sweep.
const MOST_RUNS: u64 = 1 << 32;

/// All combinations of these values; the last axis changes fastest, seeds fastest of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Grid {
    dim: Vec<u64>,
    rank: Vec<u64>,
    spurious: Vec<u64>,
    columns: Vec<u64>,
    sigma: Vec<f64>,
    mu: Vec<f64>,
    heterogeneity: Vec<f64>,
    distribution: Vec<Deviations>,
    environments: Vec<u64>,
    overlap: Vec<f64>,
    noise: Vec<f64>,
    ensemble: Vec<EnsembleKind>,
    precision: Vec<Precision>,
    method: Vec<Method>,
    batch: Vec<u64>,
    step_size: Vec<f64>,
    init_scale: Vec<f64>,
    /// Steps, or steps times step size where `by_time`.
    length: Vec<f64>,
    by_time: bool,
    pub(super) seeds: u64,
    pub(super) seed: u64,
}

/// An axis of numbers with more than one value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) name: &'static str,
    pub(super) values: Vec<f64>,
}

/// The value of a mixed-radix digit.
struct Digits(u64);

impl Digits {
    /// Takes off the fastest digit and looks up its value.
    fn next<T: Copy>(&mut self, values: &[T]) -> Option<T> {
        let radix = values.len() as u64;
        let digit = self.0.checked_rem(radix)?;
        self.0 /= radix;
        values.get(usize::try_from(digit).ok()?).copied()
    }
}

impl Grid {
    /// Reads the options.
    ///
    /// # Errors
    /// Bad usage: which option, and what would be right; also of any combination of values.
    pub(super) fn new(values: &Values, seed: u64) -> Result<Self> {
        let (length, by_time) = match &values.time {
            Some(time) => (numbers("time", time)?, true),
            None => (
                counts("steps", &values.steps)?
                    .into_iter()
                    .map(|steps| steps as f64)
                    .collect(),
                false,
            ),
        };
        let grid = Self {
            dim: counts("dim", &values.dim)?,
            rank: counts("rank", &values.rank)?,
            spurious: counts("spurious", &values.spurious)?,
            columns: counts("columns", &values.columns)?,
            sigma: numbers("sigma", &values.sigma)?,
            mu: numbers("mu", &values.mu)?,
            heterogeneity: numbers("heterogeneity", &values.heterogeneity)?,
            distribution: words("distribution", &values.distribution)?,
            environments: counts("environments", &values.environments)?,
            overlap: numbers("overlap", &values.overlap)?,
            noise: numbers("noise", &values.noise)?,
            ensemble: words("ensemble", &values.ensemble)?,
            precision: words("precision", &values.precision)?,
            method: words("method", &values.method)?,
            batch: counts("batch", &values.batch)?,
            step_size: numbers("step-size", &values.step_size)?,
            init_scale: numbers("init-scale", &values.init_scale)?,
            length,
            by_time,
            seeds: values.seeds,
            seed,
        };
        grid.check()?;
        Ok(grid)
    }

    /// The lengths of all axes but seeds, the slowest first.
    fn lengths(&self) -> [usize; 18] {
        [
            self.dim.len(),
            self.rank.len(),
            self.spurious.len(),
            self.columns.len(),
            self.sigma.len(),
            self.mu.len(),
            self.heterogeneity.len(),
            self.distribution.len(),
            self.environments.len(),
            self.overlap.len(),
            self.noise.len(),
            self.ensemble.len(),
            self.precision.len(),
            self.method.len(),
            self.batch.len(),
            self.step_size.len(),
            self.init_scale.len(),
            self.length.len(),
        ]
    }

    /// Refuses a grid without a run, with too many, or with one that makes no sense.
    ///
    /// # Errors
    /// Bad usage.
    pub(super) fn check(&self) -> Result<()> {
        if self.seeds == 0 {
            return Err(Error::usage("--seeds 0: at least one is needed"));
        }
        let runs = self
            .lengths()
            .iter()
            .try_fold(self.seeds, |runs, &length| runs.checked_mul(length as u64))
            .filter(|&runs| runs <= MOST_RUNS);
        if runs.is_none() {
            return Err(Error::usage(format!(
                "the grid has more than {MOST_RUNS} runs; take fewer values"
            )));
        }
        for cell in 0..self.cells() {
            self.setting(cell)?.check()?;
        }
        Ok(())
    }

    /// Combinations of values.
    pub(super) fn cells(&self) -> u64 {
        self.lengths().iter().map(|&length| length as u64).product()
    }

    /// Runs: combinations times seeds.
    pub(super) fn runs(&self) -> u64 {
        self.cells() * self.seeds
    }

    /// The combination number `cell`.
    pub(super) fn setting(&self, cell: u64) -> Result<Setting> {
        self.decode(cell)
            .ok_or_else(|| Error::Failed(format!("the grid has no combination {cell}")))
    }

    fn decode(&self, cell: u64) -> Option<Setting> {
        let mut digits = Digits(cell);
        let length = digits.next(&self.length)?;
        let init_scale = digits.next(&self.init_scale)?;
        let step_size = digits.next(&self.step_size)?;
        let steps = if self.by_time {
            libm::ceil(length / step_size)
        } else {
            length
        };
        Some(Setting {
            steps: steps as u64,
            init_scale,
            step_size,
            batch: u32::try_from(digits.next(&self.batch)?).unwrap_or(u32::MAX),
            method: digits.next(&self.method)?,
            precision: digits.next(&self.precision)?,
            ensemble: digits.next(&self.ensemble)?,
            noise: digits.next(&self.noise)?,
            overlap: digits.next(&self.overlap)?,
            environments: u32::try_from(digits.next(&self.environments)?).unwrap_or(u32::MAX),
            distribution: digits.next(&self.distribution)?,
            heterogeneity: digits.next(&self.heterogeneity)?,
            mu: digits.next(&self.mu)?,
            sigma: digits.next(&self.sigma)?,
            columns: digits.next(&self.columns)? as usize,
            spurious: digits.next(&self.spurious)? as usize,
            rank: digits.next(&self.rank)? as usize,
            dim: digits.next(&self.dim)? as usize,
        })
    }

    /// The axes of numbers that have more than one value, the slowest first; `None` if one of words has.
    pub(super) fn axes(&self) -> Option<Vec<Axis>> {
        let words = [
            self.distribution.len(),
            self.ensemble.len(),
            self.precision.len(),
            self.method.len(),
        ];
        if words.iter().any(|&length| length > 1) {
            return None;
        }
        let whole = |values: &[u64]| values.iter().map(|&v| v as f64).collect();
        let all: [(&'static str, Vec<f64>); 14] = [
            ("dim", whole(&self.dim)),
            ("rank", whole(&self.rank)),
            ("spurious", whole(&self.spurious)),
            ("columns", whole(&self.columns)),
            ("sigma", self.sigma.clone()),
            ("mu", self.mu.clone()),
            ("heterogeneity", self.heterogeneity.clone()),
            ("environments", whole(&self.environments)),
            ("overlap", self.overlap.clone()),
            ("noise", self.noise.clone()),
            ("batch", whole(&self.batch)),
            ("step_size", self.step_size.clone()),
            ("init_scale", self.init_scale.clone()),
            (
                if self.by_time { "time" } else { "steps" },
                self.length.clone(),
            ),
        ];
        let axes = all.into_iter().filter(|(_, values)| values.len() > 1);
        Some(axes.map(|(name, values)| Axis { name, values }).collect())
    }

    /// A setting of the grid with one axis moved to any value; `None` if the axis is no continuous one.
    pub(super) fn moved(setting: &Setting, axis: &str, value: f64) -> Option<Setting> {
        let mut moved = *setting;
        *match axis {
            "sigma" => &mut moved.sigma,
            "mu" => &mut moved.mu,
            "heterogeneity" => &mut moved.heterogeneity,
            "step_size" => &mut moved.step_size,
            "overlap" => &mut moved.overlap,
            "noise" => &mut moved.noise,
            "init_scale" => &mut moved.init_scale,
            _ => return None,
        } = value;
        Some(moved)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Grid, Values};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        values: Values,
    }

    fn grid(arguments: &[&str]) -> crate::Result<Grid> {
        let all = std::iter::once("sweep").chain(arguments.iter().copied());
        Grid::new(&Line::try_parse_from(all).unwrap().values, 7)
    }

    #[test]
    fn every_combination_once() {
        let grid = grid(&[
            "--mu",
            "0.5,1",
            "--step-size",
            "0.05:0.1:3",
            "--method",
            "hetero,pooled",
            "--seeds",
            "2",
        ])
        .unwrap();
        assert_eq!((grid.cells(), grid.runs()), (12, 24));
        let settings: Vec<_> = (0..12).map(|cell| grid.setting(cell).unwrap()).collect();
        for (i, a) in settings.iter().enumerate() {
            assert!(settings.iter().skip(i + 1).all(|b| a != b));
        }
        assert_eq!(settings[0].step_size, 0.05);
        assert!(
            (settings[1].step_size - 0.075).abs() < 1e-12,
            "the last is the fastest"
        );
        assert_eq!(settings[11].mu, 1.0);
        assert!(grid.axes().is_none(), "methods are words");
    }

    #[test]
    fn time_sets_the_steps() {
        let grid = grid(&["--time", "40", "--step-size", "0.02,0.3"]).unwrap();
        assert_eq!(grid.setting(0).unwrap().steps, 2000);
        assert_eq!(grid.setting(1).unwrap().steps, 134);
        let axes = grid.axes().unwrap();
        assert_eq!(axes.len(), 1);
        assert_eq!(axes[0].name, "step_size");
    }

    #[test]
    fn bad_combinations_are_refused_before_any_run() {
        for arguments in [
            &["--dim", "3", "--rank", "2", "--spurious", "2"][..],
            &["--batch", "100", "--dim", "11"],
            &["--step-size", "0"],
            &["--noise", "0.1"],
            &["--environments", "5"],
            &["--seeds", "0"],
            &["--mu", "0:1:99999", "--sigma", "1:2:99999"],
        ] {
            assert!(grid(arguments).is_err(), "{arguments:?}");
        }
    }
}
