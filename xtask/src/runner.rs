//! Commands that say what they are before they run, and how to repeat them when they fail.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::failure::Failure;
use crate::metadata;

/// The root of the workspace that xtask runs in; not the one it was built in, where clones share a
/// target directory.
pub(crate) fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest).join("..")
}

/// Whether this is CI, where nothing may be skipped.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

/// A command at the root of the workspace.
pub(crate) struct Run {
    command: Command,
    /// The command as a reader would type it.
    shown: String,
}

impl Run {
    /// The program `program` with arguments.
    pub(crate) fn new<'a>(program: &str, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        Self::shown_as(program.into(), program, arguments)
    }

    /// The cargo that runs xtask, so that a `cargo +toolchain xtask` stays on its toolchain.
    pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self::shown_as(cargo, "cargo", arguments)
    }

    /// The optimised `heterosgd` command with arguments, as the tests of the host have built it: every
    /// other selection of packages would build it again.
    pub(crate) fn heterosgd(arguments: &[&str]) -> Result<Self, Failure> {
        let program = metadata::target_directory()?.join("release/heterosgd");
        let shown = program.display().to_string();
        let arguments = arguments.iter().copied();
        Ok(Self::shown_as(program.into_os_string(), &shown, arguments))
    }

    fn shown_as<'a>(
        program: OsString,
        name: &str,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let arguments: Vec<&str> = arguments.into_iter().collect();
        let mut command = Command::new(program);
        command
            .args(&arguments)
            .current_dir(root())
            .stdin(Stdio::null());
        Self {
            command,
            shown: format!("{name} {}", arguments.join(" ")),
        }
    }

    /// Sets an environment variable, shown as part of the command.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        let quoted = if value.contains(' ') {
            format!("\"{value}\"")
        } else {
            value.to_owned()
        };
        self.shown = format!("{name}={quoted} {}", self.shown);
        self
    }

    /// Runs it in `directory`, relative to the root, instead of there.
    pub(crate) fn at(mut self, directory: &str) -> Self {
        self.command.current_dir(root().join(directory));
        self.shown = format!("cd {directory} && {}", self.shown);
        self
    }

    /// Removes a variable that this process has inherited.
    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs the step called `what`; its output goes where ours goes.
    pub(crate) fn step(self, what: &str) -> Result<(), Failure> {
        println!("\n== {what}\n   {}", self.shown);
        self.quietly()
    }

    /// Runs the step called `what` for what it prints; its errors go where ours go.
    pub(crate) fn step_output(mut self, what: &str) -> Result<String, Failure> {
        println!("\n== {what}\n   {}", self.shown);
        match self.command.stderr(Stdio::inherit()).output() {
            Ok(output) if output.status.success() => {
                Ok(String::from_utf8_lossy(&output.stdout).into_owned())
            }
            Ok(_) => Err(Failure::Command(self.shown)),
            Err(error) => Err(Failure::Check(format!("{}: {error}", self.shown))),
        }
    }

    /// Runs the step called `what` for what it says on standard error, which is printed if it fails.
    pub(crate) fn step_errors(mut self, what: &str) -> Result<String, Failure> {
        match self.errors(what)? {
            (status, errors) if status.success() => Ok(errors),
            (_, errors) => {
                eprintln!("{errors}");
                Err(Failure::Command(self.shown))
            }
        }
    }

    /// Runs the step called `what`, its output thrown away; how it ends, and its errors.
    fn errors(&mut self, what: &str) -> Result<(ExitStatus, String), Failure> {
        println!("\n== {what}\n   {}", self.shown);
        let output = self
            .command
            .stdout(Stdio::null())
            .output()
            .map_err(|error| Failure::Check(format!("{}: {error}", self.shown)))?;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((output.status, errors))
    }

    /// Runs it without a heading.
    pub(crate) fn quietly(mut self) -> Result<(), Failure> {
        match self.command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(Failure::Command(self.shown)),
            Err(error) => Err(Failure::Check(format!("{}: {error}", self.shown))),
        }
    }

    /// Runs the step called `what`, which is to fail; its exit status and what it says of it.
    pub(crate) fn failing(mut self, what: &str) -> Result<(Option<i32>, String), Failure> {
        let (status, errors) = self.errors(what)?;
        Ok((status.code(), errors))
    }

    /// What it prints, or `None` if it is not there or fails.
    pub(crate) fn output(mut self) -> Option<String> {
        let output = self.command.stderr(Stdio::null()).output().ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
