//! Makes a fresh machine ready: rustfmt, clippy, and a way to build for bare metal.

use std::path::Path;

use crate::bare_metal::{self, DEBIAN_PACKAGES, TARGETS};
use crate::failure::Failure;
use crate::runner::Run;

/// Installs what is missing where it may (root on Debian), and otherwise says what to run.
pub(crate) fn run() -> Result<(), Failure> {
    component("fmt", "rustfmt")?;
    component("clippy", "clippy")?;
    if bare_metal::missing().is_empty() {
        println!(
            "This machine is ready: it builds for all {} targets.",
            TARGETS.len()
        );
        return Ok(());
    }
    if !(is_root() && Path::new("/usr/bin/apt-get").exists()) {
        return Err(by_hand());
    }
    let apt = |arguments: &[&str]| {
        Run::new("apt-get", arguments.iter().copied()).env("DEBIAN_FRONTEND", "noninteractive")
    };
    apt(&["update"]).step("package lists")?;
    let install = ["install", "--yes", "--no-install-recommends"];
    apt(&[&install[..], &DEBIAN_PACKAGES].concat()).step("Debian's Rust with its sources")?;
    match bare_metal::missing().as_slice() {
        [] => Ok(()),
        missing => Err(Failure::Check(format!(
            "installed, and still no way to build for {}",
            missing.join(", ")
        ))),
    }
}

/// The commands that a user without root, or without Debian, runs instead.
pub(crate) fn by_hand() -> Failure {
    let missing = bare_metal::missing();
    let packages = DEBIAN_PACKAGES.join(" ");
    Failure::Missing {
        what: format!("this machine cannot build for {}", missing.join(", ")),
        remedies: vec![
            format!("rustup target add {}", missing.join(" ")),
            format!("sudo apt-get update && sudo apt-get install {packages}"),
        ],
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

fn is_root() -> bool {
    Run::new("id", ["-u"])
        .output()
        .is_some_and(|id| id.trim() == "0")
}
