//! gcc's code for the job of a stored sample, and CMSIS-DSP's, beside this library's on the emulated boards:
//! instructions, counted in the same way, and `docs/board_peers.md`.

use std::fs;

use heterosgd_boards::{BOARDS, Board};

use super::OUT;
use super::cmsis;
use super::cross::{self, CMSIS, COMPILER};
use super::readings::{Reading, readings};
use crate::failure::Failure;
use crate::runner::{Run, root};

const PAGE: &str = "docs/board_peers.md";
const BUDGET: &str = "firmware/budget.toml";
const SOURCES: &str = "benches/peers/boards";

/// A board, what gcc calls its processor, and what is asked for.
struct Target {
    board: &'static str,
    flags: &'static [&'static str],
    /// Instructions of ours that are promised for d = 8 and 16.
    promised: Option<[u64; 2]>,
    /// How many times as many gcc's loop is to take, for d = 8 and 16.
    times: [f64; 2],
    /// Whether CMSIS-DSP is a peer: without a unit for `f32` nobody would take it.
    has_unit: bool,
}

const TARGETS: [Target; 2] = [
    Target {
        board: "mps2-an386",
        flags: &["-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
        promised: Some([309, 1158]),
        times: [1.4, 1.3],
        has_unit: true,
    },
    Target {
        board: "microbit",
        flags: &["-mcpu=cortex-m0", "-mfloat-abi=soft"],
        promised: None,
        times: [1.0, 1.0],
        has_unit: false,
    },
];

/// Whose code it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Code {
    /// The loop of `benches/peers/plain.h`.
    Plain,
    Cmsis {
        one_unit: bool,
    },
}

/// Who is measured, and the flags it is compiled with. The first is the peer that is asked for.
const PEERS: [(&str, Code, &[&str]); 4] = [
    (
        "gcc, unrolled",
        Code::Plain,
        &["-O3", "-funroll-loops", "-ffp-contract=off"],
    ),
    (
        "gcc, unrolled, -ffast-math, fused where the processor can",
        Code::Plain,
        &["-O3", "-funroll-loops", "-ffast-math"],
    ),
    (
        "CMSIS-DSP, unrolled, fused",
        Code::Cmsis { one_unit: false },
        &["-O3", "-funroll-loops"],
    ),
    (
        "CMSIS-DSP, unrolled, fused, inlined for the size",
        Code::Cmsis { one_unit: true },
        &["-O3", "-funroll-loops"],
    ),
];

/// The problems of the firmware whose stored samples these are, for d = 8 and 16.
const PROBLEMS: [(&str, &str); 2] = [("8", "gaussian"), ("16", "rademacher")];

/// Compiles, counts and writes the page.
pub(super) fn run(setup: bool) -> Result<(), Failure> {
    if setup {
        cross::install()?;
    }
    let missing = cross::missing();
    for (what, installed) in &missing {
        println!("\n!! SKIPPED {what}: not installed; {installed} installs it");
    }
    if missing.iter().any(|(what, _)| *what != CMSIS) {
        println!("\n{PAGE} stays as it is: without them nothing can be measured.");
        return Ok(());
    }
    let budget = fs::read_to_string(root().join(BUDGET)).map_err(|error| check(BUDGET, &error))?;
    let budget: toml::Value = toml::from_str(&budget).map_err(|error| check(BUDGET, &error))?;
    let mut text = about()?;
    let mut asked = Vec::new();
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
        for (index, (name, code, flags)) in PEERS.iter().enumerate() {
            if *code != Code::Plain && !(target.has_unit && missing.is_empty()) {
                continue;
            }
            let found = measure(board, target.flags, *code, flags)?;
            let cell = |k: usize| {
                let reading = found[k];
                let ratio = reading.most as f64 / ours[k] as f64;
                format!("{reading} (x {ratio:.2})")
            };
            text += &format!("| {name} | {} | {} |\n", cell(0), cell(1));
            if index == 0 {
                asked.extend(target.asked(board, ours, found));
            }
        }
    }
    text += "\n## Asked for\n\n";
    for line in &asked {
        text += &format!("- {line}\n");
    }
    if !missing.is_empty() {
        print!("\n{text}\n{PAGE} stays as it is: it is written by a run with all peers.\n");
        return Ok(());
    }
    fs::write(root().join(PAGE), &text).map_err(|error| check(PAGE, &error))?;
    print!("\n{text}\n{PAGE} is written.\n");
    Ok(())
}

impl Target {
    /// What was asked for and what became of it.
    fn asked(&self, board: &Board, ours: [u64; 2], gcc: [Reading; 2]) -> Vec<String> {
        let mut asked = Vec::new();
        let outcome = |is_reached| if is_reached { "reached" } else { "**missed**" };
        for (k, (d, _)) in PROBLEMS.iter().enumerate() {
            let at = format!("{}, d = {d}", board.processor);
            let own = ours[k];
            if let Some(promised) = self.promised {
                asked.push(format!(
                    "{at}: at most {} instructions; {own}: {}",
                    promised[k],
                    outcome(own <= promised[k])
                ));
            }
            let (times, ratio) = (self.times[k], gcc[k].most as f64 / own as f64);
            asked.push(format!(
                "{at}: gcc's unrolled loop takes {times:.1} times as many; {ratio:.2}: {}",
                outcome(ratio >= times)
            ));
        }
        asked
    }
}

fn check(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::Check(format!("{what}: {error}"))
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

/// The instructions of a peer, for d = 8 and 16.
fn measure(
    board: &Board,
    target: &[&str],
    code: Code,
    flags: &[&str],
) -> Result<[Reading; 2], Failure> {
    let at = |name: &str| format!("{SOURCES}/{name}");
    let (object, program) = (format!("{OUT}/board.o"), format!("{OUT}/board.elf"));
    let common = ["-mthumb", "-ffreestanding"];
    let target: Vec<&str> = common.into_iter().chain(target.iter().copied()).collect();
    let inputs = match code {
        Code::Plain => vec![at("kernel.c")],
        Code::Cmsis { one_unit } => cmsis::inputs(one_unit),
    };
    // One object, of however many files.
    let object_only = ["-r", "-nostdlib", "-o", &object];
    let compile = target.iter().chain(flags).copied().chain(object_only);
    Run::new(COMPILER, compile.chain(inputs.iter().map(String::as_str)))
        .step(&format!("gcc for {}", board.name))?;
    let (main, script) = (at("board.c"), at("board.ld"));
    let link = [
        &main,
        &object,
        "-T",
        &script,
        "-o",
        &program,
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-nostdlib",
        "-lgcc",
    ];
    Run::new(COMPILER, target.iter().copied().chain(link)).step("the program around it")?;
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

Written by `cargo xtask peers --boards`; do not edit. `--setup` installs the compiler and fetches CMSIS-DSP.

One of eight stored dense samples, `f32`: the residual against the estimate and the sum of the gradient. gcc compiles the plain loop of
`benches/peers/plain.h`, its size known; the sums are checked against double precision before they count. Both sides count in the
same way, by the system timer of the board while QEMU's virtual time advances with the instructions, the call included, and the
most of eight batches counts. What this library takes is what `{BUDGET}` holds it to, measured by `cargo heterosgd device`. Samples of
d = 8 are Gaussian, those of d = 16 are signs: in soft float the count depends on the data. In brackets: times this library's.

CMSIS-DSP does it by `arm_dot_prod_f32`, `arm_scale_f32` and `arm_add_f32`, compiled with its own loops unrolled (`ARM_MATH_LOOPUNROLL`): as
a library, which does not know the sizes, and in one unit with its caller, where gcc inlines it for them.

- {}
- {}
- CMSIS-DSP {}, the sources in the package `cmsisdsp` of Python
- {}
",
        first(&version),
        first(&emulator),
        cmsis::VERSION,
        date.trim(),
    ))
}
