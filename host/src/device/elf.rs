//! What the binary says before it runs: sizes, and whether a panic or a fused operation is left in it.

use std::path::Path;

use object::elf::{SHF_ALLOC, SHF_WRITE};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionFlags};
use serde::Serialize;

use super::fused;
use super::stack_bound::{self, StackBound};
use crate::error::{Error, Result};

/// The handler that a panic would reach, and the functions on the way to it.
const PANIC_MARKS: [&str; 2] = ["heterosgd_panic_marker", "panicking"];

/// Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Sizes {
    /// Code, constants and the initial values of static data: what is flashed.
    pub(super) flash: u64,
    /// Static data.
    pub(super) static_ram: u64,
}

/// What was found in a binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binary {
    pub(super) sizes: Sizes,
    /// Symbols that only a reachable panic leaves.
    pub(super) panics: Vec<String>,
    /// Where instructions multiply and add at once.
    pub(super) fused: Vec<u64>,
    /// The worst case of the stack.
    pub(super) stack: StackBound,
}

impl Binary {
    /// Reads an ELF file.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        let file = object::File::parse(bytes.as_slice())
            .map_err(|error| Error::file(path, format!("not an ELF file: {error}")))?;
        let mut sizes = Sizes {
            flash: 0,
            static_ram: 0,
        };
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
                continue;
            };
            // The linker scripts call the free rest of the RAM a section.
            let free = matches!(section.name(), Ok(".stack" | ".heap"));
            if sh_flags.0 & SHF_ALLOC.0 == 0 || free {
                continue;
            }
            if sh_flags.0 & SHF_WRITE.0 != 0 {
                sizes.static_ram += section.size();
            }
            let stored = section.file_range().is_some_and(|(_, length)| length > 0);
            if stored {
                sizes.flash += section.size();
            }
        }
        let mut panics: Vec<String> = file
            .symbols()
            .filter_map(|symbol| symbol.name().ok().map(str::to_owned))
            .filter(|name| PANIC_MARKS.iter().any(|mark| name.contains(mark)))
            .collect();
        panics.sort();
        let symbols = file.symbols().count();
        if symbols == 0 {
            return Err(Error::file(
                path,
                "has no symbols: panics cannot be searched for",
            ));
        }
        let stack =
            stack_bound::bound(&bytes).map_err(|error| Error::file(path, error.to_string()))?;
        let fused = fused::fused(&file).ok_or_else(|| {
            Error::file(
                path,
                "does not tell code from data: fused operations cannot be searched for",
            )
        })?;
        Ok(Self {
            sizes,
            panics,
            fused,
            stack,
        })
    }
}
