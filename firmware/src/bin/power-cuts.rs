//! Cuts the power of a flash after every byte that is written to it, see `heterosgd_problems::power`.
#![no_std]
#![no_main]

#[firmware::entry]
fn main() -> ! {
    firmware::run_power_cuts()
}
