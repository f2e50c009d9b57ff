//! Whole ELF files: small Thumb programs, made here.

use object::write::{Object, StandardSection, Symbol, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, SectionKind};
use object::{SymbolFlags, SymbolKind, SymbolScope};

use super::{Result, StackBound, StackError, bound};

/// Reset calls main; main calls tail, and a register; tail branches to leaf. After main are four
/// bytes of data that look like a call of Reset.
const CODE: [u16; 14] = [
    // Reset: push {r4, r5, lr}; bl main; udf
    0xb530, 0xf000, 0xf801, 0xde00, //
    // main: bl tail; blx r3; pop {pc}; data
    0xf000, 0xf804, 0x4798, 0xbd00, 0xf7ff, 0xfff6, //
    // tail: b leaf; nop
    0xe000, 0xbf00, //
    // leaf: bx lr; nop
    0x4770, 0xbf00,
];

/// Where leaf is, in halfwords.
const LEAF: usize = 12;

/// Names, addresses and sizes. Reset has no size, as if in assembly.
const FUNCTIONS: [(&str, u64, u64); 4] = [
    ("Reset", 1, 0),
    ("_ZN4demo4main17h0123456789abcdefE", 9, 12),
    ("tail", 0x15, 4),
    ("leaf", 0x19, 4),
];

/// The frames: main 16, tail 8, leaf 200.
const SIZES: [u8; 16] = [9, 0, 0, 0, 16, 0x15, 0, 0, 0, 8, 0x19, 0, 0, 0, 0xc8, 1];

fn elf(
    architecture: Architecture,
    code: &[u16],
    functions: &[(&str, u64, u64)],
    sizes: Option<&[u8]>,
) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    let text = object.section_id(StandardSection::Text);
    let bytes: Vec<u8> = code.iter().flat_map(|half| half.to_le_bytes()).collect();
    object.append_section_data(text, &bytes, 4);
    let marks = [("$t.0", 0, 0), ("$d", 16, 0), ("$t.1", 20, 0)];
    for &(name, value, size) in marks.iter().chain(functions) {
        let mark = name.starts_with('$');
        object.add_symbol(Symbol {
            name: name.into(),
            value,
            size,
            kind: if mark {
                SymbolKind::Label
            } else {
                SymbolKind::Text
            },
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(text),
            flags: SymbolFlags::None,
        });
    }
    if let Some(sizes) = sizes {
        let section = object.add_section(vec![], b".stack_sizes".to_vec(), SectionKind::Other);
        object.append_section_data(section, sizes, 1);
    }
    object.write().unwrap()
}

fn arm(code: &[u16], functions: &[(&str, u64, u64)], sizes: &[u8]) -> Result<StackBound> {
    bound(&elf(Architecture::Arm, code, functions, Some(sizes)))
}

#[test]
fn the_worst_path_of_a_program() {
    let found = arm(&CODE, &FUNCTIONS, &SIZES).unwrap();
    assert_eq!(found.bytes, Some(12 + 16 + 8 + 200));
    assert_eq!(found.path, ["Reset", "demo::main", "tail", "leaf"]);
    assert_eq!(found.assembly, ["Reset"]);
    assert_eq!(found.indirect, ["demo::main"]);
    assert!(found.unknown.is_empty() && found.recursion.is_empty());
}

#[test]
fn recursion_has_no_bound() {
    let mut code = CODE;
    // bl main
    code[LEAF..].copy_from_slice(&[0xf7ff, 0xfff6]);
    let found = arm(&code, &FUNCTIONS, &SIZES).unwrap();
    assert_eq!(found.bytes, None);
    assert_eq!(found.recursion, ["demo::main", "tail", "leaf"]);
    assert!(found.path.is_empty());
    // bl leaf: the function itself.
    code[LEAF..].copy_from_slice(&[0xf7ff, 0xfffe]);
    let found = arm(&code, &FUNCTIONS, &SIZES).unwrap();
    assert_eq!((found.bytes, found.recursion.len()), (None, 1));
}

#[test]
fn what_is_not_known_is_named() {
    let mut code = CODE;
    let without_leaf = &SIZES[..10];
    // push {r4, r5, lr}, without a stack size: the code tells.
    code[LEAF] = 0xb530;
    let found = arm(&code, &FUNCTIONS, without_leaf).unwrap();
    assert_eq!(found.bytes, Some(12 + 16 + 8 + 12));
    assert_eq!(found.assembly, ["leaf", "Reset"]);
    // mov sp, r7: it does not.
    code[LEAF] = 0x46bd;
    let found = arm(&code, &FUNCTIONS, without_leaf).unwrap();
    assert_eq!(found.bytes, Some(12 + 16 + 8));
    assert_eq!(found.unknown, ["leaf"]);
    // No symbol for it.
    let found = arm(&code, &FUNCTIONS[..3], &SIZES).unwrap();
    assert_eq!(found.unknown, ["0x18, called by tail"]);
}

#[test]
fn other_files_are_refused() {
    let no_sizes = bound(&elf(Architecture::Arm, &CODE, &FUNCTIONS, None));
    assert!(matches!(no_sizes, Err(StackError::NoSizes)));
    let cut_off = arm(&CODE, &FUNCTIONS, &SIZES[..15]);
    assert!(matches!(cut_off, Err(StackError::BadSizes)));
    let no_entry = arm(&CODE, &FUNCTIONS[1..], &SIZES);
    assert!(matches!(no_entry, Err(StackError::NoEntry(0))));
    let pc = bound(&elf(Architecture::I386, &CODE, &FUNCTIONS, Some(&SIZES)));
    assert!(matches!(pc, Err(StackError::Processor(Architecture::I386))));
    let wide = bound(&elf(Architecture::X86_64, &CODE, &FUNCTIONS, Some(&SIZES)));
    assert!(matches!(wide, Err(StackError::Elf(_))));
    assert!(matches!(bound(b"text"), Err(StackError::Elf(_))));
}

#[test]
fn broken_files_do_no_harm() {
    for architecture in [Architecture::Arm, Architecture::Riscv32] {
        let good = elf(architecture, &CODE, &FUNCTIONS, Some(&SIZES));
        for length in 0..good.len() {
            let _ = bound(&good[..length]);
        }
        for at in 0..good.len() {
            for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                let _ = bound(&bad);
            }
        }
    }
}
