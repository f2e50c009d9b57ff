//! What can go wrong, typed.

use core::fmt;

/// Which part of a sample was refused, with the index of its first offending entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Part {
    /// The response `y`.
    Response,
    /// Entry `index` of the measurement: packed order for a matrix, coordinate for a vector.
    Measurement {
        /// Position of the first offending entry, from 0.
        index: usize,
    },
    /// The residual `<X, estimate> - y`: the sample is far too large for the present estimate.
    Residual,
    /// Entry `index` of the measurement of a stored sample.
    StoredMeasurement {
        /// Position of the sample, from 0.
        sample: usize,
        /// Position of the entry in its row, from 0.
        index: usize,
    },
    /// The response of a stored sample.
    StoredResponse {
        /// Position of the sample, from 0.
        sample: usize,
    },
}

/// Why a call was refused. The learner and its open batch are exactly as they were before the call.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Error {
    /// The step size is not a finite number above 0.
    StepSize,
    /// The initial scale is not a finite number above 0, or lies above [`crate::Scalar::MAX_FACTOR`].
    InitialScale,
    /// A factor to start from has an entry that is NaN, infinite or above [`crate::Scalar::MAX_FACTOR`].
    Factor,
    /// A sample holds NaN or an infinity.
    NotFinite(Part),
    /// A sample lies outside the range in which sums stay finite; see [`crate::Scalar`]. With
    /// [`Part::Residual`] the sample is far too large for the present estimate, though each of its
    /// numbers is in range; samples of about unit size never are. Scale the data down.
    OutOfRange(Part),
    /// A sample of another environment was offered to a HeteroSGD batch.
    OtherEnvironment {
        /// The environment of the open batch.
        batch: u32,
        /// The environment of the refused sample.
        sample: u32,
    },
    /// A step was asked for, but the batch holds no sample.
    EmptyBatch,
    /// The batch already holds `u32::MAX` samples.
    FullBatch,
    /// The step would have taken the factor beyond [`crate::Scalar::MAX_FACTOR`], or its norm beyond
    /// [`crate::Learner::set_norm_limit`]; the factor is the
    /// last one in range, and still takes samples. It has left the neighbourhood of any solution:
    /// start the run again with a smaller step size.
    Diverged {
        /// Number of steps done when the next one was refused.
        step: u64,
        /// The Frobenius norm that the factor would have had; infinite where it overflows.
        norm: f64,
        /// The largest step size at which this batch would not have made the norm grow,
        /// `2 <U, G>/||G||^2` with G the mean gradient times U; 0 where none is small enough. Take half of
        /// it at most. It says something of the data only where a norm limit has caught the run early: a
        /// factor that has grown needs ever smaller steps.
        largest_step_size: f64,
    },
    /// A batch has no whitened direction: a pivot of its Gram matrix is not positive, which needs a
    /// ridge of next to nothing or measurements that are 0. The batch is as before: add samples, or set a ridge.
    Singular {
        /// The coordinate of the pivot, from 0, which those before it determine.
        coordinate: usize,
    },
    /// A visit has too few rows to be fitted by itself; it stays open for more.
    ShortVisit {
        /// Rows that it has.
        rows: u32,
        /// Rows that it needs: 2 (p + 1) + 1 for p features.
        needed: usize,
    },
    /// A feature hardly moves during a visit, the features before it taken out, so that it has no
    /// coefficient of its own there; the visit stays open for more rows.
    FlatVisit {
        /// The feature, from 0; the number of features stands for the response.
        coordinate: usize,
    },
    /// A row of one more environment than may be open at once.
    TooManyOpen {
        /// How many may be open.
        open: usize,
    },
    /// The ridge of a whitened step is not a number from 0 to 1.
    Ridge,
    /// The limit of the norm is not a number above 0 and within [`crate::Scalar::MAX_RESIDUAL`].
    NormLimit,
    /// The memory of a learner, a screen or a refit has changed without its doing; see
    /// [`crate::guarded::Guarded`].
    Corrupted,
    /// A problem has no environments, or a schedule names one that does not exist.
    Environments,
    /// The weights of a schedule are all 0, or add up to more than `u32::MAX`.
    Weights,
    /// The blocks of a schedule have length 0.
    BlockLength,
    /// Stored samples do not have one row for each response.
    Rows {
        /// Scalars of all measurements.
        entries: usize,
        /// Scalars of one measurement.
        row: usize,
        /// Number of responses.
        responses: usize,
    },
    /// A buffer of samples has no room for another.
    FullBuffer,
    /// The standard deviation of the noise is not a finite number of 0 or more, or lies above
    /// [`crate::Scalar::MAX_RESIDUAL`].
    Noise,
}

/// A positive number, rounded down to a power of two: decimals would take more flash than a learner.
struct PowerOfTwo(f64);

impl fmt::Display for PowerOfTwo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The biased exponent of an IEEE 754 double.
        match (self.0.to_bits() >> 52) & 0x7ff {
            0x7ff => f.write_str("infinity"),
            exponent => write!(f, "2^{}", exponent as i32 - 1023),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::StepSize => f.write_str("the step size must be a finite number above 0"),
            Self::InitialScale => {
                f.write_str("the initial scale must be a finite number above 0 (and a small one)")
            }
            Self::Factor => f.write_str("a factor to start from must have finite entries in range"),
            Self::NotFinite(part) => {
                write!(f, "{part} is not finite; the sample was not used")
            }
            Self::OutOfRange(part) => {
                write!(
                    f,
                    "{part} is too large to be summed safely; the sample was not used"
                )
            }
            Self::OtherEnvironment { batch, sample } => write!(
                f,
                "a sample of environment {sample} does not belong in a batch of environment {batch}"
            ),
            Self::EmptyBatch => f.write_str("the batch holds no sample; observe one before a step"),
            Self::FullBatch => f.write_str("the batch is full; take a step"),
            Self::Diverged {
                step,
                norm,
                largest_step_size,
            } => {
                write!(
                    f,
                    "step {} would take the norm of the factor to {}, out of its range; the factor is kept as it was after step {step}; ",
                    step.saturating_add(1),
                    PowerOfTwo(norm)
                )?;
                if largest_step_size > 0.0 {
                    write!(
                        f,
                        "this batch would not make it grow at a step size of {}; start again with a smaller step size",
                        PowerOfTwo(largest_step_size)
                    )
                } else {
                    f.write_str("start again with a smaller step size")
                }
            }
            Self::NormLimit => {
                f.write_str("the limit of the norm must be a number above 0 and in range")
            }
            Self::Singular { coordinate } => write!(
                f,
                "the batch has no whitened direction: coordinate {coordinate} follows from those before it; add samples or set a ridge"
            ),
            Self::ShortVisit { rows, needed } => write!(
                f,
                "a visit of {rows} rows cannot be fitted by itself; it needs {needed}"
            ),
            Self::FlatVisit { coordinate } => write!(
                f,
                "feature {coordinate} (the response, if there is none of that number) hardly moves during the visit; let it have more rows, or discard it"
            ),
            Self::TooManyOpen { open } => write!(
                f,
                "visits to {open} other environments are open; end one first"
            ),
            Self::Ridge => f.write_str("the ridge must be a number from 0 to 1"),
            Self::Corrupted => f.write_str(
                "the memory of the learner has changed without its doing; restore the last checkpoint",
            ),
            Self::Environments => f.write_str(
                "a problem needs at least one environment, and its schedule must name no other",
            ),
            Self::Weights => f.write_str(
                "the weights of a schedule must not all be 0, nor add up to more than 4294967295",
            ),
            Self::BlockLength => f.write_str("the blocks of a schedule must hold at least one draw"),
            Self::Rows {
                entries,
                row,
                responses,
            } => write!(
                f,
                "{responses} responses need as many measurements of {row} scalars, but there are {entries} scalars"
            ),
            Self::FullBuffer => f.write_str("the buffer is full; learn from it, then clear it"),
            Self::Noise => f.write_str(
                "the standard deviation of the noise must be a finite number of 0 or more, in range",
            ),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response => f.write_str("the response"),
            Self::Measurement { index } => write!(f, "entry {index} of the measurement"),
            Self::Residual => f.write_str("the residual"),
            Self::StoredMeasurement { sample, index } => {
                write!(f, "entry {index} of the measurement of sample {sample}")
            }
            Self::StoredResponse { sample } => write!(f, "the response of sample {sample}"),
        }
    }
}

impl core::error::Error for Error {}
