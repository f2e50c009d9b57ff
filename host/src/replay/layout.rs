//! Which column holds what.

use super::Recipe;
use crate::data::{Columns, Reader};
use crate::error::Result;

/// The columns of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) environment: usize,
    pub(crate) response: usize,
    /// The columns of the measurement: the packed triangle, or the vector x.
    pub(crate) measurement: Columns,
    pub(crate) rank_one: bool,
}

impl Layout {
    /// Finds the columns of a stream of `d`-dimensional measurements by name.
    pub(crate) fn find(reader: &Reader, recipe: &Recipe, d: usize) -> Result<Self> {
        let rank_one = reader.position("x_1_1").is_none();
        if rank_one && reader.position("x_1").is_none() {
            return Err(reader.header_error(
                None,
                format!(
                    "neither x_1_1 (dense) nor x_1 (rank one) is there; the file has {}",
                    crate::data::list(reader.columns())
                ),
            ));
        }
        let names: Vec<String> = if rank_one {
            (1..=d).map(|i| format!("x_{i}")).collect()
        } else {
            (1..=d)
                .flat_map(|i| (i..=d).map(move |j| format!("x_{i}_{j}")))
                .collect()
        };
        let measurement = names
            .iter()
            .map(|name| reader.column(name))
            .collect::<Result<Vec<_>>>()?;
        let beyond = reader
            .columns()
            .iter()
            .find(|name| name.starts_with("x_") && !names.contains(name));
        if let Some(name) = beyond {
            return Err(reader.header_error(
                Some(name),
                format!("does not belong to measurements of --dim {d}"),
            ));
        }
        Ok(Self {
            environment: reader.column(&recipe.env)?,
            response: reader.column(&recipe.target)?,
            measurement: reader.select(measurement),
            rank_one,
        })
    }

    /// The kind of measurement, as `--measurement` names it.
    pub(crate) fn name(&self) -> &'static str {
        if self.rank_one { "rank-one" } else { "dense" }
    }
}
