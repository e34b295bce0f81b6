//! Stores to be damaged, and what they hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use clawrk_core::id::UserId;
use clawrk_core::money::Credits;
use clawrk_core::policy::Policy;
use clawrk_core::record::{Kind, Record};
use clawrk_core::store::{Index, PageLimit, Store};
use clawrk_core::{Call, Engine};
use clawrk_store_sled::SledStore;
use clawrk_testkit::clock::{SeededIds, VirtualClock};
use clawrk_testkit::payments::OfflinePayments;
use clawrk_testkit::run::block_on;
use clawrk_testkit::world::settle;

/// The stores, by name.
pub(crate) const STORES: [&str; 3] = ["young", "aged", "long texts"];

const SESSIONS: u64 = 5;
const THREADS: u64 = 8;
const LIVES: u64 = 20;
const LONG: usize = 60_000;

/// Makes every store under that folder: as it is in `now`, and as it was earlier in `old`.
pub(crate) fn make(under: &Path) {
    thread::scope(|scope| {
        for name in STORES {
            let folder = under.join(name);
            scope.spawn(move || make_one(name, &folder));
        }
    });
}

fn make_one(name: &str, folder: &Path) {
    let now = folder.join("now");
    let (sessions, threads, output) = match name {
        "young" => (1, 2, "An output of more than twenty characters.".to_owned()),
        "aged" => (SESSIONS, THREADS, "An output of some length. ".repeat(40)),
        _ => (2, 2, "é".repeat(LONG / 2)),
    };
    let store: Arc<dyn Store> = Arc::new(open(&now));
    block_on(settle(&store, output.len().max(1_000)));
    drop(store);
    copy(&now, &folder.join("old"));
    for session in 1..=sessions {
        let store: Arc<dyn Store> = Arc::new(open(&now));
        live(&store, session, threads, &output);
        drop(store);
        if session + 1 == sessions {
            fs::remove_dir_all(folder.join("old")).unwrap();
            copy(&now, &folder.join("old"));
        }
    }
}

/// Opens a store that nothing is wrong with.
pub(crate) fn open(path: &Path) -> SledStore {
    SledStore::open(path).unwrap()
}

/// The exchange over a store.
pub(crate) fn engine(store: Arc<dyn Store>, seed: u64) -> Engine {
    let mut policy = Policy::default();
    policy.credits = true;
    Engine::builder(store, Arc::new(VirtualClock::new()))
        .policy(policy)
        .payments(Arc::new(OfflinePayments))
        .ids(Arc::new(SeededIds::new(seed)))
        .build()
}

/// Whole lives of jobs, and some that have only begun.
fn live(store: &Arc<dyn Store>, session: u64, threads: u64, output: &str) {
    thread::scope(|scope| {
        for thread in 0..threads {
            let engine = engine(Arc::clone(store), 1_000 * session + thread);
            let (sender, receiver) = (user(thread), user(thread + 1));
            scope.spawn(move || {
                block_on(async {
                    engine.user(&sender).await.unwrap();
                    let credits = Credits::new(1_000);
                    let granted = engine.grant_credits(Call::by_admin(), &sender, credits, "start");
                    granted.await.unwrap();
                    for n in 0..LIVES {
                        let job = engine.create_job(&sender, "Sum up RFC 9110").await;
                        let job = job.unwrap().id;
                        if n % 5 == 0 {
                            continue;
                        }
                        engine.accept_job(&receiver, &job).await.unwrap();
                        let submitted = engine.submit_output(&receiver, &job, Some(output));
                        submitted.await.unwrap();
                        if n % 5 != 1 {
                            engine.verify_job(&sender, &job).await.unwrap();
                        }
                    }
                });
            });
        }
    });
}

fn user(n: u64) -> UserId {
    UserId::new(format!("user{n}")).unwrap()
}

/// Copies a folder of a store, which nobody has open.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("blobs")).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.path().is_file() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

/// All that a store holds, by the bytes of the keys.
pub(crate) fn records(store: &dyn Store) -> BTreeMap<Vec<u8>, Record> {
    let mut records = BTreeMap::new();
    for kind in Kind::ALL {
        let (index, mut after) = (Index::All(kind), None);
        loop {
            let page = store.scan(&index, after.as_ref(), PageLimit::rows(500));
            let page = block_on(page).unwrap().whole().unwrap();
            let rows = page.rows.into_iter();
            records.extend(rows.map(|record| (record.key().to_bytes(), record)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    records
}
