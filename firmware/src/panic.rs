//! No panic is reachable. If one were, the linker would keep this handler, and with it the marker
//! that `heterosgd device` searches for.

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    heterosgd_panic_marker()
}

/// In the symbol table if and only if a panic was left in the program.
#[allow(unsafe_code, reason = "the name is searched for")]
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn heterosgd_panic_marker() -> ! {
    semihosting::process::exit(101)
}

/// Panics if the command line is empty, which the compiler cannot know.
#[cfg(feature = "deliberate-panic")]
pub(crate) fn deliberate() {
    let first = crate::board::console::command_line(|line| line.first().copied());
    core::hint::black_box(first.unwrap());
}
