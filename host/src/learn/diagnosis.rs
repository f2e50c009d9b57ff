//! What theory predicts for these data: the pull of each environment on each direction, its
//! Lyapunov exponent, and a verdict.

use serde::Serialize;

use super::directions::Direction;
use super::options::ModelKind;

/// What becomes of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Pulled the same way by the environments, and learned.
    Invariant,
    /// Its exponent is negative: it dies out.
    Suppressed,
    /// Learned although the environments disagree, or too slow to tell within the run.
    Undecided,
}

/// The diagnosis of one direction: a coefficient of the linear model, an eigen-direction of the others.
///
/// `s_e` is the pull of environment e at the estimate, the direction's own part taken out
/// (docs/theory.md, 2.5), in standardised units.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Diagnosis {
    /// The mean of `s_e` over environments.
    pub(super) mean: f64,
    /// Their standard deviation: the heterogeneity M of the direction.
    pub(super) spread: f64,
    /// The predicted Lyapunov exponent at the step size of the run, from the `s_e`.
    pub(super) lyapunov: f64,
    /// The same from the pulls of batches of the size trained with: their sampling noise adds to
    /// the heterogeneity. The verdict follows from it.
    pub(super) batch_lyapunov: f64,
    /// What becomes of the direction.
    pub(super) verdict: Verdict,
    /// `s_e`, environment by environment in the order of appearance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) pulls: Vec<f64>,
    /// The unit eigenvector, for matrices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) direction: Option<Vec<f64>>,
}

/// The time scale against which an exponent counts as zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Horizon {
    pub(super) init_scale: f64,
    pub(super) steps: u64,
}

impl Horizon {
    /// The exponent at which a direction grows from the initial scale to 1 within the run.
    fn resolution(self) -> f64 {
        -libm::log(self.init_scale) / self.steps as f64
    }

    /// Whether a direction with this exponent is learned within the run.
    pub(super) fn learns(self, exponent: f64) -> bool {
        exponent > self.resolution()
    }

    /// Whether it dies out within the run.
    pub(super) fn suppresses(self, exponent: f64) -> bool {
        exponent < -self.resolution()
    }
}

/// The diagnosis of a direction at a step size.
pub(super) fn diagnose(
    direction: &Direction,
    model: ModelKind,
    step_size: f64,
    horizon: Horizon,
) -> Diagnosis {
    let exponent = direction.batch_exponent(model, step_size);
    let verdict = if horizon.suppresses(exponent) {
        Verdict::Suppressed
    } else if horizon.learns(exponent) && !direction.varies() {
        Verdict::Invariant
    } else {
        Verdict::Undecided
    };
    // With runs of rows for environments there can be thousands; mean and spread say enough.
    let pulls = if direction.pulls.len() <= 64 {
        direction.pulls.clone()
    } else {
        Vec::new()
    };
    Diagnosis {
        mean: direction.mean(),
        spread: direction.spread(),
        lyapunov: direction.exponent(model, step_size),
        batch_lyapunov: exponent,
        verdict,
        pulls,
        direction: direction.vector.clone(),
    }
}
