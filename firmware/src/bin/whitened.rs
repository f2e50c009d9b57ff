//! A whitened linear model of 14 features, alone: what it takes.
#![no_std]
#![no_main]

use heterosgd::sampling::GaussianFeatures;
use heterosgd::{Features, Linear};
use heterosgd_problems::operations::whitened;

firmware::long_clock!();

#[firmware::entry]
fn main() -> ! {
    firmware::run_whitened::<Linear<f32, 14>, Features<f32, 14>, GaussianFeatures>(whitened, 32)
}
