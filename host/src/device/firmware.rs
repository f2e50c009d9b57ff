//! The sources of the firmware, and how they are built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use heterosgd_boards::{BOARDS, Board, EMULATOR_PACKAGES, Route, Toolchain};

use crate::error::{Error, Result};

/// How the runner is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// Optimised, as on a product.
    Release,
    /// With assertions and overflow checks.
    Dev,
}

impl Profile {
    /// The name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }
}

/// The firmware workspace.
#[derive(Debug, Clone)]
pub(super) struct Firmware {
    root: PathBuf,
    quiet: bool,
}

impl Firmware {
    /// Looks for the sources at `given`, or in the directory `firmware` of this one or of one above.
    pub(super) fn find(given: Option<&Path>, quiet: bool) -> Result<Self> {
        let here = std::env::current_dir().map_err(Error::io(Path::new(".")))?;
        let candidates: Vec<PathBuf> = match given {
            Some(path) => vec![path.to_owned()],
            None => here
                .ancestors()
                .map(|above| above.join("firmware"))
                .collect(),
        };
        let found = candidates
            .iter()
            .find(|root| root.join("Cargo.toml").is_file());
        let root = found.cloned().ok_or_else(|| {
            Error::usage(
                "the sources of the firmware are not here: run this in a clone of the repository, or give --firmware DIR",
            )
        })?;
        Ok(Self { root, quiet })
    }

    /// The directory with the sources.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Builds the binaries for the boards, all in one go so that they share the cores.
    pub(super) fn build(
        &self,
        boards: &[&Board],
        binaries: &[&str],
        profile: Profile,
        features: &[&str],
    ) -> Result<Built> {
        self.build_with(boards, binaries, profile, features, &[])
    }

    /// Builds the runner of the stream that was written into `directory`.
    pub(super) fn build_stream(
        &self,
        boards: &[&Board],
        profile: Profile,
        directory: &Path,
    ) -> Result<Built> {
        let variable = [("FIRMWARE_STREAM", directory)];
        self.build_with(boards, &["stream"], profile, &["stream"], &variable)
    }

    /// The report of the runner `runner` where this computer runs it, in place of a board.
    pub(super) fn reference(&self, runner: &str) -> Result<String> {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let output = Command::new(cargo)
            .args(["run", "--quiet", "--release", "--locked", "--manifest-path"])
            .arg(self.root.join("../problems/Cargo.toml"))
            .args(["--features", "programs", "--bin", "reference", "--", runner])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| Error::usage(format!("cargo cannot be run: {error}")))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(Error::Failed(format!(
                "{runner} was not run on this computer: {}",
                output.status
            )))
        }
    }

    fn build_with(
        &self,
        boards: &[&Board],
        binaries: &[&str],
        profile: Profile,
        features: &[&str],
        variables: &[(&str, &Path)],
    ) -> Result<Built> {
        let toolchain = Toolchain::detect();
        let targets: Vec<&str> = boards.iter().map(|board| board.target).collect();
        let missing = toolchain.missing(&targets);
        if !missing.is_empty() {
            let [rustup, debian] = Route::remedies(&missing);
            return Err(Error::usage(format!(
                "this machine cannot build for {}; install it by\n  {rustup}\nor\n  {debian}",
                missing.join(", ")
            )));
        }
        let built = Built {
            root: self.root.join("target"),
            routes: boards
                .iter()
                .filter_map(|board| Some((board.target, toolchain.route(board.target)?)))
                .collect(),
            profile,
        };
        for route in [Route::Rustup, Route::Debian] {
            let targets: Vec<&str> = built.targets(route).collect();
            if !targets.is_empty() {
                let mut command = self.cargo(route, &targets, binaries, &built, features);
                command.envs(variables.iter().copied());
                run(command)?;
            }
        }
        Ok(built)
    }

    fn cargo(
        &self,
        route: Route,
        targets: &[&str],
        binaries: &[&str],
        built: &Built,
        features: &[&str],
    ) -> Command {
        let usual = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let mut command = Command::new(route.cargo(&usual));
        for name in route.inherited() {
            command.env_remove(name);
        }
        // Flags for the host's processor are not for the board's. The sizes of stack frames are
        // asked of the stable compiler by an option that is not; they do not go into the flash.
        command
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("RUSTFLAGS")
            .env("RUSTC_BOOTSTRAP", "1");
        for target in targets {
            let variable = target.to_uppercase().replace(['-', '.'], "_");
            command.env(
                format!("CARGO_TARGET_{variable}_RUSTFLAGS"),
                compiler_flags(target),
            );
        }
        command
            .envs(route.variables(targets))
            .args(["build", "--locked"])
            .args(route.arguments())
            .arg("--manifest-path")
            .arg(self.root.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(built.target_directory(route));
        for (option, values) in [
            ("--target", targets),
            ("--bin", binaries),
            ("--features", features),
        ] {
            for value in values {
                command.args([option, value]);
            }
        }
        // What docs/porting.md shows has to build wherever everything is built.
        if binaries.contains(&"every-operation") {
            command.args(["--example", "minimal"]);
        }
        if built.profile == Profile::Release {
            command.arg("--release");
        }
        if self.quiet {
            command.arg("--quiet");
        }
        command
    }
}

/// What the compiler is told besides the profile.
fn compiler_flags(target: &str) -> String {
    let board = BOARDS.iter().find(|board| board.target == target);
    match board.and_then(|board| board.target_cpu) {
        Some(cpu) => format!("-Zemit-stack-sizes -Ctarget-cpu={cpu}"),
        None => "-Zemit-stack-sizes".to_owned(),
    }
}

/// Runs cargo; what it says goes to standard error.
fn run(mut command: Command) -> Result<()> {
    let shown = format!("{command:?}");
    let status = command
        // Standard output is for the report.
        .stdout(Stdio::null())
        .status()
        .map_err(|error| Error::usage(format!("cargo cannot be run: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Failed(format!(
            "the firmware was not built; to see why, run\n  {shown}"
        )))
    }
}

/// Binaries that were built.
#[derive(Debug, Clone)]
pub(super) struct Built {
    root: PathBuf,
    routes: Vec<(&'static str, Route)>,
    profile: Profile,
}

impl Built {
    fn targets(&self, route: Route) -> impl Iterator<Item = &'static str> {
        let chosen = self.routes.iter().filter(move |(_, own)| *own == route);
        chosen.map(|(target, _)| *target)
    }

    /// How they were compiled.
    pub(super) fn profile(&self) -> Profile {
        self.profile
    }

    /// The compiler's own name and version; all, where boards were built by different ones.
    pub(super) fn compiler(&self) -> Result<String> {
        let mut versions = Vec::new();
        for route in [Route::Rustup, Route::Debian] {
            if self.targets(route).next().is_none() {
                continue;
            }
            let mut command = Command::new(route.compiler());
            for name in route.inherited() {
                command.env_remove(name);
            }
            let output = command.arg("--version").output();
            let output =
                output.map_err(|error| Error::usage(format!("rustc cannot be run: {error}")))?;
            let version = String::from_utf8_lossy(&output.stdout);
            versions.push(version.trim().to_owned());
        }
        Ok(versions.join(", "))
    }

    fn target_directory(&self, route: Route) -> PathBuf {
        self.root.join(route.target_directory())
    }

    /// The binary for a board.
    pub(super) fn binary(&self, board: &Board, name: &str) -> PathBuf {
        let route = self
            .routes
            .iter()
            .find(|(target, _)| *target == board.target);
        let route = route.map_or(Route::Debian, |(_, route)| *route);
        let profile = match self.profile {
            Profile::Release => "release",
            Profile::Dev => "debug",
        };
        self.target_directory(route)
            .join(board.target)
            .join(profile)
            .join(name)
    }
}

/// What a user installs to get the emulators.
pub(super) fn emulator_remedy() -> String {
    format!("sudo apt-get install {}", EMULATOR_PACKAGES.join(" "))
}
