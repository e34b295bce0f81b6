//! The engine keeps every obligation of a store.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use clawrk_core::store::Store;
use clawrk_testkit::suite::Home;
use tempfile::TempDir;

struct Folder(TempDir);

#[async_trait::async_trait]
impl Home for Folder {
    async fn open(&self) -> Arc<dyn Store> {
        custom_store::open(self.0.path()).unwrap()
    }

    fn lasts(&self) -> bool {
        true
    }
}

clawrk_testkit::store_suite!(Folder(tempfile::tempdir().unwrap()));
