//! Every public operation on steps, screen and refit in `f64`: what the search for panics looks through.
#![no_std]
#![no_main]

use heterosgd_problems::operations::estimate_operations;

#[firmware::entry]
fn main() -> ! {
    firmware::run_operations(estimate_operations::<f64>)
}
