//! Any bytes as a step of a visitor's request; what must hold is in `tests/src/fuzz/records.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gateway_fuzz::targets::records::step(data));
