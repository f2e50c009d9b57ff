//! From feature columns to what is learned from: monomials for the linear model, X for the others.

use super::options::{MeasurementKind, ModelKind, Options};
use super::recording::Recording;
use super::space::{Space, positions};
use crate::data::list;
use crate::error::{Error, Result};

/// How a row of feature values becomes a vector of the space.
#[derive(Debug, Clone)]
pub(super) struct Lift {
    /// The space of the lifted rows.
    pub(super) space: Space,
    /// The name of each lifted entry.
    pub(super) names: Vec<String>,
    /// Which columns are multiplied to give each entry.
    factors: Vec<(usize, Option<usize>)>,
}

impl Lift {
    /// The lift that the options ask for.
    pub(super) fn new(options: &Options, recording: &Recording) -> Result<Self> {
        match (options.model, options.measurement) {
            (ModelKind::Linear, _) => Self::monomials(options, recording),
            (_, Some(MeasurementKind::Dense)) => Self::dense(recording),
            (_, Some(MeasurementKind::RankOne) | None) => Ok(Self::rank_one(&recording.features)),
        }
    }

    fn monomials(options: &Options, recording: &Recording) -> Result<Self> {
        let columns = &recording.features;
        let mut entries: Vec<(String, (usize, Option<usize>))> = columns
            .iter()
            .enumerate()
            .map(|(i, name)| (name.clone(), (i, None)))
            .collect();
        if options.degree == 2 {
            entries.extend(
                positions(columns.len())
                    .map(|(i, j)| (format!("{}*{}", columns[i], columns[j]), (i, Some(j)))),
            );
        }
        entries.retain(|(name, _)| !options.drop.contains(name));
        if entries.is_empty() {
            return Err(Error::file(
                &recording.file,
                "no feature is left to learn from",
            ));
        }
        let (names, factors): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        Ok(Self {
            space: Space::Features(names.len()),
            names,
            factors,
        })
    }

    fn rank_one(columns: &[String]) -> Self {
        let d = columns.len();
        Self {
            space: Space::Matrix(d),
            names: positions(d)
                .map(|(i, j)| format!("{}*{}", columns[i], columns[j]))
                .collect(),
            factors: positions(d).map(|(i, j)| (i, Some(j))).collect(),
        }
    }

    /// Columns that end in `_i_j`, i <= j, are the upper triangle of X.
    fn dense(recording: &Recording) -> Result<Self> {
        let columns = &recording.features;
        let p = columns.len();
        let d = (1..=p).find(|d| d * (d + 1) / 2 >= p).unwrap_or(p);
        let mut factors = Vec::with_capacity(p);
        for (i, j) in positions(d) {
            let suffix = format!("_{}_{}", i + 1, j + 1);
            let found = columns.iter().position(|name| name.ends_with(&suffix));
            let column = found.ok_or_else(|| {
                Error::data(
                    &recording.file,
                    recording.header,
                    None,
                    format!(
                        "--measurement dense needs the upper triangle of X in columns that end in _1_1, _1_2 ... _{d}_{d}; none ends in {suffix}, there are {}",
                        list(columns)
                    ),
                )
            })?;
            factors.push((column, None));
        }
        if factors.len() != p {
            return Err(Error::data(
                &recording.file,
                recording.header,
                None,
                format!(
                    "{p} feature columns do not make the upper triangle of a matrix ({} of a {d} x {d} one would); leave the others out with --drop",
                    factors.len()
                ),
            ));
        }
        Ok(Self {
            space: Space::Matrix(d),
            names: factors.iter().map(|&(c, _)| columns[c].clone()).collect(),
            factors,
        })
    }

    /// Whether entries are products of two columns that make up x x^T.
    pub(super) fn is_rank_one(&self) -> bool {
        matches!(self.space, Space::Matrix(_)) && self.factors.iter().all(|(_, b)| b.is_some())
    }

    /// Lifts one row.
    pub(super) fn apply(&self, row: &[f64]) -> impl Iterator<Item = f64> {
        self.factors
            .iter()
            .map(move |&(a, b)| b.map_or(row[a], |b| row[a] * row[b]))
    }

    /// Lifts a whole recording, row after row.
    pub(super) fn apply_all(&self, recording: &Recording) -> Vec<f64> {
        (0..recording.len())
            .flat_map(|row| self.apply(recording.row(row)))
            .collect()
    }
}
