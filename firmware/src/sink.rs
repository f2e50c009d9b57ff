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
        if let Some(console) = &mut self.console {
            // A report that cannot be written cannot be reported either; its reader misses the end.
            let _ = console.write_all(&self.line);
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
