//! RISC-V: a counter of retired instructions.

/// The clock of a RISC-V core: `minstret`, its lower 32 bits.
pub mod clock {
    use core::arch::asm;

    /// It always runs.
    pub fn start() {}

    /// The counter.
    #[inline(always)]
    pub fn now() -> u32 {
        let ticks;
        // SAFETY: reading the counter has no effect. Without `nomem`, so that the compiler moves no
        // access to memory across it.
        unsafe { asm!("csrr {0}, minstret", out(reg) ticks, options(nostack)) };
        ticks
    }

    /// The counter needs no help.
    pub fn count_wraps() {}

    /// The counter.
    #[inline(never)]
    pub fn long_now() -> u64 {
        u64::from(now())
    }

    /// Ticks from `start` to `end`, if fewer than 2^32.
    #[inline(always)]
    pub fn between(start: u32, end: u32) -> u32 {
        end.wrapping_sub(start)
    }

    /// Two instructions, `count` times.
    #[inline(never)]
    pub fn spin(count: u32) {
        // SAFETY: counts a register down.
        unsafe {
            asm!("2:", "addi {0}, {0}, -1", "bnez {0}, 2b", inout(reg) count => _, options(nomem, nostack));
        }
    }
}
