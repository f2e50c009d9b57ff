//! What theory predicts for these data: the pull of each environment on each direction, its
//! Lyapunov exponent, and a verdict.

use serde::Serialize;

use super::directions::Direction;
use super::options::ModelKind;

/// What becomes of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// The environments agree on it, and it was learned.
    Invariant,
    /// Next to nothing of it was learned, and it differs between environments or is predicted to
    /// die out.
    Suppressed,
    /// Learned although the environments differ, or not learned and not predicted to die out.
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
    /// the heterogeneity.
    pub(super) batch_lyapunov: f64,
    /// What becomes of the direction.
    pub(super) verdict: Verdict,
    /// What the environments say on their own.
    pub(super) own: Own,
    /// How much of it was learned, as a share of the direction that was learned most.
    pub(super) left: f64,
    /// `s_e`, environment by environment in the order of appearance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) pulls: Vec<f64>,
    /// The unit eigenvector, for matrices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) direction: Option<Vec<f64>>,
}

/// The strength of a direction fitted in each environment by itself: raw units for coefficients,
/// standardised ones for matrices.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Own {
    /// Their mean.
    pub(super) mean: f64,
    /// Their standard deviation, what sampling noise explains of it taken out.
    pub(super) spread: f64,
    /// The standard error of one environment's value.
    pub(super) noise: f64,
    /// Whether they differ: beyond sampling noise and by more than a fifth of their mean.
    pub(super) differs: bool,
    /// Whether the direction is strong enough to matter: a tenth of the strongest one.
    pub(super) matters: bool,
    /// The values, environment by environment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) values: Vec<f64>,
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

/// With runs of rows for environments there can be thousands; mean and spread say enough.
const MOST_LISTED: usize = 64;

/// The diagnosis of a direction at a step size; `to_raw` takes its strength to the units of the report.
pub(super) fn diagnose(
    direction: &Direction,
    model: ModelKind,
    step_size: f64,
    horizon: Horizon,
    to_raw: f64,
) -> Diagnosis {
    let exponent = direction.batch_exponent(model, step_size);
    let opinion = &direction.opinion;
    let listed = |values: &[f64], scale: f64| {
        let few = values.len() <= MOST_LISTED;
        let scaled = values.iter().map(|value| value * scale);
        if few { scaled.collect() } else { Vec::new() }
    };
    Diagnosis {
        mean: direction.mean(),
        spread: direction.spread(),
        lyapunov: direction.exponent(model, step_size),
        batch_lyapunov: exponent,
        verdict: verdict(direction, exponent, horizon),
        own: Own {
            mean: opinion.mean * to_raw,
            spread: opinion.spread * to_raw,
            noise: opinion.noise * to_raw,
            differs: opinion.differs(),
            matters: direction.matters,
            values: listed(&opinion.own, to_raw),
        },
        left: direction.left(),
        pulls: listed(&direction.pulls, 1.0),
        direction: direction.vector.clone(),
    }
}

fn verdict(direction: &Direction, exponent: f64, horizon: Horizon) -> Verdict {
    let differs = direction.opinion.differs();
    if !differs && direction.is_learned() && horizon.learns(exponent) {
        Verdict::Invariant
    } else if direction.is_gone() && (differs || horizon.suppresses(exponent)) {
        Verdict::Suppressed
    } else {
        Verdict::Undecided
    }
}
