//! Feeds the rows to the core's learner.

use fast_float2::FastFloat;
use heterosgd::digest::Digest;
use heterosgd::error::Part;
use heterosgd::nalgebra::SMatrix;
use heterosgd::stored::{Kernel, Stored, StoredMeasurement};
use heterosgd::{HeteroSgd, Packing, Psd, RankOne, Scalar, Settings, Size, Symmetric};

use super::Numbers;
use super::block::{Block, Refused};
use super::layout::Layout;
use crate::data::{Labels, Reader};
use crate::error::{At, Error, Place, Result};
use crate::simd::Vectors;
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
pub(super) fn replay<T: Scalar + FastFloat>(
    numbers: Numbers,
    dim: usize,
    reader: Reader,
    layout: &Layout,
) -> Result<Outcome>
where
    Vectors: Kernel<T>,
{
    let none = || Err(Error::usage("no compiled size holds this --dim"));
    if layout.rank_one {
        with_symmetric_size!(dim, D => sized::<T, RankOne<T, D>, D>(numbers, dim, reader, layout, (0..dim).collect()))
            .unwrap_or_else(none)
    } else {
        with_symmetric_size!(dim, D => sized::<T, Symmetric<T, D>, D>(numbers, dim, reader, layout, corner(dim, D)))
            .unwrap_or_else(none)
    }
}

/// Where the packed upper triangle of the first `d` rows and columns is in that of all `size` of them.
fn corner(d: usize, size: usize) -> Vec<usize> {
    let row = |i: usize| {
        let start = i * (2 * size + 1 - i) / 2;
        start..start + (d - i)
    };
    (0..d).flat_map(row).collect()
}

fn sized<T: Scalar + FastFloat, X, const D: usize>(
    numbers: Numbers,
    dim: usize,
    mut reader: Reader,
    layout: &Layout,
    positions: Vec<usize>,
) -> Result<Outcome>
where
    Size<D>: Packing,
    X: StoredMeasurement<Psd<T, D, D>> + Stored<Scalar = T>,
    Vectors: Kernel<T>,
{
    let mut learner = HeteroSgd::<Psd<T, D, D>>::new(Settings {
        step_size: T::from_f64(numbers.step_size),
        init_scale: T::from_f64(numbers.init_scale),
        seed: 0,
    })
    .map_err(|error| Error::usage(error.to_string()))?;
    numbers.limit(&mut learner)?;
    let mut stream = Stream {
        learner,
        block: Block::<X>::new(positions),
        environment: None,
        numbers,
        kernel: Vectors::detect(),
        reader: &mut reader,
        layout,
    };
    let mut environments = Labels::default();
    // Bad input is an error; a run that left the finite range, an outcome.
    let failure = match stream.learn(&mut environments) {
        Err(error) if error.exit_status() != 1 => return Err(error),
        outcome => outcome.err(),
    };
    let learner = stream.learner;
    if learner.samples() == 0 && failure.is_none() {
        return Err(reader.no_rows());
    }
    let factor = learner.model().factor();
    Ok(Outcome {
        compiled_dim: D,
        steps: learner.steps(),
        samples: learner.samples(),
        environments: environments.names().to_vec(),
        estimate: rows(&learner.estimate().to_matrix(), dim),
        factor: rows(factor, dim),
        digest: digest(factor, dim),
        failure,
    })
}

/// A stream on its way into a learner.
struct Stream<'a, T: Scalar, X: Stored<Scalar = T>, const D: usize>
where
    Size<D>: Packing,
{
    learner: HeteroSgd<Psd<T, D, D>>,
    /// Rows of the open batch that are not learned yet.
    block: Block<X>,
    /// That of the open batch; `None` before the first row.
    environment: Option<u32>,
    numbers: Numbers,
    kernel: Vectors,
    reader: &'a mut Reader,
    layout: &'a Layout,
}

impl<T, X, const D: usize> Stream<'_, T, X, D>
where
    T: Scalar + FastFloat,
    Size<D>: Packing,
    X: StoredMeasurement<Psd<T, D, D>> + Stored<Scalar = T>,
    Vectors: Kernel<T>,
{
    /// Learns to the end of the stream, or to the first row that is refused.
    fn learn(&mut self, environments: &mut Labels) -> Result<()> {
        let mut values = vec![T::ZERO; self.layout.measurement.indices().len()];
        loop {
            let row = match self.read(environments, &mut values) {
                Ok(row) => row,
                // The rows before a bad one come first.
                Err(error) => return self.flush().and(Err(error)),
            };
            let Some((at, environment, response)) = row else {
                break;
            };
            let is_other = self.environment.is_some_and(|open| open != environment);
            if is_other || self.count() == u64::from(self.numbers.batch) {
                self.flush()?;
                self.step().map_err(|error| {
                    let (place, unit) = (self.place(at), self.reader.unit());
                    self.stopped(format!("{place}, before this {unit}"), &error)
                })?;
                self.environment = None;
            }
            if self.environment.is_none() {
                self.learner.batch(environment);
                self.environment = Some(environment);
            }
            self.block.push(at, &values, response);
            if self.block.is_full() {
                self.flush()?;
            }
        }
        self.flush()?;
        if self.learner.resume().count() == 0 {
            return Ok(());
        }
        self.step().map_err(|error| {
            let (place, unit) = (self.reader.place(), self.reader.unit());
            self.stopped(format!("{place}, after the last {unit}"), &error)
        })
    }

    /// What is said of a run that ends at `place`.
    fn stopped(&self, place: String, error: &heterosgd::Error) -> Error {
        self.numbers
            .stopped(place, error, self.learner.steps(), self.reader.file())
    }

    /// Reads a row: its place, its environment, its response, and its values into `values`.
    fn read(
        &mut self,
        environments: &mut Labels,
        values: &mut [T],
    ) -> Result<Option<(At, u32, T)>> {
        let Some(row) = self.reader.next_row()? else {
            return Ok(None);
        };
        let environment = environments.of_row(&row, self.layout.environment)?;
        let response = row.number(self.layout.response)?;
        row.numbers(&self.layout.measurement, values)?;
        Ok(Some((row.at(), environment, response)))
    }

    /// Rows of the open batch, learned or not.
    fn count(&mut self) -> u64 {
        u64::from(self.learner.resume().count()) + self.block.len() as u64
    }

    fn step(&mut self) -> std::result::Result<(), heterosgd::Error> {
        self.kernel.step(self.learner.resume())
    }

    /// Learns the rows of the block. A refused one: too large a measurement or response is bad input, too
    /// large a residual divergence.
    fn flush(&mut self) -> Result<()> {
        let outcome = self.block.learn(&mut self.learner.resume(), &self.kernel);
        outcome.map_err(|Refused { at, error, value }| {
            let column = match error {
                heterosgd::Error::OutOfRange(Part::Response) => Some(self.layout.response),
                _ => value.and_then(|value| self.layout.measurement.indices().get(value).copied()),
            };
            match column {
                Some(column) => {
                    let name = self.reader.columns().get(column).map(String::as_str);
                    Error::data(self.reader.file(), Some(at), name, error.to_string())
                }
                None => self.stopped(self.place(at).to_string(), &error),
            }
        })
    }

    fn place(&self, at: At) -> Place {
        Place {
            at: Some(at),
            ..self.reader.place()
        }
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
