//! Rows of a stream, written as text or as an array.

use std::io::{Error, Result, Write};

use super::{EnsembleKind, Options};
use crate::data::NpyHeader;
use crate::replay::Precision;

/// A stream that is being written.
pub(super) struct Table<'a> {
    sink: &'a mut dyn Write,
    precision: Precision,
    is_array: bool,
}

impl<'a> Table<'a> {
    /// Writes the header: of an array if the file's name says so.
    pub(super) fn new(options: &Options, sink: &'a mut dyn Write) -> Result<Self> {
        let d = options.dim;
        let names: Vec<String> = match options.ensemble {
            EnsembleKind::RankOne => (1..=d).map(|i| format!("x_{i}")).collect(),
            EnsembleKind::Gaussian | EnsembleKind::Rademacher => (1..=d)
                .flat_map(|i| (i..=d).map(move |j| format!("x_{i}_{j}")))
                .collect(),
        };
        let is_array = options.stream.extension().is_some_and(|end| end == "npy");
        if is_array {
            let kind = match options.precision {
                Precision::F32 => "<f4",
                Precision::F64 => "<f8",
            };
            let header = NpyHeader::default().field("env", "<u4").field("y", kind);
            let header = names
                .iter()
                .fold(header, |header, name| header.field(name, kind));
            let rows = options.batches.checked_mul(options.batch.into());
            let rows = rows.ok_or_else(|| Error::other("more rows than can be counted"))?;
            header.write(rows, sink)?;
        } else {
            writeln!(sink, "env,y,{}", names.join(","))?;
        }
        Ok(Self {
            sink,
            precision: options.precision,
            is_array,
        })
    }

    /// Writes a row: its environment, its response, its measurement.
    pub(super) fn row(
        &mut self,
        environment: u32,
        mut numbers: impl Iterator<Item = f64>,
    ) -> Result<()> {
        let Self {
            sink,
            precision,
            is_array,
        } = self;
        match (is_array, precision) {
            (false, Precision::F64) => {
                write!(sink, "{environment}")?;
                numbers.try_for_each(|number| write!(sink, ",{number}"))?;
                writeln!(sink)
            }
            (false, Precision::F32) => {
                write!(sink, "{environment}")?;
                numbers.try_for_each(|number| write!(sink, ",{}", number as f32))?;
                writeln!(sink)
            }
            (true, Precision::F64) => {
                sink.write_all(&environment.to_le_bytes())?;
                numbers.try_for_each(|number| sink.write_all(&number.to_le_bytes()))
            }
            (true, Precision::F32) => {
                sink.write_all(&environment.to_le_bytes())?;
                numbers.try_for_each(|number| sink.write_all(&(number as f32).to_le_bytes()))
            }
        }
    }
}
