#![doc = "Runs a problem of heterosgd on a board and reports over semihosting."]
//!
//! The experiment loop is that of the core, the report that of `heterosgd-problems`; here is only
//! what a board adds: start-up, the clock, the stack, and the way out.
#![no_std]

pub mod board;
pub mod measure;
mod panic;
mod request;
mod run;
mod sink;

#[cfg(target_arch = "arm")]
#[doc(hidden)]
pub use board::clock::wrapped;
#[doc(hidden)]
pub use board::entry;
pub use run::{run, run_operations, run_power_cuts, run_stream, run_whitened};
pub use sink::Semihosting;

/// The whole of a runner: runs one problem and reports.
#[macro_export]
macro_rules! runner {
    ($problem:expr) => {
        #[$crate::entry]
        fn main() -> ! {
            $crate::run(&$problem)
        }
    };
}

/// The exception that counts wraps of the clock, for a runner that times what takes longer.
#[cfg(target_arch = "arm")]
#[macro_export]
macro_rules! long_clock {
    () => {
        #[cortex_m_rt::exception]
        fn SysTick() {
            $crate::wrapped();
        }
    };
}

/// The clock needs no help on this processor.
#[cfg(not(target_arch = "arm"))]
#[macro_export]
macro_rules! long_clock {
    () => {};
}
