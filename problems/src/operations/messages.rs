//! The messages of errors.

use core::fmt::{self, Write};
use core::hint::black_box;

use heterosgd::Error;
use heterosgd::error::Part;
use heterosgd::theory::Unmet;

use super::tally::Tally;

/// Counts a message into the tally.
struct Text<'a>(&'a mut Tally);

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0.word(byte);
        }
        Ok(())
    }
}

#[inline(never)]
pub(super) fn messages(tally: &mut Tally) {
    let errors = [
        Error::StepSize,
        Error::InitialScale,
        Error::Factor,
        Error::NotFinite(Part::Response),
        Error::OutOfRange(Part::Measurement { index: 17 }),
        Error::OutOfRange(Part::Residual),
        Error::OtherEnvironment {
            batch: 1,
            sample: 200,
        },
        Error::EmptyBatch,
        Error::FullBatch,
        Error::Diverged {
            step: u64::MAX,
            norm: 3e5,
            largest_step_size: 0.02,
        },
        Error::Diverged {
            step: 0,
            norm: f64::INFINITY,
            largest_step_size: 0.0,
        },
        Error::NormLimit,
        Error::Corrupted,
        Error::Singular { coordinate: 3 },
        Error::Ridge,
        Error::ShortVisit { rows: 3, needed: 9 },
        Error::FlatVisit { coordinate: 2 },
        Error::TooManyOpen { open: 2 },
        Error::Environments,
        Error::Weights,
        Error::BlockLength,
        Error::Noise,
        Error::OutOfRange(Part::StoredMeasurement {
            sample: 3,
            index: 17,
        }),
        Error::NotFinite(Part::StoredResponse { sample: 3 }),
        Error::Rows {
            entries: 17,
            row: 4,
            responses: 5,
        },
        Error::FullBuffer,
    ];
    for error in black_box(errors) {
        let written = write!(Text(tally), "{error}");
        tally.word(written.is_ok());
    }
    for unmet in black_box([Unmet::StepSize, Unmet::Learned, Unmet::EmptyWindow]) {
        let written = write!(Text(tally), "{unmet}");
        tally.word(written.is_ok());
    }
}
