//! The README's first command, as a newcomer meets it: in a fresh clone, with dependencies downloaded.

use std::fs;
use std::time::Instant;

use crate::failure::Failure;
use crate::runner::{Run, root};

/// Where the clone goes; what was there is removed.
const CLONE: &str = "target/first-clone";

/// What a program without features refuses, and what it is to say.
const REFUSED: [(&str, &str); 2] = [
    (
        "sweep --format parquet --out nowhere",
        "built without `parquet`; rebuild with `--features parquet`",
    ),
    (
        "reproduce fig2 --png --out nowhere",
        "built without `png`; rebuild with `--features png`",
    ),
];

/// Runs it twice, and asks for what it is built without.
pub(super) fn check() -> Result<(), Failure> {
    let readme = fs::read_to_string(root().join("README.md"))
        .map_err(|error| Failure::Check(format!("README.md: {error}")))?;
    let command = readme
        .lines()
        .find_map(|line| line.strip_prefix("cargo heterosgd "))
        .ok_or_else(|| Failure::Check("README.md has no line `cargo heterosgd ...`".into()))?;
    // Nothing to remove is as good as removed.
    let _ = fs::remove_dir_all(root().join(CLONE));
    Run::new("git", ["clone", "--quiet", ".", CLONE]).step("a fresh clone")?;
    for time in ["first", "second"] {
        let begin = Instant::now();
        clone(command).step(&format!("README's first command, the {time} time"))?;
        println!("   {:.1} s the {time} time", begin.elapsed().as_secs_f64());
    }
    for (arguments, message) in REFUSED {
        let (status, errors) = clone(arguments).failing("what is not built in")?;
        if status != Some(2) || !errors.contains(message) {
            return Err(Failure::Check(format!(
                "`heterosgd {arguments}` ended with {status:?} and said {errors}; expected 2 and {message}"
            )));
        }
    }
    Ok(())
}

/// A command of the program, in the clone with a target directory of its own.
fn clone(arguments: &str) -> Run {
    let all = ["heterosgd"]
        .into_iter()
        .chain(arguments.split_whitespace());
    Run::cargo(all)
        .at(CLONE)
        .without_env("CARGO_TARGET_DIR")
        .without_env("CARGO_MANIFEST_DIR")
}
