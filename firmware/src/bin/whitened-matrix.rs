//! A whitened matrix model, d = 8, k = 2, alone: what it takes.
#![no_std]
#![no_main]

use heterosgd::sampling::Gaussian;
use heterosgd::{Psd, Symmetric};
use heterosgd_problems::operations::whitened_matrix;

firmware::long_clock!();

#[firmware::entry]
fn main() -> ! {
    firmware::run_whitened::<Psd<f32, 8, 2>, Symmetric<f32, 8>, Gaussian>(whitened_matrix, 72)
}
