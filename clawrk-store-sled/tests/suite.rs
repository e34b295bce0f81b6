//! The store suite on sled.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::sync::Arc;

mod support;

use async_trait::async_trait;
use clawrk_core::store::{Key, Store};
use clawrk_store_sled::SledStore;
use clawrk_testkit::suite::{Harm, Home};
use tempfile::TempDir;

use support::bare;

struct Folder(TempDir);

#[async_trait]
impl Home for Folder {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SledStore::open(self.0.path()).unwrap())
    }

    fn lasts(&self) -> bool {
        true
    }

    async fn harm(&self, key: &Key, harm: Harm) -> bool {
        let db = bare(self.0.path());
        let key = [&[1], &key.to_bytes()[..]].concat();
        let mut value = db.remove(&key).unwrap().unwrap().to_vec();
        if harm == Harm::Garble {
            value[9] ^= 0x10;
            db.insert(key, value).unwrap();
        }
        db.flush().unwrap();
        true
    }
}

clawrk_testkit::store_suite!(Folder(tempfile::tempdir().unwrap()));
