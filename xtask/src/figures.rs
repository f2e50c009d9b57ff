//! The paper's figures: their claims hold, and the number of threads does not show in the files.

use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::runner::{Run, root};

/// Drawn again on one thread: it spreads over seeds and step sizes, and takes the least time.
const COMPARED: &str = "fig6";

/// Draws all figures on two threads, one of them again on one, and compares.
pub(crate) fn check() -> Result<(), Failure> {
    reproduce("all", "2", "target/figures/two-threads")?;
    reproduce(COMPARED, "1", "target/figures/one-thread")?;
    let directory = |name: &str| root().join("target/figures").join(name);
    compare(&directory("one-thread"), &directory("two-threads"))
}

fn reproduce(figure: &str, threads: &str, out: &str) -> Result<(), Failure> {
    Run::heterosgd(&[
        "reproduce",
        figure,
        "--quiet",
        "--threads",
        threads,
        "--out",
        out,
    ])?
    .step(&format!("{figure}, claims checked, {threads} thread(s)"))
}

/// Every plot and table of the compared figure, byte for byte.
fn compare(one: &Path, two: &Path) -> Result<(), Failure> {
    let failed = |what: String| Failure::Check(what);
    let entries =
        fs::read_dir(one).map_err(|error| failed(format!("{}: {error}", one.display())))?;
    let mut compared = 0;
    for entry in entries {
        let name = entry
            .map_err(|error| failed(error.to_string()))?
            .file_name();
        if !name.to_string_lossy().starts_with(COMPARED) {
            continue;
        }
        let bytes = |directory: &Path| {
            let path = directory.join(&name);
            fs::read(&path).map_err(|error| failed(format!("{}: {error}", path.display())))
        };
        if bytes(one)? != bytes(two)? {
            return Err(failed(format!(
                "{} differs between one thread and two",
                name.to_string_lossy()
            )));
        }
        compared += 1;
    }
    // Three tables, an SVG and a PNG.
    if compared < 5 {
        return Err(failed(format!(
            "only {compared} files of {COMPARED} to compare"
        )));
    }
    println!("   {compared} files of {COMPARED} are the same on one thread and two");
    Ok(())
}
