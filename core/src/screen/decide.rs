//! Which coefficients are common to all environments, from what lasts of the visits.

use super::directions::directions;
use super::guard::sort;
use super::summary::{FeatureSums, Totals};
use super::tails::{f_tail, t_tail};

/// A spread of this share of the mean is tolerated: it is part of what `Varies` has to exceed.
const TOLERATED: f64 = 0.1;
/// The level of both tests, over all features (Benjamini and Hochberg).
const LEVEL: f64 = 0.05;
/// A common coefficient spreads by less than this share of its mean.
const COMMON_SPREAD: f64 = 0.5;
/// A coefficient that varies by less than this share of its mean has a mean worth knowing.
const AROUND_SPREAD: f64 = 1.0 / 3.0;
/// What moves the response by less than this share of its deviation is next to nothing.
const NEGLIGIBLE: f64 = 0.05;
/// Effective rows of a visit for each coefficient, below which its own fits are too noisy to judge by.
const LEAST_ROWS: f64 = 3.0;

/// What is said of a coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Verdict {
    /// It differs between environments by more than a tenth of its mean. The answer has 0, and each
    /// environment its own in the fit.
    Varies,
    /// It varies, but by less than a third of its mean: the answer has the random-effects mean, and each
    /// environment its own in the fit.
    Around,
    /// It differs from 0, and no difference between environments was found.
    Invariant,
    /// It is next to nothing everywhere; the answer has 0.
    Zero,
    /// Nothing of this can be said; the answer has the common estimate.
    #[default]
    Unsure,
}

/// What was found of one coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Finding {
    /// What is said of it.
    pub verdict: Verdict,
    /// Visits in which it had a coefficient of its own: none where it never moves, or only as others
    /// before it do.
    pub visits: u32,
    /// Its mean over environments, weighted by how well each knows it.
    pub mean: f64,
    /// The standard error of the mean.
    pub standard_error: f64,
    /// The standard deviation between environments, by the moments of `DerSimonian` and Laird.
    pub spread: f64,
    /// The design effect: how many rows are worth one independent row.
    pub design_effect: f64,
    /// The probability of differences as large as these, were the spread a tenth of the mean.
    pub p_varies: f64,
    /// The probability of a mean as large as this, were it 0.
    pub p_zero: f64,
}

/// What was found of the environments together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Design {
    /// Visits that were fitted, each of which counts as an environment.
    pub visits: u32,
    /// Visits that were too short or too flat to be fitted.
    pub skipped: u32,
    /// In how many directions the coefficients that vary differ between environments. With one, a
    /// coefficient that belongs to it may look invariant, because these environments do not vary it:
    /// add environments that differ in another way.
    pub directions: u32,
    /// Whether visits have too few independent rows for verdicts; all are [`Verdict::Unsure`] then.
    pub few_rows: bool,
}

/// What was found of D coefficients.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Findings<const D: usize> {
    /// Of each coefficient.
    pub of: [Finding; D],
    /// Of the environments together.
    pub design: Design,
}

impl<const D: usize> Findings<D> {
    /// Findings of a caller's own: verdicts alone, independent rows.
    pub fn from_verdicts(verdicts: [Verdict; D]) -> Self {
        let mut findings = Self {
            of: [Finding::default(); D],
            design: Design::default(),
        };
        for (finding, verdict) in findings.of.iter_mut().zip(verdicts) {
            finding.verdict = verdict;
            finding.visits = 1;
            finding.design_effect = 1.0;
        }
        findings
    }
}

/// Finds `findings` for all features, of whose sums some may be empty. `scatter` holds the sums of
/// products of coefficients, packed, and is used up; the other two are room for a number of each
/// feature.
pub fn decide(
    features: &[FeatureSums],
    totals: &Totals,
    scatter: &mut [f64],
    [scratch, more]: [&mut [f64]; 2],
    findings: &mut [Finding],
) -> Design {
    let visits = f64::from(totals.visits);
    for (finding, sums) in findings.iter_mut().zip(features) {
        *finding = Finding {
            visits: sums.visits as u32,
            design_effect: design_effect(sums, totals),
            p_varies: 1.0,
            p_zero: 1.0,
            ..Finding::default()
        };
    }
    let (median, all) = summary_of_effects(features, findings, scratch);
    let rows = totals.rows / visits.max(1.0);
    let coefficients = features.iter().filter(|sums| sums.visits > 0.0).count() as f64 + 1.0;
    // A slow feature uses up as many rows as its design effect, not one.
    let left = (rows - median - all).max(0.1 * rows);
    let few = ((rows - coefficients) / left).max(1.0);
    let enough = rows >= LEAST_ROWS * coefficients * median;
    let few_rows = !enough;
    let dof = if totals.block_dof > 0.0 {
        totals.block_dof
    } else {
        totals.dof / median.max(1.0)
    };
    for (finding, sums) in findings.iter_mut().zip(features) {
        if sums.visits >= 2.0 && dof > 0.0 {
            finding.judge(sums, finding.design_effect * few, dof);
        }
    }
    let discovered = |p_of: fn(&Finding) -> f64, findings: &[Finding]| {
        let limit = discoveries(findings, p_of, features);
        move |finding: &Finding| p_of(finding) <= limit
    };
    let varies = discovered(|finding| finding.p_varies, findings);
    let differs = discovered(|finding| finding.p_zero, findings);
    let deviation = libm::sqrt(totals.square / totals.rows.max(1.0));
    for (finding, sums) in findings.iter_mut().zip(features) {
        if few_rows || finding.visits < 2 {
            continue;
        }
        let share = finding.spread / libm::fabs(finding.mean);
        let most = libm::fabs(finding.mean) + 1.96 * finding.standard_error;
        let moves = most * libm::sqrt(sums.square / totals.rows);
        finding.verdict = match (varies(finding), differs(finding)) {
            (true, true) if share < AROUND_SPREAD => Verdict::Around,
            (true, _) => Verdict::Varies,
            (false, true) if share < COMMON_SPREAD => Verdict::Invariant,
            (false, false) if moves < NEGLIGIBLE * deviation => Verdict::Zero,
            _ => Verdict::Unsure,
        };
    }
    Design {
        visits: totals.visits,
        skipped: totals.skipped,
        directions: directions(features, findings, totals, scatter, [scratch, more]),
        few_rows,
    }
}

impl Finding {
    /// Random effects by moments: `DerSimonian` and Laird, Controlled Clinical Trials 7 (1986).
    fn judge(&mut self, sums: &FeatureSums, effect: f64, dof: f64) {
        let weight = sums.weight / effect;
        let weighted = sums.weighted / effect;
        let squared = sums.squared_weight / (effect * effect);
        let mean = weighted / weight;
        let others = sums.visits - 1.0;
        let q = (sums.weighted_square / effect - weighted * mean).max(0.0);
        let scale = weight - squared / weight;
        let spread2 = ((q - others) / scale).max(0.0);
        let tolerated = TOLERATED * mean;
        self.mean = mean;
        // Where all others weigh nothing beside one visit, only that one knows the coefficient.
        let compared = scale > 1e-12 * weight;
        if !compared {
            self.visits = 1;
            self.standard_error = libm::sqrt(1.0 / weight);
            return;
        }
        self.spread = libm::sqrt(spread2);
        self.standard_error = libm::sqrt(1.0 / weight + spread2 * squared / (weight * weight));
        self.p_varies = f_tail(
            q / (1.0 + tolerated * tolerated * scale / others) / others,
            others,
            dof,
        );
        self.p_zero = t_tail(mean / self.standard_error, dof);
    }
}

/// The larger of what blocks of rows show and what the lag-one autocorrelations of the residuals and
/// of the feature make.
fn design_effect(sums: &FeatureSums, totals: &Totals) -> f64 {
    if !(sums.visits > 0.0 && totals.rows > 0.0) {
        return 1.0;
    }
    let blocks = sums.blocks / sums.visits;
    let c = totals.lagged / totals.rows * (sums.lagged / totals.rows);
    let c = c.clamp(0.0, 0.95);
    blocks.max((1.0 + c) / (1.0 - c)).max(1.0)
}

/// The median of the design effects of the features that have one, and their sum.
fn summary_of_effects(
    features: &[FeatureSums],
    findings: &[Finding],
    sorted: &mut [f64],
) -> (f64, f64) {
    let effects = features
        .iter()
        .zip(findings)
        .filter(|(sums, _)| sums.visits > 0.0);
    let mut count = 0;
    for ((_, finding), entry) in effects.zip(sorted.iter_mut()) {
        *entry = finding.design_effect;
        count += 1;
    }
    let sorted = sorted.get_mut(..count).unwrap_or_default();
    sort(sorted);
    let all = sorted.iter().fold(0.0, |sum, effect| sum + effect);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(1.0);
    let median = match count {
        0 => 1.0,
        _ => 0.5 * (at((count - 1) / 2) + at(count / 2)),
    };
    (median, all)
}

/// The largest of the probabilities that still counts as a discovery at [`LEVEL`]; below 0 if none
/// does (Benjamini and Hochberg, J. R. Statist. Soc. B 57, 1995).
fn discoveries(findings: &[Finding], p_of: fn(&Finding) -> f64, features: &[FeatureSums]) -> f64 {
    let judged = || {
        let pairs = findings.iter().zip(features);
        pairs
            .filter(|(_, sums)| sums.visits > 0.0)
            .map(|(finding, _)| p_of(finding))
    };
    let tests = judged().count() as f64;
    let mut limit = -1.0;
    for p in judged() {
        let as_small = judged().filter(|&other| other <= p).count() as f64;
        if p <= LEVEL * as_small / tests && p > limit {
            limit = p;
        }
    }
    limit
}
