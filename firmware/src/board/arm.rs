//! Cortex-M: the system timer counts down from 2^24.

/// The clock of a Cortex-M: SysTick.
pub mod clock {
    use core::arch::asm;
    use core::sync::atomic::{AtomicU32, Ordering};

    const CONTROL: usize = 0xe000_e010;
    const RELOAD: usize = 0xe000_e014;
    const CURRENT: usize = 0xe000_e018;

    /// The counter has 24 bits.
    const MASK: u32 = 0x00ff_ffff;

    /// Starts it, on the processor's clock and without interrupts.
    pub fn start() {
        for (register, value) in [(RELOAD, MASK), (CURRENT, 0), (CONTROL, 0b101)] {
            let register = register as *mut u32;
            // SAFETY: these registers of SysTick exist on every board of the list, may be written
            // at any time, and nothing else uses them.
            unsafe { register.write_volatile(value) };
        }
    }

    /// The counter.
    #[inline(always)]
    pub fn now() -> u32 {
        let ticks;
        // SAFETY: reading the counter has no effect. Written in assembly so that the compiler moves
        // no other access to memory across it.
        unsafe {
            asm!("ldr {0}, [{1}]", out(reg) ticks, in(reg) CURRENT, options(nostack, preserves_flags));
        }
        ticks
    }

    /// How often the counter went below 0 since [`count_wraps`].
    static WRAPS: AtomicU32 = AtomicU32::new(0);

    /// Counts wraps from here on, for what takes longer than 2^24 ticks; the program has
    /// [`long_clock`](crate::long_clock) for that.
    pub fn count_wraps() {
        // SAFETY: as in `start`.
        unsafe { (CONTROL as *mut u32).write_volatile(0b111) };
    }

    /// What the exception does.
    pub fn wrapped() {
        // There is no read-modify-write on a Cortex-M0, and nothing else writes here.
        WRAPS.store(
            WRAPS.load(Ordering::Relaxed).wrapping_add(1),
            Ordering::Relaxed,
        );
    }

    /// Ticks since the counting of wraps began, less a constant.
    #[inline(never)]
    pub fn long_now() -> u64 {
        loop {
            let before = WRAPS.load(Ordering::Relaxed);
            let down = now();
            if WRAPS.load(Ordering::Relaxed) == before {
                return (u64::from(before) << 24) + u64::from(MASK - (down & MASK));
            }
        }
    }

    /// Ticks from `start` to `end`, if fewer than 2^24.
    #[inline(always)]
    pub fn between(start: u32, end: u32) -> u32 {
        start.wrapping_sub(end) & MASK
    }

    /// Two instructions, `count` times.
    #[inline(never)]
    pub fn spin(count: u32) {
        // SAFETY: counts a register down.
        unsafe {
            asm!("2:", "subs {0}, #1", "bne 2b", inout(reg) count => _, options(nomem, nostack));
        }
    }
}
