//! What the compiler makes of the kernels on x86-64: docs/assembly.md, and the check that nothing is fused.

mod loops;

use std::fs;

use self::loops::{Function, functions};
use crate::failure::Failure;
use crate::metadata;
use crate::runner::{Run, root};

const PAGE: &str = "docs/assembly.md";
const TARGET: &str = "target/assembly";

/// Kernels that are listed whole: each register once, and rows of more registers than there are.
const LISTED: [&str; 2] = ["dense, f32, d = 8, AVX-512", "dense, f32, d = 32, AVX-512"];

/// A kernel in the program.
struct Kernel {
    label: String,
    /// What its symbol contains.
    symbol: String,
    width: usize,
    /// Whether all of it stays in registers.
    in_registers: bool,
}

/// `cargo xtask assembly`.
pub(crate) fn run() -> Result<(), Failure> {
    if !cfg!(target_arch = "x86_64") {
        return Err(Failure::Check(
            "the kernels in vector registers are those of x86-64".into(),
        ));
    }
    // The newer names of symbols tell the kernels of a generic function apart.
    let build =
        "build --locked --release --package heterosgd-benches --bin peers-rust --target-dir";
    Run::cargo(build.split(' ').chain([TARGET]))
        .env("RUSTFLAGS", "-Csymbol-mangling-version=v0")
        .step("a program with all kernels")?;
    let text = disassembly(&format!("{TARGET}/release/peers-rust"))?;
    let all = functions(&text);
    let mut page = String::from(ABOUT);
    let mut listings = String::new();
    let mut wrong = Vec::new();
    for kernel in kernels() {
        let Some(function) = all.iter().find(|own| own.name.contains(&kernel.symbol)) else {
            wrong.push(format!("{}: not in the program", kernel.label));
            continue;
        };
        wrong.extend(kernel.faults(function));
        for (index, found) in function.inner_loops().iter().enumerate() {
            let facts = found.facts;
            let label = if index == 0 {
                kernel.label.as_str()
            } else {
                ""
            };
            page += &format!(
                "| {label} | {} | {} | {} | {} | {} |\n",
                facts.instructions, facts.products, facts.sums, facts.width, facts.stack_stores
            );
            if LISTED.contains(&kernel.label.as_str()) && facts.products > 3 {
                listings += &format!("\n### {}\n\n```asm\n{}```\n", kernel.label, found.listing());
            }
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::Check(wrong.join("\n")));
    }
    page += &format!("\n## Listings\n{listings}");
    let failed = |error: std::io::Error| Failure::Check(format!("{PAGE}: {error}"));
    fs::write(root().join(PAGE), page).map_err(failed)?;
    println!("\n{PAGE} is written.");
    Ok(())
}

/// The check of `cargo xtask test`: nothing in the optimised command is fused. Whether it was made.
pub(crate) fn check() -> Result<bool, Failure> {
    if !cfg!(target_arch = "x86_64") {
        println!("\n!! SKIPPED: fused operations are searched for on x86-64");
        return Ok(false);
    }
    let program = metadata::target_directory()?.join("release/heterosgd");
    let text = disassembly(&program.display().to_string())?;
    let all = functions(&text);
    let fused: Vec<&str> = all
        .iter()
        .filter(|function| function.fused() > 0)
        .map(|function| function.name)
        .collect();
    if all.len() < 1000 {
        return Err(Failure::Check(format!(
            "only {} functions were found in the command",
            all.len()
        )));
    }
    if let Some(first) = fused.first() {
        return Err(Failure::Check(format!(
            "{} functions of the command multiply and add at once, the first is {first}",
            fused.len()
        )));
    }
    println!("   nothing is fused in {} functions", all.len());
    Ok(true)
}

fn disassembly(program: &str) -> Result<String, Failure> {
    let arguments = ["-d", "--no-show-raw-insn", "-C", program];
    if Run::new("objdump", ["--version"]).output().is_none() {
        return Err(Failure::Missing {
            what: "programs are disassembled by objdump".into(),
            remedies: vec!["sudo apt-get install binutils".into()],
        });
    }
    Run::new("objdump", arguments).step_output("its code")
}

fn kernels() -> Vec<Kernel> {
    let mut kernels = Vec::new();
    for (module, name, width) in [("v4::V4", "AVX-512", 512), ("v3::V3", "AVX2", 256)] {
        let simd = format!("pulp::x86::{module}");
        for (scalar, bytes) in [("f32", 4), ("f64", 8)] {
            for d in [4, 8, 16, 32] {
                let length = d * (d + 1) / 2;
                let kernel = |kind: &str, symbol: String| Kernel {
                    label: format!("{kind}, {scalar}, d = {d}, {name}"),
                    symbol,
                    width,
                    in_registers: kind == "dense" && width == 512 && d <= 8,
                };
                kernels.push(kernel(
                    "dense",
                    format!("simd::dense::Dense<{simd}, {scalar}, [{scalar}; {length}]>"),
                ));
                // Short vectors go to short registers.
                if width == 256 || d * bytes > 32 {
                    kernels.push(kernel(
                        "rank one",
                        format!("simd::rank_one::RankOne<{simd}, {scalar}, "),
                    ));
                    if let Some(last) = kernels.last_mut() {
                        last.symbol +=
                            &format!("heterosgd::model::psd::Psd<{scalar}, {d}, {d}>, {d}>");
                    }
                }
                for (kind, part) in [("G U", "Descend"), ("U U^T", "Gram")] {
                    kernels.push(kernel(
                        kind,
                        format!("simd::dense_part::{part}<{simd}, {scalar}, {d}, {d}>"),
                    ));
                }
            }
        }
    }
    kernels
}

impl Kernel {
    fn faults(&self, function: &Function<'_>) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |is_wrong: bool, what: &str| {
            if is_wrong {
                faults.push(format!("{}: {what}", self.label));
            }
        };
        let loops = function.inner_loops();
        fault(function.fused() > 0, "operations are fused");
        fault(
            loops.iter().any(|own| own.facts.calls > 0),
            "an inner loop calls a function",
        );
        let widest = loops.iter().map(|own| own.facts.width).max();
        // Short matrices are unrolled whole.
        fault(
            widest.is_some_and(|width| width != self.width),
            "other registers are used",
        );
        let stores = loops.iter().any(|own| own.facts.stack_stores > 0);
        fault(self.in_registers && stores, "registers go to the stack");
        faults
    }
}

const ABOUT: &str = "\
# Assembly of the kernels

Written by `cargo xtask assembly`; do not edit. It fails if an operation is fused, an inner loop calls a function, a kernel uses
other registers than its name says, or one that is to stay in registers writes them to the stack. `cargo xtask test` disassembles the
whole optimised command for fused operations, and `cargo heterosgd device` every runner for Arm's `vmla` and `vfma`.

The loops with vectors and no loop in them, each time round. *To the stack*: vector registers written to it; rows of more than five
registers keep their gradient there, which is documented, as the dense part keeps its matrices. A kernel without a row of its own numbers
has no loop left: it is unrolled.

| kernel | instructions | products | sums | bits of a register | to the stack |
|---|---|---|---|---|---|
";
