//! The results, as one digest.

use core::hint::black_box;

use heterosgd::digest::Digest;
use heterosgd::error::Part;
use heterosgd::{Error, Packing, Scalar, Size, Symmetric};

/// How many results there were, and the digest of their bits. Its methods are out of line: they are
/// called from everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Tally {
    digest: Digest,
    results: u64,
}

impl Tally {
    pub(super) fn results(&self) -> u64 {
        self.results
    }

    pub(super) fn bits(&self) -> u64 {
        self.digest.finish()
    }

    #[inline(never)]
    pub(super) fn scalar<T: Scalar>(&mut self, value: T) {
        self.digest.write_scalar(black_box(value));
        self.results = self.results.wrapping_add(1);
    }

    #[inline(never)]
    pub(super) fn scalars<T: Scalar>(&mut self, values: &[T]) {
        for &value in values {
            self.scalar(value);
        }
    }

    /// Takes in a whole number, as two scalars, which hold every `u32` exactly.
    pub(super) fn word(&mut self, word: impl Into<u64>) {
        self.long(word.into());
    }

    #[inline(never)]
    fn long(&mut self, word: u64) {
        let [high, low] = [word >> 32, word & u64::from(u32::MAX)];
        self.scalar(f64::from(high as u32));
        self.scalar(f64::from(low as u32));
    }

    #[inline(never)]
    pub(super) fn optional<T: Scalar>(&mut self, value: Option<T>) {
        self.word(value.is_some());
        if let Some(value) = value {
            self.scalar(value);
        }
    }

    pub(super) fn outcome<T>(&mut self, outcome: &Result<T, Error>) {
        match outcome {
            Ok(_) => self.word(0u8),
            Err(error) => self.error(*error),
        }
    }

    #[inline(never)]
    fn error(&mut self, error: Error) {
        let [code, first, second] = match error {
            Error::StepSize => [1, 0, 0],
            Error::InitialScale => [2, 0, 0],
            Error::Factor => [3, 0, 0],
            Error::NotFinite(part) => [4, of_part(part), 0],
            Error::OutOfRange(part) => [5, of_part(part), 0],
            Error::OtherEnvironment { batch, sample } => [6, batch.into(), sample.into()],
            Error::EmptyBatch => [7, 0, 0],
            Error::FullBatch => [8, 0, 0],
            Error::Diverged {
                step,
                norm,
                largest_step_size,
            } => {
                self.scalar(norm);
                self.scalar(largest_step_size);
                [9, step, 0]
            }
            Error::Environments => [10, 0, 0],
            Error::Weights => [11, 0, 0],
            Error::BlockLength => [12, 0, 0],
            Error::Noise => [13, 0, 0],
            Error::Rows {
                entries, responses, ..
            } => [14, entries as u64, responses as u64],
            Error::FullBuffer => [15, 0, 0],
            Error::NormLimit => [16, 0, 0],
            Error::Corrupted => [17, 0, 0],
            Error::Singular { coordinate } => [18, coordinate as u64, 0],
            Error::Ridge => [19, 0, 0],
            Error::ShortVisit { rows, needed } => [20, rows.into(), needed as u64],
            Error::FlatVisit { coordinate } => [21, coordinate as u64, 0],
            Error::TooManyOpen { open } => [22, open as u64, 0],
            _ => [u64::MAX, 0, 0],
        };
        self.word(code);
        self.word(first);
        self.word(second);
    }
}

fn of_part(part: Part) -> u64 {
    match part {
        Part::Response => 1,
        Part::Residual => 2,
        Part::Measurement { index } => 3 + index as u64,
        Part::StoredMeasurement { sample, index } => ((sample as u64) << 32) + index as u64,
        Part::StoredResponse { sample } => 1 << 40 | sample as u64,
        _ => 0,
    }
}

/// What is made of scalars.
pub(super) trait Entries<T> {
    fn entries(&self) -> &[T];
}

impl<T: Scalar, const D: usize> Entries<T> for [T; D] {
    fn entries(&self) -> &[T] {
        self
    }
}

impl<T: Scalar, const D: usize> Entries<T> for Symmetric<T, D>
where
    Size<D>: Packing,
{
    fn entries(&self) -> &[T] {
        self.as_slice()
    }
}
