//! The programs with peers in them: which can be built here, and how.

use std::path::Path;

use super::OUT;
use crate::failure::Failure;
use crate::metadata;
use crate::runner::{Run, root};
use crate::setup::{apt, is_root};

/// Debian's packages of a compiler, Eigen, and an environment for Python.
const PACKAGES: [&str; 4] = ["gcc", "g++", "libeigen3-dev", "python3-venv"];

/// What of the peers is on this machine.
pub(crate) struct Peers {
    native: bool,
    /// A Python with `NumPy`.
    pub(crate) python: Option<String>,
    torch: bool,
}

impl Peers {
    pub(crate) fn find() -> Self {
        let runs = |program: &str| Run::new(program, ["--version"]).output().is_some();
        let own = format!("{OUT}/venv/bin/python");
        let python = [own.as_str(), "python3"]
            .into_iter()
            .find(|python| has_module(python, "numpy"));
        Self {
            native: runs("gcc")
                && runs("g++")
                && Path::new("/usr/include/eigen3/Eigen/Dense").exists(),
            python: python.map(str::to_owned),
            torch: python.is_some_and(|python| has_module(python, "torch")),
        }
    }

    /// The peers that are not there.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let all = [
            ("Eigen and plain C", self.native),
            ("NumPy", self.python.is_some()),
            ("PyTorch", self.torch),
        ];
        let missing = all.into_iter().filter(|(_, is_there)| !is_there);
        missing.map(|(name, _)| name).collect()
    }

    /// Builds what is there; the command lines, as the driver reads them.
    pub(crate) fn build(&self) -> Result<Vec<String>, Failure> {
        let build = ["build", "--locked", "--release", "--package"];
        Run::cargo(build.into_iter().chain(["heterosgd-benches", "--bins"]))
            .step("peers in Rust, and the driver")?;
        let rust = metadata::target_directory()?.join("release/peers-rust");
        let mut programs = vec![rust.display().to_string()];
        if self.native {
            programs.push(native()?);
        }
        programs.extend(
            self.python
                .as_ref()
                .map(|python| format!("{python}|benches/peers/arrays.py")),
        );
        Ok(programs)
    }
}

/// The read limit, plain C and Eigen, for this machine's processor.
fn native() -> Result<String, Failure> {
    let object = format!("{OUT}/plain.o");
    let fast = ["-O3", "-march=native"];
    let plain = ["-c", "benches/peers/plain.c", "-o", &object];
    Run::new("gcc", fast.into_iter().chain(plain)).step("plain C")?;
    let program = format!("{OUT}/native");
    let eigen = ["-std=c++17", "-isystem", "/usr/include/eigen3"];
    let files = ["benches/peers/native.cpp", &object, "-o", &program];
    Run::new("g++", fast.into_iter().chain(eigen).chain(files)).step("Eigen and the read limit")?;
    Ok(program)
}

fn has_module(python: &str, module: &str) -> bool {
    Run::new(python, ["-c", &format!("import {module}")])
        .output()
        .is_some()
}

/// Installs what is missing: packages where it may (root on Debian), and otherwise says what to run.
pub(crate) fn setup() -> Result<(), Failure> {
    let has_venv = has_module("python3", "ensurepip");
    if !(Peers::find().native && has_venv) {
        if !(is_root() && Path::new("/usr/bin/apt-get").exists()) {
            return Err(Failure::Missing {
                what: "the peers need a C++ compiler, Eigen, and Python's ensurepip".into(),
                remedies: vec![format!("sudo apt-get install {}", PACKAGES.join(" "))],
            });
        }
        apt(["update"]).step("package lists")?;
        let install = ["install", "--yes", "--no-install-recommends"];
        apt(install.into_iter().chain(PACKAGES)).step("a compiler, Eigen, and Python's venv")?;
    }
    let venv = format!("{OUT}/venv");
    let python = format!("{venv}/bin/python");
    if !root().join(&python).exists() {
        Run::new("python3", ["-m", "venv", &venv]).step("an environment for Python")?;
    }
    for (module, package) in [("numpy", "numpy"), ("torch", "torch")] {
        if !has_module(&python, module) {
            let install = ["-m", "pip", "install", "--quiet", package];
            Run::new(&python, install).step(package)?;
        }
    }
    Ok(())
}
