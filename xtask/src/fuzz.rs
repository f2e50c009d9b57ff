//! libFuzzer on every target of the crate `fuzz`, from the corpus in the repository.

use std::fs;

use crate::failure::Failure;
use crate::runner::{Run, root};

/// Of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Seconds for each target.
    #[arg(long, default_value_t = Options::default().seconds)]
    seconds: u32,
    /// Only this target.
    #[arg(long)]
    target: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seconds: 60,
            target: None,
        }
    }
}

/// The crate that libFuzzer runs.
const CRATE: &str = "fuzz/libfuzzer";
const CORPUS: &str = "fuzz/corpus";
/// Inputs are that long at most: longer ones are slow and seldom say more.
const LONGEST: u32 = 4096;

/// What libFuzzer's statistics call the number of inputs that were tried.
const EXECUTIONS: &str = "stat::number_of_executed_units:";

/// Fuzzes each target in turn; the first failure ends it, with the input that fails.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if !is_ready() {
        return Err(Failure::Check(
            "fuzzing needs a nightly compiler and cargo-fuzz; install them by\n  \
             rustup toolchain install nightly && cargo install --locked cargo-fuzz"
                .into(),
        ));
    }
    let mut table = String::from("\ntarget        executions  crashes\n");
    for target in targets()? {
        if options.target.as_ref().is_some_and(|only| *only != target) {
            continue;
        }
        let executions = fuzz(&target, options)?;
        println!("   {executions} inputs, no failure");
        table += &format!("{target:12}  {executions:>10}        0\n");
    }
    println!("{table}");
    Ok(())
}

/// Whether this machine has what fuzzing needs.
pub(crate) fn is_ready() -> bool {
    Run::new("cargo", ["+nightly", "fuzz", "--version"])
        .output()
        .is_some()
}

/// The targets: the folders of the corpus.
fn targets() -> Result<Vec<String>, Failure> {
    let unreadable = |error: std::io::Error| Failure::Check(format!("{CORPUS}: {error}"));
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join(CORPUS)).map_err(unreadable)? {
        names.push(
            entry
                .map_err(unreadable)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    names.sort();
    Ok(names)
}

fn fuzz(target: &str, options: &Options) -> Result<u64, Failure> {
    // New inputs go to the first folder; those of the repository are only read.
    let found = format!("target/fuzz/{target}");
    let corpus = format!("{CORPUS}/{target}");
    fs::create_dir_all(root().join(&found))
        .map_err(|error| Failure::Check(format!("{found}: {error}")))?;
    let seconds = format!("-max_total_time={}", options.seconds);
    let longest = format!("-max_len={LONGEST}");
    let run = ["+nightly", "fuzz", "run", "--fuzz-dir", CRATE, target];
    let rest = [
        &found,
        &corpus,
        "--",
        &seconds,
        &longest,
        "-print_final_stats=1",
    ];
    // The cargo that runs this is not the nightly one.
    let said = Run::new("cargo", run.into_iter().chain(rest))
        .without_env("CARGO")
        .without_env("RUSTUP_TOOLCHAIN")
        .without_env("RUSTC")
        .step_errors(&format!("fuzzing {target} for {} s", options.seconds))?;
    said.lines()
        .find_map(|line| line.strip_prefix(EXECUTIONS)?.trim().parse().ok())
        .ok_or_else(|| Failure::Check(format!("{target}: libFuzzer gives no statistics")))
}
