//! The store suite on sled.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::sync::Arc;

use async_trait::async_trait;
use clawrk_core::store::Store;
use clawrk_store_sled::SledStore;
use clawrk_testkit::suite::Home;
use tempfile::TempDir;

struct Folder(TempDir);

#[async_trait]
impl Home for Folder {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SledStore::open(self.0.path()).unwrap())
    }

    fn lasts(&self) -> bool {
        true
    }
}

clawrk_testkit::store_suite!(Folder(tempfile::tempdir().unwrap()));
