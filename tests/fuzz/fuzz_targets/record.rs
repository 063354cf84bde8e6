//! Any bytes as a record's document; what must hold is in `tests/src/fuzz/records.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gateway_fuzz::targets::records::record(data));
