//! The ledger of random lives, with an accountant's eyes.
//!
//! `CLAWRK_LEDGER_SEEDS` says how many lives (8), `CLAWRK_LEDGER_SEED` which one to live again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use clawrk_core::id::CommitId;
use clawrk_core::journal::{Format, Options, journal};
use clawrk_core::ledger::{Account, Commodity};
use clawrk_core::record::{Body, EntryRecord, Kind};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{Index, PageLimit, Store};
use clawrk_testkit::busy::{Busy, Truth};
use clawrk_testkit::run::block_on;

/// How many things happen in a life, and after how many the books are looked at.
const STEPS: usize = 240;
const LOOK_EVERY: usize = 40;

async fn records(store: &dyn Store, kind: Kind) -> Vec<Body> {
    let (mut bodies, mut after) = (Vec::new(), None);
    loop {
        let limit = PageLimit::rows(PageLimit::ROWS_MAX);
        let page = store.scan(&Index::All(kind), after.as_ref(), limit).await;
        let page = page.unwrap().whole().unwrap();
        bodies.extend(page.rows.into_iter().map(|record| record.body));
        after = page.next;
        if after.is_none() {
            return bodies;
        }
    }
}

async fn entries(store: &dyn Store) -> Vec<EntryRecord> {
    let mut bodies = records(store, Kind::Entry).await;
    bodies.extend(records(store, Kind::LooseEntry).await);
    let entry = |body| match body {
        Body::Entry(entry) => entry,
        other => panic!("{other:?}"),
    };
    bodies.into_iter().map(entry).collect()
}

/// The sums of all accounts, by their entries alone.
struct Sums(BTreeMap<Account, i64>);

impl Sums {
    /// Every commit adds up to nothing, in each commodity.
    fn of(entries: &[EntryRecord]) -> Sums {
        let mut accounts: BTreeMap<Account, i64> = BTreeMap::new();
        let mut commits: BTreeMap<(CommitId, Commodity), i64> = BTreeMap::new();
        for entry in entries {
            *accounts.entry(entry.account.clone()).or_default() += entry.delta;
            let of = (entry.commit, entry.account.commodity());
            *commits.entry(of).or_default() += entry.delta;
        }
        commits.retain(|_, sum| *sum != 0);
        assert!(commits.is_empty(), "out of balance: {commits:?}");
        Sums(accounts)
    }

    fn get(&self, account: &Account) -> i64 {
        self.0.get(account).copied().unwrap_or(0)
    }

    fn total(&self, which: impl Fn(&Account) -> bool) -> i64 {
        let of = self.0.iter().filter(|(account, _)| which(account));
        of.map(|(_, sum)| sum).sum()
    }
}

/// What is true at every moment.
async fn look(store: &dyn Store, busy: &Busy) -> (Sums, Truth) {
    let (sums, truth) = (Sums::of(&entries(store).await), Truth::of(busy).await);
    for body in records(store, Kind::Account).await {
        let Body::Account(kept) = body else {
            panic!("{body:?}");
        };
        assert_eq!(kept.balance, sums.get(&kept.account), "{}", kept.account);
    }
    for (user, known) in &truth.users {
        let account = Account::User(user.clone());
        assert_eq!(sums.get(&account), known.credits, "{user}");
        let seen: i64 = known.entries.iter().map(|(delta, ..)| delta).sum();
        assert_eq!(seen, known.credits, "{user}");
        let payable = Account::Payable(user.clone());
        assert_eq!(sums.get(&payable), known.owed, "owed to {user}");
    }
    let is_users = |account: &Account| matches!(account, Account::User(_));
    let users: i64 = truth.users.values().map(|known| known.credits).sum();
    assert_eq!(sums.total(is_users), users, "credits of nobody");
    for (account, sum) in &sums.0 {
        if let Account::Hold(job) = account {
            let held = truth.holds.get(job).copied().unwrap_or(0);
            assert_eq!(*sum, held, "{account}");
        }
    }
    let is_hold = |account: &Account| matches!(account, Account::Hold(_));
    assert_eq!(sums.total(is_hold), truth.holds.values().sum::<i64>());
    assert_eq!(sums.get(&Account::Spent), truth.spent);
    assert!(sums.get(&Account::Forfeited) >= 0);
    let is_issued = |account: &Account| matches!(account, Account::Issued(_));
    let ended = truth.spent + sums.get(&Account::Forfeited);
    let held: i64 = truth.holds.values().sum();
    assert_eq!(-sums.total(is_issued), users + held + ended, "issued");

    assert_eq!(-sums.get(&Account::PayoutCost), truth.payout_cost);
    assert_eq!(sums.get(&Account::Recovered), truth.recovered);
    let taken = sums.get(&Account::Reserved);
    let owed: i64 = truth.users.values().map(|known| known.owed).sum();
    assert!((truth.paid..=truth.paid + owed).contains(&taken), "{taken}");
    let receipts = -sums.get(&Account::Receipts);
    assert_eq!(receipts, sums.get(&Account::Sales), "what may be paid out");
    assert_eq!(sums.get(&Account::Budget), receipts - taken);
    (sums, truth)
}

async fn live(seed: u64) -> Truth {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let people: Vec<_> = ["alice", "bob", "carol", "dan"].map(common::user).into();
    let mut busy = Busy::new(&store, seed, people.clone());
    for person in &people {
        busy.grant(person, 60, "a start").await;
    }
    busy.disturb();
    for step in 1..=STEPS {
        busy.step().await;
        if step % LOOK_EVERY == 0 {
            look(store.as_ref(), &busy).await;
        }
    }
    busy.settle().await;
    let (sums, truth) = look(store.as_ref(), &busy).await;
    // Now that everything was told, the balance at Stripe is what the ledger has.
    assert_eq!(-sums.get(&Account::Provider), truth.balance, "{truth:?}");
    assert_eq!(sums.get(&Account::Sales), truth.sales, "{truth:?}");
    let audit = busy.engine().audit().await.unwrap();
    assert!(audit.ok(), "{:?}", audit.violations);
    for format in Format::ALL {
        let (mut text, options) = (Vec::new(), Options::new(format));
        let written = journal(store.as_ref(), &mut text, &options, &mut |_| {}).await;
        assert!(written.unwrap().transactions > STEPS as u64);
    }
    truth
}

fn seeds() -> Vec<u64> {
    let given = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    match given("CLAWRK_LEDGER_SEED") {
        Some(seed) => vec![seed],
        None => (1..=given("CLAWRK_LEDGER_SEEDS").unwrap_or(8)).collect(),
    }
}

#[test]
fn random_lives_leave_books_that_an_accountant_signs() {
    let mut seen = BTreeMap::new();
    let seeds = seeds();
    for seed in &seeds {
        let lived = std::panic::catch_unwind(|| block_on(live(*seed)));
        let truth = lived.unwrap_or_else(|cause| {
            eprintln!("again with CLAWRK_LEDGER_SEED={seed}");
            std::panic::resume_unwind(cause)
        });
        for (status, count) in truth.payouts {
            *seen.entry(status).or_insert(0) += count;
        }
    }
    // They came to all ends, or nothing was shown.
    if seeds.len() >= 8 {
        for status in ["owed", "paid", "reversed", "written_off"] {
            assert!(
                seen.contains_key(status),
                "no payout was {status}: {seen:?}"
            );
        }
    }
}
