#![doc = "The boards that heterosgd promises to run on, and the compilers that build for them."]
//!
//! - [`board`]: what a board is, and the list of them;
//! - [`clock`]: instructions from the ticks of a board's timer;
//! - [`toolchain`]: two routes to a bare-metal build, rustup's targets or Debian's sources;
//! - [`TARGETS`]: every target that the core is built for.

pub mod board;
pub mod clock;
pub mod toolchain;

pub use board::{BOARDS, Board, EMULATOR_PACKAGES};
pub use clock::Clock;
pub use toolchain::{Route, Toolchain};

/// Every bare-metal target of the documentation.
pub const TARGETS: [&str; 8] = [
    "thumbv6m-none-eabi",
    "thumbv7m-none-eabi",
    "thumbv7em-none-eabi",
    "thumbv7em-none-eabihf",
    "thumbv8m.main-none-eabi",
    "thumbv8m.main-none-eabihf",
    "riscv32imc-unknown-none-elf",
    "riscv32imac-unknown-none-elf",
];
