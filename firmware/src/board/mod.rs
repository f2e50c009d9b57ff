//! What differs between processors: start-up, the clock; and what needs `unsafe`: the stack.
#![allow(
    unsafe_code,
    reason = "registers, the stack and the debugger are reached through addresses"
)]

#[cfg(target_arch = "arm")]
mod arm;
pub mod console;
#[cfg(target_arch = "riscv32")]
mod riscv;
pub mod stack;

#[cfg(target_arch = "arm")]
pub use arm::clock;
#[cfg(target_arch = "arm")]
#[doc(hidden)]
pub use cortex_m_rt::entry;
#[cfg(target_arch = "riscv32")]
pub use riscv::clock;
#[cfg(target_arch = "riscv32")]
#[doc(hidden)]
pub use riscv_rt::entry;
