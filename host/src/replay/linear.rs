//! A stream of features: multi-environment regression, lifted and scaled on the device.

use std::path::{Path, PathBuf};

use fast_float2::FastFloat;
use heterosgd::learner::Step;
use heterosgd::{Centred, Features, HeteroSgd, Linear, Model as _, Plain, Scalar, Settings};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Numbers, Precision, Recipe};
use crate::cli::Common;
use crate::data::{Labels, Reader, list};
use crate::divergence::Divergence;
use crate::error::{Error, Result};
use crate::{output, sizes, with_linear_size};

/// A stream as recorded.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) file: PathBuf,
    /// Names of what is learned from: the columns, and for degree 2 their products.
    pub(crate) names: Vec<String>,
    /// Number of columns.
    pub(crate) columns: usize,
    pub(crate) environments: Labels,
    /// The environment of each row.
    pub(crate) environment: Vec<u32>,
    pub(crate) responses: Vec<f64>,
    /// The columns of each row, row after row.
    pub(crate) values: Vec<f64>,
    /// What the device multiplies lifted entries by.
    pub(crate) scales: Vec<f64>,
    /// What it multiplies responses by.
    pub(crate) response_scale: f64,
}

impl Recorded {
    /// Reads a stream.
    pub(crate) fn read(path: &Path, recipe: &Recipe) -> Result<Self> {
        let mut reader = Reader::open(path)?;
        let environment = reader.column(&recipe.env)?;
        let response = reader.column(&recipe.target)?;
        for name in &recipe.drop {
            reader.column(name)?;
        }
        let chosen: Vec<usize> = (0..reader.columns().len())
            .filter(|&c| c != environment && c != response)
            .filter(|&c| !recipe.drop.contains(&reader.columns()[c]))
            .collect();
        let columns: Vec<String> = chosen
            .iter()
            .map(|&c| reader.columns()[c].clone())
            .collect();
        if columns.is_empty() {
            return Err(Error::file(path, "no feature column is left to learn from"));
        }
        let mut names = columns.clone();
        if recipe.degree == 2 {
            for (i, a) in columns.iter().enumerate() {
                names.extend(columns[i..].iter().map(|b| format!("{a}*{b}")));
            }
        }
        let largest = sizes::LINEAR.last().copied().unwrap_or(0);
        if names.len() > largest {
            return Err(Error::file(
                path,
                format!("{} features; at most {largest} are compiled", names.len()),
            ));
        }
        let mut recorded = Self {
            file: path.to_owned(),
            columns: columns.len(),
            scales: vec![1.0; names.len()],
            names,
            environments: Labels::default(),
            environment: Vec::new(),
            responses: Vec::new(),
            values: Vec::new(),
            response_scale: 1.0,
        };
        let chosen = reader.select(chosen);
        let mut values = vec![0.0; recorded.columns];
        while let Some(row) = reader.next_row()? {
            let label = recorded.environments.of_row(&row, environment)?;
            recorded.environment.push(label);
            recorded.responses.push(row.number(response)?);
            row.numbers(&chosen, &mut values)?;
            recorded.values.extend_from_slice(&values);
        }
        if recorded.responses.is_empty() {
            return Err(reader.no_rows());
        }
        if recipe.standardise {
            recorded.find_scales()?;
        }
        Ok(recorded)
    }

    /// The columns of a row in the device's scalar, lifted by its own arithmetic but not scaled.
    fn lifted<T: Scalar>(&self, row: usize, lifted: &mut Vec<T>) {
        let columns = &self.values[row * self.columns..(row + 1) * self.columns];
        lifted.clear();
        lifted.extend(columns.iter().map(|&x| T::from_f64(x)));
        if self.names.len() > self.columns {
            for i in 0..self.columns {
                for j in i..self.columns {
                    lifted.push(lifted[i] * lifted[j]);
                }
            }
        }
    }

    /// Reciprocals of the standard deviations within environments.
    fn find_scales(&mut self) -> Result<()> {
        let width = self.names.len() + 1;
        let groups = self.environments.names().len();
        let mut count = vec![0.0; groups];
        let mut mean = vec![0.0; groups * width];
        let mut squares = vec![0.0; width];
        let mut row_values = Vec::new();
        // Twice over the rows: first the means, then the squares about them.
        for pass in 0..2 {
            for row in 0..self.responses.len() {
                let group = self.environment[row] as usize;
                self.lifted::<f64>(row, &mut row_values);
                row_values.push(self.responses[row]);
                let means = &mut mean[group * width..(group + 1) * width];
                if pass == 0 {
                    count[group] += 1.0;
                    for (mean, value) in means.iter_mut().zip(&row_values) {
                        *mean += (value - *mean) / count[group];
                    }
                } else {
                    for ((sum, mean), value) in squares.iter_mut().zip(means).zip(&row_values) {
                        *sum += (value - *mean) * (value - *mean);
                    }
                }
            }
        }
        let rows = self.responses.len() as f64;
        let mut scales = squares.iter().map(|sum| 1.0 / libm::sqrt(sum / rows));
        let names = self.names.iter().map(String::as_str).chain(["the target"]);
        if let Some((name, _)) = names.zip(scales.clone()).find(|(_, s)| !s.is_finite()) {
            return Err(Error::file(
                &self.file,
                format!(
                    "{name} does not vary within any environment, so it has no scale; leave it out with --drop"
                ),
            ));
        }
        for scale in &mut self.scales {
            *scale = scales.next().unwrap_or(1.0);
        }
        self.response_scale = scales.next().unwrap_or(1.0);
        Ok(())
    }
}

/// What was learned.
#[derive(Debug)]
pub(crate) struct Learned {
    pub(crate) steps: u64,
    pub(crate) samples: u64,
    pub(crate) digest: u64,
    /// Coefficients of the scaled problem.
    coefficients: Vec<f64>,
    /// Why the recording was not learned to its end.
    pub(crate) failure: Option<Error>,
}

/// Replays a stream in the precision of the recipe.
pub(crate) fn replay(recorded: &Recorded, recipe: &Recipe, numbers: Numbers) -> Result<Learned> {
    match recipe.precision {
        Precision::F32 => sized::<f32>(recorded, recipe.centred, numbers),
        Precision::F64 => sized::<f64>(recorded, recipe.centred, numbers),
    }
}

fn sized<T: Scalar + FastFloat>(
    recorded: &Recorded,
    centred: bool,
    numbers: Numbers,
) -> Result<Learned> {
    let features = recorded.names.len();
    let learned = if centred {
        with_linear_size!(features, D => learn::<T, Centred, D>(recorded, numbers))
    } else {
        with_linear_size!(features, D => learn::<T, Plain, D>(recorded, numbers))
    };
    learned.unwrap_or_else(|| Err(Error::usage("no compiled size holds these features")))
}

fn learn<T: Scalar, C: Step<Linear<T, D>>, const D: usize>(
    recorded: &Recorded,
    numbers: Numbers,
) -> Result<Learned> {
    let mut learner = HeteroSgd::<Linear<T, D>, C>::new(Settings {
        step_size: T::from_f64(numbers.step_size),
        init_scale: T::from_f64(numbers.init_scale),
        seed: 0,
    })
    .map_err(|error| Error::usage(error.to_string()))?;
    numbers.limit(&mut learner)?;
    let failure = feed(&mut learner, recorded, numbers).err();
    let d = recorded.names.len();
    let (u, v) = learner.model().factors();
    let mut digest = heterosgd::digest::Digest::new();
    for &entry in u[..d].iter().chain(&v[..d]) {
        digest.write_scalar(entry);
    }
    Ok(Learned {
        steps: learner.steps(),
        samples: learner.samples(),
        digest: digest.finish(),
        coefficients: learner.model().estimate()[..d]
            .iter()
            .map(|w| w.to_f64())
            .collect(),
        failure,
    })
}

/// Learns to the end of the recording, or to the first row that is refused.
fn feed<T: Scalar, C: Step<Linear<T, D>>, const D: usize>(
    learner: &mut HeteroSgd<Linear<T, D>, C>,
    recorded: &Recorded,
    numbers: Numbers,
) -> Result<()> {
    let stopped = |row: &str, error: heterosgd::Error, steps: u64| {
        let place = format!("{}, {row}", recorded.file.display());
        numbers.stopped(place, &error, steps, &recorded.file)
    };
    let scales: Vec<T> = recorded.scales.iter().map(|&s| T::from_f64(s)).collect();
    let response_scale = T::from_f64(recorded.response_scale);
    let mut lifted: Vec<T> = Vec::new();
    let rows = recorded.environment.iter().zip(&recorded.responses);
    for (row, (&environment, &response)) in rows.enumerate() {
        recorded.lifted(row, &mut lifted);
        // Padded features stay at 0 and move no bit of the others.
        let mut x = [T::ZERO; D];
        for ((entry, &value), &scale) in x.iter_mut().zip(&lifted).zip(&scales) {
            *entry = value * scale;
        }
        let mut batch = learner.resume();
        let other = batch.environment().is_some_and(|open| open != environment);
        if other || batch.count() == numbers.batch {
            let steps = learner.steps();
            learner
                .resume()
                .step()
                .map_err(|error| stopped(&format!("before data row {}", row + 1), error, steps))?;
            batch = learner.batch(environment);
        }
        let response = T::from_f64(response) * response_scale;
        let observed = batch.observe_from(environment, &Features(x), response);
        observed
            .map_err(|error| stopped(&format!("data row {}", row + 1), error, learner.steps()))?;
    }
    let steps = learner.steps();
    let last = learner.resume();
    if last.count() == 0 {
        return Ok(());
    }
    last.step()
        .map_err(|error| stopped("after the last row", error, steps))
}

/// The JSON summary of a linear replay (docs/formats.md).
#[derive(Debug, Serialize)]
struct Summary {
    model: &'static str,
    precision: Precision,
    batch: u32,
    step_size: f64,
    init_scale: f64,
    centred: bool,
    steps: u64,
    samples: u64,
    diverged: bool,
    /// Where and how, if it did.
    divergence: Option<Divergence>,
    environments: Vec<String>,
    /// What the device multiplied lifted entries by, and responses.
    scales: Vec<f64>,
    response_scale: f64,
    coefficients: Map<String, Value>,
    digest: String,
}

/// Replays a stream and reports.
pub(super) fn run(stream: &Path, recipe: &Recipe, numbers: Numbers, common: &Common) -> Result<()> {
    let recorded = Recorded::read(stream, recipe)?;
    let learned = replay(&recorded, recipe, numbers)?;
    let raw = learned.coefficients.iter().zip(&recorded.scales);
    let raw = raw.map(|(w, scale)| w * scale / recorded.response_scale);
    let summary = Summary {
        model: "linear",
        precision: recipe.precision,
        batch: numbers.batch,
        step_size: numbers.step_size,
        init_scale: numbers.init_scale,
        centred: recipe.centred,
        steps: learned.steps,
        samples: learned.samples,
        diverged: learned.failure.is_some(),
        divergence: learned.failure.as_ref().and_then(Error::divergence),
        environments: recorded.environments.names().to_vec(),
        coefficients: recorded
            .names
            .iter()
            .cloned()
            .zip(raw.map(|w| json!(w)))
            .collect(),
        scales: recorded.scales,
        response_scale: recorded.response_scale,
        digest: format!("{:016x}", learned.digest),
    };
    if let Some(directory) = &common.out {
        output::OutDir::create(directory)?.write_json("replay.json", &summary)?;
    }
    if output::wants_report(common) {
        let mut text = format!(
            "{} samples, {} steps, environments {}\ndigest of the factors' bits: {}\n",
            summary.samples,
            summary.steps,
            list(&summary.environments),
            summary.digest
        );
        for (name, value) in &summary.coefficients {
            text += &format!("{name:24} {:>14.6}\n", value.as_f64().unwrap_or(f64::NAN));
        }
        output::print(&text)?;
    }
    output::summary(common, &summary)?;
    learned.failure.map_or(Ok(()), Err)
}
