//! Inputs to begin with. They are made, not kept, so that they are never those of an old format.

use std::collections::BTreeMap;
use std::time::Duration;

use clawrk_core::id::{CommitId, JobId, KeyId, PayoutId, UserId};
use clawrk_core::job::{
    Actor, Event, EventKind, JobRecord, OnRejected, Run, State, Terms, Verification,
};
use clawrk_core::ledger::{Account, Reason};
use clawrk_core::money::{Cents, Credits};
use clawrk_core::record::{
    AccountRecord, Answer, ApiKeyRecord, Body, EntryRecord, OnceRecord, OnceState, PayoutRecord,
    PayoutStatus, Record, Scope, Text, TextRecord, UserRecord,
};
use clawrk_core::time::Timestamp;

const JOB: JobId = JobId::from_bits(0x0193_0000_0000_7000_8000_0000_0000_0001);
const COMMIT: CommitId = CommitId::from_bits(7);
const AT: Timestamp = Timestamp::from_millis(1_735_689_600_000);

/// Records of every kind, with every shape of their bodies, as bytes.
pub fn records() -> Vec<Vec<u8>> {
    jobs()
        .into_iter()
        .chain(texts())
        .chain(events())
        .chain(ledger())
        .chain(people())
        .chain(onces())
        .map(|body| {
            Record::new(1, body)
                .encode()
                .expect("a seed can be encoded")
        })
        .collect()
}

fn user(id: &str) -> UserId {
    UserId::new(id).expect("a seed's user id is valid")
}

fn job(state: State) -> JobRecord {
    JobRecord {
        id: JOB,
        sender: user("ann"),
        skill: "research".to_owned(),
        terms: Terms {
            cost: Credits::new(2),
            held: Credits::new(2),
            payout: Cents::new(100),
            currency: "usd".to_owned(),
            on_rejected: OnRejected::Requeue,
            max_attempts: 3,
            accept_timeout: Some(Duration::from_secs(3600)),
            review_timeout: None,
        },
        state,
        attempt: 1,
        rejections: 0,
        judged_attempt: Some(1),
        created_at: AT,
        updated_at: AT,
    }
}

fn jobs() -> Vec<Body> {
    let receiver = user("bob");
    [
        State::Queued,
        State::Accepted {
            receiver: receiver.clone(),
            accept_due: Some(AT),
        },
        State::InProgress {
            receiver: receiver.clone(),
            accept_due: None,
            run: Run {
                id: COMMIT,
                until: AT,
            },
        },
        State::Submitted {
            receiver: receiver.clone(),
            review_due: Some(AT),
        },
        State::Verified {
            receiver: receiver.clone(),
        },
        State::Rejected {
            receiver: receiver.clone(),
        },
        State::Cancelled,
        State::Failed { receiver },
    ]
    .map(|state| Body::Job(job(state)))
    .into()
}

fn texts() -> Vec<Body> {
    let verification = Verification {
        passed: true,
        reasoning: "long enough".to_owned(),
        scores: BTreeMap::from([
            ("length".to_owned(), 42.into()),
            ("share".to_owned(), 0.5.into()),
        ]),
        model: "mock".to_owned(),
    };
    [
        Text::Brief {
            prompt: "compare two databases".to_owned(),
            title: "Databases".to_owned(),
            intent: "compare".to_owned(),
            criteria: "- names both".to_owned(),
        },
        Text::Output {
            attempt: 1,
            output: "both are fine".to_owned(),
        },
        Text::Verdict {
            attempt: 1,
            verification,
        },
    ]
    .map(|text| Body::Text(TextRecord { job: JOB, text }))
    .into()
}

fn events() -> Vec<Body> {
    [
        (EventKind::Created, Actor::User(user("ann"))),
        (
            EventKind::RunFailed {
                cause: "timed out".to_owned(),
            },
            Actor::System,
        ),
        (EventKind::Released, Actor::Admin),
    ]
    .map(|(kind, actor)| {
        Body::Event(Event {
            job: JOB,
            seq: 1,
            kind,
            actor,
            at: AT,
            attempt: 1,
            commit: COMMIT,
        })
    })
    .into()
}

fn ledger() -> Vec<Body> {
    let entry = |account, number, reason| {
        Body::Entry(EntryRecord {
            account,
            number,
            delta: -2,
            balance: number.map(|_| 48),
            other_account: Account::Hold(JOB),
            reason,
            job: Some(JOB),
            at: AT,
            commit: COMMIT,
            place: 0,
        })
    };
    vec![
        Body::Account(AccountRecord {
            account: Account::User(user("ann")),
            balance: 48,
        }),
        entry(Account::User(user("ann")), Some(1), Reason::job(JOB)),
        entry(
            Account::Issued("admin".to_owned()),
            None,
            Reason::admin("gift"),
        ),
        Body::Payout(PayoutRecord {
            id: PayoutId::of(JOB),
            receiver: user("bob"),
            amount: Cents::new(100),
            currency: "usd".to_owned(),
            status: PayoutStatus::Owed,
            created_at: AT,
        }),
    ]
}

fn people() -> Vec<Body> {
    vec![
        Body::User(UserRecord {
            id: user("ann"),
            name: Some("Ann".to_owned()),
            disabled: false,
            created_at: AT,
            commit: COMMIT,
        }),
        Body::ApiKey(ApiKeyRecord {
            id: KeyId::from_bits(9),
            user: user("ann"),
            name: None,
            hash: [3; 32],
            created_at: AT,
            commit: COMMIT,
        }),
    ]
}

fn onces() -> Vec<Body> {
    [
        (
            Scope::User(user("ann")),
            OnceState::Done(Answer::Job(Box::new(job(State::Queued)))),
        ),
        (
            Scope::Admin,
            OnceState::Done(Answer::Credits(Credits::new(5))),
        ),
        (Scope::User(user("ann")), OnceState::Reserved { until: AT }),
        (Scope::Commit, OnceState::Proof),
    ]
    .map(|(scope, state)| {
        Body::Once(OnceRecord {
            scope,
            key: "k-1".to_owned(),
            request: [1; 32],
            state,
            expires_at: AT,
            commit: COMMIT,
        })
    })
    .into()
}
