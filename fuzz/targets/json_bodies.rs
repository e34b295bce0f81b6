//! See [`clawrk_fuzz::json_bodies`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clawrk_fuzz::json_bodies(bytes));
