//! The boards of the firmware runner, each as QEMU emulates it.

/// A board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Board {
    /// By which users call it.
    pub name: &'static str,
    /// The processor.
    pub processor: &'static str,
    /// The Rust target; each board has its own, so that it tells the boards apart in a build.
    pub target: &'static str,
    /// The processor as the compiler names it, where the target's default suits it badly: without
    /// its name a unit for `f32` gets `vmla`, which is not fused, but slower than `vmul` and `vadd`.
    pub target_cpu: Option<&'static str>,
    /// The emulator.
    pub emulator: &'static str,
    /// QEMU's name of the machine.
    pub machine: &'static str,
    /// The part as probe-rs names it, where one can be bought.
    pub chip: Option<&'static str>,
    /// Nanoseconds of virtual time for one instruction, as a power of two (`-icount shift=`). As
    /// large as the timer of the board needs to tell single instructions apart.
    pub time_shift: u8,
    /// Bytes of RAM that the linker script allows.
    pub ram: u32,
    /// Bytes of flash that the linker script allows.
    pub flash: u32,
    /// Whether arithmetic in `f32` is done by the processor.
    pub single_precision_unit: bool,
}

/// Every board, the smallest first.
pub const BOARDS: [Board; 5] = [
    Board {
        name: "microbit",
        processor: "Cortex-M0",
        target: "thumbv6m-none-eabi",
        target_cpu: None,
        emulator: "qemu-system-arm",
        machine: "microbit",
        chip: Some("nRF51822_xxAA"),
        time_shift: 10,
        ram: 16 << 10,
        flash: 256 << 10,
        single_precision_unit: false,
    },
    Board {
        name: "sifive-e",
        processor: "RV32IMAC",
        target: "riscv32imac-unknown-none-elf",
        target_cpu: None,
        emulator: "qemu-system-riscv32",
        machine: "sifive_e",
        chip: Some("FE310-G002"),
        // Its counter of retired instructions counts nanoseconds.
        time_shift: 0,
        ram: 16 << 10,
        flash: 512 << 10,
        single_precision_unit: false,
    },
    Board {
        name: "lm3s6965",
        processor: "Cortex-M3",
        target: "thumbv7m-none-eabi",
        target_cpu: None,
        emulator: "qemu-system-arm",
        machine: "lm3s6965evb",
        chip: None,
        time_shift: 10,
        ram: 64 << 10,
        flash: 256 << 10,
        single_precision_unit: false,
    },
    Board {
        name: "mps2-an386",
        processor: "Cortex-M4F",
        target: "thumbv7em-none-eabihf",
        target_cpu: Some("cortex-m4"),
        emulator: "qemu-system-arm",
        machine: "mps2-an386",
        chip: None,
        time_shift: 10,
        ram: 64 << 10,
        flash: 512 << 10,
        single_precision_unit: true,
    },
    Board {
        name: "mps2-an505",
        processor: "Cortex-M33",
        target: "thumbv8m.main-none-eabihf",
        target_cpu: Some("cortex-m33"),
        emulator: "qemu-system-arm",
        machine: "mps2-an505",
        chip: None,
        time_shift: 10,
        ram: 64 << 10,
        flash: 512 << 10,
        single_precision_unit: true,
    },
];

/// Debian's packages with the emulators.
pub const EMULATOR_PACKAGES: [&str; 2] = ["qemu-system-arm", "qemu-system-misc"];

impl Board {
    /// The board of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        BOARDS.iter().find(|board| board.name == name)
    }
}
