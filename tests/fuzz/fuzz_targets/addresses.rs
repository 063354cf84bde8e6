//! Styles, candidates, refreshes, inline scripts and import maps; what must hold is in `tests/src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gateway_fuzz::targets::addresses(data));
