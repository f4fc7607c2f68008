//! Any bytes as `queries`; see tests/support/fuzz.rs.
#![no_main]

#[expect(dead_code, reason = "each target runs one body")]
#[path = "../../tests/support/fuzz.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::queries(data));
