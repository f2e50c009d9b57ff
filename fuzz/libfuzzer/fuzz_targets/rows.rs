#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| heterosgd_fuzz::rows::any_file(bytes));
