//! One `learn` job, from options to outcome.

use std::path::Path;

use super::baseline::least_squares;
use super::design::Design;
use super::diagnosis::{Diagnosis, diagnose};
use super::evidence::Evidence;
use super::lift::Lift;
use super::options::{ModelKind, Options, StepSize};
use super::outcome::{Baseline, Fit, Outcome, Summary, named};
use super::recording::{Recording, Selection};
use super::score::HeldOut;
use super::space::Space;
use super::statement::statement;
use super::step_size::{Candidate, choose, scan, scan_length, sufficient_range};
use super::train::{Method, Plan, Trained, check_size, train};
use crate::cli::Common;
use crate::error::{Error, Result};
use crate::progress;

/// Steps that the default number of epochs reaches.
const DEFAULT_STEPS: u64 = 6000;

/// A prepared job.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) recording: Recording,
    pub(super) lift: Lift,
    pub(super) design: Design,
    pub(super) plan: Plan,
    pub(super) step_size: StepSize,
    pub(super) target: String,
    pub(super) test_column: Option<String>,
    /// Rows after the last full batch, where batches are runs of rows.
    pub(super) left_over: usize,
    held_out: Option<HeldOut>,
}

impl Job {
    /// Reads the data and lays out the runs.
    pub(super) fn prepare(options: &Options, seed: u64) -> Result<Self> {
        check_standard_input(options)?;
        let mut recording = Recording::training(
            &options.data,
            options.env.as_deref(),
            &options.target,
            &options.drop,
            Selection {
                option: "--train-envs",
                labels: &options.train_envs,
            },
        )?;
        let lift = Lift::new(options, &recording)?;
        check_dropped(options, &recording, &lift)?;
        check_size(lift.space, options.rank)?;
        let batch = batch(options, &recording, lift.space)?;
        // Rows that no batch will hold have no mean to be removed, and must not enter the scales.
        let left_over = if options.env.is_none() {
            recording.len() % batch as usize
        } else {
            0
        };
        recording.truncate(recording.len() - left_over);
        let design = Design::new(options, &recording, &lift, batch)?;
        let test = options
            .test
            .as_deref()
            .map(|path| read_test(options, path, &recording))
            .transpose()?;
        let held_out = test
            .as_ref()
            .map(|test| HeldOut::new(test, &lift))
            .transpose()?;
        let batches = (recording.len() as u64).div_ceil(u64::from(batch));
        let epochs = options
            .epochs
            .map_or_else(|| DEFAULT_STEPS.div_ceil(batches), u64::from);
        Ok(Self {
            plan: Plan {
                model: options.model,
                rank: options.rank,
                init_scale: options.init_scale(),
                batch,
                steps: epochs * batches,
                seed,
                norm_limit: options.norm_limit,
            },
            recording,
            lift,
            design,
            step_size: options.step_size,
            target: options.target.clone(),
            test_column: test.and_then(|test| test.env_column),
            left_over,
            held_out,
        })
    }

    /// Runs everything.
    pub(super) fn solve(&self, common: &Common) -> Result<Outcome> {
        let evidence = Evidence::new(&self.design);
        let (names, plan) = (&self.lift.names, &self.plan);
        let bar = progress::bar(common, scan_length(), "step sizes");
        let scan = scan(&self.design, &evidence, names, plan, || bar.inc(1))?;
        bar.finish_and_clear();
        let (run, chosen) = match self.step_size {
            StepSize::Auto => (choose(&scan)?.clone(), "auto"),
            StepSize::Fixed(value) => {
                let run = Candidate::run(&self.design, &evidence, names, plan, value)?;
                (run, "given")
            }
        };
        let step_size = run.step_size;
        let diverged = run.run.diverged;
        let diagnoses: Vec<Diagnosis> = run
            .directions
            .iter()
            .enumerate()
            .map(|(index, direction)| {
                let to_raw = if self.is_linear() {
                    self.design.to_raw[index]
                } else {
                    1.0
                };
                diagnose(direction, plan.model, step_size, plan.horizon(), to_raw)
            })
            .collect();
        let range = sufficient_range(&scan);
        let ols = least_squares(&self.design);
        let summary = Summary {
            method: "HeteroSGD",
            model: plan.model.name(),
            step_size,
            step_size_chosen: chosen,
            init_scale: plan.init_scale,
            batch: plan.batch,
            seed: plan.seed,
            steps: run.run.steps,
            samples: run.run.samples,
            diverged: diverged.is_some(),
            divergence: diverged,
            rows: self.recording.len(),
            left_over: self.left_over,
            environments: self.environments(),
            constant: self.design.constant.clone(),
            fit: if diverged.is_some() {
                // What a diverged run leaves behind is no estimate: null in JSON.
                {
                    let nothing = vec![f64::NAN; names.len()];
                    Fit::new(&self.lift, nothing.clone(), nothing, None)
                }
            } else {
                self.fit(&run.run.tail)
            },
            pooled: self.pooled(step_size)?,
            ols: ols.map(|standardised| Baseline {
                step_size: None,
                fit: self.fit(&standardised),
            }),
            diagnosis: if diverged.is_some() {
                serde_json::Map::new()
            } else {
                named(&run.directions, &diagnoses)
            },
            heterogeneity_sufficient: run.is_sufficient(),
            sufficient_from: range.map(|(from, _)| from),
            sufficient_to: range.map(|(_, to)| to),
            statement: statement(plan, &run, range),
        };
        Ok(Outcome { summary, scan })
    }

    fn environments(&self) -> Vec<String> {
        if self.design.labelled {
            self.recording.environments.names().to_vec()
        } else {
            Vec::new()
        }
    }

    fn fit(&self, standardised: &[f64]) -> Fit {
        let raw: Vec<f64> = standardised
            .iter()
            .zip(&self.design.to_raw)
            .map(|(w, scale)| w * scale)
            .collect();
        let test = self.held_out.as_ref().map(|test| test.score(&raw));
        Fit::new(&self.lift, raw, standardised.to_vec(), test)
    }

    /// PooledSGD at the same step size or, where it diverges there, at half of it, and so on.
    fn pooled(&self, step_size: f64) -> Result<Baseline> {
        let mut step_size = step_size;
        let mut run: Trained;
        loop {
            run = train(&self.design, &self.plan, Method::Pooled, step_size)?;
            if run.diverged.is_none() || step_size < 1e-6 {
                break;
            }
            step_size /= 2.0;
        }
        Ok(Baseline {
            step_size: Some(step_size),
            fit: self.fit(&run.tail),
        })
    }

    /// Whether the model is the linear one.
    pub(super) fn is_linear(&self) -> bool {
        self.plan.model == ModelKind::Linear
    }
}

/// The default batch of the linear model.
const LINEAR_BATCH: usize = 32;

/// Samples per unknown of a matrix in a default batch: below a few, the batch gradient is mostly noise.
const MATRIX_BATCH: usize = 8;

/// The size of a batch, given or by default.
fn batch(options: &Options, recording: &Recording, space: Space) -> Result<u32> {
    let rows = recording.len();
    // Without labels batches stand in for environments: two of them at the very least.
    let (most, unit) = if options.env.is_some() {
        (
            recording.largest_environment(),
            "the largest environment has",
        )
    } else {
        (
            rows / 2,
            "two batches need twice as many; half the recording is",
        )
    };
    let default = match space {
        Space::Features(_) => LINEAR_BATCH,
        // Batches are cut from an unlabelled recording: leave eight of them.
        Space::Matrix(_) if options.env.is_none() => {
            LINEAR_BATCH.max((MATRIX_BATCH * space.len()).min(rows / 8))
        }
        Space::Matrix(_) => LINEAR_BATCH.max((MATRIX_BATCH * space.len()).min(most)),
    };
    let batch = options.batch.unwrap_or(default as u32);
    let too_many = batch as usize > most && (options.batch.is_some() || options.env.is_none());
    let message = if options.env.is_none() && batch < 2 {
        format!(
            "--batch {batch}: without --env a batch needs two rows or more, to have a mean to be removed"
        )
    } else if too_many {
        format!("--batch {batch} is too large for {rows} rows: {unit} {most}")
    } else {
        return Ok(batch);
    };
    Err(Error::file(&recording.file, message))
}

fn check_standard_input(options: &Options) -> Result<()> {
    let twice = options.data == Path::new("-") && options.test.as_deref() == Some(Path::new("-"));
    if twice {
        return Err(Error::usage(
            "the data and the test data cannot both come from standard input",
        ));
    }
    Ok(())
}

/// A misspelt `--drop` would silently change the model.
fn check_dropped(options: &Options, recording: &Recording, lift: &Lift) -> Result<()> {
    let everything = |name: &String| {
        let lifted = options.degree == 2 && name.split('*').count() == 2;
        let columns = &recording.all_columns;
        let known = |part: &str| columns.iter().any(|column| column == part);
        known(name) || (lifted && name.split('*').all(known)) || lift.names.contains(name)
    };
    match options.drop.iter().find(|name| !everything(name)) {
        None => Ok(()),
        Some(name) => Err(Error::data(
            &recording.file,
            recording.header,
            None,
            format!(
                "--drop names {name:?}, which is neither a column nor a lifted feature; the columns are {}",
                crate::data::list(&recording.all_columns)
            ),
        )),
    }
}

fn read_test(options: &Options, path: &Path, training: &Recording) -> Result<Recording> {
    Recording::test(
        path,
        options.test_env.as_deref(),
        options.env.as_deref(),
        &options.target,
        &training.features,
        &options.drop,
        Selection {
            option: "--test-envs",
            labels: &options.test_envs,
        },
    )
}
