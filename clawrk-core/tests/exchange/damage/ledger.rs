//! Damage to accounts and entries.

use clawrk_core::audit::ViolationKind;
use clawrk_core::id::{CommitId, JobId};
use clawrk_core::job::Status;
use clawrk_core::ledger::{Account, Reason};
use clawrk_core::money::Credits;
use clawrk_core::record::{AccountRecord, Body, EntryRecord, Kind, Record};
use clawrk_core::store::Key;

use crate::damage::*;
use crate::support::user;
use ViolationKind::*;

#[test]
fn nothing_is_found_where_nothing_is_damaged() {
    assert_eq!(found(|_| {}), []);
}

#[test]
fn an_entry_with_a_number_in_an_account_that_has_none() {
    let kinds = found(|store| {
        let job = paid_job(store);
        let spent = leg(store, job, &Account::Spent);
        store.remove(&spent.key());
        let number = Some(1);
        store.put(Record::new(1, Body::Entry(EntryRecord { number, ..spent })));
    });
    // Its number counts for nothing, and under its commit it is missing.
    let rest = [EntryBeyondAccount, TwinMissing, LegMissing];
    assert_eq!(kinds, [&[Misplaced][..], &rest].concat());
}

#[test]
fn a_gap_in_an_account() {
    let kinds = found(|store| {
        let grants = |entry: &EntryRecord| entry.job.is_none();
        let first = entries(store, Kind::Entry)
            .into_iter()
            .find(grants)
            .unwrap();
        assert_eq!(first.number, Some(1));
        store.remove(&first.key());
    });
    // Every later sum is off by the grant, and even below zero.
    let sums = [RunningBalance; 8];
    let rest = [Balance, TwinMissing];
    assert_eq!(kinds, [&[EntryMissing][..], &sums, &rest].concat());
}

#[test]
fn an_entry_that_its_account_has_not_reached() {
    let kinds = found(|store| {
        let key = Key::Account(alice());
        let account = store.records[&key.to_bytes()].clone();
        let last = Key::Entry(alice(), account.version);
        let balance = store.records[&Key::Entry(alice(), account.version - 1).to_bytes()].clone();
        let Body::Entry(EntryRecord { balance, .. }) = balance.body else {
            panic!("{last} is no entry");
        };
        store.put(Record {
            version: account.version - 1,
            ..account
        });
        change_balance(store, |account| account.balance = balance.unwrap());
    });
    assert_eq!(kinds, [EntryBeyondAccount]);
}

#[test]
fn a_running_balance_that_is_no_sum() {
    let kinds = found(|store| {
        change_entry(store, &Key::Entry(alice(), 2), |entry| {
            entry.balance = Some(7);
        });
    });
    assert_eq!(kinds, [RunningBalance]);
}

#[test]
fn a_balance_that_is_no_sum() {
    let kinds = found(|store| change_balance(store, |account| account.balance += 1));
    assert_eq!(kinds, [Balance]);
}

#[test]
fn a_user_with_less_than_nothing() {
    let kinds = found(|store| change_balance(store, |account| account.balance = -1));
    assert_eq!(kinds, [Balance, NegativeBalance]);
}

#[test]
fn a_user_who_had_less_than_nothing_for_a_while() {
    let kinds = found(|store| {
        // A grant is taken back, one credit more than there is, and given again.
        let account = store.records[&Key::Account(alice()).to_bytes()].clone();
        let last = account.version;
        let Body::Account(AccountRecord { balance, .. }) = account.body else {
            panic!("no account");
        };
        for (n, delta) in [(1, -balance - 1), (2, balance + 1)] {
            let (commit, number) = (CommitId::from_bits(n.into()), last + n);
            let after = if n == 1 { -1 } else { balance };
            let user = EntryRecord {
                number: Some(number),
                balance: Some(after),
                ..grant(commit, delta)
            };
            let mut issued = EntryRecord {
                delta: -delta,
                place: 1,
                ..grant(commit, delta)
            };
            std::mem::swap(&mut issued.account, &mut issued.other_account);
            for entry in [user, issued] {
                let mut record = Record::new(1, Body::Entry(entry));
                record.seq = 1_000 + n;
                store.put(record);
            }
        }
        let version = last + 2;
        store.put(Record { version, ..account });
    });
    assert_eq!(kinds, [NegativeBalance]);
}

fn grant(commit: CommitId, delta: i64) -> EntryRecord {
    EntryRecord {
        account: alice(),
        number: None,
        delta,
        balance: None,
        other_account: Account::Issued("admin".to_owned()),
        reason: serde_json::from_str("\"admin:gift\"").unwrap(),
        job: None,
        at: clawrk_core::time::Timestamp::MIN,
        commit,
        place: 0,
    }
}

#[test]
fn one_leg_without_the_other() {
    let kinds = found(|store| {
        let issued = |entry: &EntryRecord| matches!(entry.account, Account::Issued(_));
        let mut all = entries(store, Kind::LooseEntry).into_iter();
        let issued = all.find(issued).unwrap();
        store.remove(&issued.key());
    });
    assert_eq!(kinds, [TwinMissing]);
}

#[test]
fn two_legs_that_do_not_fit() {
    let kinds = found(|store| {
        let issued = |entry: &EntryRecord| matches!(entry.account, Account::Issued(_));
        let mut all = entries(store, Kind::LooseEntry).into_iter();
        let issued = all.find(issued).unwrap();
        change_entry(store, &issued.key(), |entry| entry.delta -= 1);
    });
    assert_eq!(kinds, [TwinUnequal]);
}

#[test]
fn a_hold_that_was_not_made() {
    let kinds = found(|store| {
        let id = job(store, Status::Submitted).1.id;
        let hold = leg(store, id, &Account::Hold(id));
        store.remove(&hold.key());
    });
    assert_eq!(kinds, [TwinMissing, LegMissing]);
}

#[test]
fn a_hold_that_was_not_closed() {
    let kinds = found(|store| {
        let id = paid_job(store);
        let spent = leg(store, id, &Account::Spent);
        store.remove(&spent.key());
        store.remove(&Key::LooseEntry(spent.commit, spent.place ^ 1));
    });
    assert_eq!(kinds, [LegMissing, LegMissing]);
}

#[test]
fn a_hold_of_another_amount() {
    let kinds = found(|store| {
        put_job(store, Status::Submitted, |job| {
            job.terms.cost = Credits::new(3);
            job.terms.held = Credits::new(3);
        });
    });
    assert_eq!(kinds, [LegUnequal, LegUnequal]);
}

#[test]
fn a_payable_of_another_amount() {
    let kinds = found(|store| {
        let id = paid_job(store);
        let cost = leg(store, id, &Account::PayoutCost);
        let payable = leg(store, id, &Account::Payable(user("bob")));
        change_entry(store, &cost.key(), |entry| entry.delta -= 1);
        change_entry(store, &payable.key(), |entry| entry.delta += 1);
    });
    assert_eq!(kinds, [LegUnequal, LegUnequal]);
}

#[test]
fn a_hold_that_is_closed_twice() {
    let kinds = found(|store| {
        let id = paid_job(store);
        for account in [Account::Spent, Account::Hold(id)] {
            let all = entries(store, Kind::LooseEntry).into_iter();
            let spent = leg(store, id, &Account::Spent);
            let mut legs = all.filter(|entry| entry.commit == spent.commit);
            let leg = legs.find(|entry| entry.account == account).unwrap();
            let place = leg.place + 4;
            store.put(Record::new(1, Body::Entry(EntryRecord { place, ..leg })));
        }
    });
    assert_eq!(kinds, [EntryStray, EntryStray]);
}

#[test]
fn entries_that_are_about_nothing() {
    let kinds = found(|store| {
        for (place, delta) in [(0, -5), (1, 5)] {
            let mut entry = EntryRecord {
                account: Account::Spent,
                other_account: Account::Forfeited,
                place,
                ..grant(CommitId::from_bits(1), delta)
            };
            if place == 1 {
                std::mem::swap(&mut entry.account, &mut entry.other_account);
            }
            store.put(Record::new(1, Body::Entry(entry)));
        }
    });
    assert_eq!(kinds, [EntryStray, EntryStray]);
}

#[test]
fn entries_of_a_job_that_does_not_exist() {
    let kinds = found(|store| {
        let id = JobId::from_bits(77);
        for (place, delta) in [(0, -5), (1, 5)] {
            let mut entry = EntryRecord {
                account: Account::Hold(id),
                other_account: Account::Spent,
                reason: Reason::job(id),
                job: Some(id),
                place,
                ..grant(CommitId::from_bits(1), delta)
            };
            if place == 1 {
                std::mem::swap(&mut entry.account, &mut entry.other_account);
            }
            store.put(Record::new(1, Body::Entry(entry)));
        }
    });
    assert_eq!(kinds, [EntryStray, EntryStray]);
}

#[test]
fn commits_need_not_be_numbered_as_their_entries_are() {
    let kinds = found(|store| {
        let account = store.records[&Key::Account(alice()).to_bytes()].clone();
        let last = store.records[&Key::Entry(alice(), account.version).to_bytes()].clone();
        let Body::Entry(last) = last.body else {
            panic!("no entry");
        };
        let twin = Key::LooseEntry(last.commit, last.place ^ 1);
        store.records.get_mut(&twin.to_bytes()).unwrap().seq = 0;
    });
    assert_eq!(kinds, []);
}
