//! The functions of an ELF file: where they are, their frames, what their code does.

use std::collections::BTreeMap;

use object::read::elf::ElfFile32;
use object::{
    Architecture, Bytes, LittleEndian, Object, ObjectSection, ObjectSymbol, SectionIndex,
    SectionKind, SymbolKind, U32,
};

use super::instruction::Event;
use super::{Result, StackError, riscv, thumb};

type Elf<'data> = ElfFile32<'data, LittleEndian>;
type ElfSymbol<'data, 'file> = object::read::elf::ElfSymbol32<'data, 'file, LittleEndian>;

/// A function.
#[derive(Debug)]
pub(super) struct Function {
    /// Demangled.
    pub(super) name: String,
    /// Its first address.
    pub(super) start: u32,
    /// One past its last.
    end: u32,
    /// Its stack size, if the compiler left one.
    pub(super) frame: Option<u64>,
    /// What its code does.
    pub(super) events: Vec<Event>,
}

impl Function {
    /// Whether an address is within.
    pub(super) fn contains(&self, address: u32) -> bool {
        (self.start..self.end).contains(&address)
    }
}

/// A program.
#[derive(Debug)]
pub(super) struct Program {
    /// In the order of their addresses, one to an address.
    pub(super) functions: Vec<Function>,
    /// Where it starts.
    pub(super) entry: u32,
}

/// What depends on the processor.
#[derive(Debug, Clone, Copy)]
struct Reader {
    /// Clears the bit of a function's address that says Thumb.
    mask: u32,
    events: fn(&[u8], u32) -> Vec<Event>,
}

impl Program {
    /// Reads an ELF file.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let elf = Elf::parse(bytes)?;
        let reader = match elf.architecture() {
            Architecture::Arm => Reader {
                mask: !1,
                events: thumb::events,
            },
            Architecture::Riscv32 => Reader {
                mask: !0,
                events: riscv::events,
            },
            other => return Err(StackError::Processor(other)),
        };
        let frames = frames(&elf, reader.mask)?;
        let mut functions = Vec::new();
        for section in elf.sections().filter(|s| s.kind() == SectionKind::Text) {
            let code = Code {
                address: section.address() as u32,
                bytes: section.data()?,
                marks: marks(&elf, section.index()),
                reader,
            };
            let symbols = symbols(&elf, section.index(), &code);
            let mut following = symbols.keys().skip(1);
            for (&start, symbol) in &symbols {
                let next = following.next().copied().unwrap_or_else(|| code.end());
                // Assembly often has no sizes; there, a function ends where another starts.
                let end = match symbol.size {
                    0 => next,
                    size => start.saturating_add(size),
                };
                functions.push(Function {
                    name: format!("{:#}", rustc_demangle::demangle(&symbol.name)),
                    start,
                    end,
                    frame: frames.get(&start).copied(),
                    events: code.events(start, end),
                });
            }
        }
        functions.sort_by_key(|function| function.start);
        functions.dedup_by_key(|function| function.start);
        Ok(Self {
            functions,
            entry: elf.entry() as u32 & reader.mask,
        })
    }
}

/// A section of code.
struct Code<'a> {
    address: u32,
    bytes: &'a [u8],
    /// Where code (true) and data (false) begin.
    marks: BTreeMap<u32, bool>,
    reader: Reader,
}

impl Code<'_> {
    fn end(&self) -> u32 {
        self.address.saturating_add(self.bytes.len() as u32)
    }

    /// The events from `start` to `end`, without those of data that is between.
    fn events(&self, start: u32, end: u32) -> Vec<Event> {
        let mut from = start;
        let mut is_code = (self.marks.range(..=start).next_back()).is_none_or(|(_, &is)| is);
        let mut events = Vec::new();
        for (&to, &next) in self.marks.range(start..end.max(start)) {
            if is_code {
                events.extend(self.decode(from, to));
            }
            (from, is_code) = (to, next);
        }
        if is_code {
            events.extend(self.decode(from, end));
        }
        events
    }

    fn decode(&self, from: u32, to: u32) -> Vec<Event> {
        let place = |address: u32| address.checked_sub(self.address).map(|at| at as usize);
        let to = to.min(self.end());
        let bytes = match (place(from), place(to)) {
            (Some(first), Some(last)) => self.bytes.get(first..last),
            _ => None,
        };
        (self.reader.events)(bytes.unwrap_or_default(), from)
    }
}

/// The stack sizes of functions, by address.
fn frames(elf: &Elf<'_>, mask: u32) -> Result<BTreeMap<u32, u64>> {
    let mut frames = BTreeMap::new();
    let mut any = false;
    for section in elf.sections() {
        if section.name_bytes()? != b".stack_sizes" {
            continue;
        }
        any = true;
        let mut entries = Bytes(section.data()?);
        while !entries.is_empty() {
            let address = entries.read::<U32<LittleEndian>>();
            let address = address.map_err(|()| StackError::BadSizes)?;
            let size = entries.read_uleb128().map_err(|()| StackError::BadSizes)?;
            let frame: &mut u64 = frames.entry(address.get(LittleEndian) & mask).or_default();
            *frame = size.max(*frame);
        }
    }
    any.then_some(frames).ok_or(StackError::NoSizes)
}

/// The mapping symbols of a section: `$t`, `$x` and `$d`, and their variants. Those of sections
/// that are not loaded count from 0, where a board may have code.
fn marks(elf: &Elf<'_>, section: SectionIndex) -> BTreeMap<u32, bool> {
    let mut marks = BTreeMap::new();
    let here = |symbol: &ElfSymbol<'_, '_>| symbol.section_index() == Some(section);
    for symbol in elf.symbols().filter(here) {
        let is_code = match symbol.name_bytes() {
            Ok([b'$', b't' | b'x', ..]) => true,
            Ok([b'$', b'd', ..]) => false,
            _ => continue,
        };
        // A mark for data of no length may be where other code begins.
        *marks.entry(symbol.address() as u32).or_default() |= is_code;
    }
    marks
}

struct Symbol {
    name: String,
    size: u32,
    /// The larger, the better the name.
    rank: (bool, bool),
}

/// The symbols of functions in a section, by address; of several there, the best.
fn symbols(elf: &Elf<'_>, section: SectionIndex, code: &Code<'_>) -> BTreeMap<u32, Symbol> {
    let mut symbols = BTreeMap::<u32, Symbol>::new();
    for symbol in elf.symbols() {
        // A linker script's symbol for the end of a section has the address of the next one.
        let address = symbol.address() as u32 & code.reader.mask;
        let within = (code.address..code.end()).contains(&address);
        let is_function = symbol.kind() == SymbolKind::Text;
        // Assembly does not always give a type; what it exports is taken for functions.
        let may_be = symbol.kind() == SymbolKind::Unknown && symbol.is_global();
        if symbol.section_index() != Some(section) || !within || !(is_function || may_be) {
            continue;
        }
        let Ok(name) = symbol.name() else { continue };
        let size = symbol.size() as u32;
        let rank = (is_function, size > 0);
        if symbols.get(&address).is_none_or(|known| known.rank < rank) {
            symbols.insert(
                address,
                Symbol {
                    name: name.to_owned(),
                    size,
                    rank,
                },
            );
        }
    }
    symbols
}
