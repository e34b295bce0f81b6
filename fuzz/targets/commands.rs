//! See [`clawrk_fuzz::commands`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clawrk_fuzz::commands(bytes));
