//! See [`clawrk_fuzz::record_decode`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clawrk_fuzz::record_decode(bytes));
