//! Every public operation of the core in `f32`: what the search for panics looks through.
#![no_std]
#![no_main]

#[firmware::entry]
fn main() -> ! {
    firmware::run_operations::<f32>()
}
