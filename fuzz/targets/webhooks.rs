//! See [`clawrk_fuzz::webhooks`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clawrk_fuzz::webhooks(bytes));
