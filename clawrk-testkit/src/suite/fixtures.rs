//! Records and batches to test with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clawrk_core::id::{CommitId, JobId, KeyId, PayoutId, UserId};
use clawrk_core::job::{Actor, Event, EventKind, JobRecord, OnRejected, State, Terms};
use clawrk_core::ledger::{Account, Posting, Reason};
use clawrk_core::money::{Cents, Credits};
use clawrk_core::record::{
    AccountRecord, ApiKeyRecord, Body, EntryRecord, MetaRecord, OnceRecord, OnceState,
    PayoutRecord, Record, Scope, Text, TextRecord, UserRecord,
};
use clawrk_core::store::{Batch, CommitError, InvalidBatch, Key, Store, StoreError};
use clawrk_core::time::Timestamp;

/// What came of a commit, to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Conflict(Key),
    Short(Account),
    Overflow(Account),
    Invalid(InvalidBatch),
    Closed,
    Other(String),
}

impl From<Result<(), CommitError>> for Outcome {
    fn from(result: Result<(), CommitError>) -> Outcome {
        match result {
            Ok(()) => Outcome::Passed,
            Err(CommitError::Conflict(key)) => Outcome::Conflict(key),
            Err(CommitError::Short { account }) => Outcome::Short(account),
            Err(CommitError::Overflow { account }) => Outcome::Overflow(account),
            Err(CommitError::Invalid(why)) => Outcome::Invalid(why),
            Err(CommitError::Refused(StoreError::Closed)) => Outcome::Closed,
            Err(other) => Outcome::Other(format!("{other:?}")),
        }
    }
}

pub(crate) async fn commit(store: &Arc<dyn Store>, batch: &Batch) -> Outcome {
    store.commit(batch).await.into()
}

/// Commits what has to pass.
pub(crate) async fn pass(store: &Arc<dyn Store>, batch: &Batch) {
    assert_eq!(commit(store, batch).await, Outcome::Passed);
}

/// The record under one key.
pub(crate) async fn read(store: &Arc<dyn Store>, key: &Key) -> Option<Record> {
    let mut answers = store.read(std::slice::from_ref(key)).await.unwrap();
    assert_eq!(answers.len(), 1, "one answer for one key");
    answers.remove(0)
}

/// The record under a key where there must be one.
pub(crate) async fn found(store: &Arc<dyn Store>, key: &Key) -> Record {
    match read(store, key).await {
        Some(record) => record,
        None => panic!("there is nothing under {key}"),
    }
}

/// The balance and the number of entries of an account.
pub(crate) async fn balance(store: &Arc<dyn Store>, account: &Account) -> (i64, u64) {
    match read(store, &Key::Account(account.clone())).await {
        None => (0, 0),
        Some(Record {
            version,
            body: Body::Account(AccountRecord { balance, .. }),
            ..
        }) => (balance, version),
        Some(other) => panic!("not an account: {other:?}"),
    }
}

/// An empty batch with an id of its own.
pub(crate) fn batch() -> Batch {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Batch::new(CommitId::from_bits(u128::from(
        NEXT.fetch_add(1, Ordering::Relaxed),
    )))
}

pub(crate) fn puts(records: impl IntoIterator<Item = Record>) -> Batch {
    Batch {
        puts: records.into_iter().collect(),
        ..batch()
    }
}

pub(crate) fn posts(postings: impl IntoIterator<Item = Posting>) -> Batch {
    Batch {
        postings: postings.into_iter().collect(),
        ..batch()
    }
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub(crate) fn account(name: &str) -> Account {
    Account::User(user(name))
}

pub(crate) fn job_id(n: u64) -> JobId {
    JobId::from_bits(u128::from(n))
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis)
}

pub(crate) fn terms() -> Terms {
    Terms {
        cost: Credits::new(2),
        held: Credits::new(2),
        payout: Cents::new(100),
        currency: "usd".to_owned(),
        on_rejected: OnRejected::Refund,
        max_attempts: 3,
        accept_timeout: None,
        review_timeout: None,
    }
}

pub(crate) fn accepted_by(name: &str, due: Option<i64>) -> State {
    State::Accepted {
        receiver: user(name),
        accept_due: due.map(at),
    }
}

pub(crate) fn job(n: u64, sender: &str, made: i64, version: u64, state: State) -> Record {
    Record::new(
        version,
        Body::Job(JobRecord {
            id: job_id(n),
            sender: user(sender),
            skill: "research".to_owned(),
            terms: terms(),
            state,
            attempt: 0,
            rejections: 0,
            judged_attempt: None,
            created_at: at(made),
            updated_at: at(made),
        }),
    )
}

pub(crate) fn queued(n: u64, sender: &str, made: i64) -> Record {
    job(n, sender, made, 1, State::Queued)
}

pub(crate) fn event(n: u64, seq: u64) -> Record {
    Record::new(
        1,
        Body::Event(Event {
            job: job_id(n),
            seq,
            kind: EventKind::Accepted,
            actor: Actor::Admin,
            at: at(0),
            attempt: 1,
            commit: CommitId::from_bits(9),
        }),
    )
}

pub(crate) fn brief(n: u64, prompt: &str) -> Record {
    Record::new(
        1,
        Body::Text(TextRecord {
            job: job_id(n),
            text: Text::Brief {
                prompt: prompt.to_owned(),
                title: "Title".to_owned(),
                intent: "Intent".to_owned(),
                criteria: "- is said".to_owned(),
            },
        }),
    )
}

pub(crate) fn person(name: &str, version: u64, called: &str) -> Record {
    Record::new(
        version,
        Body::User(UserRecord::new(
            user(name),
            Some(called.to_owned()),
            at(0),
            CommitId::from_bits(9),
        )),
    )
}

pub(crate) fn api_key(bits: u64, owner: &str, made: i64) -> Record {
    Record::new(
        1,
        Body::ApiKey(ApiKeyRecord {
            id: KeyId::from_bits(bits),
            user: user(owner),
            name: None,
            hash: [7; 32],
            created_at: at(made),
            last_used_at: None,
            commit: CommitId::from_bits(9),
        }),
    )
}

pub(crate) fn payout(n: u64, receiver: &str, made: i64) -> Record {
    Record::new(
        1,
        Body::Payout(PayoutRecord::owed(
            PayoutId::of(job_id(n)),
            user(receiver),
            Cents::new(100),
            "usd".to_owned(),
            at(made),
        )),
    )
}

pub(crate) fn once(scope: Scope, key: &str, expires: i64) -> Record {
    Record::new(
        1,
        Body::Once(OnceRecord {
            scope,
            key: key.to_owned(),
            request: [1; 32],
            command: String::new(),
            state: OnceState::Proof,
            expires_at: at(expires),
            commit: CommitId::from_bits(9),
        }),
    )
}

pub(crate) fn meta(version: u64) -> Record {
    Record::new(
        version,
        Body::Meta(MetaRecord {
            cursor_secret: [5; 32],
            commit: CommitId::from_bits(9),
        }),
    )
}

/// A posting without a floor.
pub(crate) fn post(account: &Account, delta: i64) -> Posting {
    Posting {
        account: account.clone(),
        delta,
        floor: None,
        other_account: Account::Issued("admin".to_owned()),
        reason: Reason::admin("test"),
        job: None,
        at: at(0),
    }
}

/// A posting with a floor of that height.
pub(crate) fn post_above(floor: i64, account: &Account, delta: i64) -> Posting {
    Posting {
        floor: Some(floor),
        ..post(account, delta)
    }
}

/// The entry that a posting must leave, under a commit at a place.
pub(crate) fn entry_of(posting: &Posting, commit: CommitId, place: u16) -> EntryRecord {
    EntryRecord {
        account: posting.account.clone(),
        number: None,
        delta: posting.delta,
        balance: None,
        other_account: posting.other_account.clone(),
        reason: posting.reason.clone(),
        job: posting.job,
        at: posting.at,
        commit,
        place,
    }
}
