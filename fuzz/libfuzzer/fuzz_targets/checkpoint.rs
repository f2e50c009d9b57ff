#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| heterosgd_fuzz::checkpoint::any_bytes(bytes));
