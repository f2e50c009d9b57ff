//! Screen and refit of 14 features, alone: what they take.
#![no_std]
#![no_main]

use heterosgd_problems::operations::refit;

#[firmware::entry]
fn main() -> ! {
    firmware::run_operations(refit)
}
