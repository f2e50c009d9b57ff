//! The summary of a `learn` run: the fields of its JSON.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::divergence::Divergence;

use super::diagnosis::Diagnosis;
use super::directions::Direction;
use super::lift::Lift;
use super::score::Score;
use super::space::{Space, full};
use super::step_size::Candidate;

/// Everything that `learn` found out.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) summary: Summary,
    /// The run at every step size of the grid.
    pub(super) scan: Vec<Candidate>,
}

impl Outcome {
    /// What to do after a run that diverged.
    pub(super) fn advice(&self) -> String {
        let stable = self.scan.iter().filter(|candidate| candidate.stable);
        match stable.map(|candidate| candidate.step_size).reduce(f64::max) {
            Some(largest) => format!(
                "the largest of the step sizes tried here that is stable on all of the data is {largest:.4}, and --step-size auto chooses one"
            ),
            None => "no step size tried here is stable on these data".to_owned(),
        }
    }
}

/// The fields of the JSON summary (docs/formats.md).
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) method: &'static str,
    pub(super) model: &'static str,
    pub(super) step_size: f64,
    pub(super) step_size_chosen: &'static str,
    pub(super) init_scale: f64,
    pub(super) batch: u32,
    pub(super) seed: u64,
    pub(super) steps: u64,
    pub(super) samples: u64,
    pub(super) diverged: bool,
    /// Where and how, if it did.
    pub(super) divergence: Option<Divergence>,
    pub(super) rows: usize,
    /// Rows after the last full batch of a file without labels: not used.
    pub(super) left_over: usize,
    pub(super) environments: Vec<String>,
    /// Features that do not vary within any environment: their coefficients stay 0.
    pub(super) constant: Vec<String>,
    #[serde(flatten)]
    pub(super) fit: Fit,
    pub(super) pooled: Baseline,
    pub(super) ols: Option<Baseline>,
    pub(super) diagnosis: Map<String, Value>,
    pub(super) heterogeneity_sufficient: bool,
    /// The smallest stable step size at which the heterogeneity is enough.
    pub(super) sufficient_from: Option<f64>,
    /// The end of the stretch of step sizes that begins there.
    pub(super) sufficient_to: Option<f64>,
    pub(super) statement: String,
}

/// Coefficients (or a matrix) in raw units, and its score.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Fit {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) coefficients: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) estimate: Option<Vec<Vec<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) test: Option<Score>,
    /// The entries as a plain vector.
    #[serde(skip)]
    pub(super) raw: Vec<f64>,
    /// The same in standardised units.
    #[serde(skip)]
    pub(super) standardised: Vec<f64>,
}

/// A method to compare with.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Baseline {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) step_size: Option<f64>,
    #[serde(flatten)]
    pub(super) fit: Fit,
}

impl Fit {
    /// Names the raw entries.
    pub(super) fn new(
        lift: &Lift,
        raw: Vec<f64>,
        standardised: Vec<f64>,
        test: Option<Score>,
    ) -> Self {
        let (coefficients, estimate) = match lift.space {
            Space::Features(_) => {
                let named = lift.names.iter().zip(&raw);
                let map = named.map(|(name, value)| (name.clone(), json!(value)));
                (Some(map.collect()), None)
            }
            Space::Matrix(d) => (None, Some(full(&raw, d))),
        };
        Self {
            coefficients,
            estimate,
            test,
            raw,
            standardised,
        }
    }
}

/// The diagnoses by name.
pub(super) fn named(directions: &[Direction], diagnoses: &[Diagnosis]) -> Map<String, Value> {
    directions
        .iter()
        .zip(diagnoses)
        .map(|(direction, diagnosis)| (direction.name.clone(), json!(diagnosis)))
        .collect()
}
