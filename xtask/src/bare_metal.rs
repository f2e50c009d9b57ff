//! Builds the core, alone, for the targets that it promises to support.
//!
//! Two routes: the target's own `core` from rustup, or `core` built from the sources that Debian
//! packages beside its compiler.

use std::env;
use std::path::Path;

use crate::failure::Failure;
use crate::runner::Run;
use crate::setup;

/// Every bare-metal target of the documentation.
pub(crate) const TARGETS: [&str; 8] = [
    "thumbv6m-none-eabi",
    "thumbv7m-none-eabi",
    "thumbv7em-none-eabi",
    "thumbv7em-none-eabihf",
    "thumbv8m.main-none-eabi",
    "thumbv8m.main-none-eabihf",
    "riscv32imc-unknown-none-elf",
    "riscv32imac-unknown-none-elf",
];

/// Debian's compiler, with the sources of `core`.
pub(crate) const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// Where those packages put what the second route needs.
const DEBIAN_FILES: [&str; 3] = [
    "/usr/bin/cargo",
    "/usr/bin/rustc",
    "/usr/lib/rustlib/src/rust/library/core/Cargo.toml",
];

/// Set for xtask by rustup and cargo; they would send Debian's cargo back to rustup's compiler.
const INHERITED: [&str; 9] = [
    "CARGO",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "LD_LIBRARY_PATH",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    Rustup,
    Debian,
}

/// Builds for every target; how many were built. Targets may be left out only with `host_only`
/// and outside CI.
pub(crate) fn run(host_only: bool) -> Result<usize, Failure> {
    let in_ci = env::var_os("CI").is_some_and(|value| value == "true");
    if !missing().is_empty() && (in_ci || !host_only) {
        setup::run()?;
    }
    let mut built = 0;
    for route in [Route::Rustup, Route::Debian] {
        let targets: Vec<&str> = TARGETS
            .into_iter()
            .filter(|target| route_to(target) == Some(route))
            .collect();
        if targets.is_empty() {
            continue;
        }
        // Every feature on a board is either off or on; both have to compile there.
        for features in ["--no-default-features", "--all-features"] {
            build(route, &targets, features)?;
        }
        built += targets.len();
    }
    for target in missing() {
        println!("\n!! SKIPPED {target}: no compiler for it (--host-only)");
    }
    Ok(built)
}

/// The targets that this machine cannot build for.
pub(crate) fn missing() -> Vec<&'static str> {
    TARGETS
        .into_iter()
        .filter(|target| route_to(target).is_none())
        .collect()
}

fn route_to(target: &str) -> Option<Route> {
    let installed = Run::new("rustup", ["target", "list", "--installed"])
        .output()
        .unwrap_or_default();
    if installed.lines().any(|line| line == target) {
        Some(Route::Rustup)
    } else if DEBIAN_FILES.iter().all(|file| Path::new(file).exists()) {
        Some(Route::Debian)
    } else {
        None
    }
}

/// All targets in one command, so that they share the cores of the machine.
fn build(route: Route, targets: &[&str], features: &str) -> Result<(), Failure> {
    let what = format!("core on bare metal, {features}");
    let package = ["build", "--locked", "-p", "heterosgd", "--lib", features];
    let targets = targets.iter().flat_map(|target| ["--target", target]);
    let arguments = package.into_iter().chain(targets);
    match route {
        Route::Rustup => Run::cargo(arguments).step(&what),
        Route::Debian => {
            // A target directory of its own: artefacts of two compilers do not mix. A build of
            // `core` from source counts as unstable; the compiler is the stable one.
            let from_source = ["-Zbuild-std=core", "--target-dir", "target/bare-metal"];
            let command = Run::new("/usr/bin/cargo", arguments.chain(from_source));
            INHERITED
                .iter()
                .fold(command, |command, name| command.without_env(name))
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTC", "/usr/bin/rustc")
                .step(&what)
        }
    }
}
