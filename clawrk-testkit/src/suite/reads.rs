//! What `read` answers.

use std::sync::Arc;

use clawrk_core::record::Scope;
use clawrk_core::store::{Key, Part, Store};

use super::Home;
use super::fixtures::*;
use crate::run::together;

/// One answer for each key, in the order asked; `None` where nothing is stored.
pub async fn read_answers_each_key_in_order(home: &dyn Home) {
    let store = home.open().await;
    assert_eq!(store.read(&[]).await.unwrap(), []);
    let written = [
        queued(1, "ann", 0),
        brief(1, "Say it."),
        event(1, 1),
        person("ann", 1, "Ann"),
        api_key(5, "ann", 0),
        payout(1, "bob", 0),
        once(Scope::User(user("ann")), "k\0", 0),
        once(Scope::User(user("ann")), "k", 0),
    ];
    pass(&store, &puts(written.clone())).await;

    let mut keys: Vec<Key> = written.iter().map(|record| record.key()).collect();
    keys.reverse();
    keys.insert(3, Key::Job(job_id(2)));
    keys.push(Key::Text(job_id(1), Part::Output(1)));
    keys.push(Key::Job(job_id(1)));
    let answers = store.read(&keys).await.unwrap();

    assert_eq!(answers.len(), keys.len());
    let seq = answers[0].as_ref().map(|record| record.seq);
    for (key, answer) in keys.iter().zip(&answers) {
        let expected = written.iter().find(|record| record.key() == *key);
        assert_eq!(
            answer.as_ref().map(|record| (record.version, &record.body)),
            expected.map(|record| (record.version, &record.body)),
            "the answer to {key}"
        );
        assert!(
            answer.as_ref().is_none_or(|record| Some(record.seq) == seq),
            "what one commit wrote has one number"
        );
    }
}

/// A commit that was acknowledged is seen by every later read, by whoever asks.
pub async fn read_sees_what_was_committed(home: &dyn Home) {
    let store = home.open().await;
    let threads = 8;
    for version in 1..=20 {
        pass(
            &store,
            &puts([person("ann", version, &version.to_string())]),
        )
        .await;
        let seen = together(threads, |_| {
            let store: Arc<dyn Store> = Arc::clone(&store);
            async move { found(&store, &Key::User(user("ann"))).await }
        });
        for record in seen.await {
            assert_eq!(
                record.body,
                person("ann", version, &version.to_string()).body
            );
            assert_eq!(record.version, version);
        }
    }
    together(threads, |thread| {
        let store: Arc<dyn Store> = Arc::clone(&store);
        async move {
            let name = format!("user {thread}");
            for version in 1..=20 {
                pass(&store, &puts([person(&name, version, "x")])).await;
                let record = found(&store, &Key::User(user(&name))).await;
                assert_eq!(record.version, version, "one's own write is seen");
            }
        }
    })
    .await;
}
