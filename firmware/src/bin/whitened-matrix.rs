//! A whitened matrix model, d = 8, k = 2, alone: what it takes.
#![no_std]
#![no_main]

use heterosgd_problems::operations::whitened_matrix;

#[firmware::entry]
fn main() -> ! {
    firmware::run_operations(whitened_matrix)
}
