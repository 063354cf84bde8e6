//! Any bytes as a page in any charset; what must hold is in `tests/src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gateway_fuzz::targets::charset(data));
