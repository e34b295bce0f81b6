//! Damage to jobs, their histories, texts and payouts.

use clawrk_core::audit::ViolationKind;
use clawrk_core::id::{CommitId, PayoutId};
use clawrk_core::job::{Event, EventKind, JobRecord, State, Status};
use clawrk_core::money::{Cents, Credits};
use clawrk_core::record::{Body, PayoutRecord, Record};
use clawrk_core::store::{Key, Part};

use crate::damage::*;
use crate::support::user;
use crate::tampered::Tampered;
use ViolationKind::*;

#[test]
fn a_record_under_the_key_of_another() {
    let kinds = found(|store| {
        let job = paid_job(store);
        let verdict = store.records[&Key::Text(job, Part::Verdict(1)).to_bytes()].clone();
        let output = Key::Text(job, Part::Output(1)).to_bytes();
        store.records.insert(output, verdict);
    });
    assert_eq!(kinds, [Misplaced, TextMissing]);
}

#[test]
fn a_gap_in_a_history() {
    let kinds = found(|store| {
        let id = job(store, Status::Submitted).1.id;
        store.remove(&Key::Event(id, 2));
    });
    // The next one does not follow, and says an attempt that never began.
    assert_eq!(kinds, [EventMissing, History, History, TextMissing]);
}

#[test]
fn an_event_that_its_job_has_not_reached() {
    let kinds = found(|store| {
        let (version, job) = job(store, Status::Submitted);
        let event = Event {
            job: job.id,
            seq: version + 1,
            kind: EventKind::Verified,
            actor: clawrk_core::job::Actor::Admin,
            at: job.updated_at,
            attempt: 1,
            commit: CommitId::from_bits(1),
        };
        store.put(Record::new(1, Body::Event(event)));
    });
    assert_eq!(kinds, [EventBeyondJob]);
}

#[test]
fn an_event_that_cannot_follow() {
    let kinds = found(|store| {
        let id = job(store, Status::Cancelled).1.id;
        change_event(store, &Key::Event(id, 2), |event| {
            event.kind = EventKind::Released;
        });
    });
    // It can't follow, nor does it lead to where the job stands.
    assert_eq!(kinds, [History, History]);
}

#[test]
fn a_job_that_stands_where_nothing_led() {
    let kinds = found(|store| {
        put_job(store, Status::Submitted, |job| job.rejections = 1);
    });
    assert_eq!(kinds, [History]);
}

#[test]
fn terms_that_contradict_themselves() {
    let kinds = found(|store| {
        put_job(store, Status::Submitted, |job| {
            job.terms.cost = Credits::new(9)
        });
    });
    assert_eq!(kinds, [Terms]);
}

#[test]
fn a_payout_that_is_missing() {
    let kinds = found(|store| {
        let id = paid_job(store);
        store.remove(&Key::Payout(PayoutId::of(id)));
    });
    assert_eq!(kinds, [PayoutMissing]);
}

fn payout(store: &Tampered) -> PayoutRecord {
    let key = Key::Payout(PayoutId::of(paid_job(store)));
    match &store.records[&key.to_bytes()].body {
        Body::Payout(payout) => payout.clone(),
        _ => panic!("{key} is no payout"),
    }
}

#[test]
fn a_payout_for_a_job_that_owes_none() {
    for status in [Status::Submitted, Status::Cancelled, Status::Rejected] {
        let kinds = found(|store| {
            let id = PayoutId::of(job(store, status).1.id);
            let payout = PayoutRecord {
                id,
                ..payout(store)
            };
            store.put(Record::new(1, Body::Payout(payout)));
        });
        assert_eq!(kinds, [PayoutStray]);
    }
}

#[test]
fn a_payout_for_a_job_done_for_oneself() {
    let kinds = found(|store| {
        let own = |job: &JobRecord| match &job.state {
            State::Verified { receiver } => *receiver == job.sender,
            _ => false,
        };
        let id = jobs(store)
            .into_iter()
            .find(|(_, job)| own(job))
            .unwrap()
            .1
            .id;
        let id = PayoutId::of(id);
        let payout = PayoutRecord {
            id,
            ..payout(store)
        };
        store.put(Record::new(1, Body::Payout(payout)));
    });
    assert_eq!(kinds, [PayoutStray]);
}

#[test]
fn a_payout_that_differs_from_the_terms() {
    let amount = |payout: &mut PayoutRecord| payout.amount = Cents::new(1);
    let receiver = |payout: &mut PayoutRecord| payout.receiver = user("eve");
    let currency = |payout: &mut PayoutRecord| payout.currency = "eur".to_owned();
    let changes: [fn(&mut PayoutRecord); 3] = [amount, receiver, currency];
    for change in changes {
        let kinds = found(|store| {
            let mut payout = payout(store);
            change(&mut payout);
            store.put(Record::new(1, Body::Payout(payout)));
        });
        assert_eq!(kinds, [PayoutUnequal]);
    }
}

#[test]
fn a_text_that_is_missing() {
    for part in [Part::Brief, Part::Output(1), Part::Verdict(1)] {
        let kinds = found(|store| {
            let id = paid_job(store);
            store.remove(&Key::Text(id, part));
        });
        assert_eq!(kinds, [TextMissing]);
    }
}
