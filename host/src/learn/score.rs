//! Scores on held-out data.

use serde::Serialize;

use super::lift::Lift;
use super::recording::Recording;
use crate::error::{Error, Result};

/// R^2 on held-out environments.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Score {
    /// The mean over environments.
    pub(super) r2: f64,
    /// Each environment by itself, its label first.
    pub(super) environments: Vec<(String, f64)>,
}

/// Held-out data, lifted like the training data.
#[derive(Debug, Clone)]
pub(super) struct HeldOut {
    groups: Vec<(String, Vec<usize>)>,
    x: Vec<f64>,
    y: Vec<f64>,
    width: usize,
    weights: Vec<f64>,
}

impl HeldOut {
    /// Lifts `recording` and groups it by environment.
    pub(super) fn new(recording: &Recording, lift: &Lift) -> Result<Self> {
        let mut groups: Vec<(String, Vec<usize>)> = recording
            .environments
            .names()
            .iter()
            .map(|name| (name.clone(), Vec::new()))
            .collect();
        for (row, &environment) in recording.environment.iter().enumerate() {
            groups[environment as usize].1.push(row);
        }
        for (name, rows) in &groups {
            let first = recording.responses[rows[0]];
            if rows.iter().all(|&row| recording.responses[row] == first) {
                return Err(Error::data(
                    &recording.file,
                    None,
                    recording.env_column.as_deref(),
                    format!(
                        "the target is constant in test environment {name:?}; R^2 needs it to vary"
                    ),
                ));
            }
        }
        Ok(Self {
            groups,
            x: lift.apply_all(recording),
            y: recording.responses.clone(),
            width: lift.space.len(),
            weights: lift.space.weights(),
        })
    }

    /// Scores coefficients in raw units: R^2 within each environment after removing its mean, since
    /// an environment's own intercept cannot be known, then averaged over environments.
    pub(super) fn score(&self, coefficients: &[f64]) -> Score {
        let environments: Vec<(String, f64)> = self
            .groups
            .iter()
            .map(|(name, rows)| (name.clone(), self.r2(rows, coefficients)))
            .collect();
        let r2 = environments.iter().map(|(_, r2)| r2).sum::<f64>() / environments.len() as f64;
        Score { r2, environments }
    }

    fn r2(&self, rows: &[usize], coefficients: &[f64]) -> f64 {
        let errors: Vec<f64> = rows
            .iter()
            .map(|&row| {
                let x = &self.x[row * self.width..(row + 1) * self.width];
                let prediction: f64 = x
                    .iter()
                    .zip(coefficients)
                    .zip(&self.weights)
                    .map(|((x, w), weight)| x * w * weight)
                    .sum();
                self.y[row] - prediction
            })
            .collect();
        let responses: Vec<f64> = rows.iter().map(|&row| self.y[row]).collect();
        1.0 - variation(&errors) / variation(&responses)
    }
}

/// The sum of squares about the mean.
fn variation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|v| (v - mean) * (v - mean)).sum()
}
