//! What postings do to balances.

use std::sync::Arc;

use clawrk_core::ledger::{Account, Reason};
use clawrk_core::record::{Body, EntryRecord, Kind, Record};
use clawrk_core::store::{Index, Key, Store};

use super::check::{all, census};
use super::fixtures::*;
use super::{Home, reopened};
use crate::run::together;

/// Balance, version and entries of an account follow its postings, also within one batch.
pub async fn postings_keep_balances(home: &dyn Home) {
    let store = home.open().await;
    let (ann, bob) = (account("ann"), account("ann b"));
    assert_eq!(read(&store, &Key::Account(ann.clone())).await, None);
    pass(&store, &posts([post(&ann, 0)])).await;
    assert_eq!(
        balance(&store, &ann).await,
        (0, 1),
        "a posting of nothing is one"
    );

    let mut first = post(&ann, 10);
    first.reason = Reason::job(job_id(4));
    first.job = Some(job_id(4));
    first.other_account = Account::Hold(job_id(4));
    first.at = at(17);
    let batch = posts([first.clone(), post(&bob, 7), post(&ann, -4), post(&ann, -9)]);
    pass(&store, &batch).await;
    assert_eq!(balance(&store, &ann).await, (-3, 4));
    assert_eq!(balance(&store, &bob).await, (7, 1));
    let expected = [(2, 0, 0, 10), (3, 2, 2, 6), (4, 3, 3, -3)];
    for (number, place, posting, balance) in expected {
        let key = Key::Entry(ann.clone(), number);
        let entry = EntryRecord {
            number: Some(number),
            balance: Some(balance),
            ..entry_of(&batch.postings[posting], batch.id, place)
        };
        let record = found(&store, &key).await;
        assert_eq!((record.version, &record.body), (1, &Body::Entry(entry)));
    }
    // Enough that the numbers need more than one byte.
    let mut sum = -3;
    for round in 0..3 {
        pass(&store, &posts((0..200).map(|n| post(&ann, n - round)))).await;
        sum += (0..200).map(|n| n - round).sum::<i64>();
    }
    assert_eq!(balance(&store, &ann).await, (sum, 604));
    let store = reopened(home, store).await;
    pass(&store, &posts([post(&ann, 1)])).await;
    assert_eq!(balance(&store, &ann).await, (sum + 1, 605));

    let shown = entries(&store, &ann).await;
    let numbers: Vec<u64> = shown.iter().filter_map(number).collect();
    assert_eq!(numbers, (1..=605).rev().collect::<Vec<_>>(), "newest first");
    let others = entries(&store, &bob).await;
    assert_eq!(others.len(), 1, "an account whose name goes on");
    census(store.as_ref()).await.unwrap();
}

async fn entries(store: &Arc<dyn Store>, account: &Account) -> Vec<Record> {
    let index = Index::EntriesOf(account.clone());
    all(store.as_ref(), &index, 100).await.unwrap()
}

fn number(record: &Record) -> Option<u64> {
    match &record.body {
        Body::Entry(entry) => entry.number,
        _ => None,
    }
}

/// Commits at once that post to one account all pass.
pub async fn postings_never_conflict(home: &dyn Home) {
    let store = home.open().await;
    let (threads, rounds) = (16_usize, 10_u64);
    let ann = account("ann");
    pass(&store, &posts([post(&ann, 1)])).await;
    together(threads, |thread| {
        let (store, ann): (Arc<dyn Store>, _) = (Arc::clone(&store), ann.clone());
        async move {
            for round in 0..rounds {
                let id = thread as u64 * 1_000 + round;
                let mut batch = puts([queued(id, "ann", 0), event(id, 1)]);
                batch.postings = vec![
                    post_above(0, &ann, 2),
                    post(&Account::Hold(job_id(id)), -2),
                    post(&account("bob"), 1),
                    post(&ann, 1),
                ];
                pass(&store, &batch).await;
            }
        }
    })
    .await;
    let commits = threads as u64 * rounds;
    let amount = i64::try_from(commits).unwrap();
    assert_eq!(
        balance(&store, &ann).await,
        (3 * amount + 1, 2 * commits + 1)
    );
    assert_eq!(balance(&store, &account("bob")).await, (amount, commits));
    let census = census(store.as_ref()).await.unwrap();
    assert_eq!(census.of(Kind::LooseEntry).count() as u64, commits);
    assert_eq!(census.of(Kind::Job).count() as u64, commits);
}

/// A balance that would end below a floor is refused; of many at once exactly as many pass as the
/// balance allows.
pub async fn floor_is_checked_inside_the_commit(home: &dyn Home) {
    let store = home.open().await;
    let ann = account("ann");
    let short = Outcome::Short(ann.clone());
    pass(&store, &posts([post(&ann, 10)])).await;
    for refused in [
        vec![post_above(0, &ann, -11)],
        vec![post_above(6, &ann, -5)],
        vec![post_above(11, &ann, 0)],
        vec![post_above(0, &ann, -6), post_above(0, &ann, -5)],
        vec![post_above(0, &ann, -1), post(&ann, -10)],
        vec![post(&account("bob"), 5), post_above(0, &ann, i64::MIN)],
    ] {
        assert_eq!(commit(&store, &posts(refused)).await, short);
    }
    let poor = account("poor");
    let outcome = commit(&store, &posts([post_above(0, &poor, -1)])).await;
    assert_eq!(
        outcome,
        Outcome::Short(poor.clone()),
        "an account not made yet"
    );
    assert_eq!(read(&store, &Key::Account(poor)).await, None);
    assert_eq!(balance(&store, &ann).await, (10, 1));

    for passes in [
        vec![post_above(10, &ann, 0)],
        vec![post_above(0, &ann, -11), post(&ann, 1)],
        vec![post(&ann, 30)],
        vec![post_above(-3, &account("deep"), -3)],
    ] {
        pass(&store, &posts(passes)).await;
    }
    pass(&store, &posts([post(&account("deep"), -4)])).await;
    assert_eq!(
        balance(&store, &account("deep")).await,
        (-7, 2),
        "no floor, no check"
    );

    let (threads, price, purse) = (32_usize, 3_i64, 30_i64);
    for round in 0..3 {
        let outcomes = together(threads, |thread| {
            let (store, ann): (Arc<dyn Store>, _) = (Arc::clone(&store), ann.clone());
            async move {
                let mut batch = puts([queued(round * 100 + thread as u64, "ann", 0)]);
                batch.postings = vec![post_above(0, &ann, -price), post(&Account::Spent, price)];
                commit(&store, &batch).await
            }
        })
        .await;
        let passed = outcomes.iter().filter(|o| **o == Outcome::Passed).count();
        let refused = outcomes.iter().filter(|o| **o == short).count();
        assert_eq!(passed as i64, purse / price, "{outcomes:?}");
        assert_eq!(passed + refused, threads, "{outcomes:?}");
        assert_eq!(balance(&store, &ann).await.0, 0);
        pass(&store, &posts([post(&ann, purse)])).await;
    }
    let census = census(store.as_ref()).await.unwrap();
    assert_eq!(census.of(Kind::Job).count() as i64, 3 * purse / price);
}

/// A balance that would overflow is refused, upwards and downwards.
pub async fn balance_overflow_is_refused(home: &dyn Home) {
    let store = home.open().await;
    let (rich, poor) = (account("rich"), account("poor"));
    pass(
        &store,
        &posts([post(&rich, i64::MAX), post(&poor, i64::MIN)]),
    )
    .await;
    let before = census(store.as_ref()).await.unwrap();
    for (postings, account) in [
        (vec![post(&rich, 1)], &rich),
        (vec![post(&account("bob"), 1), post(&rich, i64::MAX)], &rich),
        (vec![post(&poor, -1)], &poor),
        (vec![post_above(0, &poor, i64::MIN)], &poor),
    ] {
        let outcome = commit(&store, &posts(postings)).await;
        assert_eq!(outcome, Outcome::Overflow(account.clone()));
    }
    assert_eq!(census(store.as_ref()).await.unwrap(), before);
    pass(&store, &posts([post_above(0, &rich, -1), post(&poor, 1)])).await;
    assert_eq!(balance(&store, &rich).await, (i64::MAX - 1, 2));
    assert_eq!(balance(&store, &poor).await, (i64::MIN + 1, 2));
}

/// Entries of accounts without a balance lie under (batch id, place), and no account is made.
pub async fn entries_without_balance_lie_under_their_commit(home: &dyn Home) {
    let store = home.open().await;
    let hold = Account::Hold(job_id(1));
    let batch = posts([
        post(&account("ann"), -2),
        post(&hold, 2),
        post(&Account::Issued("admin".to_owned()), i64::MAX),
        post(&account("ann"), 1),
        post(&hold, -2),
        post(&Account::PayoutCost, i64::MAX),
        post(&Account::Payable(user("ann")), i64::MIN),
        post(&Account::Forfeited, 0),
    ]);
    pass(&store, &batch).await;
    for (place, posting) in batch.postings.iter().enumerate() {
        let place = u16::try_from(place).unwrap();
        let record = read(&store, &Key::LooseEntry(batch.id, place)).await;
        if posting.account.has_balance() {
            assert_eq!(record, None, "place {place} is numbered instead");
            continue;
        }
        let record = record.expect("an entry under its commit");
        let entry = entry_of(posting, batch.id, place);
        assert_eq!((record.version, &record.body), (1, &Body::Entry(entry)));
        let key = Key::Account(posting.account.clone());
        assert_eq!(read(&store, &key).await, None, "no balance of {key}");
    }
    let again = posts([post(&hold, 5), post(&hold, 6)]);
    pass(&store, &again).await;
    let census = census(store.as_ref()).await.unwrap();
    assert_eq!(census.of(Kind::LooseEntry).count(), 6 + 2);
    assert_eq!(census.of(Kind::Entry).count(), 2);
    assert_eq!(census.of(Kind::Account).count(), 1);
}
