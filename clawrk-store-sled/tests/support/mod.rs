//! Records to test with.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part of this, and a test fails by a panic"
)]

use std::path::Path;

use clawrk_core::id::{CommitId, JobId, UserId};
use clawrk_core::job::{JobRecord, OnRejected, State, Terms};
use clawrk_core::ledger::{Account, Posting, Reason};
use clawrk_core::money::{Cents, Credits};
use clawrk_core::record::{Body, Record, Text, TextRecord};
use clawrk_core::store::{Batch, Guard, Key, Store};
use clawrk_core::time::Timestamp;
use clawrk_testkit::run::block_on;

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub(crate) fn job_id(n: u64) -> JobId {
    JobId::from_bits(n.into())
}

fn at() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

/// A queued job of that user.
pub(crate) fn job(n: u64, sender: &str) -> Record {
    let terms = Terms {
        cost: Credits::new(1),
        held: Credits::new(1),
        payout: Cents::new(100),
        currency: "usd".to_owned(),
        on_rejected: OnRejected::Refund,
        max_attempts: 3,
        accept_timeout: None,
        review_timeout: None,
    };
    Record::new(
        1,
        Body::Job(JobRecord {
            id: job_id(n),
            sender: user(sender),
            skill: "research".to_owned(),
            terms,
            state: State::Queued,
            attempt: 0,
            rejections: 0,
            judged_attempt: None,
            created_at: at(),
            updated_at: at(),
        }),
    )
}

/// The output of a job, of that version.
pub(crate) fn output(n: u64, version: u64, output: &str) -> Record {
    let text = Text::Output {
        attempt: 1,
        output: output.to_owned(),
    };
    Record::new(
        version,
        Body::Text(TextRecord {
            job: job_id(n),
            text,
        }),
    )
}

pub(crate) fn puts(id: u64, records: impl IntoIterator<Item = Record>) -> Batch {
    Batch {
        puts: records.into_iter().collect(),
        ..Batch::new(CommitId::from_bits(id.into()))
    }
}

/// Makes a job, once, and posts a credit to its sender.
pub(crate) fn make_job(n: u64, sender: &str) -> Batch {
    let posting = Posting {
        account: Account::User(user(sender)),
        delta: 1,
        floor: Some(0),
        other_account: Account::Issued("admin".to_owned()),
        reason: Reason::admin("test"),
        job: Some(job_id(n)),
        at: at(),
    };
    Batch {
        guards: vec![Guard::Absent(Key::Job(job_id(n)))],
        postings: vec![posting],
        ..puts(n, [job(n, sender), output(n, 1, &"x".repeat(1_000))])
    }
}

/// Makes these jobs, all of `ann`.
pub(crate) fn fill(store: &dyn Store, jobs: std::ops::Range<u64>) {
    for n in jobs {
        block_on(store.commit(&make_job(n, "ann"))).unwrap();
    }
}

/// Whether the job is there. What the store cannot tell is an error.
pub(crate) fn has(store: &dyn Store, n: u64) -> Result<bool, clawrk_core::store::StoreError> {
    let found = block_on(store.read(&[Key::Job(job_id(n))]))?;
    Ok(found[0].is_some())
}

/// The database without the store around it. sled's threads let go of its lock a little after the
/// store was dropped.
pub(crate) fn bare(path: &Path) -> sled::Db {
    const TRIES: usize = 100_000;
    let opened = (0..TRIES).find_map(|_| match sled::open(path) {
        Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
            std::thread::yield_now();
            None
        }
        opened => Some(opened.unwrap()),
    });
    opened.unwrap()
}
