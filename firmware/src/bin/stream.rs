//! A recorded stream, packed into the program; `heterosgd device --stream` writes the source.
#![no_std]
#![no_main]

include!(concat!(env!("OUT_DIR"), "/stream.rs"));

#[firmware::entry]
fn main() -> ! {
    firmware::run_stream(learn)
}
