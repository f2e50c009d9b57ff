//! Inner loops in what objdump prints, and what is in them.

use std::collections::BTreeMap;

/// A function: its name, and its instructions with their addresses.
#[derive(Debug)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    code: Vec<(u64, &'a str)>,
}

/// What an inner loop does each time round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Facts {
    pub(super) instructions: usize,
    pub(super) products: usize,
    pub(super) sums: usize,
    /// Bits of the longest register that is multiplied.
    pub(super) width: usize,
    /// Vector registers that are written to the stack.
    pub(super) stack_stores: usize,
    pub(super) calls: usize,
}

/// An inner loop.
#[derive(Debug)]
pub(super) struct Loop<'a> {
    pub(super) facts: Facts,
    code: Vec<(u64, &'a str)>,
}

impl Loop<'_> {
    /// Its instructions with their addresses, without the long names of symbols.
    pub(super) fn listing(&self) -> String {
        let lines = self.code.iter().map(|(address, instruction)| {
            let short = instruction.split(" <").next().unwrap_or(instruction);
            format!("{address:x}: {short}\n")
        });
        lines.collect()
    }
}

/// The functions of a disassembly (`objdump -d --no-show-raw-insn -C`).
pub(super) fn functions(text: &str) -> Vec<Function<'_>> {
    let mut functions: Vec<Function<'_>> = Vec::new();
    for line in text.lines() {
        if let Some((_, rest)) = line.split_once(" <")
            && let Some(name) = rest.strip_suffix(">:")
        {
            let code = Vec::new();
            functions.push(Function { name, code });
        } else if let (Some(function), Some((address, instruction))) =
            (functions.last_mut(), line.trim_start().split_once(":\t"))
            && let Ok(address) = u64::from_str_radix(address, 16)
        {
            function.code.push((address, instruction.trim()));
        }
    }
    functions
}

/// Whether an instruction multiplies and adds at once.
pub(super) fn is_fused(instruction: &str) -> bool {
    ["vfmadd", "vfmsub", "vfnmadd", "vfnmsub"]
        .iter()
        .any(|fused| instruction.starts_with(fused))
}

impl<'a> Function<'a> {
    /// Instructions that multiply and add at once.
    pub(super) fn fused(&self) -> usize {
        let code = self.code.iter();
        code.filter(|(_, instruction)| is_fused(instruction))
            .count()
    }

    /// The loops without loops in them that multiply vectors. Jumps back to one place are one loop.
    pub(super) fn inner_loops(&self) -> Vec<Loop<'a>> {
        let jumps = self.code.iter().filter_map(|&(at, instruction)| {
            let target = jump(instruction)?;
            let begin = self.code.first()?.0;
            (begin..=at).contains(&target).then_some((target, at))
        });
        let mut ends = BTreeMap::new();
        for (target, at) in jumps {
            let end = ends.entry(target).or_insert(at);
            *end = at.max(*end);
        }
        let all: Vec<(u64, u64)> = ends.into_iter().collect();
        let has_none_within = |&(from, to): &(u64, u64)| {
            !all.iter()
                .any(|&(a, b)| (a, b) != (from, to) && from <= a && b <= to)
        };
        let inner = all.iter().filter(|&own| has_none_within(own));
        let loops = inner.map(|&(from, to)| {
            let own = |&&(at, _): &&(u64, &str)| (from..=to).contains(&at);
            let code: Vec<(u64, &str)> = self.code.iter().filter(own).copied().collect();
            Loop {
                facts: facts(&code),
                code,
            }
        });
        loops.filter(|found| found.facts.width > 64).collect()
    }
}

/// Where a jump within a function goes.
fn jump(instruction: &str) -> Option<u64> {
    let mut words = instruction.split_whitespace();
    words.next().filter(|word| word.starts_with('j'))?;
    u64::from_str_radix(words.next()?, 16).ok()
}

fn facts(code: &[(u64, &str)]) -> Facts {
    let mut facts = Facts::default();
    for (_, instruction) in code {
        facts.instructions += 1;
        facts.calls += usize::from(instruction.starts_with("call"));
        let is_packed = |name: &str| {
            ["ps", "pd"]
                .iter()
                .any(|kind| instruction.starts_with(&format!("{name}{kind}")))
        };
        facts.sums += usize::from(is_packed("vadd") || is_packed("vsub"));
        if is_packed("vmul") {
            facts.products += 1;
            facts.width = facts.width.max(width(instruction));
        }
        facts.stack_stores += usize::from(is_stack_store(instruction));
    }
    facts
}

/// Whether a vector register is written to the stack.
fn is_stack_store(instruction: &str) -> bool {
    let operands = instruction.split_once(char::is_whitespace);
    operands
        .filter(|(name, _)| name.starts_with("vmov"))
        .and_then(|(_, operands)| operands.trim_start().split_once(','))
        .is_some_and(|(from, to)| {
            let is_on_stack = to.contains("(%rsp") || to.contains("(%rbp");
            is_on_stack && from.starts_with('%') && width(from) > 0
        })
}

/// Bits of the longest register that an instruction names.
fn width(instruction: &str) -> usize {
    let registers = [("%zmm", 512), ("%ymm", 256), ("%xmm", 128)];
    let found = registers
        .iter()
        .find(|(name, _)| instruction.contains(name));
    found.map_or(0, |&(_, bits)| bits)
}

#[cfg(test)]
mod tests {
    use super::{Facts, functions, is_stack_store};

    const TEXT: &str = "
0000000000000010 <kernel<A, f32>>:
  10:\tvmovups (%rdi),%zmm0
  16:\tvmulps 0x40(%rsi,%rax,1),%zmm0,%zmm1
  1d:\tvaddps %zmm1,%zmm2,%zmm2
  23:\tvmovaps %zmm2,0x40(%rsp,%rbx,1)
  2a:\tadd    $0x40,%rax
  2e:\tjne    16 <kernel<A, f32>+0x6>
  30:\tvmulss %xmm0,%xmm1,%xmm1
  34:\tjne    30 <kernel<A, f32>+0x20>
  36:\tjmp    10 <kernel<A, f32>>
  38:\tret

0000000000000040 <fused>:
  40:\tvfmadd231ps %ymm0,%ymm1,%ymm2
  45:\tcall   10 <kernel<A, f32>>
  4a:\tvmulpd %ymm0,%ymm1,%ymm2
  4e:\tjb     40 <fused>
";

    #[test]
    fn inner_loops_are_found_and_counted() {
        let all = functions(TEXT);
        assert_eq!(
            all.iter().map(|f| f.name).collect::<Vec<_>>(),
            ["kernel<A, f32>", "fused"]
        );
        let loops = all[0].inner_loops();
        // That of scalars is none of vectors, that of everything not an inner one.
        assert_eq!(loops.len(), 1);
        let expected = Facts {
            instructions: 5,
            products: 1,
            sums: 1,
            width: 512,
            stack_stores: 1,
            calls: 0,
        };
        assert_eq!(loops[0].facts, expected);
        assert!(loops[0].listing().ends_with("2e: jne    16\n"));
        assert_eq!(all[0].fused(), 0);
    }

    #[test]
    fn stores_to_the_stack_are_told_from_loads() {
        for store in [
            "vmovaps %zmm2,(%rsp)",
            "vmovups %ymm2,(%rsp,%rax,1)",
            "vmovapd %zmm2,-0x40(%rbp,%rax,8)",
        ] {
            assert!(is_stack_store(store), "{store}");
        }
        for other in [
            "vmovaps 0x40(%rsp,%rax,1),%zmm2",
            "vmovaps %zmm2,(%rdi)",
            "vmovaps %zmm2,%zmm3",
            "mov    %rax,(%rsp)",
            "vmulps 0x40(%rsp),%zmm2,%zmm3",
        ] {
            assert!(!is_stack_store(other), "{other}");
        }
    }

    #[test]
    fn jumps_to_one_place_are_one_loop() {
        let text = TEXT.replace("38:\tret", "38:\tjb     16 <kernel<A, f32>+0x6>");
        let loops = functions(&text)[0].inner_loops();
        // Now the loop of scalars lies within it.
        assert_eq!(loops.len(), 0);
        let text = text
            .replace("jne    30", "jne    99")
            .replace("jmp    10", "jmp    99");
        let loops = functions(&text)[0].inner_loops();
        assert_eq!(loops.len(), 1);
        assert_eq!(loops[0].facts.instructions, 9);
    }

    #[test]
    fn what_must_not_be_there_is_seen() {
        let all = functions(TEXT);
        assert_eq!(all[1].fused(), 1);
        let facts = all[1].inner_loops()[0].facts;
        assert_eq!((facts.calls, facts.width), (1, 256));
    }
}
