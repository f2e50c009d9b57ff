//! Gives the linker the memory of the board that the target stands for.

use std::path::Path;
use std::{env, fs};

fn main() {
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let (out, target) = (variable("OUT_DIR"), variable("TARGET"));
    let source = Path::new("memory").join(format!("{target}.x"));
    println!("cargo:rerun-if-changed={}", source.display());
    println!("cargo:rustc-env=FIRMWARE_TARGET={target}");
    if let Ok(memory) = fs::read(&source) {
        fs::write(Path::new(&out).join("memory.x"), memory)
            .expect("the output directory is writable");
    } else {
        // Not a board: cargo clippy on the host, say. Linking would fail, and says why.
        println!("cargo:warning=there is no memory/{target}.x: no board has this target");
    }
    println!("cargo:rustc-link-search={out}");
    // A directory that `heterosgd device --stream` has written: rows, and what learns from them.
    println!("cargo:rerun-if-env-changed=FIRMWARE_STREAM");
    if let Ok(stream) = env::var("FIRMWARE_STREAM") {
        for name in ["stream.rs", "stream.bin"] {
            let source = Path::new(&stream).join(name);
            println!("cargo:rerun-if-changed={}", source.display());
            fs::copy(&source, Path::new(&out).join(name)).expect("FIRMWARE_STREAM is complete");
        }
    }
    if target.starts_with("riscv") {
        println!("cargo:rustc-link-arg=-Tmemory.x");
    }
    println!("cargo:rustc-link-arg=-Tlink.x");
    // Segments at their addresses, without pages that a microcontroller does not have.
    println!("cargo:rustc-link-arg=--nmagic");
}
