//! Every public operation of the core in `f32`, but those on checkpoints: what the search for panics looks through.
#![no_std]
#![no_main]

use heterosgd_problems::operations::operations;

#[firmware::entry]
fn main() -> ! {
    firmware::run_operations(operations::<f32>)
}
