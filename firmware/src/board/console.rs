//! The debugger: its command line and its console.

use core::ffi::CStr;

#[allow(deprecated, reason = "its successor can panic")]
use semihosting::sys::arm_compat::sys_get_cmdline;
use semihosting::sys::arm_compat::{CommandLine, sys_write0};

/// Longest command line.
const LENGTH: usize = 128;

/// Gives the command line that the debugger passes on to `read`; empty if there is none.
pub fn command_line<Out>(read: impl FnOnce(&[u8]) -> Out) -> Out {
    let mut buffer = [0u8; LENGTH];
    let mut line = CommandLine {
        ptr: buffer.as_mut_ptr(),
        size: LENGTH,
    };
    // SAFETY: the pointer is valid for the size that is given.
    #[allow(deprecated, reason = "its successor can panic")]
    let found = unsafe { sys_get_cmdline(&mut line) };
    let length = if found.is_ok() { line.size } else { 0 };
    read(buffer.get(..length).unwrap_or_default())
}

/// Writes a text that ends in a zero byte; nothing if it does not.
pub fn print(text: &[u8]) {
    // Semihosting's files would need an open file, and can panic.
    if let Ok(text) = CStr::from_bytes_until_nul(text) {
        sys_write0(text);
    }
}
