//! The store suite on the reference store, plain and behind a fault store that has no fault.

use clawrk_core::store::memory::MemoryStore;
use clawrk_testkit::faults::FaultStore;
use clawrk_testkit::suite::Fleeting;

mod plain {
    use super::*;

    clawrk_testkit::store_suite!(Fleeting::new(MemoryStore::new()));
}

mod behind_faults {
    use super::*;

    clawrk_testkit::store_suite!(Fleeting::new(FaultStore::new(MemoryStore::new())));
}
