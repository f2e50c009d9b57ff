//! A recorded stream of features, and what a device lifts and scales it to.

use std::path::{Path, PathBuf};

use heterosgd::Scalar;

use super::Recipe;
use crate::data::{Labels, Reader};
use crate::error::{Error, Result};

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

    /// The rows as the device has them: environment, features lifted and scaled, response scaled.
    pub(crate) fn rows<T: Scalar>(&self) -> impl Iterator<Item = (u32, Vec<T>, T)> {
        let scales: Vec<T> = self.scales.iter().map(|&s| T::from_f64(s)).collect();
        let response_scale = T::from_f64(self.response_scale);
        let rows = self.environment.iter().zip(&self.responses).enumerate();
        rows.map(move |(row, (&environment, &response))| {
            let mut x = Vec::with_capacity(self.names.len());
            self.lifted(row, &mut x);
            for (entry, &scale) in x.iter_mut().zip(&scales) {
                *entry *= scale;
            }
            (environment, x, T::from_f64(response) * response_scale)
        })
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
