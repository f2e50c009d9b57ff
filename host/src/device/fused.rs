//! Instructions of an Arm floating-point unit that multiply and add at once: bits would move with `vfma`, time
//! is lost with `vmla`, and neither is in a program whose operations are each by themselves.

use object::elf::SHF_EXECINSTR;
use object::{Object, ObjectSection as _, ObjectSymbol as _, SectionFlags};

/// The addresses of such instructions in Thumb code; none in files for other processors. `None` if a file for Arm
/// does not tell code from data.
pub(super) fn fused<'data>(file: &impl Object<'data>) -> Option<Vec<u64>> {
    if file.architecture() != object::Architecture::Arm {
        return Some(Vec::new());
    }
    // `$t` begins code, `$d` data; each may go on as `$t.7`.
    let mut marks: Vec<(u64, bool)> = file
        .symbols()
        .filter_map(|symbol| {
            let name = symbol.name().ok()?;
            let kind = name.split('.').next().unwrap_or(name);
            matches!(kind, "$t" | "$d" | "$a").then_some((symbol.address(), kind == "$t"))
        })
        .collect();
    marks.sort_unstable();
    if !marks.iter().any(|(_, is_code)| *is_code) {
        return None;
    }
    let mut found = Vec::new();
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
            continue;
        };
        let (true, Ok(bytes)) = (sh_flags.0 & SHF_EXECINSTR.0 != 0, section.data()) else {
            continue;
        };
        let (begin, end) = (section.address(), section.address() + section.size());
        let own: Vec<_> = marks
            .iter()
            .filter(|(at, _)| (begin..end).contains(at))
            .collect();
        for (index, &&(from, is_code)) in own.iter().enumerate() {
            let to = own.get(index + 1).map_or(end, |&&(next, _)| next);
            let part = bytes.get((from - begin) as usize..(to - begin) as usize);
            if let (true, Some(part)) = (is_code, part) {
                found.extend(in_code(part).map(|offset| from + offset as u64));
            }
        }
    }
    Some(found)
}

/// The offsets of such instructions in Thumb code.
fn in_code(code: &[u8]) -> impl Iterator<Item = usize> {
    let halves = code.as_chunks::<2>().0;
    let half = |index: usize| halves.get(index).map(|&half| u16::from_le_bytes(half));
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let (place, first) = (at, half(at)?);
            // The first half of an instruction of two.
            if first >> 11 < 0b11101 {
                at += 1;
                continue;
            }
            at += 2;
            if half(place + 1).is_some_and(|second| multiplies_and_adds(first, second)) {
                return Some(2 * place);
            }
        }
    })
}

/// VMLA, VMLS, VNMLA, VNMLS, VFMA, VFMS, VFNMA, VFNMS (Armv7-M Architecture Reference Manual, A7.7).
fn multiplies_and_adds(first: u16, second: u16) -> bool {
    let unit = second & 0x0e10 == 0x0a00;
    unit && matches!(first & 0xffb0, 0xee00 | 0xee10 | 0xee90 | 0xeea0)
}

#[cfg(test)]
mod tests {
    use super::in_code;

    fn found(halves: &[u16]) -> Vec<usize> {
        let bytes: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
        in_code(&bytes).collect()
    }

    /// As assembled by `arm-none-eabi-as -mcpu=cortex-m4 -mfpu=fpv4-sp-d16`.
    #[test]
    fn every_fused_instruction_is_found() {
        for (name, first, second) in [
            ("vmla.f32 s0, s1, s2", 0xee00, 0x0a81),
            ("vmls.f32 s0, s1, s2", 0xee00, 0x0ac1),
            ("vnmla.f32 s31, s1, s2", 0xee50, 0xfac1),
            ("vnmls.f32 s0, s30, s2", 0xee1f, 0x0a01),
            ("vfma.f32 s0, s1, s2", 0xeea0, 0x0a81),
            ("vfms.f32 s0, s1, s31", 0xeea0, 0x0aef),
            ("vfnma.f32 s0, s1, s2", 0xee90, 0x0ac1),
            ("vfnms.f32 s0, s1, s2", 0xee90, 0x0a81),
        ] {
            // Behind an instruction of one half.
            assert_eq!(found(&[0xbf00, first, second]), [2], "{name}");
        }
    }

    #[test]
    fn single_operations_are_not() {
        for (name, first, second) in [
            ("vmul.f32 s0, s1, s2", 0xee20, 0x0a81),
            ("vnmul.f32 s0, s1, s2", 0xee20, 0x0ac1),
            ("vadd.f32 s0, s1, s2", 0xee30, 0x0a81),
            ("vsub.f32 s0, s1, s2", 0xee30, 0x0ac1),
            ("vdiv.f32 s0, s1, s2", 0xee80, 0x0a81),
            ("vmov s0, r0", 0xee00, 0x0a10),
            ("vmov.f32 s0, s1", 0xeeb0, 0x0a60),
            ("vldr s0, [r0]", 0xed90, 0x0a00),
        ] {
            assert_eq!(found(&[first, second]), [0usize; 0], "{name}");
        }
        // The second half of another instruction looks like the first of one: ldr.w r0, [pc, #..].
        assert_eq!(found(&[0xf8df, 0xee00, 0x0a81]), [0usize; 0]);
    }
}
