//! The store suite on the reference store.

use clawrk_core::store::memory::MemoryStore;
use clawrk_testkit::suite::Fleeting;

clawrk_testkit::store_suite!(Fleeting::new(MemoryStore::new()));
