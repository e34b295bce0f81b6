//! Random batches, compared with the reference.

use std::sync::Arc;

use clawrk_core::id::CommitId;
use clawrk_core::job::State;
use clawrk_core::ledger::Account;
use clawrk_core::record::{Record, Scope};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{Batch, Guard, Store};

use super::check::census;
use super::fixtures::*;
use super::{Home, reopened};
use crate::rng::Rng;

const BATCHES: usize = 400;

/// A store and the memory store answer the same random batches alike, and hold the same after
/// them. `CLAWRK_SUITE_SEED` chooses other batches.
pub async fn random_batches_agree_with_the_reference(home: &dyn Home) {
    let seed = std::env::var("CLAWRK_SUITE_SEED").map_or(1, |seed| {
        seed.parse().expect("CLAWRK_SUITE_SEED is a number")
    });
    let mut rng = Rng::new(seed);
    let mut store = home.open().await;
    let reference: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut outcomes = [0; 4];
    for round in 0..BATCHES {
        let batch = random_batch(&mut rng, &reference).await;
        let expected = commit(&reference, &batch).await;
        let outcome = commit(&store, &batch).await;
        assert_eq!(outcome, expected, "seed {seed}, batch {round}: {batch:?}");
        outcomes[match outcome {
            Outcome::Passed => 0,
            Outcome::Conflict(_) => 1,
            Outcome::Short(_) => 2,
            _ => 3,
        }] += 1;
        if round % 100 == 99 {
            store = reopened(home, store).await;
            let ours = census(store.as_ref()).await.unwrap().renumbered();
            let theirs = census(reference.as_ref()).await.unwrap().renumbered();
            assert_eq!(ours, theirs, "seed {seed}, after batch {round}");
        }
    }
    assert!(
        outcomes.iter().all(|count| *count >= BATCHES / 50),
        "seed {seed} left something untried: {outcomes:?}"
    );
}

pub(super) async fn random_batch(rng: &mut Rng, now: &Arc<dyn Store>) -> Batch {
    let mut batch = Batch::new(CommitId::from_bits(
        u128::from(rng.bits()) << 64 | u128::from(rng.bits()),
    ));
    for _ in 0..rng.below(4) {
        let key = random_record(rng, 0).key();
        let version = read(now, &key).await.map_or(0, |record| record.version);
        let right = rng.chance(85);
        batch.guards.push(match (version, right) {
            (0, true) | (1.., false) => Guard::Absent(key),
            (0, false) => Guard::At(key, 1),
            (_, true) => Guard::At(key, version),
        });
    }
    for _ in 0..rng.below(5) {
        let put = random_record(rng, 0);
        let version = read(now, &put.key()).await.map_or(0, |old| old.version);
        batch.puts.push(Record {
            version: version + 1,
            ..put
        });
    }
    for _ in 0..rng.below(3) {
        batch.deletes.push(random_record(rng, 0).key());
    }
    // One account with a floor: which of several is short first is nobody's promise.
    let poor = account(rng.pick(&["ann", "bob"]));
    for _ in 0..rng.below(5) {
        let delta = i64::try_from(rng.below(20)).unwrap() - 10;
        batch.postings.push(match rng.below(3) {
            0 => post(&account("eve"), delta),
            1 => post(&Account::Hold(job_id(3)), delta),
            _ => post_above(0, &poor, delta),
        });
    }
    batch
}

fn random_record(rng: &mut Rng, version: u64) -> Record {
    let n = rng.bits() % 12;
    let time = i64::try_from(rng.below(4)).unwrap();
    let name = rng.pick(&["ann", "bob", "ann b"]);
    match rng.below(9) {
        0 => event(n % 3, rng.bits() % 5),
        1 => person(name, version, "x"),
        2 => api_key(n, name, time),
        3 => payout(n, name, time),
        4 => once(Scope::Admin, &n.to_string(), time),
        5 => brief(n, name),
        6 => meta(version),
        _ => {
            let state = match rng.below(3) {
                0 => State::Queued,
                1 => accepted_by(name, Some(time)),
                _ => State::Verified {
                    receiver: user(name),
                },
            };
            job(n, rng.pick(&["ann", "ann b"]), time, version, state)
        }
    }
}
