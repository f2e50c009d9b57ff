//! The report goes to the debugger's console, a line at a time.

use heapless::Vec;
use heterosgd_problems::Sink;

use crate::board::console;

/// Longest text that goes out in one piece, its final zero included; a longer one takes several.
const LENGTH: usize = 96;

/// The console of the debugger.
#[derive(Debug, Default)]
pub struct Semihosting {
    line: Vec<u8, LENGTH>,
}

impl Semihosting {
    fn flush(&mut self) {
        // There is room: a line is flushed when one place is left.
        if self.line.push(0).is_ok() {
            console::print(&self.line);
        }
        self.line.clear();
    }
}

impl Sink for Semihosting {
    // Once in the program, not once for each word that is written.
    #[inline(never)]
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            // The place for the final zero stays free.
            if self.line.len() + 1 >= LENGTH {
                self.flush();
            }
            let _ = self.line.push(byte);
            if byte == b'\n' {
                self.flush();
            }
        }
    }
}
