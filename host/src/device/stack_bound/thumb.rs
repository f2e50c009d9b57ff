//! Thumb: the instructions that call, branch, or move the stack pointer.
//!
//! Encodings are named as in the Armv8-M Architecture Reference Manual.

use super::instruction::{Event, field, halfwords, signed};

const SP: u32 = 13;
const LR: u32 = 14;
const PC: u32 = 15;

/// The events of `code`, which starts at `address` with an instruction.
pub(super) fn events(code: &[u8], address: u32) -> Vec<Event> {
    let mut halves = halfwords(code, address);
    let mut events = Vec::new();
    while let Some((at, first)) = halves.next() {
        let event = if first >= 0xe800 {
            // The other half is missing only if a symbol's size is wrong.
            halves
                .next()
                .and_then(|(_, second)| wide(first, second, at))
        } else {
            narrow(first, at)
        };
        events.extend(event);
    }
    events
}

/// The target of a branch at `at`: the program counter reads four bytes on.
fn target(at: u32, offset: u32) -> u32 {
    at.wrapping_add(4).wrapping_add(offset)
}

fn narrow(half: u32, at: u32) -> Option<Event> {
    let branch = |offset| Some(Event::Branch(target(at, offset)));
    // A register operand of four bits, as in MOV (register) T1 and BX.
    let operand = field(half, 3, 4);
    match half {
        // B T2.
        0xe000..=0xe7ff => branch(signed(field(half, 0, 11) << 1, 12)),
        // B T1; 0xde.. is UDF, 0xdf.. SVC.
        0xd000..=0xddff => branch(signed(field(half, 0, 8) << 1, 9)),
        // CBZ, CBNZ.
        _ if half & 0xf500 == 0xb100 => branch(field(half, 9, 1) << 6 | field(half, 3, 5) << 1),
        // BLX (register), then BX.
        0x4780..=0x47ff => Some(Event::Indirect),
        0x4700..=0x477f => (operand != LR).then_some(Event::Indirect),
        // MOV to PC. ADD to PC is not here: it is a table of branches, relative to itself.
        _ if half & 0xff87 == 0x4687 => (operand != LR).then_some(Event::Indirect),
        // PUSH T1; SUB (SP minus immediate) T1.
        0xb400..=0xb5ff => Some(Event::Down(4 * field(half, 0, 9).count_ones())),
        0xb080..=0xb0ff => Some(Event::Down(4 * field(half, 0, 7))),
        // MOV to SP, ADD to SP.
        _ if half & 0xff87 == 0x4685 || half & 0xff87 == 0x4485 => Some(Event::Set),
        _ => None,
    }
}

fn wide(first: u32, second: u32, at: u32) -> Option<Event> {
    if first & 0xf800 == 0xf000 && second & 0x8000 != 0 {
        return control(first, second, at);
    }
    let (base, to) = (field(first, 0, 4), field(second, 12, 4));
    // LDR (immediate, literal, register) to PC or SP; not LDR PC, [SP], #4, a return.
    if first & 0xff70 == 0xf850 {
        return match to {
            PC if base == SP && second & 0x0fff == 0x0b04 => None,
            PC => Some(Event::Indirect),
            SP => Some(Event::Set),
            _ => None,
        };
    }
    // LDM, LDMDB with PC; from the stack, a return.
    if (first & 0xffd0 == 0xe890 || first & 0xffd0 == 0xe910) && second & 0x8000 != 0 {
        return (base != SP).then_some(Event::Indirect);
    }
    down(first, second).map(Event::Down).or_else(|| {
        // SUB (SP minus register), ADD (SP plus register).
        let sum =
            (first & 0xffef == 0xebad || first & 0xffef == 0xeb0d) && field(second, 8, 4) == SP;
        sum.then_some(Event::Set)
    })
}

/// Branches and miscellaneous control.
fn control(first: u32, second: u32, at: u32) -> Option<Event> {
    let sign = field(first, 10, 1);
    let (j1, j2) = (field(second, 13, 1), field(second, 11, 1));
    let low = field(second, 0, 11) << 1;
    if second & 0x1000 != 0 {
        // BL T1, B T4.
        let (i1, i2) = (j1 ^ sign ^ 1, j2 ^ sign ^ 1);
        let offset = sign << 24 | i1 << 23 | i2 << 22 | field(first, 0, 10) << 12 | low;
        let goes = target(at, signed(offset, 25));
        return Some(if second & 0x4000 == 0 {
            Event::Branch(goes)
        } else {
            Event::Call(goes)
        });
    }
    if second & 0x4000 == 0 && field(first, 7, 3) != 0b111 {
        // B T3.
        let offset = sign << 20 | j2 << 19 | j1 << 18 | field(first, 0, 6) << 12 | low;
        return Some(Event::Branch(target(at, signed(offset, 21))));
    }
    // MSR to MSP or PSP, of either security state.
    let stack = first & 0xffe0 == 0xf380 && matches!(second & 0x7f, 8 | 9);
    stack.then_some(Event::Set)
}

/// By how much an instruction moves the stack pointer down, if it does so by a constant.
fn down(first: u32, second: u32) -> Option<u32> {
    let small = field(second, 0, 8);
    let immediate = field(first, 10, 1) << 11 | field(second, 12, 3) << 8 | small;
    let to_stack = second & 0x8f00 == 0x0d00;
    match first {
        // PUSH T2: STMDB SP!.
        0xe92d => Some(4 * second.count_ones()),
        // PUSH T3: STR, and STRD, with SP written back.
        0xf84d if second & 0x0f00 == 0x0d00 => Some(small),
        0xe96d => Some(4 * small),
        // VPUSH.
        _ if first & 0xffbf == 0xed2d && second & 0x0e00 == 0x0a00 => Some(4 * small),
        // SUB (SP minus immediate) T2, T3.
        _ if first & 0xfbef == 0xf1ad && to_stack => Some(expand(immediate)),
        _ if first & 0xfbff == 0xf2ad && to_stack => Some(immediate),
        _ => None,
    }
}

/// `ThumbExpandImm`.
fn expand(immediate: u32) -> u32 {
    let byte = field(immediate, 0, 8);
    match field(immediate, 8, 4) {
        0 => byte,
        1 => byte << 16 | byte,
        2 => byte << 24 | byte << 8,
        3 => byte << 24 | byte << 16 | byte << 8 | byte,
        _ => (0x80 | field(immediate, 0, 7)).rotate_right(immediate >> 7),
    }
}

#[cfg(test)]
mod tests {
    use super::events;
    use crate::device::stack_bound::instruction::Event::{self, Branch, Call, Down, Indirect, Set};

    /// The only event of an instruction at `0x2000_0000`; encodings and meanings are those of
    /// llvm-mc for thumbv8m.main.
    fn one(halves: &[u16]) -> Option<Event> {
        let code: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
        let mut events = events(&code, 0x2000_0000);
        assert!(events.len() < 2, "{halves:x?}: {events:x?}");
        events.pop()
    }

    #[test]
    fn calls_and_branches() {
        assert_eq!(one(&[0xf000, 0xf880]), Some(Call(0x2000_0104))); // bl #0x100
        assert_eq!(one(&[0xf700, 0xf800]), Some(Call(0x1ff0_0004))); // bl #-0x100000
        assert_eq!(one(&[0xf000, 0xb900]), Some(Branch(0x2000_0204))); // b.w #0x200
        assert_eq!(one(&[0xe020]), Some(Branch(0x2000_0044))); // b #0x40
        assert_eq!(one(&[0xd0f8]), Some(Branch(0x1fff_fff4))); // beq #-0x10
        assert_eq!(one(&[0xf004, 0x8000]), Some(Branch(0x2000_4004))); // beq.w #0x4000
        assert_eq!(one(&[0xf47c, 0xa800]), Some(Branch(0x1fff_c004))); // bne.w #-0x4000
        assert_eq!(one(&[0xb300]), Some(Branch(0x2000_0044))); // cbz r0, #0x40
        assert_eq!(one(&[0xbbfb]), Some(Branch(0x2000_0082))); // cbnz r3, #0x7e
    }

    #[test]
    fn through_registers() {
        for code in [
            &[0x4798][..],     // blx r3
            &[0x4718],         // bx r3
            &[0x4697],         // mov pc, r2
            &[0xf850, 0xf021], // ldr.w pc, [r0, r1, lsl #2]
            &[0xf8d1, 0xf004], // ldr.w pc, [r1, #4]
            &[0xe890, 0x8002], // ldm.w r0, {r1, pc}
        ] {
            assert_eq!(one(code), Some(Indirect), "{code:x?}");
        }
        for code in [
            &[0x4770][..],     // bx lr
            &[0x46f7],         // mov pc, lr
            &[0xbd10],         // pop {r4, pc}
            &[0xe8bd, 0x8ff0], // pop.w {r4-r11, pc}
            &[0xf85d, 0xfb04], // ldr pc, [sp], #4
            &[0x448f],         // add pc, r1
            &[0xe8df, 0xf000], // tbb [pc, r0]
        ] {
            assert_eq!(one(code), None, "{code:x?}");
        }
    }

    #[test]
    fn the_stack() {
        assert_eq!(one(&[0xb530]), Some(Down(12))); // push {r4, r5, lr}
        assert_eq!(one(&[0xe92d, 0x4ff0]), Some(Down(36))); // push.w {r4-r11, lr}
        assert_eq!(one(&[0xb0ff]), Some(Down(0x1fc))); // sub sp, #0x1fc
        assert_eq!(one(&[0xf5ad, 0x5dd0]), Some(Down(0x1a00))); // sub.w sp, sp, #0x1a00
        assert_eq!(one(&[0xf6ad, 0x5d8c]), Some(Down(0xd8c))); // subw sp, sp, #0xd8c
        assert_eq!(one(&[0xf84d, 0xbd04]), Some(Down(4))); // str r11, [sp, #-4]!
        assert_eq!(one(&[0xe96d, 0x0104]), Some(Down(16))); // strd r0, r1, [sp, #-16]!
        assert_eq!(one(&[0xed2d, 0x8b06]), Some(Down(24))); // vpush {d8, d9, d10}
        assert_eq!(one(&[0xed2d, 0x8a03]), Some(Down(12))); // vpush {s16, s17, s18}
        for code in [
            &[0x46bd][..],     // mov sp, r7
            &[0x44b5],         // add sp, r6
            &[0xebad, 0x0d04], // sub.w sp, sp, r4
            &[0xf380, 0x8808], // msr msp, r0
            &[0xf8d0, 0xd000], // ldr.w sp, [r0]
        ] {
            assert_eq!(one(code), Some(Set), "{code:x?}");
        }
    }

    #[test]
    fn a_second_half_is_not_an_instruction() {
        // movw r0, #0xf000; udf; svc; bkpt; vadd; then strd r4, r7, [r0], whose second half would
        // be bx r0's if it stood alone; then half an instruction.
        let halves = [
            0xf24f, 0x0000, 0xde00, 0xdf01, 0xbeab, 0xee30, 0x0a81, 0xe9c0, 0x4700, 0xf000,
        ];
        assert_eq!(one(&halves), None);
    }
}
