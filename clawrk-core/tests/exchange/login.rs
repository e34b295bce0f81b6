//! Login codes.

use std::sync::Arc;
use std::time::Duration;

use clawrk_core::Engine;
use clawrk_core::error::Code;
use clawrk_core::record::{Body, Kind, OnceState, Scope};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{Index, PageLimit};

use crate::support::{ManualClock, user};

/// The keys of the codes that are stored.
async fn stored(engine: &Engine) -> Vec<String> {
    let index = Index::All(Kind::Once);
    let page = engine.store().scan(&index, None, PageLimit::rows(100));
    let codes = page.await.unwrap().rows.into_iter().filter_map(|record| {
        let Body::Once(once) = record.body else {
            return None;
        };
        assert_eq!(
            once.scope == Scope::Login,
            matches!(once.state, OnceState::Login(_))
        );
        (once.scope == Scope::Login).then_some(once.key)
    });
    codes.collect()
}

fn exchange() -> (Engine, Arc<ManualClock>) {
    let clock = ManualClock::new();
    let engine = Engine::builder(Arc::new(MemoryStore::new()), clock.clone()).build();
    (engine, clock)
}

#[test]
fn a_code_is_stored_as_a_hash_and_gone_once_it_is_used() {
    pollster::block_on(async {
        let (engine, _) = exchange();
        // The user needs no row before.
        let alice = user("alice");
        let made = engine.create_login_code(&alice).await.unwrap();
        let codes = stored(&engine).await;
        assert_eq!((codes.len(), codes[0].len()), (1, 64));
        assert!(!codes[0].contains(&made.code) && !format!("{made:?}").contains(&made.code));
        // What is stored is itself no code.
        let hash = engine.consume_login_code(&codes[0]).await.unwrap_err();
        assert_eq!(hash.code(), Code::LoginCodeInvalid);

        let key = engine.consume_login_code(&made.code).await.unwrap();
        let known = engine.authenticate(&key.secret).await.unwrap();
        assert_eq!(known, Some(alice));
        assert!(stored(&engine).await.is_empty());
    });
}

#[test]
fn codes_that_nobody_uses_are_forgotten() {
    pollster::block_on(async {
        let (engine, clock) = exchange();
        for n in 0..3 {
            let name = user(&format!("user {n}"));
            for _ in 0..4 + n {
                engine.create_login_code(&name).await.unwrap();
            }
        }
        // Five of one user at most.
        assert_eq!(stored(&engine).await.len(), 4 + 5 + 5);
        clock.advance(Duration::from_secs(10 * 60) - Duration::from_millis(1));
        assert_eq!(engine.tick(100).await.unwrap().done, 0);
        clock.advance(Duration::from_millis(1));
        assert_eq!(engine.tick(100).await.unwrap().done, 14);
        assert!(stored(&engine).await.is_empty());
        // What was forgotten is in nobody's way.
        let code = engine.create_login_code(&user("user 2")).await.unwrap();
        engine.consume_login_code(&code.code).await.unwrap();
        assert!(engine.audit().await.unwrap().ok());
    });
}
