//! The report goes to the debugger's console, a line at a time.

use heapless::Vec;
use heterosgd_problems::Sink;
use semihosting::io::{Stdout, Write, stdout};

/// Longest line that goes out in one piece; a longer one takes several calls.
const LINE: usize = 96;

/// The console of the debugger.
#[derive(Debug)]
pub struct Semihosting {
    /// `None` if no debugger listens: then nothing is reported.
    console: Option<Stdout>,
    line: Vec<u8, LINE>,
}

impl Semihosting {
    /// Opens the console.
    pub fn open() -> Self {
        Self {
            console: stdout().ok(),
            line: Vec::new(),
        }
    }

    fn flush(&mut self) {
        let mut rest = self.line.as_slice();
        // `write_all` would do the same, but can panic.
        while let Some(console) = &mut self.console
            && !rest.is_empty()
        {
            // A report that cannot be written cannot be reported either: its reader misses the end.
            let written = console.write(rest).unwrap_or(0);
            rest = match rest.get(written..) {
                Some(rest) if written > 0 => rest,
                _ => break,
            };
        }
        self.line.clear();
    }
}

impl Sink for Semihosting {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.line.push(byte).is_err() {
                self.flush();
                let _ = self.line.push(byte);
            }
            if byte == b'\n' {
                self.flush();
            }
        }
    }
}
