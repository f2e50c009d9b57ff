//! What the peers on the boards need: gcc for them, the emulator, and CMSIS-DSP.

use std::path::Path;

use super::cmsis;
use crate::failure::Failure;
use crate::runner::Run;
use crate::setup::{apt, is_root};

pub(super) const COMPILER: &str = "arm-none-eabi-gcc";

/// Debian's packages of the compiler, and of the headers of C that CMSIS-DSP includes.
const PACKAGES: [&str; 2] = ["gcc-arm-none-eabi", "libnewlib-dev"];

pub(super) const CMSIS: &str = "CMSIS-DSP";

/// What is not there, and the command that installs it.
pub(super) fn missing() -> Vec<(&'static str, &'static str)> {
    let runs = |program: &str| Run::new(program, ["--version"]).output().is_some();
    let here = "cargo xtask peers --boards --setup";
    let all = [
        (COMPILER, runs(COMPILER), here),
        (
            "qemu-system-arm",
            runs("qemu-system-arm"),
            "cargo xtask setup",
        ),
        (CMSIS, cmsis::is_there() && has_headers(), here),
    ];
    let missing = all.into_iter().filter(|(_, is_there, _)| !is_there);
    missing.map(|(what, _, how)| (what, how)).collect()
}

/// Whether gcc is there and finds the headers of C.
fn has_headers() -> bool {
    Run::new(COMPILER, ["-E", "-include", "math.h", "-xc", "/dev/null"])
        .output()
        .is_some()
}

/// Installs the compiler, where it may, and fetches CMSIS-DSP.
pub(super) fn install() -> Result<(), Failure> {
    if !has_headers() {
        if !(is_root() && Path::new("/usr/bin/apt-get").exists()) {
            return Err(Failure::Missing {
                what: format!("the peers on the boards need {COMPILER} and the headers of newlib"),
                remedies: vec![format!("sudo apt-get install {}", PACKAGES.join(" "))],
            });
        }
        apt(["update"]).step("package lists")?;
        let install = ["install", "--yes", "--no-install-recommends"];
        apt(install.into_iter().chain(PACKAGES)).step("gcc for the boards")?;
    }
    cmsis::fetch()
}
