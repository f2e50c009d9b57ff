//! Every public operation on checkpoints in `f32`: what the search for panics looks through.
#![no_std]
#![no_main]

use heterosgd_problems::operations::checkpoint_operations;

#[firmware::entry]
fn main() -> ! {
    firmware::run_operations(checkpoint_operations::<f32>)
}
