//! Feeds the rows to the core's learner.

use std::str::FromStr;

use heterosgd::digest::Digest;
use heterosgd::nalgebra::SMatrix;
use heterosgd::{
    Batch, HeteroSgd, Packing, Psd, RankOne, Scalar, Settings, Size, Symmetric, learner,
};

use super::Numbers;
use super::layout::Layout;
use crate::data::{CsvReader, Labels, Row};
use crate::error::{Error, Result};
use crate::with_symmetric_size;

/// What came out.
pub(super) struct Outcome {
    pub(super) compiled_dim: usize,
    pub(super) steps: u64,
    pub(super) samples: u64,
    pub(super) environments: Vec<String>,
    pub(super) estimate: Vec<Vec<f64>>,
    pub(super) factor: Vec<Vec<f64>>,
    pub(super) digest: u64,
    /// Why the stream was not learned to its end.
    pub(super) failure: Option<Error>,
}

/// Replays a stream in precision `T`.
pub(super) fn replay<T: Scalar + FromStr>(
    numbers: Numbers,
    dim: usize,
    reader: CsvReader,
    layout: &Layout,
) -> Result<Outcome> {
    with_symmetric_size!(dim, D => sized::<T, D>(numbers, dim, reader, layout))
        .unwrap_or_else(|| Err(Error::usage("no compiled size holds this --dim")))
}

fn sized<T: Scalar + FromStr, const D: usize>(
    numbers: Numbers,
    dim: usize,
    mut reader: CsvReader,
    layout: &Layout,
) -> Result<Outcome>
where
    Size<D>: Packing,
{
    let mut learner = HeteroSgd::<Psd<T, D, D>>::new(Settings {
        step_size: T::from_f64(numbers.step_size),
        init_scale: T::from_f64(numbers.init_scale),
        seed: 0,
    })
    .map_err(|error| Error::usage(error.to_string()))?;
    let mut environments = Labels::default();
    let mut values = vec![T::ZERO; layout.measurement.len()];
    let mut failure = None;
    while let Some(row) = reader.next_row()? {
        let environment = environments.number(row.text(layout.environment)?);
        let y = row.number(layout.response)?;
        for (value, &column) in values.iter_mut().zip(&layout.measurement) {
            *value = row.number(column)?;
        }
        let mut batch = learner.resume();
        let other = batch.environment().is_some_and(|open| open != environment);
        if other || batch.count() == numbers.batch {
            if let Err(error) = batch.step() {
                failure = Some(diverged(&row, &error));
                break;
            }
            batch = learner.batch(environment);
        }
        let observed = observe(&mut batch, environment, &values, y, dim, layout.rank_one);
        if let Err(error) = observed {
            let refused = refused(&row, layout, &error);
            if refused.exit_status() != 1 {
                return Err(refused);
            }
            failure = Some(refused);
            break;
        }
    }
    let last = learner.resume();
    if failure.is_none() && last.count() > 0 {
        failure = last.step().err().map(|error| {
            Error::Failed(format!("{}, after the last line: {error}", reader.place()))
        });
    }
    if learner.samples() == 0 && failure.is_none() {
        return Err(Error::file(
            reader.file(),
            "there are no rows below the header",
        ));
    }
    let d = dim;
    let factor = learner.model().factor();
    Ok(Outcome {
        compiled_dim: D,
        steps: learner.steps(),
        samples: learner.samples(),
        environments: environments.names().to_vec(),
        estimate: rows(&learner.estimate().to_matrix(), d),
        factor: rows(factor, d),
        digest: digest(factor, d),
        failure,
    })
}

/// Zero-pads the measurement to the compiled size.
fn observe<T: Scalar, const D: usize>(
    batch: &mut Batch<'_, Psd<T, D, D>, learner::OneEnvironment, learner::AsGiven>,
    environment: u32,
    values: &[T],
    y: T,
    d: usize,
    rank_one: bool,
) -> std::result::Result<(), heterosgd::Error>
where
    Size<D>: Packing,
{
    if rank_one {
        let mut x = [T::ZERO; D];
        x[..d].copy_from_slice(values);
        return batch.observe_from(environment, &RankOne(x), y);
    }
    let mut entries = values.iter();
    let x = Symmetric::<T, D>::from_fn(|i, j| {
        let inside = i < d && j < d;
        inside
            .then(|| entries.next().copied())
            .flatten()
            .unwrap_or(T::ZERO)
    });
    batch.observe_from(environment, &x, y)
}

fn diverged(row: &Row<'_>, error: &heterosgd::Error) -> Error {
    Error::Failed(format!("{}, before this line: {error}", row.place()))
}

/// A refused sample: too large a measurement or response is bad input, too large a residual divergence.
fn refused(row: &Row<'_>, layout: &Layout, error: &heterosgd::Error) -> Error {
    use heterosgd::error::Part;
    match error {
        heterosgd::Error::OutOfRange(Part::Measurement { index })
        | heterosgd::Error::NotFinite(Part::Measurement { index }) => {
            let column = layout.measurement.get(*index).copied();
            row.error(column.unwrap_or(layout.response), &error.to_string())
        }
        heterosgd::Error::OutOfRange(Part::Response) => {
            row.error(layout.response, &error.to_string())
        }
        _ => Error::Failed(format!("{}: {error}", row.place())),
    }
}

fn rows<T: Scalar, const D: usize>(matrix: &SMatrix<T, D, D>, d: usize) -> Vec<Vec<f64>> {
    (0..d)
        .map(|i| (0..d).map(|j| matrix[(i, j)].to_f64()).collect())
        .collect()
}

/// The digest of the d x d part of the factor, row by row. It is that of a device of size `d` only where
/// `d` is a compiled size: a larger learner adds the same numbers in another order.
fn digest<T: Scalar, const D: usize>(factor: &SMatrix<T, D, D>, d: usize) -> u64 {
    let mut digest = Digest::new();
    for i in 0..d {
        for j in 0..d {
            digest.write_scalar(factor[(i, j)]);
        }
    }
    digest.finish()
}
