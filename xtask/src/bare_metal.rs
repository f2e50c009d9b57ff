//! Builds the core, alone, for the targets that it promises to support.

use heterosgd_boards::{BOARDS, Route, TARGETS, Toolchain};

use crate::failure::Failure;
use crate::runner::{Run, in_ci};
use crate::setup;

/// Builds for every target; how many were built. Targets may be left out only with `host_only`
/// and outside CI.
pub(crate) fn run(host_only: bool) -> Result<usize, Failure> {
    cargo("build", &TARGETS, host_only)
}

/// The target without a board that lacks what all boards have, atomic operations. The other two differ
/// from the target of a board in nothing that the sources ask about.
const LEAST: [&str; 1] = ["riscv32imc-unknown-none-elf"];

/// As [`run`], for the target that no board stands for, and without code generation: for those of
/// boards every runner is built. How many were checked.
pub(crate) fn beside_boards(host_only: bool) -> Result<usize, Failure> {
    cargo("check", &LEAST, host_only)
}

/// How many targets the boards and [`beside_boards`] cover.
pub(crate) fn covered() -> usize {
    BOARDS.len() + LEAST.len()
}

fn cargo(command: &str, wanted: &[&'static str], host_only: bool) -> Result<usize, Failure> {
    if !setup::is_ready() && (in_ci() || !host_only) {
        setup::run(in_ci())?;
    }
    let toolchain = Toolchain::detect();
    let mut built = 0;
    for route in [Route::Rustup, Route::Debian] {
        let targets: Vec<&str> = wanted
            .iter()
            .copied()
            .filter(|target| toolchain.route(target) == Some(route))
            .collect();
        if targets.is_empty() {
            continue;
        }
        // Every feature on a board is either off or on; both have to compile there.
        for features in ["--no-default-features", "--all-features"] {
            each(command, route, &targets, features)?;
        }
        built += targets.len();
    }
    for target in toolchain.missing(wanted) {
        println!("\n!! SKIPPED {target}: no compiler for it (--host-only)");
    }
    Ok(built)
}

/// All targets in one command, so that they share the cores of the machine.
fn each(command: &str, route: Route, targets: &[&str], features: &str) -> Result<(), Failure> {
    let package = [command, "--locked", "-p", "heterosgd", "--lib", features];
    let directory = format!("target/{}", route.target_directory());
    let arguments = package
        .into_iter()
        .chain(route.arguments().iter().copied())
        .chain(["--target-dir", &directory])
        .chain(targets.iter().flat_map(|target| ["--target", target]));
    let command = match route {
        Route::Rustup => Run::cargo(arguments),
        Route::Debian => Run::new(&route.cargo("cargo"), arguments),
    };
    let command = route
        .inherited()
        .iter()
        .fold(command, |command, name| command.without_env(name));
    route
        .variables(&[])
        .iter()
        .fold(command, |command, (name, value)| command.env(name, value))
        .step(&format!("core on bare metal, {features}"))
}
