//! A whitened linear model of 14 features, alone: what it takes.
#![no_std]
#![no_main]

use heterosgd_problems::operations::whitened;

#[firmware::entry]
fn main() -> ! {
    firmware::run_operations(whitened)
}
