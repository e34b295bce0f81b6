//! What guards refuse.

use std::sync::Arc;

use clawrk_core::job::State;
use clawrk_core::record::{Body, Kind};
use clawrk_core::store::{Batch, Guard, Key, Store};

use super::Home;
use super::check::census;
use super::fixtures::*;
use crate::run::together;

/// A record that is not of the version guarded, or not there, is a conflict with its key, also
/// where the batch does not write it.
pub async fn guard_at_refuses_any_other_version(home: &dyn Home) {
    let store = home.open().await;
    pass(&store, &puts([person("ann", 1, "Ann")])).await;
    pass(&store, &puts([person("ann", 2, "Ann")])).await;
    pass(
        &store,
        &posts([post(&account("ann"), 1), post(&account("ann"), 1)]),
    )
    .await;
    let before = census(store.as_ref()).await.unwrap();

    let (ann, balance) = (Key::User(user("ann")), Key::Account(account("ann")));
    let nobody = Key::User(user("nobody"));
    for (key, version) in [
        (&ann, 1),
        (&ann, 3),
        (&ann, 0),
        (&ann, u64::MAX),
        (&nobody, 0),
        (&nobody, 1),
        (&balance, 1),
        (&balance, 3),
    ] {
        for put in [person("ann", 3, "Anna"), person("bob", 1, "Bob")] {
            let batch = Batch {
                guards: vec![Guard::At(key.clone(), version)],
                ..puts([put])
            };
            assert_eq!(
                commit(&store, &batch).await,
                Outcome::Conflict(key.clone()),
                "{key} at {version}"
            );
        }
    }
    assert_eq!(census(store.as_ref()).await.unwrap(), before);

    let all_hold = Batch {
        guards: vec![Guard::At(ann.clone(), 2), Guard::At(balance, 2)],
        ..puts([person("bob", 1, "Bob")])
    };
    pass(&store, &all_hold).await;
    let one_fails = Batch {
        guards: vec![Guard::At(ann.clone(), 2), Guard::At(nobody.clone(), 1)],
        ..puts([person("bob", 2, "Bob")])
    };
    assert_eq!(
        commit(&store, &one_fails).await,
        Outcome::Conflict(nobody),
        "one guard that fails is enough"
    );
    let delete = Batch {
        guards: vec![Guard::At(ann.clone(), 2)],
        deletes: vec![ann.clone()],
        ..batch()
    };
    pass(&store, &delete).await;
    assert_eq!(
        commit(&store, &delete).await,
        Outcome::Conflict(ann),
        "what was deleted has no version"
    );
    one_of_two_that_cross_passes(&store).await;
}

/// Two batches at once, each of which guards the key that the other writes.
async fn one_of_two_that_cross_passes(store: &Arc<dyn Store>) {
    let names = ["left", "right"];
    pass(store, &puts(names.map(|name| person(name, 1, "x")))).await;
    for version in 1..=20 {
        let outcomes = together(2, |side| {
            let store: Arc<dyn Store> = Arc::clone(store);
            async move {
                let batch = Batch {
                    guards: vec![Guard::At(Key::User(user(names[side])), version)],
                    ..puts([person(names[1 - side], version + 1, "x")])
                };
                commit(&store, &batch).await
            }
        })
        .await;
        let lost = |side: usize| Outcome::Conflict(Key::User(user(names[side])));
        let winner = usize::from(outcomes[0] != Outcome::Passed);
        assert_eq!(outcomes[winner], Outcome::Passed, "round {version}");
        assert_eq!(outcomes[1 - winner], lost(1 - winner), "round {version}");
        pass(store, &puts([person(names[winner], version + 1, "x")])).await;
    }
}

/// A record that is there is a conflict with its key, also where the batch does not write it.
pub async fn guard_absent_refuses_what_exists(home: &dyn Home) {
    let store = home.open().await;
    let ann = Key::User(user("ann"));
    let create = Batch {
        guards: vec![Guard::Absent(ann.clone())],
        ..puts([person("ann", 1, "Ann")])
    };
    pass(&store, &create).await;
    let before = census(store.as_ref()).await.unwrap();
    let conflict = Outcome::Conflict(ann.clone());
    assert_eq!(commit(&store, &create).await, conflict, "the same again");
    let other = Batch {
        guards: vec![Guard::Absent(ann.clone())],
        ..puts([person("bob", 1, "Bob")])
    };
    assert_eq!(commit(&store, &other).await, conflict, "another key");
    let bare = Batch {
        guards: vec![Guard::Absent(ann.clone())],
        ..batch()
    };
    assert_eq!(commit(&store, &bare).await, conflict, "no write at all");
    assert_eq!(census(store.as_ref()).await.unwrap(), before);

    let delete = Batch {
        deletes: vec![ann],
        ..batch()
    };
    pass(&store, &delete).await;
    pass(&store, &create).await;
}

/// A batch that fails both ways is a conflict, with the first guard that fails.
pub async fn guards_come_before_floors(home: &dyn Home) {
    let store = home.open().await;
    pass(&store, &puts([person("ann", 1, "Ann")])).await;
    let (ann, bob) = (Key::User(user("ann")), Key::User(user("bob")));
    let short = Batch {
        guards: vec![Guard::Absent(ann.clone()), Guard::At(bob, 4)],
        ..posts([
            post_above(0, &account("ann"), -1),
            post(&account("ann"), i64::MIN),
        ])
    };
    assert_eq!(commit(&store, &short).await, Outcome::Conflict(ann));
    assert_eq!(balance(&store, &account("ann")).await, (0, 0));
}

/// Of commits at once that guard the same version of a key and write it, exactly one passes.
pub async fn one_guard_has_one_winner(home: &dyn Home) {
    let store = home.open().await;
    let (rounds, threads) = (12_u64, 12_usize);
    let key = Key::Job(job_id(1));
    for version in 0..rounds {
        let outcomes = together(threads, |thread| {
            let (store, key): (Arc<dyn Store>, _) = (Arc::clone(&store), key.clone());
            async move {
                let guard = match version {
                    0 => Guard::Absent(key),
                    _ => Guard::At(key, version),
                };
                let mut put = job(1, "ann", 0, version + 1, State::Queued);
                if let Body::Job(job) = &mut put.body {
                    job.attempt = u32::try_from(thread).unwrap();
                }
                let batch = Batch {
                    guards: vec![guard],
                    ..puts([put, event(1, version * 100 + thread as u64)])
                };
                commit(&store, &batch).await
            }
        })
        .await;
        let winners: Vec<usize> = (0..threads)
            .filter(|thread| outcomes[*thread] == Outcome::Passed)
            .collect();
        assert_eq!(winners.len(), 1, "round {version}: {outcomes:?}");
        let lost = Outcome::Conflict(key.clone());
        assert_eq!(
            outcomes.iter().filter(|outcome| **outcome == lost).count(),
            threads - 1,
            "round {version}: {outcomes:?}"
        );
        let record = found(&store, &key).await;
        assert_eq!(record.version, version + 1);
        let Body::Job(job) = &record.body else {
            panic!("not a job: {record:?}");
        };
        assert_eq!(
            job.attempt as usize, winners[0],
            "the winner's write stands"
        );
    }
    let census = census(store.as_ref()).await.unwrap();
    let events = census.of(Kind::Event).count();
    assert_eq!(events as u64, rounds, "who lost left nothing behind");
}
