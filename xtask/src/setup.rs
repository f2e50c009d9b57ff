//! Makes a fresh machine ready: rustfmt, clippy, a way to build for bare metal, emulators, valgrind.

use std::path::Path;

use heterosgd_boards::{BOARDS, EMULATOR_PACKAGES, Route, TARGETS, Toolchain, toolchain};

use crate::failure::Failure;
use crate::runner::Run;

/// Debian's compiler, with the sources of `core`, and its packages of the emulators.
fn packages() -> Vec<&'static str> {
    let mut packages = Vec::new();
    if !missing_targets().is_empty() {
        packages.extend(toolchain::PACKAGES);
    }
    if !missing_emulators().is_empty() {
        packages.extend(EMULATOR_PACKAGES);
    }
    packages.extend(missing_valgrind());
    packages
}

/// Valgrind's package, where instructions are counted and it is not there.
pub(crate) fn missing_valgrind() -> Option<&'static str> {
    let is_there = || Run::new("valgrind", ["--version"]).output().is_some();
    (cfg!(target_arch = "x86_64") && !is_there()).then_some("valgrind")
}

fn missing_targets() -> Vec<&'static str> {
    Toolchain::detect().missing(&TARGETS)
}

fn missing_emulators() -> Vec<&'static str> {
    let mut missing: Vec<&str> = BOARDS
        .iter()
        .map(|board| board.emulator)
        .filter(|emulator| Run::new(emulator, ["--version"]).output().is_none())
        .collect();
    missing.dedup();
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// Whether this machine builds for every target and emulates every board.
pub(crate) fn is_ready() -> bool {
    missing_targets().is_empty() && missing_emulators().is_empty()
}

/// Installs what is missing where it may (root on Debian), and otherwise says what to run.
pub(crate) fn run(allow_downgrades: bool) -> Result<(), Failure> {
    component("fmt", "rustfmt")?;
    component("clippy", "clippy")?;
    let packages = packages();
    if packages.is_empty() {
        println!(
            "This machine is ready: it builds for all {} targets, emulates all {} boards, and counts instructions.",
            TARGETS.len(),
            BOARDS.len()
        );
        return Ok(());
    }
    if !(is_root() && Path::new("/usr/bin/apt-get").exists()) {
        return Err(by_hand(&packages));
    }
    apt(["update"]).step("package lists")?;
    if install(&packages).step("what is missing").is_err() {
        without_conflict(&packages, allow_downgrades)?;
    }
    match all_missing().as_slice() {
        [] => Ok(()),
        missing => Err(Failure::Check(format!(
            "installed, and still missing: {}",
            missing.join(", ")
        ))),
    }
}

fn all_missing() -> Vec<&'static str> {
    let mut missing = [missing_targets(), missing_emulators()].concat();
    missing.extend(missing_valgrind());
    missing
}

/// apt-get, that asks nothing.
pub(crate) fn apt<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Run {
    Run::new("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive")
}

fn install(packages: &[&str]) -> Run {
    let install = ["install", "--yes", "--no-install-recommends"];
    apt(install.into_iter().chain(packages.iter().copied()))
}

/// QEMU's tools from a newer release than its emulators', which is what some images come with, are
/// in the way of the emulators: only the older ones are to be had. CI takes them, a user is asked.
fn without_conflict(packages: &[&str], allow_downgrades: bool) -> Result<(), Failure> {
    let policy = Run::new("apt-cache", ["policy", "qemu-system-common"]).output();
    let candidate = policy.as_deref().and_then(|policy| {
        let mut lines = policy.lines();
        lines.find_map(|line| line.trim().strip_prefix("Candidate: "))
    });
    let Some(version) = candidate else {
        return Err(by_hand(packages));
    };
    let tools = format!("qemu-utils={version}");
    let more: Vec<&str> = ["--allow-downgrades", &tools]
        .into_iter()
        .chain(packages.iter().copied())
        .collect();
    if allow_downgrades {
        return install(&more).step("what is missing, with older QEMU tools");
    }
    Err(Failure::Missing {
        what: "apt-get cannot install the emulators beside the newer qemu-utils of this machine"
            .into(),
        remedies: vec![
            format!("sudo apt-get install {}", more.join(" ")),
            "cargo xtask setup --allow-downgrades".into(),
        ],
    })
}

/// The commands that a user without root, or without Debian, runs instead.
fn by_hand(packages: &[&str]) -> Failure {
    let targets = missing_targets();
    let mut remedies = vec![format!(
        "sudo apt-get update && sudo apt-get install {}",
        packages.join(" ")
    )];
    if !targets.is_empty() && targets.len() == all_missing().len() {
        let [rustup, _] = Route::remedies(&targets);
        remedies.insert(0, rustup);
    }
    Failure::Missing {
        what: format!("this machine lacks {}", all_missing().join(", ")),
        remedies,
    }
}

fn component(command: &str, name: &str) -> Result<(), Failure> {
    match Run::cargo([command, "--version"]).output() {
        Some(_) => Ok(()),
        None => Err(Failure::Missing {
            what: format!("{name} is missing"),
            remedies: vec![format!("rustup component add {name}")],
        }),
    }
}

pub(crate) fn is_root() -> bool {
    Run::new("id", ["-u"])
        .output()
        .is_some_and(|id| id.trim() == "0")
}
