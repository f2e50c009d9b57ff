//! How deep the stack went: painted before, looked at after.

use core::arch::asm;

/// An unlikely word.
const PAINT: u32 = 0xc5c5_5c5c;

/// Bytes below the stack pointer that are left alone: the painting itself may use them.
const MARGIN: usize = 64;

unsafe extern "C" {
    /// The end of static data, and so the lowest word of the stack. From the linker script.
    static mut __sheap: u32;
    /// One past the highest word of the stack. From the linker script.
    static _stack_start: u32;
}

/// The stack after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Bytes from the top to the deepest word that was written.
    pub peak: usize,
    /// Bytes that there are.
    pub available: usize,
}

fn pointer() -> usize {
    let pointer: usize;
    // SAFETY: reads the stack pointer.
    #[cfg(target_arch = "arm")]
    unsafe {
        asm!("mov {0}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    // SAFETY: reads the stack pointer.
    #[cfg(target_arch = "riscv32")]
    unsafe {
        asm!("mv {0}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}

/// Paints the free part of the stack.
#[inline(never)]
pub fn paint() {
    let end = pointer().saturating_sub(MARGIN);
    let mut word = &raw mut __sheap;
    while (word as usize) < end {
        // SAFETY: between static data and the stack pointer lies nothing but unused stack; the
        // margin keeps clear of this function's own frame.
        unsafe {
            word.write_volatile(PAINT);
            word = word.add(1);
        }
    }
}

/// Finds the deepest word that is no longer paint.
#[inline(never)]
pub fn mark() -> Mark {
    let bottom = &raw const __sheap;
    let top = &raw const _stack_start;
    let mut word = bottom;
    // SAFETY: reads words of the stack, from its lowest up to its top.
    while word < top && unsafe { word.read_volatile() } == PAINT {
        word = word.wrapping_add(1);
    }
    Mark {
        peak: top as usize - word as usize,
        available: top as usize - bottom as usize,
    }
}
