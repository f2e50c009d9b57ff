//! A peer's process, that stays up and obeys.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Failure;
use crate::case::{BATCH, Case};

/// A program with peers in it.
pub(crate) struct Program {
    pub(crate) command: Vec<PathBuf>,
}

pub(crate) struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(crate) peers: Vec<String>,
}

impl Program {
    pub(crate) fn start(&self, case: Case, directory: &Path) -> Result<Running, Failure> {
        let (program, arguments) = self.command.split_first().ok_or("no command")?;
        let mut child = Command::new(program)
            .args(arguments)
            .arg(directory)
            .args([
                case.scalar(),
                &case.d.to_string(),
                case.kind(),
                &BATCH.to_string(),
            ])
            // One thread for all; what a machine sets for its own BLAS slows NumPy's.
            .envs(
                ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]
                    .map(|name| (name, "1")),
            )
            .env_remove("OPENBLAS_CORETYPE")
            .env_remove("OPENBLAS_L2_SIZE")
            // Huge pages for all, where the system gives them.
            .env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a peer without pipes".into());
        };
        let mut running = Running {
            child,
            input,
            output: BufReader::new(output),
            peers: Vec::new(),
        };
        let ready = running.line()?;
        let names = ready
            .strip_prefix("ready")
            .ok_or("a peer that is not ready")?;
        running.peers = names.split_whitespace().map(str::to_owned).collect();
        Ok(running)
    }
}

impl Running {
    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("a peer has ended early; what it said is above".into());
        }
        Ok(line)
    }

    fn numbers(&mut self, command: &str) -> Result<Vec<f64>, Failure> {
        writeln!(self.input, "{command}")?;
        self.input.flush()?;
        let line = self.line()?;
        line.split_whitespace()
            .map(|word| {
                word.parse()
                    .map_err(|_| format!("{command}: {line}").into())
            })
            .collect()
    }

    /// Nanoseconds per sample, or per step.
    pub(crate) fn time(&mut self, name: &str, seconds: f64) -> Result<f64, Failure> {
        let time = self.numbers(&format!("run {name} {seconds}"))?;
        time.first()
            .copied()
            .ok_or_else(|| format!("{name}: no time").into())
    }

    /// The factor after a step.
    pub(crate) fn check(&mut self, name: &str) -> Result<Vec<f64>, Failure> {
        self.numbers(&format!("check {name}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Its answers are in; it holds memory that the next case needs.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
