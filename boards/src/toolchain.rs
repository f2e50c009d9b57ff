//! How to build for bare metal on this machine.
//!
//! Two routes: the target's own `core` from rustup, or `core` built from the sources that Debian
//! packages beside its compiler.

use std::path::Path;
use std::process::Command;

/// Debian's compiler, with the sources of `core`, and a linker.
pub const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// Where those packages put what the second route needs.
const FILES: [&str; 4] = [
    "/usr/bin/cargo",
    "/usr/bin/rustc",
    "/usr/bin/ld.lld",
    "/usr/lib/rustlib/src/rust/library/core/Cargo.toml",
];

/// Set for this process by rustup and cargo; they would send Debian's cargo back to rustup's
/// compiler, or its artefacts into ours.
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

/// Where `core` for a target comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// A target that rustup has installed.
    Rustup,
    /// Debian's compiler, which builds `core` from source.
    Debian,
}

/// What this machine can build for.
#[derive(Debug, Clone)]
pub struct Toolchain {
    installed: Vec<String>,
    debian: bool,
}

impl Toolchain {
    /// Looks at this machine.
    pub fn detect() -> Self {
        let listed = Command::new("rustup")
            .args(["target", "list", "--installed"])
            .output();
        let installed = listed
            .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
            .unwrap_or_default();
        Self {
            installed: installed.lines().map(str::to_owned).collect(),
            debian: FILES.iter().all(|file| Path::new(file).exists()),
        }
    }

    /// The route to `target`, if there is one. An installed target is preferred.
    pub fn route(&self, target: &str) -> Option<Route> {
        if self.installed.iter().any(|installed| installed == target) {
            Some(Route::Rustup)
        } else {
            self.debian.then_some(Route::Debian)
        }
    }

    /// Those of `targets` that this machine cannot build for.
    pub fn missing<'a>(&self, targets: &[&'a str]) -> Vec<&'a str> {
        let missing = |target: &&str| self.route(target).is_none();
        targets.iter().copied().filter(missing).collect()
    }
}

impl Route {
    /// The commands that a user runs to get a route to `targets`; any one of them will do.
    pub fn remedies(targets: &[&str]) -> [String; 2] {
        [
            format!("rustup target add {}", targets.join(" ")),
            format!(
                "sudo apt-get update && sudo apt-get install {}",
                PACKAGES.join(" ")
            ),
        ]
    }

    /// The cargo of this route; `usual` is that of rustup.
    pub fn cargo(self, usual: &str) -> String {
        match self {
            Self::Rustup => usual.to_owned(),
            Self::Debian => FILES[0].to_owned(),
        }
    }

    /// The compiler of this route.
    pub fn compiler(self) -> &'static str {
        match self {
            Self::Rustup => "rustc",
            Self::Debian => FILES[1],
        }
    }

    /// Arguments that a `cargo build` for bare metal needs on this route, beside its targets.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Rustup => &[],
            Self::Debian => &["-Zbuild-std=core"],
        }
    }

    /// Variables to be set for it.
    pub fn variables(self, targets: &[&str]) -> Vec<(String, String)> {
        match self {
            Self::Rustup => Vec::new(),
            Self::Debian => {
                // A build of `core` from source counts as unstable; the compiler is the stable one.
                let fixed = [("RUSTC_BOOTSTRAP", "1"), ("RUSTC", FILES[1])];
                let fixed = fixed.map(|(name, value)| (name.to_owned(), value.to_owned()));
                let linkers = targets.iter().map(|target| {
                    let target = target.to_uppercase().replace(['-', '.'], "_");
                    (format!("CARGO_TARGET_{target}_LINKER"), "ld.lld".to_owned())
                });
                fixed.into_iter().chain(linkers).collect()
            }
        }
    }

    /// Variables to be removed for it.
    pub fn inherited(self) -> &'static [&'static str] {
        match self {
            Self::Rustup => &[],
            Self::Debian => &INHERITED,
        }
    }

    /// The subdirectory of `target/` for its artefacts: those of two compilers do not mix.
    pub fn target_directory(self) -> &'static str {
        match self {
            Self::Rustup => "bare-metal-rustup",
            Self::Debian => "bare-metal",
        }
    }
}
