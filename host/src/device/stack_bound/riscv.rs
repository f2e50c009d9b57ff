//! RISC-V, 32 bits with compressed instructions: those that call, branch, or move the stack
//! pointer.
//!
//! A far call takes two or three instructions: one puts part of the address in a register (LUI,
//! AUIPC), perhaps one adds to it, the last jumps. They follow each other at once, so it is enough
//! to remember one register for one instruction.

use super::instruction::{Event, field, halfwords, signed};

const ZERO: u32 = 0;
const RA: u32 = 1;
const SP: u32 = 2;
/// The other register that may hold a return address.
const T0: u32 = 5;

/// A register and the constant that is in it.
type Constant = (u32, u32);

/// What an instruction does, and the constant it leaves in a register.
#[derive(Debug, Default)]
struct Effect {
    event: Option<Event>,
    constant: Option<Constant>,
}

impl From<Event> for Effect {
    fn from(event: Event) -> Self {
        Self {
            event: Some(event),
            constant: None,
        }
    }
}

/// The events of `code`, which starts at `address` with an instruction.
pub(super) fn events(code: &[u8], address: u32) -> Vec<Event> {
    let mut halves = halfwords(code, address);
    let mut events = Vec::new();
    let mut constant = None;
    while let Some((at, first)) = halves.next() {
        let effect = if first & 0b11 == 0b11 {
            // The other half is missing only if a symbol's size is wrong.
            let Some((_, second)) = halves.next() else {
                break;
            };
            wide(second << 16 | first, at, constant)
        } else {
            narrow(first, at, constant)
        };
        events.extend(effect.event);
        constant = effect.constant;
    }
    events
}

/// A jump to `offset` from `base`, with the return address in `link`.
fn jump(link: u32, base: u32, offset: u32, constant: Option<Constant>) -> Effect {
    match constant {
        Some((register, value)) if register == base => {
            leave(link, value.wrapping_add(offset) & !1).into()
        }
        // A return.
        _ if link == ZERO && (base == RA || base == T0) => Effect::default(),
        _ => Event::Indirect.into(),
    }
}

fn leave(link: u32, target: u32) -> Event {
    if link == ZERO {
        Event::Branch(target)
    } else {
        Event::Call(target)
    }
}

/// `to = from + immediate`.
fn add(to: u32, from: u32, immediate: u32, constant: Option<Constant>) -> Effect {
    if to == SP {
        return if from != SP {
            Event::Set.into()
        } else if immediate.cast_signed() < 0 {
            Event::Down(immediate.wrapping_neg()).into()
        } else {
            Effect::default()
        };
    }
    Effect {
        event: None,
        constant: constant
            .filter(|&(register, _)| register == from)
            .map(|(_, value)| (to, value.wrapping_add(immediate))),
    }
}

/// A constant goes into a register.
fn load(to: u32, value: u32) -> Effect {
    Effect {
        event: (to == SP).then_some(Event::Set),
        constant: (to != ZERO).then_some((to, value)),
    }
}

/// Some other instruction writes to a register.
fn write(to: u32) -> Effect {
    Effect {
        event: (to == SP).then_some(Event::Set),
        constant: None,
    }
}

fn wide(word: u32, at: u32, constant: Option<Constant>) -> Effect {
    let (to, from) = (field(word, 7, 5), field(word, 15, 5));
    let immediate = signed(word >> 20, 12);
    let upper = word & 0xffff_f000;
    match field(word, 0, 7) {
        // JAL.
        0x6f => {
            let offset = field(word, 31, 1) << 20
                | field(word, 12, 8) << 12
                | field(word, 20, 1) << 11
                | field(word, 21, 10) << 1;
            leave(to, at.wrapping_add(signed(offset, 21))).into()
        }
        // JALR.
        0x67 => jump(to, from, immediate, constant),
        // BEQ and the like.
        0x63 => {
            let offset = field(word, 31, 1) << 12
                | field(word, 7, 1) << 11
                | field(word, 25, 6) << 5
                | field(word, 8, 4) << 1;
            Event::Branch(at.wrapping_add(signed(offset, 13))).into()
        }
        // LUI, AUIPC, ADDI.
        0x37 => load(to, upper),
        0x17 => load(to, at.wrapping_add(upper)),
        0x13 if field(word, 12, 3) == 0 => add(to, from, immediate, constant),
        // Loads, arithmetic, atomics, control and status registers.
        0x03 | 0x13 | 0x33 | 0x2f | 0x73 => write(to),
        _ => Effect::default(),
    }
}

fn narrow(half: u32, at: u32, constant: Option<Constant>) -> Effect {
    let register = field(half, 7, 5);
    let immediate = signed(field(half, 12, 1) << 5 | field(half, 2, 5), 6);
    match (field(half, 0, 2), field(half, 13, 3)) {
        // C.JAL, C.J.
        (1, quick @ (0b001 | 0b101)) => {
            let offset = field(half, 12, 1) << 11
                | field(half, 8, 1) << 10
                | field(half, 9, 2) << 8
                | field(half, 6, 1) << 7
                | field(half, 7, 1) << 6
                | field(half, 2, 1) << 5
                | field(half, 11, 1) << 4
                | field(half, 3, 3) << 1;
            let link = if quick == 0b001 { RA } else { ZERO };
            leave(link, at.wrapping_add(signed(offset, 12))).into()
        }
        // C.BEQZ, C.BNEZ.
        (1, 0b110 | 0b111) => {
            let offset = field(half, 12, 1) << 8
                | field(half, 5, 2) << 6
                | field(half, 2, 1) << 5
                | field(half, 10, 2) << 3
                | field(half, 3, 2) << 1;
            Event::Branch(at.wrapping_add(signed(offset, 9))).into()
        }
        // C.JR, C.JALR; with the register zero, C.EBREAK.
        (2, 0b100) if field(half, 2, 5) == 0 => match (register, field(half, 12, 1)) {
            (ZERO, _) => Effect::default(),
            (base, link) => jump(link, base, 0, constant),
        },
        // C.ADDI; C.ADDI16SP; C.LUI.
        (1, 0b000) => add(register, register, immediate, constant),
        (1, 0b011) if register == SP => {
            let sum = field(half, 12, 1) << 9
                | field(half, 3, 2) << 7
                | field(half, 5, 1) << 6
                | field(half, 2, 1) << 5
                | field(half, 6, 1) << 4;
            add(SP, SP, signed(sum, 10), constant)
        }
        (1, 0b011) => load(register, immediate << 12),
        // C.LI; C.SLLI; C.LWSP; C.MV, C.ADD.
        (1 | 2, 0b010) | (2, 0b000 | 0b100) => write(register),
        _ => Effect::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::events;
    use crate::device::stack_bound::instruction::Event::{self, Branch, Call, Down, Indirect, Set};

    /// Encodings and meanings are those of llvm-mc for riscv32imac.
    fn all(words: &[u32], address: u32) -> Vec<Event> {
        let code: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        events(&code, address)
    }

    fn narrow(half: u16, address: u32) -> Option<Event> {
        let events = events(&half.to_le_bytes(), address);
        assert!(events.len() < 2);
        events.first().copied()
    }

    #[test]
    fn calls_and_branches() {
        assert_eq!(all(&[0x1000_00ef], 0), [Call(0x100)]); // jal ra, 0x100
        assert_eq!(all(&[0xffdf_e06f], 4), [Branch(0xffff_f000)]); // j -0x1000
        assert_eq!(all(&[0x7cb5_0263], 0x3c), [Branch(0x800)]); // beq a0, a1, 0x800
        assert_eq!(all(&[0xfcb5_6063], 0x40), [Branch(0xffff_f800)]); // bltu a0, a1, -0x800
        assert_eq!(narrow(0x2a51, 0x6c), Some(Call(0x200))); // c.jal 0x200
        assert_eq!(narrow(0xb74d, 0x6e), Some(Branch(0x10))); // c.j 0x10
        assert_eq!(narrow(0xd145, 0x70), Some(Branch(0x10))); // c.beqz a0, 0x10
        assert_eq!(narrow(0xe599, 0x72), Some(Branch(0x80))); // c.bnez a1, 0x80
    }

    #[test]
    fn far_calls() {
        // auipc ra, 1; jalr -0x20(ra)
        assert_eq!(all(&[0x1097, 0xfe00_80e7], 8), [Call(0xfe8)]);
        // auipc t1, 0xfffff; jr 8(t1)
        let tail = all(&[0xffff_f317, 0x0083_0067], 0x10);
        assert_eq!(tail, [Branch(0xffff_f018)]);
        // lui ra, 0x20400; jr 8(ra)
        let start = all(&[0x2040_00b7, 0x0080_8067], 0x18);
        assert_eq!(start, [Branch(0x2040_0008)]);
        // auipc t0, 8; addi t0, t0, 0x7d0; jr t0
        let three = all(&[0x8297, 0x7d02_8293, 0x0002_8067], 0x20);
        assert_eq!(three, [Branch(0x87f0)]);
        // c.lui t0, 0x1f; c.addi t0, 8; c.jr t0, of which two fill a word
        assert_eq!(all(&[0x02a1_62fd, 0x0001_8282], 0x8c), [Branch(0x1f008)]);
        // auipc ra, 1; nop; jalr 8(ra): not told
        let apart = all(&[0x1097, 0x13, 0x0080_80e7], 0x60);
        assert_eq!(apart, [Indirect]);
    }

    #[test]
    fn through_registers() {
        assert_eq!(all(&[0x0007_80e7], 0), [Indirect]); // jalr a5
        assert_eq!(all(&[0x0007_8067], 0), [Indirect]); // jr a5
        assert_eq!(narrow(0x8782, 0), Some(Indirect)); // c.jr a5
        assert_eq!(narrow(0x9782, 0), Some(Indirect)); // c.jalr a5
        assert_eq!(all(&[0x8067], 0), []); // ret
        assert_eq!(all(&[0x0002_8067], 0), []); // jr t0
        assert_eq!(narrow(0x8082, 0), None); // c.jr ra
        assert_eq!(narrow(0x9002, 0), None); // c.ebreak
    }

    #[test]
    fn the_stack() {
        assert_eq!(all(&[0xfc01_0113], 0), [Down(64)]); // addi sp, sp, -64
        assert_eq!(all(&[0x0401_0113], 0), []); // addi sp, sp, 64
        assert_eq!(narrow(0x1141, 0), Some(Down(16))); // c.addi sp, -16
        assert_eq!(narrow(0x7141, 0), Some(Down(496))); // c.addi16sp sp, -496
        assert_eq!(narrow(0x617d, 0), None); // c.addi16sp sp, 496
        for word in [
            0xfc04_0113, // addi sp, s0, -64
            0xff03_7113, // andi sp, t1, -16
            0x40a1_0133, // sub sp, sp, a0
            0x0005_2103, // lw sp, 0(a0)
            0x3400_2173, // csrr sp, mscratch
        ] {
            assert_eq!(all(&[word], 0), [Set], "{word:x}");
        }
        for half in [
            0x8122, // c.mv sp, s0
            0x912a, // c.add sp, a0
            0x4132, // c.lwsp sp, 12(sp)
            0x410d, // c.li sp, 3
        ] {
            assert_eq!(narrow(half, 0), Some(Set), "{half:x}");
        }
        assert_eq!(narrow(0x40b2, 0), None); // c.lwsp ra, 12(sp)
        assert_eq!(narrow(0xc606, 0), None); // c.swsp ra, 12(sp)
    }
}
