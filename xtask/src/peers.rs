//! Builds the peers of benches/peers, has them timed side by side, and writes docs/peers.md.

use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::metadata;
use crate::runner::{Run, root};

/// How much is timed, and whom.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// From the L2 cache only, with fewer rounds; docs/peers.md stays as it is.
    #[arg(long)]
    quick: bool,
    /// Peers by the start of their names, with commas: eigen,numpy-packed. All by default.
    #[arg(long, default_value = "all")]
    peers: String,
    /// Bytes of data that are read from DRAM: more than the last cache holds.
    #[arg(long, default_value_t = 1 << 30)]
    dram: usize,
}

/// Where it is built, from the root.
const OUT: &str = "target/peers";
const L2_BYTES: usize = 512 << 10;

/// Builds, measures and writes.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    fs::create_dir_all(root().join(OUT)).map_err(|e| Failure::Check(format!("{OUT}: {e}")))?;
    native()?;
    Run::cargo([
        "build",
        "--release",
        "--package",
        "heterosgd-benches",
        "--bins",
    ])
    .step("peers in Rust")?;
    let (python, missing) = python();
    for line in &missing {
        println!("\n!! {line}");
    }
    let binaries = metadata::target_directory()?.join("release");
    let rust = binaries.join("peers-rust").display().to_string();
    let mut programs = vec![format!("{OUT}/native"), rust];
    programs.extend(
        python
            .as_ref()
            .map(|python| format!("{python}|benches/peers/arrays.py")),
    );
    let rounds = if options.quick { "3" } else { "9" };
    let dram = if options.quick { 0 } else { options.dram };
    let (cache, dram) = (L2_BYTES.to_string(), dram.to_string());
    let arguments = [OUT, rounds, &cache, &dram, &options.peers];
    let arguments = arguments
        .into_iter()
        .chain(programs.iter().map(String::as_str));
    Run::new(&binaries.join("peers").display().to_string(), arguments).step("side by side")?;
    if options.quick || options.peers != "all" {
        println!("\nThe tables are in {OUT}; docs/peers.md is written by a whole run.");
        return Ok(());
    }
    write_page(options, python.as_deref(), &missing)
}

/// The read limit, plain C and Eigen, for this machine's processor.
fn native() -> Result<(), Failure> {
    let missing: Vec<&str> = [
        ("gcc", Run::new("gcc", ["--version"]).output().is_none()),
        ("g++", Run::new("g++", ["--version"]).output().is_none()),
        (
            "libeigen3-dev",
            !Path::new("/usr/include/eigen3/Eigen/Dense").exists(),
        ),
    ]
    .into_iter()
    .filter_map(|(package, missing)| missing.then_some(package))
    .collect();
    if !missing.is_empty() {
        return Err(Failure::Missing {
            what: format!("the peers need {}", missing.join(", ")),
            remedies: vec![format!("sudo apt-get install {}", missing.join(" "))],
        });
    }
    let object = format!("{OUT}/plain.o");
    let plain = [
        "-O3",
        "-march=native",
        "-c",
        "benches/peers/plain.c",
        "-o",
        &object,
    ];
    Run::new("gcc", plain).step("plain C")?;
    let program = format!("{OUT}/native");
    let options = [
        "-std=c++17",
        "-O3",
        "-march=native",
        "-isystem",
        "/usr/include/eigen3",
    ];
    let files = ["benches/peers/native.cpp", &object, "-o", &program];
    Run::new("g++", options.into_iter().chain(files)).step("Eigen and the read limit")
}

/// A Python with `NumPy`, if there is one, and what is missing.
fn python() -> (Option<String>, Vec<String>) {
    let own = format!("{OUT}/venv/bin/python");
    let has = |python: &str, module: &str| {
        Run::new(python, ["-c", &format!("import {module}")])
            .output()
            .is_some()
    };
    let hint = |module: &str| {
        format!(
            "peer missing: {module}; python3 -m venv {OUT}/venv && {OUT}/venv/bin/pip install numpy torch"
        )
    };
    let found = [own.as_str(), "python3"]
        .into_iter()
        .find(|python| has(python, "numpy"));
    let Some(python) = found else {
        return (None, vec![hint("NumPy"), hint("PyTorch")]);
    };
    let missing = if has(python, "torch") {
        vec![]
    } else {
        vec![hint("PyTorch")]
    };
    (Some(python.into()), missing)
}

fn write_page(options: &Options, python: Option<&str>, missing: &[String]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Check(format!("docs/peers.md: {error}"));
    let tables = fs::read_to_string(root().join(OUT).join("tables.md")).map_err(failed)?;
    let machine = Run::new("lscpu", []).output().unwrap_or_default();
    let is_shown = |line: &&str| {
        let keys = ["Model name", "L1d", "L2", "L3"];
        keys.iter().any(|key| line.starts_with(key))
    };
    let machine = list(machine.lines().filter(is_shown));
    let first = |program: &str| {
        let version = Run::new(program, ["--version"])
            .output()
            .unwrap_or_default();
        version.lines().next().unwrap_or_default().to_owned()
    };
    let modules = python.and_then(|python| {
        let code = "import numpy; print('NumPy', numpy.__version__)\ntry:\n import torch; print('PyTorch', torch.__version__)\nexcept ImportError: pass";
        Run::new(python, ["-c", code]).output()
    });
    let modules = list(modules.unwrap_or_default().lines());
    let missing = list(missing.iter().map(String::as_str));
    let page = format!(
        "# Peers\n\nWritten by `cargo xtask peers --dram {}`; do not edit.\n\nThe residual of every stored sample and the gradient, on the same bytes, in batches of at most\n4096 samples; a row with `+step` is a whole step of 64 samples, in nanoseconds per step. `read`\nis a plain read and sum of the same bytes. Shares and ratios are of times per sample; peers on full\nmatrices read D x D entries for it. The tables say how many bytes are gone through; compare with the\ncaches below. The Rust programs are built for the\nbaseline of the target, as users build them by default;\nC and C++ with -O3 -march=native. All on one thread, in turns; every answer is checked against\na reference in f64.\n\n{machine}- {}\n- {}\n{modules}{missing}{tables}",
        options.dram,
        first("g++"),
        first("rustc"),
    );
    fs::write(root().join("docs/peers.md"), page).map_err(failed)
}

/// Lines as a list, without the columns of a terminal.
fn list<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.fold(String::new(), |mut text, line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        text += &format!("- {}\n", words.join(" "));
        text
    })
}
