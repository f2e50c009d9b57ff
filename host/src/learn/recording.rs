//! Rows as recorded: environment labels, feature columns, responses.

use std::path::{Path, PathBuf};

use crate::data::{Labels, NOT_A_NUMBER, Reader};
use crate::error::{At, Error, Result};

/// A recorded data set, or the part of it that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    /// The file it came from.
    pub(super) file: PathBuf,
    /// Where its header is.
    pub(super) header: Option<At>,
    /// Names of the feature columns, in file order.
    pub(super) features: Vec<String>,
    /// All columns of the file.
    pub(super) all_columns: Vec<String>,
    /// The column of the environment, if one was used.
    pub(super) env_column: Option<String>,
    /// Environment labels, in order of appearance.
    pub(super) environments: Labels,
    /// The environment of each row: an index into the labels. All 0 without an environment column.
    pub(super) environment: Vec<u32>,
    /// Feature values, row after row.
    pub(super) values: Vec<f64>,
    /// The response of each row.
    pub(super) responses: Vec<f64>,
}

/// Which environments to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection<'a> {
    /// The option that named them, for messages.
    pub(super) option: &'a str,
    /// The labels; empty for all.
    pub(super) labels: &'a [String],
}

impl Selection<'_> {
    fn wants(&self, label: &str) -> bool {
        self.labels.is_empty() || self.labels.iter().any(|wanted| wanted == label)
    }
}

impl Recording {
    /// Reads training data: every column but the target, the environment and the dropped ones is a feature.
    pub(super) fn training(
        path: &Path,
        env: Option<&str>,
        target: &str,
        drop: &[String],
        selection: Selection<'_>,
    ) -> Result<Self> {
        let reader = Reader::open(path)?;
        let target_index = reader.column(target)?;
        let env_index = env.map(|name| reader.column(name)).transpose()?;
        let features: Vec<usize> = (0..reader.columns().len())
            .filter(|&c| c != target_index && Some(c) != env_index)
            .filter(|&c| !drop.contains(&reader.columns()[c]))
            .collect();
        if features.is_empty() {
            return Err(Error::file(path, "no feature column is left to learn from"));
        }
        Self::read(reader, env_index, target_index, &features, selection)
            .map_err(|error| text_hint(error, target, env.is_some()))
    }

    /// Reads test data with the feature columns of the training data, in their order.
    pub(super) fn test(
        path: &Path,
        env: Option<&str>,
        fallback_env: Option<&str>,
        target: &str,
        features: &[String],
        drop: &[String],
        selection: Selection<'_>,
    ) -> Result<Self> {
        let reader = Reader::open(path)?;
        let target_index = reader.column(target)?;
        let feature_indices = features
            .iter()
            .map(|name| reader.column(name))
            .collect::<Result<Vec<_>>>()?;
        let env_index = match env {
            Some(name) => Some(reader.column(name)?),
            None => match fallback_env.and_then(|name| reader.position(name)) {
                Some(index) => Some(index),
                None => only_left_over(&reader, target_index, &feature_indices, drop),
            },
        };
        if env_index.is_none() && !selection.labels.is_empty() {
            return Err(Error::file(
                path,
                "no column tells the environments apart; name it with --test-env",
            ));
        }
        Self::read(reader, env_index, target_index, &feature_indices, selection)
    }

    fn read(
        mut reader: Reader,
        env_index: Option<usize>,
        target_index: usize,
        features: &[usize],
        selection: Selection<'_>,
    ) -> Result<Self> {
        let mut recording = Self {
            file: reader.file().to_owned(),
            header: reader.header(),
            features: features
                .iter()
                .map(|&c| reader.columns()[c].clone())
                .collect(),
            all_columns: reader.columns().to_vec(),
            env_column: env_index.map(|c| reader.columns()[c].clone()),
            environments: Labels::default(),
            environment: Vec::new(),
            values: Vec::new(),
            responses: Vec::new(),
        };
        let mut values = vec![0.0; features.len()];
        let features = reader.select(features.to_vec());
        let mut seen = Labels::default();
        while let Some(row) = reader.next_row()? {
            let number = env_index.map_or(Ok(0), |c| seen.of_row(&row, c))?;
            let label = seen.names().get(number as usize).map_or("", String::as_str);
            if !selection.wants(label) {
                continue;
            }
            recording
                .environment
                .push(recording.environments.number(label));
            row.numbers(&features, &mut values)?;
            recording.values.extend_from_slice(&values);
            recording.responses.push(row.number(target_index)?);
        }
        for wanted in selection.labels {
            if !seen.names().contains(wanted) {
                let env_name = recording.env_column.as_deref();
                return Err(Error::data(
                    &recording.file,
                    None,
                    env_name,
                    format!(
                        "{} names {wanted:?}, but no row has it; there are {}",
                        selection.option,
                        crate::data::list(seen.names())
                    ),
                ));
            }
        }
        if recording.responses.is_empty() {
            return Err(reader.no_rows());
        }
        Ok(recording)
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.responses.len()
    }

    /// Keeps the first `rows` rows.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.environment.truncate(rows);
        self.values.truncate(rows * self.features.len());
        self.responses.truncate(rows);
    }

    /// Number of rows of the environment that has most.
    pub(super) fn largest_environment(&self) -> usize {
        let mut counts = vec![0; self.environments.names().len()];
        for &environment in &self.environment {
            counts[environment as usize] += 1;
        }
        counts.into_iter().max().unwrap_or(0)
    }

    /// The feature values of row `row`.
    pub(super) fn row(&self, row: usize) -> &[f64] {
        let width = self.features.len();
        &self.values[row * width..(row + 1) * width]
    }
}

/// A name of a list like `a, b`, without the spaces around it.
pub(super) fn listed(name: &str) -> std::result::Result<String, String> {
    match name.trim() {
        "" => Err("a name between the commas is missing".to_owned()),
        name => Ok(name.to_owned()),
    }
}

/// A feature that is text is rather a label: says which options take it out of the features.
fn text_hint(error: Error, target: &str, has_env: bool) -> Error {
    let Error::Data { place, mut message } = error else {
        return error;
    };
    let column = place.column.as_deref().filter(|&name| name != target);
    if let Some(name) = column.filter(|_| message.ends_with(NOT_A_NUMBER)) {
        let labels = if has_env {
            ""
        } else {
            &format!("if the column names the environment, add --env {name}; ")
        };
        message += &format!("; {labels}to learn without the column, add --drop {name}");
    }
    Error::Data { place, message }
}

/// The only column that is neither the target nor a feature nor dropped.
fn only_left_over(
    reader: &Reader,
    target: usize,
    features: &[usize],
    drop: &[String],
) -> Option<usize> {
    let mut left = (0..reader.columns().len())
        .filter(|&c| c != target && !features.contains(&c) && !drop.contains(&reader.columns()[c]));
    match (left.next(), left.next()) {
        (Some(column), None) => Some(column),
        _ => None,
    }
}
