//! What is read from machine code, whatever the processor.

/// What an instruction does to the calls and to the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// Goes to an address and leaves a return address.
    Call(u32),
    /// Goes, or may go, to an address for good.
    Branch(u32),
    /// Goes to an address that only a register or the memory knows, other than a return.
    Indirect,
    /// Moves the stack pointer down by so many bytes.
    Down(u32),
    /// Sets the stack pointer to something else.
    Set,
}

/// The bits from `low` up, `width` of them.
pub(super) const fn field(word: u32, low: u32, width: u32) -> u32 {
    (word >> low) & ((1 << width) - 1)
}

/// A number of `width` bits with its sign.
pub(super) const fn signed(value: u32, width: u32) -> u32 {
    let sign = 1 << (width - 1);
    (value ^ sign).wrapping_sub(sign)
}

/// The halfwords of code, little-endian, each with its address.
pub(super) fn halfwords(code: &[u8], address: u32) -> impl Iterator<Item = (u32, u32)> {
    let pairs = code.as_chunks::<2>().0.iter();
    (address..)
        .step_by(2)
        .zip(pairs.map(|&pair| u32::from(u16::from_le_bytes(pair))))
}
