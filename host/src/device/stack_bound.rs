//! How deep the stack of a program for a board can get, from its ELF file alone.
//!
//! The compiler's `-Zemit-stack-sizes` leaves the frame of each function in the section
//! `.stack_sizes`; the calls are read from the machine code. The bound is the heaviest path from
//! the ELF entry, all its frames at once.
//!
//! What it does not cover:
//! - Exceptions and interrupts: neither the frame that the processor pushes on entry nor the
//!   handler. They come on top, once for each level of priority that can be active.
//! - Calls through registers, whose targets the code does not tell: [`StackBound::indirect`].
//! - Code that runs on into the next symbol without a branch, which only assembly does.
//!
//! A branch to another function counts as a call, with the frame of the function that it leaves:
//! of a true tail call that frame is gone, but nothing in the branch shows it, and outlined code
//! takes the frame down only after the branch.

mod functions;
mod instruction;
mod longest;
mod riscv;
mod thumb;

#[cfg(test)]
mod tests;

use functions::{Function, Program};
use instruction::Event;

/// A result of reading a program.
pub(super) type Result<T> = std::result::Result<T, StackError>;

/// Why there is no bound.
#[derive(Debug, thiserror::Error)]
pub(super) enum StackError {
    /// Not an ELF file for 32 bits, or a broken one.
    #[error("not a sound 32-bit ELF file: {0}")]
    Elf(#[from] object::Error),
    /// Another processor.
    #[error("the code is for {0:?}; it is read for 32-bit Arm (Thumb) and RISC-V only")]
    Processor(object::Architecture),
    /// Compiled without the option.
    #[error("there is no section .stack_sizes: compile with RUSTFLAGS=-Zemit-stack-sizes")]
    NoSizes,
    /// The section is cut off.
    #[error("the section .stack_sizes is cut off or malformed")]
    BadSizes,
    /// The entry is not code.
    #[error("there is no function at the entry, {0:#x}")]
    NoEntry(u32),
}

/// The worst case of the stack, exceptions and interrupts apart. Names are demangled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StackBound {
    /// The bound; none if a function can be reached from itself. It holds if nothing is `unknown`
    /// or `indirect`.
    pub(super) bytes: Option<u64>,
    /// The functions of the worst path, the entry first; empty if there is no bound.
    pub(super) path: Vec<String>,
    /// Reachable functions without a stack size whose code shows their frame: assembly.
    pub(super) assembly: Vec<String>,
    /// Reachable functions whose frame is not known, counted as 0; and reachable addresses of
    /// which no symbol says what is there.
    pub(super) unknown: Vec<String>,
    /// Reachable functions that go where only a register knows: calls through pointers, and on
    /// RISC-V the tables of large matches, which look the same. Those targets are not counted.
    pub(super) indirect: Vec<String>,
    /// Functions that call each other in a circle, or the one that calls itself. The first such
    /// circle that is found; empty if there is none.
    pub(super) recursion: Vec<String>,
}

impl StackBound {
    /// What the bound does not cover, in words; empty if it covers everything but interrupts.
    pub(super) fn gaps(&self) -> Vec<String> {
        let kinds = [
            ("unknown frame", &self.unknown),
            ("calls through a register", &self.indirect),
            ("calls itself", &self.recursion),
        ];
        let named = |(what, names): (&'static str, &'_ Vec<String>)| {
            let texts: Vec<String> = names.iter().map(|name| format!("{what}: {name}")).collect();
            texts
        };
        kinds.into_iter().flat_map(named).collect()
    }
}

/// Where a function goes, and what of it is not known.
#[derive(Debug, Default)]
struct Node {
    frame: u64,
    calls: Vec<usize>,
    lost: Vec<u32>,
    assembly: bool,
    unknown: bool,
    indirect: bool,
}

/// The worst case of the stack of a program, from the bytes of its ELF file.
///
/// # Errors
/// [`StackError`]: not such a file, or not compiled for it.
pub(super) fn bound(elf_bytes: &[u8]) -> Result<StackBound> {
    let program = Program::read(elf_bytes)?;
    let functions = &program.functions;
    let entry = functions
        .binary_search_by_key(&program.entry, |function| function.start)
        .map_err(|_| StackError::NoEntry(program.entry))?;
    let nodes: Vec<Node> = (0..functions.len())
        .map(|index| node(functions, index, index == entry))
        .collect();
    let frames: Vec<u64> = nodes.iter().map(|node| node.frame).collect();
    let calls: Vec<&[usize]> = nodes.iter().map(|node| node.calls.as_slice()).collect();
    let longest = longest::longest(&frames, &calls, entry);

    let name = |&index: &usize| functions[index].name.clone();
    let reached = |which: fn(&Node) -> bool| {
        let chosen = longest.reached.iter().filter(|&&at| which(&nodes[at]));
        chosen.map(name).collect::<Vec<_>>()
    };
    let mut unknown = reached(|node| node.unknown);
    for at in &longest.reached {
        for target in &nodes[*at].lost {
            unknown.push(format!("{target:#x}, called by {}", name(at)));
        }
    }
    let recursion: Vec<String> = longest.cycle.iter().map(name).collect();
    let bounded = recursion.is_empty();
    Ok(StackBound {
        bytes: bounded.then_some(longest.bytes),
        path: longest.path.iter().filter(|_| bounded).map(name).collect(),
        assembly: reached(|node| node.assembly),
        unknown,
        indirect: reached(|node| node.indirect),
        recursion,
    })
}

/// The function at `index` as a node of the graph of calls.
fn node(functions: &[Function], index: usize, entry: bool) -> Node {
    let function = &functions[index];
    let mut node = Node::default();
    let (mut down, mut set) = (0u64, false);
    for event in &function.events {
        match *event {
            // Within a function, a call is a recursion or, on a Cortex-M0, a branch that is too far
            // for another instruction.
            Event::Call(target) if function.contains(target) && target != function.start => {}
            Event::Branch(target) if function.contains(target) => {}
            Event::Call(target) | Event::Branch(target) => match find(functions, target) {
                Some(callee) => node.calls.push(callee),
                None => node.lost.push(target),
            },
            Event::Indirect => node.indirect = true,
            Event::Down(bytes) => down = down.saturating_add(u64::from(bytes)),
            Event::Set => set = true,
        }
    }
    node.calls.sort_unstable();
    node.calls.dedup();
    node.lost.sort_unstable();
    node.lost.dedup();
    if let Some(frame) = function.frame {
        node.frame = frame;
    } else {
        // Each move downwards is counted once: right for assembly, which has no loops of pushes.
        node.frame = down;
        // Where the program starts, setting the pointer is no frame but the start of the stack.
        node.unknown = set && !entry;
        node.assembly = !node.unknown;
    }
    node
}

/// The function that has this address: the one that starts there, or else contains it.
fn find(functions: &[Function], address: u32) -> Option<usize> {
    let last = functions
        .partition_point(|function| function.start <= address)
        .checked_sub(1)?;
    let candidate = functions.get(last)?;
    (candidate.start == address || candidate.contains(address)).then_some(last)
}
