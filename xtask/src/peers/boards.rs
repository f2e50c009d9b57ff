//! gcc's code for the job of a stored sample beside this library's, on the emulated boards: instructions,
//! counted in the same way, and `docs/board_peers.md`.

use std::fs;

use heterosgd_boards::{BOARDS, Board};

use super::OUT;
use super::clock::{Reading, readings};
use crate::failure::Failure;
use crate::runner::{Run, root};
use crate::setup::{apt, is_root};

const PAGE: &str = "docs/board_peers.md";
const BUDGET: &str = "firmware/budget.toml";
const SOURCES: &str = "benches/peers/boards";
const COMPILER: &str = "arm-none-eabi-gcc";
const PACKAGE: &str = "gcc-arm-none-eabi";

/// A board, what gcc calls its processor, and what is asked for.
struct Target {
    board: &'static str,
    flags: &'static [&'static str],
    /// Instructions of ours that are promised for d = 8 and 16.
    promised: Option<[u64; 2]>,
    /// How many times as many gcc's loop is to take, for d = 8 and 16.
    times: [f64; 2],
}

const TARGETS: [Target; 2] = [
    Target {
        board: "mps2-an386",
        flags: &["-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
        promised: Some([309, 1158]),
        times: [1.4, 1.3],
    },
    Target {
        board: "microbit",
        flags: &["-mcpu=cortex-m0", "-mfloat-abi=soft"],
        promised: None,
        times: [1.0, 1.0],
    },
];

/// What the loop is compiled with. The first is the peer that is asked for.
const VARIANTS: [(&str, &[&str]); 2] = [
    (
        "gcc, unrolled",
        &["-O3", "-funroll-loops", "-ffp-contract=off"],
    ),
    (
        "gcc, unrolled, -ffast-math, fused where the processor can",
        &["-O3", "-funroll-loops", "-ffast-math"],
    ),
];

/// The problems of the firmware whose stored samples these are, for d = 8 and 16.
const PROBLEMS: [(&str, &str); 2] = [("8", "gaussian"), ("16", "rademacher")];

/// Compiles, counts and writes the page.
pub(super) fn run(setup: bool) -> Result<(), Failure> {
    install(setup)?;
    let budget = fs::read_to_string(root().join(BUDGET)).map_err(|error| check(BUDGET, &error))?;
    let budget: toml::Value = toml::from_str(&budget).map_err(|error| check(BUDGET, &error))?;
    let mut text = about()?;
    let mut missed = Vec::new();
    for target in &TARGETS {
        let Some(board) = BOARDS.iter().find(|board| board.name == target.board) else {
            return Err(Failure::Check(format!("{}: no such board", target.board)));
        };
        text += &format!(
            "\n## {}, {}\n\n| instructions of a stored sample | d = 8 | d = 16 |\n|---|---|---|\n",
            board.processor, board.name
        );
        let ours = ours(&budget, board)?;
        text += &format!("| this library | **{}** | **{}** |\n", ours[0], ours[1]);
        for (index, (name, flags)) in VARIANTS.iter().enumerate() {
            let found = measure(board, target.flags, flags)?;
            let cell = |k: usize| {
                let reading = found[k];
                let ratio = reading.most as f64 / ours[k] as f64;
                format!("{reading} (x {ratio:.2})")
            };
            text += &format!("| {name} | {} | {} |\n", cell(0), cell(1));
            if index == 0 {
                missed.extend(target.missed(board, ours, found));
            }
        }
    }
    text += "\n## Asked for and missed\n\n";
    if missed.is_empty() {
        text += "Nothing.\n";
    }
    for line in &missed {
        text += &format!("- {line}\n");
    }
    fs::write(root().join(PAGE), &text).map_err(|error| check(PAGE, &error))?;
    print!("\n{text}\n{PAGE} is written.\n");
    Ok(())
}

impl Target {
    fn missed(&self, board: &Board, ours: [u64; 2], gcc: [Reading; 2]) -> Vec<String> {
        let mut missed = Vec::new();
        for (k, (d, _)) in PROBLEMS.iter().enumerate() {
            if let Some(promised) = self.promised
                && ours[k] > promised[k]
            {
                missed.push(format!(
                    "{}, d = {d}: {} instructions of {}",
                    board.processor, ours[k], promised[k]
                ));
            }
            let ratio = gcc[k].most as f64 / ours[k] as f64;
            if ratio < self.times[k] {
                missed.push(format!(
                    "{}, d = {d}: gcc takes {ratio:.2} times as many, asked were {:.1}",
                    board.processor, self.times[k]
                ));
            }
        }
        missed
    }
}

fn check(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::Check(format!("{what}: {error}"))
}

fn install(setup: bool) -> Result<(), Failure> {
    let is_there = |program: &str| Run::new(program, ["--version"]).output().is_some();
    if !is_there(COMPILER) && setup && is_root() {
        apt(["update"]).step("package lists")?;
        apt(["install", "--yes", "--no-install-recommends", PACKAGE]).step("gcc for the boards")?;
    }
    if !is_there(COMPILER) {
        return Err(Failure::Missing {
            what: format!("the peer on the boards needs {COMPILER}"),
            remedies: vec![
                "cargo xtask peers --boards --setup".into(),
                format!("sudo apt-get install {PACKAGE}"),
            ],
        });
    }
    if !is_there("qemu-system-arm") {
        return Err(Failure::Missing {
            what: "the boards are emulated by qemu-system-arm".into(),
            remedies: vec!["cargo xtask setup".into()],
        });
    }
    Ok(())
}

/// This library's instructions, for d = 8 and 16: those that the tests hold it to.
fn ours(budget: &toml::Value, board: &Board) -> Result<[u64; 2], Failure> {
    let mut ours = [0; 2];
    for (own, (_, problem)) in ours.iter_mut().zip(PROBLEMS) {
        *own = budget
            .get("measured")
            .and_then(|measured| measured.get(board.name)?.get(problem)?.get("stored"))
            .and_then(toml::Value::as_integer)
            .and_then(|stored| u64::try_from(stored).ok())
            .ok_or_else(|| check(BUDGET, &format!("no figure for {}, {problem}", board.name)))?;
    }
    Ok(ours)
}

/// gcc's instructions, for d = 8 and 16.
fn measure(board: &Board, target: &[&str], variant: &[&str]) -> Result<[Reading; 2], Failure> {
    let at = |name: &str| format!("{SOURCES}/{name}");
    let (object, program) = (format!("{OUT}/board.o"), format!("{OUT}/board.elf"));
    let common = ["-mthumb", "-ffreestanding"];
    let words = |words: &[&'static str]| words.to_vec();
    let target: Vec<&str> = common.into_iter().chain(target.iter().copied()).collect();
    let kernel = at("kernel.c");
    let compile = ["-c", &kernel, "-o", &object];
    Run::new(
        COMPILER,
        target.iter().chain(variant).copied().chain(compile),
    )
    .step(&format!("gcc for {}", board.name))?;
    let (main, script) = (at("board.c"), at("board.ld"));
    let link = [
        &main, &object, "-T", &script, "-o", &program, "-O2", "-Wall", "-Wextra", "-Werror",
    ];
    let rest = words(&["-nostdlib", "-lgcc"]);
    Run::new(
        COMPILER,
        target
            .iter()
            .copied()
            .chain(link)
            .chain(rest.iter().copied()),
    )
    .step("the program around it")?;
    let shift = format!("shift={}", board.time_shift);
    let output = Run::new(
        board.emulator,
        [
            "-machine",
            board.machine,
            "-icount",
            &shift,
            "-display",
            "none",
            "-serial",
            "none",
            "-monitor",
            "none",
            "-chardev",
            "stdio,id=report",
            "-semihosting-config",
            "enable=on,chardev=report",
            "-kernel",
            &program,
        ],
    )
    .step_output(&format!("{}, emulated", board.name))?;
    readings(&output).map_err(|why| check(board.name, &why))
}

fn about() -> Result<String, Failure> {
    let version = Run::new(COMPILER, ["--version"])
        .output()
        .unwrap_or_default();
    let emulator = Run::new("qemu-system-arm", ["--version"])
        .output()
        .unwrap_or_default();
    let first = |text: &str| text.lines().next().unwrap_or_default().trim().to_owned();
    let date = Run::new("date", ["-u", "+%Y-%m-%d"])
        .output()
        .ok_or_else(|| check("date", &"cannot be run"))?;
    Ok(format!(
        "\
# Peers on the boards

Written by `cargo xtask peers --boards`; do not edit. `--setup` installs the compiler.

One of eight stored dense samples, `f32`: the residual against the estimate and the sum of the gradient. gcc compiles the plain loop of
`benches/peers/plain.h`, its size known; the sums are checked against double precision before they count. Both sides count in the
same way, by the system timer of the board while QEMU's virtual time advances with the instructions, the call included, and the
most of eight batches counts. What this library takes is what `{BUDGET}` holds it to, measured by `cargo heterosgd device`. Samples of
d = 8 are Gaussian, those of d = 16 are signs: in soft float the count depends on the data. In brackets: times this library's.

- {}
- {}
- {}
",
        first(&version),
        first(&emulator),
        date.trim(),
    ))
}
