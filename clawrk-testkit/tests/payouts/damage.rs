//! Each kind of damage to payouts is found, and is all that is found.

use std::sync::Arc;

use clawrk_core::audit::ViolationKind;
use clawrk_core::engine::Resolution;
use clawrk_core::id::PayoutId;
use clawrk_core::ledger::Account;
use clawrk_core::money::Cents;
use clawrk_core::record::{
    AttemptEnd, Body, Kind, PayoutRecord, PayoutStatus, Record, StepKind, StepRecord,
};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{Index, Key, PageLimit, Store};
use clawrk_core::{Call, Engine};
use clawrk_testkit::books::{Fault, Target};
use clawrk_testkit::clock::VirtualClock;
use clawrk_testkit::run::block_on;

use super::world::World;
use ViolationKind::*;

/// Everything in a store with four payouts: paid at the first attempt, paid at the second one,
/// written off, and declined.
fn records() -> Vec<Record> {
    let mut world = World::new(21, 4);
    for _ in 0..3 {
        let declined = Fault::Declined {
            status: 402,
            code: "some_new_code".to_owned(),
        };
        world.stripe.books().plan(Target::send(), declined);
    }
    let process = world.start();
    world.run(&process, 5);
    let declined: Vec<PayoutId> = world
        .payouts()
        .iter()
        .filter(|payout| payout.status == PayoutStatus::Declined)
        .map(|payout| payout.id)
        .collect();
    let retried = process
        .engine
        .retry_payout(Call::by_admin(), declined[0], None);
    block_on(retried).unwrap();
    let off = Resolution::WrittenOff {
        note: "gone".to_owned(),
    };
    let off = process
        .engine
        .resolve_payout(Call::by_admin(), declined[1], &off);
    block_on(off).unwrap();
    world.run(&process, 5);
    world.judge();
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let limit = PageLimit::rows(PageLimit::ROWS_MAX);
        let page = block_on(world.memory.scan(&Index::All(kind), None, limit)).unwrap();
        assert!(page.next.is_none());
        all.extend(page.rows);
    }
    all
}

/// What the audit finds after that damage, each kind as often as it was found.
fn found(damage: impl FnOnce(&mut Vec<Record>)) -> Vec<ViolationKind> {
    let mut records = records();
    damage(&mut records);
    let store = MemoryStore::new();
    block_on(store.restore(&records)).unwrap();
    let clock = Arc::new(VirtualClock::new());
    let engine = Engine::builder(Arc::new(store), clock).build();
    let audit = block_on(engine.audit()).unwrap();
    let mut kinds: Vec<_> = audit.violations.iter().map(|it| it.kind).collect();
    kinds.sort_unstable();
    kinds
}

/// The payout with that many attempts that is paid.
fn paid(records: &[Record], attempts: u32) -> PayoutRecord {
    let payout = |record: &Record| match &record.body {
        Body::Payout(payout) => Some(payout.clone()),
        _ => None,
    };
    let mut all = records.iter().filter_map(payout);
    all.find(|it| it.status == PayoutStatus::Paid && it.attempt == attempts)
        .unwrap()
}

fn at<'a>(records: &'a mut [Record], key: &Key) -> &'a mut Record {
    let mut all = records.iter_mut();
    all.find(|record| record.key() == *key).unwrap()
}

fn payout(records: &mut [Record], attempts: u32, change: impl FnOnce(&mut PayoutRecord)) {
    let key = Key::Payout(paid(records, attempts).id);
    match &mut at(records, &key).body {
        Body::Payout(payout) => change(payout),
        _ => panic!("{key} is no payout"),
    }
}

fn step(records: &mut [Record], attempts: u32, seq: u64, change: impl FnOnce(&mut StepRecord)) {
    let key = Key::Step(paid(records, attempts).id, seq);
    match &mut at(records, &key).body {
        Body::Step(step) => change(step),
        _ => panic!("{key} is no step"),
    }
}

#[test]
fn nothing_is_found_where_nothing_is_damaged() {
    assert_eq!(found(|_| {}), []);
}

#[test]
fn a_step_that_is_missing() {
    let kinds = found(|records| {
        let key = Key::Step(paid(records, 1).id, 2);
        records.retain(|record| record.key() != key);
    });
    // The attempt was never begun then, and what it took of the budget is nobody's.
    assert!(kinds.contains(&StepMissing), "{kinds:?}");
    assert!(kinds.contains(&PayoutHistory), "{kinds:?}");
    assert!(kinds.contains(&EntryStray), "{kinds:?}");
}

#[test]
fn a_step_that_the_payout_has_not_reached() {
    let kinds = found(|records| {
        let id = paid(records, 1).id;
        let version = at(records, &Key::Payout(id)).version;
        let mut beyond = at(records, &Key::Step(id, version)).clone();
        if let Body::Step(step) = &mut beyond.body {
            step.seq = version + 1;
        }
        records.push(beyond);
    });
    assert_eq!(kinds, [StepBeyondPayout]);
}

#[test]
fn steps_that_do_not_lead_to_the_payout() {
    let kinds = found(|records| {
        payout(records, 1, |payout| payout.reversed = Cents::new(1));
    });
    assert_eq!(kinds, [PayoutHistory]);
    let kinds = found(|records| {
        step(records, 1, 2, |step| step.kind = StepKind::Woken);
    });
    assert!(kinds.contains(&PayoutHistory), "{kinds:?}");
}

#[test]
fn a_paid_payout_without_its_transfer() {
    let kinds = found(|records| payout(records, 1, |payout| payout.transfer = None));
    // Its attempt names another one than the payout, which names none.
    assert_eq!(kinds, [PayoutHistory, AttemptUnsettled]);
}

#[test]
fn an_attempt_that_is_missing_or_one_too_many() {
    let kinds = found(|records| {
        let key = Key::Attempt(paid(records, 1).id, 1);
        records.retain(|record| record.key() != key);
    });
    assert_eq!(kinds, [AttemptMissing]);
    let kinds = found(|records| {
        let id = paid(records, 1).id;
        let mut more = at(records, &Key::Attempt(id, 1)).clone();
        if let Body::Attempt(attempt) = &mut more.body {
            attempt.number = 2;
        }
        records.push(more);
    });
    assert_eq!(kinds, [AttemptMissing]);
}

#[test]
fn an_attempt_that_was_followed_by_another_without_being_settled() {
    let ends = [
        None,
        Some(AttemptEnd::Withdrawn),
        Some(AttemptEnd::Paid {
            transfer: "tr_1".to_owned(),
        }),
    ];
    for end in ends {
        let kinds = found(|records| {
            let key = Key::Attempt(paid(records, 2).id, 1);
            match &mut at(records, &key).body {
                Body::Attempt(attempt) => attempt.end = end,
                _ => panic!("{key} is no attempt"),
            }
        });
        assert_eq!(kinds, [AttemptUnsettled]);
    }
}

#[test]
fn a_transfer_that_pays_two() {
    let kinds = found(|records| {
        let transfer = paid(records, 1).transfer;
        let transfer = transfer.unwrap();
        let id = paid(records, 2).id;
        payout(records, 2, |payout| {
            payout.transfer = Some(transfer.clone());
        });
        let key = Key::Attempt(id, 2);
        if let Body::Attempt(attempt) = &mut at(records, &key).body {
            attempt.end = Some(AttemptEnd::Paid {
                transfer: transfer.clone(),
            });
        }
        let last = at(records, &Key::Payout(id)).version;
        step(records, 2, last, |step| {
            let reversed = Cents::ZERO;
            step.kind = StepKind::Paid { transfer, reversed };
        });
    });
    assert_eq!(kinds, [TransferTwice]);
}

#[test]
fn money_that_left_without_an_entry() {
    let kinds = found(|records| {
        let job = paid(records, 1).id.job();
        records.retain(|record| match &record.body {
            Body::Entry(entry) => {
                let pays = [&entry.account, &entry.other_account].contains(&&Account::Provider);
                !(pays && entry.job == Some(job))
            }
            _ => true,
        });
    });
    assert_eq!(kinds, [LegMissing, LegMissing]);
}

#[test]
fn an_amount_that_is_not_what_was_owed() {
    let kinds = found(|records| {
        let job = paid(records, 1).id.job();
        for record in records.iter_mut() {
            if let Body::Entry(entry) = &mut record.body
                && [&entry.account, &entry.other_account].contains(&&Account::Provider)
                && entry.job == Some(job)
            {
                entry.delta *= 2;
            }
        }
    });
    assert_eq!(kinds, [LegUnequal, LegUnequal]);
}

#[test]
fn a_proof_that_proves_nothing() {
    let mut world = World::new(22, 1);
    world
        .stripe
        .books()
        .plan(Target::send(), Fault::HangsUndone);
    world.stripe.books().plan(Target::send(), Fault::Error);
    let process = world.start();
    world.run(&process, 200);
    let proof = world.payout().proof.unwrap();
    assert!(!proof.by_operator);
    let mut records = Vec::new();
    for kind in Kind::ALL {
        let limit = PageLimit::rows(PageLimit::ROWS_MAX);
        let page = block_on(world.memory.scan(&Index::All(kind), None, limit)).unwrap();
        records.extend(page.rows);
    }
    for record in &mut records {
        if let Body::Step(step) = &mut record.body
            && let StepKind::Absent(proof) = &mut step.kind
        {
            proof.second = proof.first;
        }
    }
    let store = MemoryStore::new();
    block_on(store.restore(&records)).unwrap();
    let clock = Arc::new(VirtualClock::new());
    let engine = Engine::builder(Arc::new(store), clock).build();
    let audit = block_on(engine.audit()).unwrap();
    let kinds: Vec<_> = audit.violations.iter().map(|it| it.kind).collect();
    assert!(kinds.contains(&PayoutHistory), "{kinds:?}");
}
