//! The store suite on the shared part alone, over an engine in memory.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::sync::Arc;

use async_trait::async_trait;
use clawrk_core::store::Store;
use clawrk_testkit::suite::Home;

use support::Disk;

#[async_trait]
impl Home for Disk {
    async fn open(&self) -> Arc<dyn Store> {
        // What was not synced is gone: a store that forgets to sync does not pass.
        self.cut_power();
        Arc::new(Disk::open(self))
    }

    fn lasts(&self) -> bool {
        true
    }
}

clawrk_testkit::store_suite!(Disk::default());
