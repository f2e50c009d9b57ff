//! Standardised training data, grouped by environment.

use super::lift::Lift;
use super::options::Options;
use super::recording::Recording;
use super::space::{Space, positions};
use crate::error::{Error, Result};

/// Standardised rows: the mean of each environment removed, divided by the pooled scale.
#[derive(Debug, Clone)]
pub(super) struct Design {
    /// The space of the rows.
    pub(super) space: Space,
    /// Measurements, row after row.
    pub(super) x: Vec<f64>,
    /// Responses.
    pub(super) y: Vec<f64>,
    /// The rows of each environment. Without labels: of each run of consecutive rows, one batch long.
    pub(super) groups: Vec<Vec<usize>>,
    /// Whether the groups are labelled environments.
    pub(super) labelled: bool,
    /// Entries that do not vary within any environment, and are not learned.
    pub(super) constant: Vec<String>,
    /// Multiplies a standardised coefficient to give it in raw units.
    pub(super) to_raw: Vec<f64>,
}

impl Design {
    /// Standardises a recording.
    pub(super) fn new(
        options: &Options,
        recording: &Recording,
        lift: &Lift,
        batch: u32,
    ) -> Result<Self> {
        let groups = groups(options, recording, batch as usize)?;
        let p = lift.space.len();
        let mut x = lift.apply_all(recording);
        if let Some(index) = x.iter().position(|value| !value.is_finite()) {
            return Err(Error::file(
                &recording.file,
                format!(
                    "feature {} overflows in data row {}",
                    lift.names[index % p],
                    index / p + 1
                ),
            ));
        }
        let mut y = recording.responses.clone();
        let raw_size = root_mean_square(&x, p);
        let sizes = lift.names.iter().zip(&raw_size);
        let response = (&options.target, &root_mean_square(&y, 1)[0]);
        if let Some((name, _)) = sizes.chain([response]).find(|(_, size)| !size.is_finite()) {
            let message = format!("the values of {name} are too large to be squared");
            return Err(Error::file(&recording.file, message));
        }
        for group in &groups {
            remove_mean(&mut x, p, group);
            remove_mean(&mut y, 1, group);
        }
        let constant = zero_constants(&mut x, &raw_size);
        let y_scale = root_mean_square(&y, 1)[0];
        if y_scale <= 1e-10 * root_mean_square(&recording.responses, 1)[0] {
            let message = "does not vary within any environment: there is nothing to learn";
            let column = Some(options.target.as_str());
            return Err(Error::data(&recording.file, None, column, message));
        }
        let x_scale = match lift.space {
            Space::Features(_) => root_mean_square(&x, p).into_iter().map(positive).collect(),
            Space::Matrix(d) if lift.is_rank_one() => rank_one_scales(&x, d),
            Space::Matrix(_) => vec![positive(isotropic_scale(&x, lift.space)); p],
        };
        for row in x.chunks_exact_mut(p) {
            for (value, scale) in row.iter_mut().zip(&x_scale) {
                *value /= scale;
            }
        }
        for value in &mut y {
            *value /= y_scale;
        }
        Ok(Self {
            space: lift.space,
            x,
            y,
            groups,
            labelled: options.env.is_some(),
            constant: constant
                .into_iter()
                .map(|k| lift.names[k].clone())
                .collect(),
            to_raw: x_scale.iter().map(|scale| y_scale / scale).collect(),
        })
    }

    /// The measurement of row `row`.
    pub(super) fn row(&self, row: usize) -> &[f64] {
        let p = self.space.len();
        &self.x[row * p..(row + 1) * p]
    }
}

/// Rows by environment or, without labels, by runs of one batch in file order.
fn groups(options: &Options, recording: &Recording, batch: usize) -> Result<Vec<Vec<usize>>> {
    let file = &recording.file;
    if options.env.is_none() {
        let rows: Vec<usize> = (0..recording.len()).collect();
        return Ok(rows.chunks(batch).map(<[usize]>::to_vec).collect());
    }
    let mut groups = vec![Vec::new(); recording.environments.names().len()];
    for (row, &environment) in recording.environment.iter().enumerate() {
        groups[environment as usize].push(row);
    }
    if groups.len() < 2 {
        return Err(Error::data(
            file,
            None,
            options.env.as_deref(),
            format!(
                "one environment only ({}); what stays the same shows only between two or more",
                recording.environments.names().join(", ")
            ),
        ));
    }
    for (group, name) in groups.iter().zip(recording.environments.names()) {
        if group.len() < 2 {
            return Err(Error::data(
                file,
                None,
                options.env.as_deref(),
                format!(
                    "environment {name:?} has one row; two or more are needed to remove its mean"
                ),
            ));
        }
    }
    Ok(groups)
}

fn remove_mean(values: &mut [f64], width: usize, rows: &[usize]) {
    for column in 0..width {
        let sum: f64 = rows.iter().map(|row| values[row * width + column]).sum();
        let mean = sum / rows.len() as f64;
        for row in rows {
            values[row * width + column] -= mean;
        }
    }
}

/// The root mean square of each column.
fn root_mean_square(values: &[f64], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for row in values.chunks_exact(width) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value * value;
        }
    }
    let rows = (values.len() / width) as f64;
    sums.iter().map(|sum| libm::sqrt(sum / rows)).collect()
}

/// Columns that do not vary inside any environment become exactly 0: what rounding left of them
/// would otherwise be scaled up to a feature. Gives their numbers.
fn zero_constants(x: &mut [f64], raw_size: &[f64]) -> Vec<usize> {
    let p = raw_size.len();
    let left = root_mean_square(x, p);
    let constant: Vec<usize> = (0..p)
        .filter(|&column| left[column] <= 1e-10 * raw_size[column])
        .collect();
    for row in x.chunks_exact_mut(p) {
        for &column in &constant {
            row[column] = 0.0;
        }
    }
    constant
}

/// A scale to divide by: 1 for a constant, which then stays at 0.
fn positive(scale: f64) -> f64 {
    if scale > 0.0 { scale } else { 1.0 }
}

/// Scales `sqrt(2) s_i s_j` that make centred `x x^T` isotropic for Gaussian x of uncorrelated
/// coordinates and zero mean (docs/theory.md, section 1). `s_i` is taken from the variation of
/// `x_i^2`, which is `2 s_i^4` there, and not from its mean: an offset in x adds to both, but only
/// the variation is what the steps see.
fn rank_one_scales(centred: &[f64], d: usize) -> Vec<f64> {
    let variation = root_mean_square(centred, d * (d + 1) / 2);
    let s: Vec<f64> = positions(d)
        .zip(&variation)
        .filter(|((i, j), _)| i == j)
        .map(|(_, &deviation)| positive(libm::sqrt(deviation / std::f64::consts::SQRT_2)))
        .collect();
    positions(d)
        .map(|(i, j)| std::f64::consts::SQRT_2 * s[i] * s[j])
        .collect()
}

/// The scale that gives a dense ensemble the norm of an isotropic one, `E ||X||^2 = d(d+1)/2`.
fn isotropic_scale(x: &[f64], space: Space) -> f64 {
    let p = space.len();
    let weights = space.weights();
    let sum: f64 = root_mean_square(x, p)
        .iter()
        .zip(&weights)
        .map(|(rms, weight)| weight * rms * rms)
        .sum();
    libm::sqrt(sum / p as f64)
}
