//! Long runs, for which the tests have short ones.

use crate::failure::Failure;
use crate::runner::Run;

/// Of `cargo xtask soak`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Samples of the learner.
    #[arg(long, default_value_t = Options::default().samples)]
    samples: String,
    /// Gigabytes of the stream.
    #[arg(long, default_value_t = Options::default().gigabytes)]
    gigabytes: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            samples: "1000000000".into(),
            gigabytes: "4".into(),
        }
    }
}

/// A billion samples through one learner; then a long stream through one process.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let test = |package, name, case| {
        let arguments = [
            "test",
            "--locked",
            "--release",
            "--package",
            package,
            "--test",
            name,
            "--",
            "--ignored",
            "--nocapture",
            case,
        ];
        Run::cargo(arguments)
    };
    test("heterosgd-tests", "soak", "as_long_as_asked_for")
        .env("SOAK_SAMPLES", &options.samples)
        .step("soak: samples through one learner")?;
    test("heterosgd-host", "stress", "a_stream_of_many_gigabytes")
        .env("SOAK_GIGABYTES", &options.gigabytes)
        .step("soak: a long stream through one process")
}
