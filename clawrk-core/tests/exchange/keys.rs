//! API keys: what is shown of them, when they were used, and that a revoked one stays so.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use clawrk_core::clock::Clock;
use clawrk_core::engine::{ApiKey, NewApiKey};
use clawrk_core::error::Code;
use clawrk_core::id::{CommitId, JobId, KeyId, UserId};
use clawrk_core::record::{Body, Record};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{
    Batch, CommitError, Counts, Cursor, Guard, Index, Key, Page, PageLimit, Store, StoreError,
};
use clawrk_core::{Call, Engine};

use crate::support::{ManualClock, user};

const MINUTE: Duration = Duration::from_secs(60);

/// An exchange over that store with the user alice, who has one key.
async fn exchange(store: Arc<dyn Store>) -> (Engine, Arc<ManualClock>, UserId, NewApiKey) {
    let clock = ManualClock::new();
    let engine = Engine::builder(store, clock.clone()).build();
    let made = engine.create_user(Some("alice"), None).await.unwrap();
    (engine, clock, made.user.id, made.api_key)
}

async fn only_key(engine: &Engine, user: &UserId) -> ApiKey {
    let keys = engine.keys(user).await.unwrap();
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys.into_iter().next().unwrap()
}

/// What is stored of a key.
async fn stored(engine: &Engine, key: KeyId) -> Option<Record> {
    let found = engine.store().read(&[Key::ApiKey(key)]).await.unwrap();
    found.into_iter().flatten().next()
}

#[test]
fn keys_are_listed_without_their_secrets() {
    pollster::block_on(async {
        let (engine, clock, alice, first) = exchange(Arc::new(MemoryStore::new())).await;
        clock.advance(MINUTE);
        let second = engine.create_key(&alice, Some("laptop")).await.unwrap();
        let keys = engine.keys(&alice).await.unwrap();
        assert_eq!(keys, [first.key.clone(), second.key.clone()]);
        for (key, made) in keys.iter().zip([&first, &second]) {
            let secret = made.secret.strip_prefix(&key.prefix()).unwrap();
            assert_eq!(secret.len(), 52);
            assert!(!format!("{key:?} {made:?}").contains(secret));
        }
        assert_eq!(keys[1].name.as_deref(), Some("laptop"));
        assert_eq!(keys[1].created_at, clock.now());
        assert_eq!(engine.keys(&user("nobody")).await.unwrap(), []);
    });
}

#[test]
fn a_use_is_seen_at_once_and_written_once_in_five_minutes() {
    pollster::block_on(async {
        let (engine, clock, alice, key) = exchange(Arc::new(MemoryStore::new())).await;
        let id = key.key.id;
        assert_eq!(only_key(&engine, &alice).await.last_used_at, None);
        assert_eq!(engine.tick(100).await.unwrap().done, 0);

        clock.advance(MINUTE);
        let first = clock.now();
        let known = engine.authenticate(&key.secret).await.unwrap();
        assert_eq!(known, Some(alice.clone()));
        // Seen, and not written by the request itself.
        assert_eq!(only_key(&engine, &alice).await.last_used_at, Some(first));
        assert_eq!(stored(&engine, id).await.unwrap().version, 1);
        assert_eq!(engine.tick(100).await.unwrap().done, 1);
        assert_eq!(engine.tick(100).await.unwrap().done, 0);

        // Within five minutes nothing is noted or written.
        clock.advance(5 * MINUTE - Duration::from_millis(1));
        engine.authenticate(&key.secret).await.unwrap();
        assert_eq!(engine.tick(100).await.unwrap().done, 0);
        assert_eq!(stored(&engine, id).await.unwrap().version, 2);
        assert_eq!(only_key(&engine, &alice).await.last_used_at, Some(first));

        clock.advance(Duration::from_millis(1));
        engine.authenticate(&key.secret).await.unwrap();
        assert_eq!(engine.tick(100).await.unwrap().done, 1);
        let record = stored(&engine, id).await.unwrap();
        assert_eq!(record.version, 3);
        let Body::ApiKey(written) = record.body else {
            panic!("no key");
        };
        assert_eq!(written.last_used_at, Some(clock.now()));
    });
}

#[test]
fn who_is_refused_has_not_used_a_key() {
    pollster::block_on(async {
        let (engine, _, alice, key) = exchange(Arc::new(MemoryStore::new())).await;
        let wrong = format!("{}x", key.secret);
        assert_eq!(engine.authenticate(&wrong).await.unwrap(), None);
        let admin = Call::by_admin();
        engine.set_user_disabled(admin, &alice, true).await.unwrap();
        assert!(engine.is_disabled(&alice).await.unwrap());
        assert!(!engine.is_disabled(&user("nobody")).await.unwrap());
        assert_eq!(engine.authenticate(&key.secret).await.unwrap(), None);
        assert_eq!(only_key(&engine, &alice).await.last_used_at, None);
    });
}

#[test]
fn many_uses_are_written_in_few_commits() {
    pollster::block_on(async {
        let (engine, _, _, _) = exchange(Arc::new(MemoryStore::new())).await;
        let mut users = Vec::new();
        for _ in 0..150 {
            let made = engine.create_user(None, None).await.unwrap();
            engine.authenticate(&made.api_key.secret).await.unwrap();
            users.push(made);
        }
        // As many as the budget and one commit allow, and again at once.
        assert_eq!(engine.tick(60).await.unwrap().done, 60);
        let progress = engine.tick(1_000).await.unwrap();
        assert_eq!(progress.done, 90);
        assert_eq!(progress.next, None);
        for made in users {
            let record = stored(&engine, made.api_key.key.id).await.unwrap();
            assert_eq!(record.version, 2);
        }
    });
}

#[test]
fn a_user_revokes_their_own_keys_and_no_others() {
    pollster::block_on(async {
        let (engine, _, alice, key) = exchange(Arc::new(MemoryStore::new())).await;
        let bob = engine.create_user(Some("bob"), None).await.unwrap().user.id;
        let code = |result: Result<(), clawrk_core::Error>| result.unwrap_err().code();
        let id = key.key.id;
        let foreign = engine.revoke_key(&bob, id).await;
        assert_eq!(code(foreign), Code::KeyNotFound);
        let absent = engine.revoke_key(&alice, KeyId::from_bits(1)).await;
        assert_eq!(code(absent), Code::KeyNotFound);
        assert_eq!(
            engine.authenticate(&key.secret).await.unwrap().as_ref(),
            Some(&alice)
        );

        engine.revoke_key(&alice, id).await.unwrap();
        assert_eq!(engine.authenticate(&key.secret).await.unwrap(), None);
        assert_eq!(engine.keys(&alice).await.unwrap(), []);
        // Its use was noted before.
        engine.tick(100).await.unwrap();
        assert_eq!(stored(&engine, id).await, None);
        let again = engine.revoke_key(&alice, id).await;
        assert_eq!(code(again), Code::KeyNotFound);
    });
}

#[test]
fn a_user_has_a_hundred_keys_at_most() {
    pollster::block_on(async {
        let (engine, _, alice, first) = exchange(Arc::new(MemoryStore::new())).await;
        for _ in 1..100 {
            engine.create_key(&alice, None).await.unwrap();
        }
        let refused = engine.create_key(&alice, None).await.unwrap_err();
        assert_eq!(refused.code(), Code::TooManyKeys);
        assert!(refused.to_string().contains("100"), "{refused}");
        engine.revoke_key(&alice, first.key.id).await.unwrap();
        engine.create_key(&alice, None).await.unwrap();
        assert_eq!(engine.keys(&alice).await.unwrap().len(), 100);
    });
}

/// A store where a key is revoked at the moment when its use is to be written.
#[derive(Debug, Default)]
struct Meddled {
    store: MemoryStore,
    doomed: Mutex<Option<KeyId>>,
}

#[async_trait]
impl Store for Meddled {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.store.read(keys).await
    }

    async fn scan(
        &self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        self.store.scan(index, after, limit).await
    }

    async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let doomed = self.doomed.lock().unwrap().take();
        if let Some(key) = doomed.map(Key::ApiKey) {
            let mut revoke = Batch::new(CommitId::from_bits(7));
            revoke.guards.push(Guard::At(key.clone(), 1));
            revoke.deletes.push(key);
            self.store.commit(&revoke).await?;
        }
        self.store.commit(batch).await
    }

    async fn restore(&self, records: &[Record]) -> Result<(), CommitError> {
        self.store.restore(records).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.store.counts().await
    }

    async fn changed(&self, job: &JobId, seen: u64) {
        self.store.changed(job, seen).await;
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}

#[test]
fn a_key_that_is_revoked_while_its_use_is_written_stays_revoked() {
    pollster::block_on(async {
        let store = Arc::new(Meddled::default());
        let (engine, clock, alice, doomed) = exchange(store.clone()).await;
        let other = engine.create_key(&alice, None).await.unwrap();
        for key in [&doomed, &other] {
            engine.authenticate(&key.secret).await.unwrap();
        }
        *store.doomed.lock().unwrap() = Some(doomed.key.id);
        assert_eq!(engine.tick(100).await.unwrap().done, 0);
        assert_eq!(*store.doomed.lock().unwrap(), None);
        assert_eq!(stored(&engine, doomed.key.id).await, None);
        assert_eq!(engine.authenticate(&doomed.secret).await.unwrap(), None);
        // The use of the other one is not lost by it.
        assert_eq!(engine.tick(100).await.unwrap().done, 1);
        let kept = only_key(&engine, &alice).await;
        assert_eq!(
            (kept.id, kept.last_used_at),
            (other.key.id, Some(clock.now()))
        );
    });
}
