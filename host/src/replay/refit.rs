//! What is common to the environments of a recorded stream, and how sure that is.

use heterosgd::{Finding, Scalar, Verdict};
use heterosgd_problems::stream::answer_digest;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Precision;
use super::recorded::Recorded;
use crate::any_size::{Common, common};
use crate::error::{Error, Result};

/// Screens and refits in the precision of a device, from the scaled rows that it has.
pub(super) fn refit(recorded: &Recorded, precision: Precision) -> Result<Common> {
    match precision {
        Precision::F32 => sized::<f32>(recorded),
        Precision::F64 => sized::<f64>(recorded),
    }
}

fn sized<T: Scalar>(recorded: &Recorded) -> Result<Common> {
    common(recorded.names.len(), || recorded.rows::<T>()).map_err(|(row, error)| {
        let message = match error {
            heterosgd::Error::EmptyBatch => format!(
                "--refit: no run of rows of one environment is long enough: {} rows of one are needed at least, \
                 and every feature has to move in it",
                2 * (recorded.names.len() + 1) + 1
            ),
            error => format!("data row {}: {error}", row + 1),
        };
        Error::file(&recorded.file, message)
    })
}

/// The digest of the answer, that of a device.
pub(super) fn digest(common: &Common) -> u64 {
    answer_digest(
        &common.findings,
        &common.coefficients,
        &common.standard_errors,
        [common.noise, f64::from(common.visits)],
    )
}

/// The answer in the units of the recording (docs/formats.md).
#[derive(Debug, Serialize)]
pub(super) struct Refit {
    coefficients: Map<String, Value>,
    standard_errors: Map<String, Value>,
    verdicts: Map<String, Value>,
    noise: f64,
    visits: u32,
    skipped: u32,
    directions: u32,
    few_rows: bool,
    digest: String,
}

impl Refit {
    pub(super) fn new(recorded: &Recorded, common: &Common) -> Self {
        let named = |values: &[f64]| {
            let scaled = values.iter().zip(&recorded.scales);
            let scaled =
                scaled.map(|(value, scale)| json!(value * scale / recorded.response_scale));
            recorded.names.iter().cloned().zip(scaled).collect()
        };
        let verdicts = common.findings.iter().map(|finding| json!(word(finding)));
        Self {
            coefficients: named(&common.coefficients),
            standard_errors: named(&common.standard_errors),
            verdicts: recorded.names.iter().cloned().zip(verdicts).collect(),
            noise: common.noise / (recorded.response_scale * recorded.response_scale),
            visits: common.visits,
            skipped: common.skipped,
            directions: common.design.directions,
            few_rows: common.design.few_rows,
            digest: format!("{:016x}", digest(common)),
        }
    }

    /// For people: what is known, and what is not.
    pub(super) fn report(&self) -> String {
        let mut text = format!(
            "\nrefit of {} visits ({} left out), standard deviation of the noise {:.4}:\n",
            self.visits,
            self.skipped,
            libm::sqrt(self.noise)
        );
        for ((name, value), (error, verdict)) in self
            .coefficients
            .iter()
            .zip(self.standard_errors.values().zip(self.verdicts.values()))
        {
            let [value, error] = [value, error].map(|number| number.as_f64().unwrap_or(f64::NAN));
            let verdict = verdict.as_str().unwrap_or_default();
            text += &format!("{name:24} {value:>14.6} +- {error:<12.6} {verdict}\n");
        }
        if self.few_rows {
            text += "too few independent rows a visit for any verdict: record longer visits\n";
        } else if self.directions <= 1 {
            text += "the environments differ in one direction at most: what varies along it cannot be told from what \
                     is common;\nadd environments that differ in another way\n";
        }
        text
    }
}

/// A verdict in a word.
fn word(finding: &Finding) -> &'static str {
    match finding.verdict {
        _ if finding.visits == 0 => "unidentified",
        Verdict::Varies => "varies",
        Verdict::Around => "around",
        Verdict::Invariant => "invariant",
        Verdict::Zero => "zero",
        Verdict::Unsure => "unsure",
    }
}
