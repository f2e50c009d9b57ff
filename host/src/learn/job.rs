//! One `learn` job, from options to outcome.

use std::path::Path;

use super::baseline::least_squares;
use super::design::Design;
use super::diagnosis::{Diagnosis, Verdict, diagnose};
use super::lift::Lift;
use super::options::{ModelKind, Options, StepSize};
use super::outcome::{Baseline, Fit, Outcome, Summary, named};
use super::recording::{Recording, Selection};
use super::score::HeldOut;
use super::step_size::{Candidate, choose, scan, scan_length, sufficient_from};
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
    held_out: Option<HeldOut>,
}

impl Job {
    /// Reads the data and lays out the runs.
    pub(super) fn prepare(options: &Options, seed: u64) -> Result<Self> {
        check_standard_input(options)?;
        let recording = Recording::training(
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
        let design = Design::new(options, &recording, &lift)?;
        let test = options
            .test
            .as_deref()
            .map(|path| read_test(options, path, &recording))
            .transpose()?;
        let held_out = test
            .as_ref()
            .map(|test| HeldOut::new(test, &lift))
            .transpose()?;
        let batches = (design.used_rows() as u64).div_ceil(u64::from(options.batch));
        let epochs = options
            .epochs
            .map_or_else(|| DEFAULT_STEPS.div_ceil(batches), u64::from);
        Ok(Self {
            plan: Plan {
                model: options.model,
                rank: options.rank,
                init_scale: options.init_scale(),
                batch: options.batch,
                steps: epochs * batches,
                seed,
            },
            recording,
            lift,
            design,
            step_size: options.step_size,
            target: options.target.clone(),
            test_column: test.and_then(|test| test.env_column),
            held_out,
        })
    }

    /// Runs everything.
    pub(super) fn solve(&self, common: &Common) -> Result<Outcome> {
        let bar = progress::bar(common, scan_length(), "step sizes");
        let scan = scan(&self.design, &self.lift.names, &self.plan, || bar.inc(1))?;
        bar.finish_and_clear();
        let (step_size, chosen) = match self.step_size {
            StepSize::Auto => (choose(&scan)?, "auto"),
            StepSize::Fixed(value) => (value, "given"),
        };
        let run = Candidate::run(&self.design, &self.lift.names, &self.plan, step_size)?;
        let diagnoses: Vec<Diagnosis> = run
            .directions
            .iter()
            .map(|d| diagnose(d, self.plan.model, step_size, self.plan.horizon()))
            .collect();
        let sufficient_from = sufficient_from(&scan);
        let summary = Summary {
            method: "HeteroSGD",
            model: self.plan.model.name(),
            step_size,
            step_size_chosen: chosen,
            init_scale: self.plan.init_scale,
            batch: self.plan.batch,
            seed: self.plan.seed,
            steps: run.run.steps,
            samples: run.run.samples,
            diverged: run.run.diverged.is_some(),
            rows: self.design.used_rows(),
            environments: self.environments(),
            fit: self.fit(&run.run.tail),
            pooled: self.pooled(step_size)?,
            ols: least_squares(&self.design).map(|standardised| Baseline {
                step_size: None,
                fit: self.fit(&standardised),
            }),
            diagnosis: named(&run.directions, &diagnoses),
            heterogeneity_sufficient: run.is_sufficient(),
            sufficient_from,
            statement: self.statement(&run, &diagnoses, sufficient_from),
        };
        Ok(Outcome {
            summary,
            scan,
            diverged: run.run.diverged,
        })
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
        Fit::new(&self.lift, raw, test)
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

    /// Whether the heterogeneity is enough for the method, in plain words.
    fn statement(
        &self,
        run: &Candidate,
        diagnoses: &[Diagnosis],
        sufficient_from: Option<f64>,
    ) -> String {
        let survivors: Vec<&str> = run
            .directions
            .iter()
            .filter(|direction| direction.survives(&self.plan, run.step_size))
            .map(|direction| direction.name.as_str())
            .collect();
        if run.is_sufficient() && !run.stable {
            return format!(
                "At step size {:.4} the heterogeneity is enough, but step_size * |pull| exceeds 1: outside the theory's assumption, watch for divergence.",
                run.step_size
            );
        }
        if run.is_sufficient() {
            let weak: Vec<&str> = diagnoses
                .iter()
                .zip(&run.directions)
                .filter(|(diagnosis, direction)| {
                    diagnosis.verdict == Verdict::Undecided && direction.varies()
                })
                .map(|(_, direction)| direction.name.as_str())
                .collect();
            let rest = if weak.is_empty() {
                String::new()
            } else {
                format!(" Undecided, and weak: {}.", crate::data::list(&weak))
            };
            return format!(
                "The heterogeneity is enough: at step size {:.4} the directions on which the environments disagree most are predicted to die out.{rest}",
                run.step_size
            );
        }
        let remedy = match sufficient_from {
            Some(from) => format!("It would be enough from step size {from:.4} on."),
            None => "No stable step size would do: more environments, or more different ones, are needed.".to_owned(),
        };
        if run.run.diverged.is_some() {
            return format!(
                "The run diverged at step size {:.4}. {remedy}",
                run.step_size
            );
        }
        if run.survivors == 0 {
            return format!(
                "The run is too short for step size {:.4}: directions that matter are not yet learned; give more --epochs or a larger step size. {remedy}",
                run.step_size
            );
        }
        format!(
            "The heterogeneity is not enough at step size {:.4}: {} would be learned although the environments disagree on it. {remedy}",
            run.step_size,
            crate::data::list(&survivors)
        )
    }

    /// Whether the model is the linear one.
    pub(super) fn is_linear(&self) -> bool {
        self.plan.model == ModelKind::Linear
    }
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
            Some(1),
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
