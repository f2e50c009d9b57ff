//! Instructions of the core on this computer, counted under callgrind: measured once, kept in
//! benches/instructions.toml, and not exceeded by more than 3 %.
//!
//! What counts is the code of every target, built for the baseline of x86-64: valgrind knows neither
//! AVX-512 nor the vector registers of every processor, and code for them would count differently on
//! every machine. Only instructions of the program itself count; `memcpy` of the C library is chosen
//! by the processor and left out.

mod counts;
mod profile;

use std::fs;

use self::counts::{Counts, Verdict};
use crate::failure::Failure;
use crate::runner::{Run, in_ci, root};
use crate::setup;

const RECORDED: &str = "benches/instructions.toml";
const TARGET: &str = "target/instructions";

/// The function of the program whose calls are counted.
const COUNTED: &str = "instructions::counted";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write the counts instead of comparing them; say in the commit why one grew.
    #[arg(long)]
    update: bool,
}

/// `cargo xtask instructions`.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if let Some(missing) = setup::missing_valgrind() {
        setup::run(in_ci())?;
        if setup::missing_valgrind().is_some() {
            return Err(Failure::Check(format!("{missing} cannot be run")));
        }
    }
    if !cfg!(target_arch = "x86_64") {
        return Err(Failure::Check(format!("{RECORDED} holds counts of x86-64")));
    }
    let counts = measure()?;
    let path = root().join(RECORDED);
    let failed = |error: &dyn std::fmt::Display| Failure::Check(format!("{RECORDED}: {error}"));
    if options.update {
        fs::write(&path, counts.text()).map_err(|error| failed(&error))?;
        println!("   {} counts are written to {RECORDED}", counts.len());
        return Ok(());
    }
    let text = fs::read_to_string(&path).map_err(|error| failed(&error))?;
    judge(
        &Counts::read(&text).map_err(|error| failed(&error))?,
        &counts,
    )
}

/// The check of `cargo xtask test`; whether it was made. Left out only with `host_only`, outside CI.
pub(crate) fn check(host_only: bool) -> Result<bool, Failure> {
    let skipped = match setup::missing_valgrind() {
        _ if !cfg!(target_arch = "x86_64") => "they are of x86-64, this is another processor",
        Some(_) if host_only && !in_ci() => "no valgrind (--host-only)",
        _ => return run(&Options { update: false }).map(|()| true),
    };
    println!("\n!! SKIPPED instruction counts: {skipped}");
    Ok(false)
}

/// Builds the program and counts.
fn measure() -> Result<Counts, Failure> {
    let build = ["build", "--locked", "--release", "--target-dir", TARGET];
    let program = ["--package", "heterosgd-problems", "--features", "programs"];
    let program = program.into_iter().chain(["--bin", "instructions"]);
    Run::cargo(build.into_iter().chain(program))
        .without_env("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", "-Ctarget-cpu=x86-64")
        // One unit: what is inlined does not depend on how units are cut.
        .env("CARGO_PROFILE_RELEASE_LTO", "fat")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .step("the program whose instructions are counted")?;
    let profiles = root().join(TARGET).join("callgrind");
    // Profiles of an earlier run would count again.
    let _ = fs::remove_dir_all(&profiles);
    let failed = |error: std::io::Error| Failure::Check(format!("{}: {error}", profiles.display()));
    fs::create_dir_all(&profiles).map_err(failed)?;
    let program = format!("{TARGET}/release/instructions");
    let out = format!("--callgrind-out-file={TARGET}/callgrind/profile");
    let (collect, dump) = (
        format!("--toggle-collect={COUNTED}"),
        format!("--dump-after={COUNTED}"),
    );
    let callgrind = ["-q", "--tool=callgrind", &collect, &dump, &out, &program];
    let names = Run::new("valgrind", callgrind).step_output("instructions, by callgrind")?;
    let mut counts = Counts::new(compiler()?);
    // One profile for each call, numbered from 1; the last, without a number, is of the end.
    for (name, number) in names.lines().zip(1..) {
        let path = profiles.join(format!("profile.{number}"));
        let text = fs::read_to_string(&path).map_err(|_| {
            Failure::Check(format!(
                "callgrind found no call number {number} of {COUNTED}"
            ))
        })?;
        let count = profile::instructions(&text, "/instructions");
        counts.set(
            name,
            count.ok_or_else(|| Failure::Check(format!("{name}: nothing counted")))?,
        );
    }
    if profiles
        .join(format!("profile.{}", counts.len() + 1))
        .exists()
    {
        return Err(Failure::Check(
            "callgrind counted more than has a name".into(),
        ));
    }
    Ok(counts)
}

fn compiler() -> Result<String, Failure> {
    let version = Run::new("rustc", ["--version"]).output();
    let version = version.ok_or_else(|| Failure::Command("rustc --version".into()))?;
    Ok(version.trim().to_owned())
}

/// Counts of another compiler are compared and shown, but a change is not blamed for what that
/// compiler does otherwise, except in CI, where nothing may be skipped.
fn judge(recorded: &Counts, counts: &Counts) -> Result<(), Failure> {
    let Verdict {
        grown,
        shrunk,
        lost,
    } = recorded.compare(counts);
    for line in &shrunk {
        println!("   less: {line}; cargo xtask instructions --update keeps it");
    }
    if let Some(name) = lost.first() {
        return Err(Failure::Check(format!(
            "{} counts are not in both {RECORDED} and the program, first {name:?}; cargo xtask instructions --update",
            lost.len()
        )));
    }
    if grown.is_empty() {
        println!("   {} counts are within 3 % of {RECORDED}", counts.len());
        return Ok(());
    }
    let grown = grown.join("\n  ");
    if recorded.compiler == counts.compiler || in_ci() {
        return Err(Failure::Check(format!(
            "more instructions than {RECORDED} allows (recorded with {}, this is {}):\n  {grown}",
            recorded.compiler, counts.compiler
        )));
    }
    println!(
        "\n!! NOT GATED: more instructions than {RECORDED} allows, but it was recorded with {}, and this is {}:\n  {grown}",
        recorded.compiler, counts.compiler
    );
    Ok(())
}
