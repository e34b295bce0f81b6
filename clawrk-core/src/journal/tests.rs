//! Journals of small ledgers, to the byte.

use std::sync::atomic::{AtomicU64, Ordering};

use pollster::block_on;

use super::write::journal_holding;
use super::{Day, Format, JournalError, Options, journal};
use crate::id::{CommitId, JobId, UserId};
use crate::ledger::{Account, Flow, Posting, Reason};
use crate::money::{Cents, Credits};
use crate::record::{Body, EntryRecord, Record};
use crate::store::memory::MemoryStore;
use crate::store::{Batch, Store};
use crate::time::Timestamp;
use crate::watch::Progress;

const JOB: JobId = JobId::from_bits(7);

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn flow(from: Account, to: Account, reason: Reason, job: Option<JobId>, at: &str) -> Flow {
    Flow {
        from,
        to,
        reason,
        job,
        at: time(at),
    }
}

fn commit(store: &MemoryStore, id: u128, postings: impl IntoIterator<Item = Posting>) {
    let mut batch = Batch::new(CommitId::from_bits(id));
    batch.postings.extend(postings);
    block_on(store.commit(&batch)).unwrap();
}

/// Credits are given, held and spent, and a payout is owed.
fn small() -> MemoryStore {
    let store = MemoryStore::new();
    let (alice, bob) = (user("alice@x.org"), user("bob"));
    let from = Account::Issued("admin".to_owned());
    let to = Account::User(alice.clone());
    let reason = Reason::admin("a \"gift\",\nof 5");
    let given = flow(from, to, reason, None, "2025-01-31T23:59:59.999Z");
    commit(&store, 3, given.credits(Credits::new(5)));
    let from = Account::User(alice);
    let reason = Reason::job(JOB);
    let hold = Account::Hold(JOB);
    let at = "2025-02-01T00:00:00.000Z";
    let held = flow(from, hold.clone(), reason.clone(), Some(JOB), at);
    commit(&store, 2, held.credits(Credits::new(2)));
    let at = "2025-02-01T00:00:00.001Z";
    let spent = flow(hold, Account::Spent, reason.clone(), Some(JOB), at);
    let to = Account::Payable(bob);
    let owed = flow(Account::PayoutCost, to, reason, Some(JOB), at);
    let spent = spent.credits(Credits::new(2)).into_iter();
    commit(&store, 1, spent.chain(owed.cents(Cents::new(105))));
    store
}

fn written(store: &dyn Store, options: &Options) -> Result<String, JournalError> {
    let mut bytes = Vec::new();
    block_on(journal(store, &mut bytes, options, &mut |_| {}))?;
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn hledger_gets_this() {
    let text = written(&small(), &Options::new(Format::Hledger)).unwrap();
    assert_eq!(text, include_str!("tests/small.hledger"));
}

#[test]
fn beancount_gets_this() {
    let text = written(&small(), &Options::new(Format::Beancount)).unwrap();
    assert_eq!(text, include_str!("tests/small.beancount"));
}

#[test]
fn a_part_begins_with_the_balances_of_the_evening_before() {
    let mut options = Options::new(Format::Beancount);
    options.from = Some("2025-02-01".parse().unwrap());
    options.currency = "jpy".to_owned();
    let text = written(&small(), &options).unwrap();
    assert_eq!(text, include_str!("tests/part.beancount"));
    options.from = None;
    options.to = Some("2025-01-31".parse().unwrap());
    let before = written(&small(), &options).unwrap();
    assert_eq!(before.matches(" * ").count(), 1, "{before}");
    assert!(!before.contains("balance"), "{before}");
}

#[test]
fn the_day_after_the_last_one_has_the_income_of_before_in_one_sum() {
    let mut options = Options::new(Format::Hledger);
    options.from = Some("2025-03-01".parse().unwrap());
    let text = written(&small(), &options).unwrap();
    for line in [
        "2025-02-28 * Opening balances",
        "    Equity:Retained:Credits  -2 CREDIT",
        "    Equity:Retained:Money  1.05 USD",
        "    Liabilities:Payable:U-bob  -1.05 USD",
        "    Equity:Issued:S-admin  5 CREDIT",
        "    Liabilities:Credits:U-alice-40x-2eorg  -3 CREDIT",
    ] {
        assert!(text.contains(&format!("\n{line}\n")), "{line}: {text}");
    }
    assert!(
        !text.contains("Holds") && !text.contains("Income"),
        "{text}"
    );
}

#[test]
fn how_much_is_held_changes_nothing() {
    let store = MemoryStore::new();
    let moments = AtomicU64::new(1);
    // Many at one moment, and out of order.
    for id in 1..=200_u128 {
        let drawn = moments.fetch_add(0x9e37_79b9, Ordering::Relaxed) % 40;
        let at = format!("2025-01-{:02}T00:00:00.000Z", 1 + drawn % 20);
        let who = Account::User(user(&format!("user {}", id % 9)));
        let from = Account::Issued("admin".to_owned());
        let given = flow(from, who, Reason::admin("x"), None, &at);
        commit(&store, id ^ 0xa5, given.credits(Credits::new(1)));
    }
    let options = Options::new(Format::Hledger);
    let all = written(&store, &options).unwrap();
    assert_eq!(all.matches("Credits given").count(), 200);
    let days: Vec<&str> = all.lines().filter(|l| l.starts_with("20")).collect();
    assert!(days.is_sorted_by_key(|line| &line[..10]), "{all}");
    for held in [1, 2, 7, 64, 399, 400] {
        let (mut bytes, mut seen) = (Vec::new(), Vec::new());
        let mut watch = |now: Progress| seen.push(now);
        let done = journal_holding(&store, &mut bytes, &options, &mut watch, held);
        let done = block_on(done).unwrap();
        assert_eq!((done.transactions, done.accounts), (200, 10));
        assert!(bytes == all.as_bytes(), "{held} at once");
        let last = seen.last().unwrap();
        assert_eq!(last.done, last.total);
        assert!(seen.is_sorted_by_key(|now| now.done));
    }
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let store = small();
    let mut options = Options::new(Format::Hledger);
    let day = |text: &str| Some(text.parse::<Day>().unwrap());
    (options.from, options.to) = (day("2025-02-01"), day("2025-01-31"));
    let error = written(&store, &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2025-01-31, the last day, comes before 2025-02-01, the first one"
    );
    options = Options::new(Format::Hledger);
    options.currency = "Dollars".to_owned();
    let error = written(&store, &options).unwrap_err();
    assert!(error.to_string().contains("`Dollars` is no currency"));
}

/// A leg without its other one.
fn lone(place: u16, delta: i64) -> Record {
    Record {
        version: 1,
        seq: 90,
        body: Body::Entry(EntryRecord {
            account: Account::Spent,
            number: None,
            delta,
            balance: None,
            other_account: Account::Hold(JOB),
            reason: Reason::job(JOB),
            job: Some(JOB),
            at: time("2025-02-02T00:00:00.000Z"),
            commit: CommitId::from_bits(9),
            place,
        }),
    }
}

#[test]
fn a_leg_without_its_other_one_is_no_journal() {
    for place in [0, 1, 2] {
        let store = small();
        block_on(store.restore(&[lone(place, 4)])).unwrap();
        let options = Options::new(Format::Beancount);
        let error = written(&store, &options).unwrap_err();
        assert!(matches!(error, JournalError::Unpaired(_)), "{error:?}");
        let mut later = options;
        later.from = Some("2025-02-03".parse().unwrap());
        let error = written(&store, &later).unwrap_err();
        assert!(matches!(error, JournalError::Unbalanced(_)), "{error:?}");
    }
    // Two legs, but not of one flow.
    let store = small();
    block_on(store.restore(&[lone(0, 4), lone(1, 4)])).unwrap();
    let error = written(&store, &Options::new(Format::Beancount)).unwrap_err();
    assert!(matches!(error, JournalError::Unpaired(_)), "{error:?}");
}

#[test]
fn a_store_that_is_written_to_meanwhile_gives_no_journal() {
    let store = small();
    let mut left = Some(CommitId::from_bits(77));
    let mut bytes = Vec::new();
    let options = Options::new(Format::Hledger);
    let mut watch = |_: Progress| {
        if let Some(id) = left.take() {
            block_on(store.commit(&Batch::new(id))).unwrap();
        }
    };
    let done = block_on(journal(&store, &mut bytes, &options, &mut watch));
    assert!(matches!(done, Err(JournalError::Changed)), "{done:?}");
}
