//! Any bytes as the beginning of a connection; what must hold is in `tests/src/fuzz.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gateway_fuzz::targets::proxy_protocol(data));
