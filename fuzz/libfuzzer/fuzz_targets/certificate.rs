#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| heterosgd_fuzz::certificate::any_log(bytes));
