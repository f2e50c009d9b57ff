//! A stream of matrices.

use fast_float2::FastFloat;
use heterosgd::error::Part;
use heterosgd::{Error as CoreError, Scalar};

use super::feed::{Feed, Refused};
use super::layout::Layout;
use super::{Numbers, Recipe};
use crate::any_size::{Kind, Sample};
use crate::data::{Labels, Reader};
use crate::error::{At, Error, Place, Result};

/// What came out.
pub(super) struct Outcome {
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
pub(super) fn replay<T: Scalar + FastFloat>(
    recipe: &Recipe,
    numbers: Numbers,
    mut reader: Reader,
    layout: &Layout,
) -> Result<Outcome> {
    let d = recipe.dim()?;
    let step = recipe.step(d * (d + 1) / 2)?;
    let learner = numbers.learner(Kind::Psd, d, step)?;
    let mut feed = Feed::<T>::new(learner, numbers.batch);
    let mut environments = Labels::default();
    // Bad input is an error; a run that left the finite range, an outcome.
    let failure = match learn(&mut feed, &mut environments, numbers, &mut reader, layout) {
        Err(error) if error.exit_status() != 1 => return Err(error),
        outcome => outcome.err(),
    };
    let learner = feed.learner;
    if learner.samples() == 0 && failure.is_none() {
        return Err(reader.no_rows());
    }
    let model = learner.model();
    let factor: Vec<f64> = model.factor().into_iter().map(T::to_f64).collect();
    Ok(Outcome {
        steps: learner.steps(),
        samples: learner.samples(),
        environments: environments.names().to_vec(),
        estimate: full(&model.estimate(), d),
        factor: factor.chunks(d).map(<[f64]>::to_vec).collect(),
        digest: model.digest(),
        failure,
    })
}

/// Learns to the end of the stream, or to the first row that is refused: too large a measurement or
/// response is bad input, too large a residual divergence.
fn learn<T: Scalar + FastFloat>(
    feed: &mut Feed<T>,
    environments: &mut Labels,
    numbers: Numbers,
    reader: &mut Reader,
    layout: &Layout,
) -> Result<()> {
    let stopped = |reader: &Reader, place: String, error: &CoreError, steps: u64| {
        numbers.stopped(place, error, steps, reader.file())
    };
    let mut values = vec![T::ZERO; layout.measurement.indices().len()];
    while let Some((at, environment, y)) = read(reader, layout, environments, &mut values)? {
        let x = if layout.rank_one {
            Sample::RankOne(&values)
        } else {
            Sample::Entries(&values)
        };
        let Err(refused) = feed.take(environment, x, y) else {
            continue;
        };
        let (place, steps) = (
            Place {
                at: Some(at),
                ..reader.place()
            },
            feed.learner.steps(),
        );
        return Err(match refused {
            Refused::Step(error) => {
                let place = format!("{place}, before this {}", reader.unit());
                stopped(reader, place, &error, steps)
            }
            Refused::Row(error) => match column(&error, layout) {
                Some(column) => {
                    let name = reader.columns().get(column).map(String::as_str);
                    Error::data(reader.file(), Some(at), name, error.to_string())
                }
                None => stopped(reader, place.to_string(), &error, steps),
            },
        });
    }
    feed.end().map_err(|error| {
        let place = format!("{}, after the last {}", reader.place(), reader.unit());
        stopped(reader, place, &error, feed.learner.steps())
    })
}

/// Reads a row: its place, its environment, its response, and its values into `values`.
fn read<T: Scalar + FastFloat>(
    reader: &mut Reader,
    layout: &Layout,
    environments: &mut Labels,
    values: &mut [T],
) -> Result<Option<(At, u32, T)>> {
    let Some(row) = reader.next_row()? else {
        return Ok(None);
    };
    let environment = environments.of_row(&row, layout.environment)?;
    let response = row.number(layout.response)?;
    row.numbers(&layout.measurement, values)?;
    Ok(Some((row.at(), environment, response)))
}

/// The column that is to blame for a refused row, if one is.
fn column(error: &CoreError, layout: &Layout) -> Option<usize> {
    match *error {
        CoreError::NotFinite(part) | CoreError::OutOfRange(part) => match part {
            Part::Response => Some(layout.response),
            Part::Measurement { index } => layout.measurement.indices().get(index).copied(),
            _ => None,
        },
        _ => None,
    }
}

/// The rows of a packed symmetric matrix.
fn full<T: Scalar>(packed: &[T], d: usize) -> Vec<Vec<f64>> {
    let mut rows = vec![vec![0.0; d]; d];
    let positions = (0..d).flat_map(|i| (i..d).map(move |j| (i, j)));
    for ((i, j), value) in positions.zip(packed) {
        rows[i][j] = value.to_f64();
        rows[j][i] = value.to_f64();
    }
    rows
}
