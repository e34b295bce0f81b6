//! Each kind of damage to purchases is found, and is all that is found.

use std::sync::Arc;

use clawrk_core::Engine;
use clawrk_core::audit::ViolationKind::{self, *};
use clawrk_core::id::CommitId;
use clawrk_core::ledger::{Account, Reason};
use clawrk_core::money::{Cents, Credits};
use clawrk_core::record::{
    Body, EntryRecord, InboxRecord, InvoiceOutcome, InvoiceRecord, Kind, LinkRecord, Linked,
    Record, UserRecord,
};
use clawrk_core::store::{Key, index_entries};
use pollster::block_on;

use super::{Shop, event, paid, pro, pro_of};
use crate::damage::{change_entry, change_record, entries};
use crate::support::{ManualClock, clean, user};
use crate::tampered::Tampered;

/// What an exchange can have sold: credits, with and without money; nothing, for money; something
/// that waits. And one who is paid on a second account.
async fn exchange() -> Tampered {
    let (shop, ann, bob) = (Shop::open(), user("ann"), user("bob"));
    shop.engine.checkout(&ann, "pro").await.unwrap();
    shop.engine.connect(&bob).await.unwrap();
    shop.provider
        .change_account("acct_2", |account| account.gone = true);
    shop.engine.connect(&bob).await.unwrap();
    assert_eq!(
        shop.tell(&paid("evt_1", &pro("in_sold", "cus_1"))).await,
        "granted"
    );
    let mut free = pro_of("in_free", "ann");
    free.paid = Cents::ZERO;
    assert_eq!(shop.tell(&paid("evt_2", &free)).await, "granted");
    let mut settles = pro_of("in_settles", "ann");
    settles.lines[0].proration = true;
    assert_eq!(
        shop.tell(&paid("evt_3", &settles)).await,
        "nothing:proration"
    );
    assert_eq!(
        shop.tell(&paid("evt_4", &pro("in_waits", "cus_9"))).await,
        "parked:user"
    );
    let gone = clawrk_core::payments::News::AccountGone("acct_3".to_owned());
    assert_eq!(shop.tell(&event("evt_5", gone)).await, "look");
    clean(&shop.engine).await;
    Tampered::copy(shop.store.as_ref()).await
}

fn found(damage: impl FnOnce(&mut Tampered)) -> Vec<ViolationKind> {
    block_on(async {
        let mut store = exchange().await;
        damage(&mut store);
        let engine = Engine::builder(Arc::new(store), ManualClock::new()).build();
        let audit = engine.audit().await.unwrap();
        let mut kinds: Vec<_> = audit.violations.iter().map(|v| v.kind).collect();
        kinds.sort_unstable();
        kinds
    })
}

fn change_invoice(store: &mut Tampered, id: &str, change: impl FnOnce(&mut InvoiceRecord)) {
    change_record(store, &Key::Invoice(id.to_owned()), |body| match body {
        Body::Invoice(invoice) => change(invoice),
        other => panic!("{other:?}"),
    });
}

fn change_user(store: &mut Tampered, id: &str, change: impl FnOnce(&mut UserRecord)) {
    change_record(store, &Key::User(user(id)), |body| match body {
        Body::User(user) => change(user),
        other => panic!("{other:?}"),
    });
}

fn change_link(store: &mut Tampered, what: Linked, id: &str, change: fn(&mut LinkRecord)) {
    change_record(store, &Key::Link(what, id.to_owned()), |body| match body {
        Body::Link(link) => change(link),
        other => panic!("{other:?}"),
    });
}

fn change_inbox(store: &mut Tampered, id: &str, change: impl FnOnce(&mut InboxRecord)) {
    change_record(store, &Key::Inbox(id.to_owned()), |body| match body {
        Body::Inbox(inbox) => change(inbox),
        other => panic!("{other:?}"),
    });
}

/// The entry of an account that says this.
fn loose(store: &Tampered, account: &Account, reason: &Reason) -> EntryRecord {
    let mut all = entries(store, Kind::LooseEntry).into_iter();
    let is = |entry: &EntryRecord| entry.account == *account && entry.reason == *reason;
    all.find(is).unwrap()
}

fn sale(store: &Tampered) -> EntryRecord {
    loose(store, &Account::Sales, &Reason::invoice("in_sold"))
}

#[test]
fn nothing_is_found_where_nothing_is_damaged() {
    assert_eq!(found(|_| {}), []);
}

#[test]
fn an_invoice_that_is_gone_leaves_entries_without_a_cause() {
    let kinds = found(|store| store.remove(&Key::Invoice("in_sold".to_owned())));
    // Money, budget and credits, two legs each; and the event that brought it.
    assert_eq!(kinds, [&[EntryStray; 6][..], &[InboxStray]].concat());
    let kinds = found(|store| store.remove(&Key::Invoice("in_free".to_owned())));
    assert_eq!(kinds, [EntryStray, EntryStray, InboxStray]);
}

#[test]
fn an_invoice_that_granted_says_so_and_nothing_else() {
    let parked = || InvoiceOutcome::Parked {
        missing: "user".to_owned(),
        looks: 1,
    };
    let kinds = found(|store| change_invoice(store, "in_free", |it| it.outcome = parked()));
    // It belongs among what is parked for its customer, too: but nobody moved it there.
    assert_eq!(kinds, [EntryStray, EntryStray]);
    let kinds = found(|store| {
        change_invoice(store, "in_sold", |it| match &mut it.outcome {
            InvoiceOutcome::Granted { commit, .. } => *commit = CommitId::from_bits(5),
            other => panic!("{other:?}"),
        });
    });
    assert_eq!(kinds, [&[LegMissing; 4][..], &[EntryStray; 6]].concat());
}

#[test]
fn a_grant_of_another_amount_plan_or_user() {
    let grant =
        |change: fn(&mut InvoiceRecord)| found(|store| change_invoice(store, "in_free", change));
    let kinds = grant(|it| match &mut it.outcome {
        InvoiceOutcome::Granted { grants, .. } => grants[0].credits = Credits::new(151),
        other => panic!("{other:?}"),
    });
    assert_eq!(kinds, [LegUnequal, LegUnequal]);
    let kinds = grant(|it| match &mut it.outcome {
        InvoiceOutcome::Granted { grants, .. } => grants[0].tier = "team".to_owned(),
        other => panic!("{other:?}"),
    });
    assert_eq!(kinds, [LegUnequal, LegUnequal]);
    let kinds = grant(|it| match &mut it.outcome {
        InvoiceOutcome::Granted { user, .. } => *user = crate::support::user("bob"),
        other => panic!("{other:?}"),
    });
    assert_eq!(kinds, [LegUnequal, LegUnequal]);
    let kinds = grant(|it| match &mut it.outcome {
        InvoiceOutcome::Granted { user, .. } => *user = crate::support::user("nobody"),
        other => panic!("{other:?}"),
    });
    assert_eq!(kinds, [LegUnequal, LegUnequal, InvoiceStray]);
    let kinds = grant(|it| match &mut it.outcome {
        InvoiceOutcome::Granted { grants, .. } => grants.clear(),
        other => panic!("{other:?}"),
    });
    assert_eq!(kinds, [EntryStray, EntryStray, InvoiceStray]);
}

#[test]
fn money_that_is_not_what_the_invoice_brought() {
    let kinds =
        found(|store| change_invoice(store, "in_settles", |it| it.invoice.paid = Cents::new(1)));
    assert_eq!(kinds, [LegUnequal; 4]);
    let kinds =
        found(|store| change_invoice(store, "in_settles", |it| it.invoice.paid = Cents::ZERO));
    assert_eq!(kinds, [EntryStray; 4]);
    let kinds = found(|store| {
        change_invoice(store, "in_settles", |it| match &mut it.outcome {
            InvoiceOutcome::Nothing { reason, .. } => *reason = "foreign_store".to_owned(),
            other => panic!("{other:?}"),
        });
    });
    assert_eq!(kinds, [EntryStray; 4]);
}

#[test]
fn entries_of_an_invoice_that_are_lost_or_changed() {
    let kinds = found(|store| {
        let sale = sale(store);
        let other = loose(store, &Account::Provider, &sale.reason);
        store.remove(&sale.key());
        store.remove(&other.key());
    });
    // What is left of its commit does not say whose it is, but its invoice does.
    assert_eq!(kinds, [LegMissing, LegMissing]);
    let kinds = found(|store| {
        let key = loose(store, &Account::Provider, &Reason::invoice("in_sold")).key();
        change_entry(store, &key, |entry| entry.delta += 1);
    });
    assert_eq!(kinds, [TwinUnequal, LegUnequal]);
}

#[test]
fn money_of_no_invoice_or_of_one_that_was_counted_before() {
    for invoice in ["in_none", "in_sold", "in_waits"] {
        let kinds = found(|store| {
            let sale = sale(store);
            let other = loose(store, &Account::Provider, &sale.reason);
            for entry in [sale, other] {
                let again = EntryRecord {
                    commit: CommitId::from_bits(77),
                    reason: Reason::invoice(invoice),
                    ..entry
                };
                store.put(Record::new(1, Body::Entry(again)));
            }
        });
        assert_eq!(kinds, [EntryStray, EntryStray], "{invoice}");
    }
}

#[test]
fn credits_of_an_operator_that_name_a_plan() {
    let kinds = found(|store| {
        let issued = Account::Issued("pro".to_owned());
        let granted = loose(store, &issued, &Reason::subscription("pro"));
        change_entry(store, &granted.key(), |entry| {
            entry.reason = Reason::admin("a gift")
        });
    });
    assert_eq!(kinds, [TwinUnequal, LegUnequal]);
}

#[test]
fn a_user_s_ids_are_linked_to_that_user() {
    for (what, id) in [
        (Linked::Customer, "cus_1"),
        (Linked::Account, "acct_2"),
        (Linked::Account, "acct_3"),
    ] {
        let key = Key::Link(what, id.to_owned());
        let kinds = found(|store| store.remove(&key));
        // The event about the account that the user has now.
        let expected: &[_] = if id == "acct_3" {
            &[LinkMissing, InboxStray]
        } else {
            &[LinkMissing]
        };
        assert_eq!(kinds, expected, "{id}");
    }
    let ann_is_bob = |link: &mut LinkRecord| link.user = user("bob");
    let kinds = found(|store| change_link(store, Linked::Customer, "cus_1", ann_is_bob));
    assert_eq!(kinds, [LinkMissing]);
}

#[test]
fn a_link_leads_to_a_user_who_has_it() {
    let to_nobody = |link: &mut LinkRecord| link.user = user("nobody");
    let kinds = found(|store| change_link(store, Linked::Account, "acct_2", to_nobody));
    assert_eq!(kinds, [LinkMissing, LinkStray]);
    let to_ann = |link: &mut LinkRecord| link.user = user("ann");
    let kinds = found(|store| change_link(store, Linked::Account, "acct_2", to_ann));
    assert_eq!(kinds, [LinkMissing, LinkStray]);
    let kinds = found(|store| change_user(store, "bob", |bob| bob.earlier_accounts.clear()));
    assert_eq!(
        kinds,
        [] as [ViolationKind; 0],
        "it may be one of those that are not kept"
    );
    let kinds = found(|store| {
        change_user(store, "bob", |bob| {
            bob.earlier_accounts.clear();
            bob.accounts = 1;
        });
    });
    assert_eq!(kinds, [LinkStray]);
}

#[test]
fn an_event_came_to_something_that_is_not_there() {
    for outcome in [
        "granted",
        "nothing:unpaid",
        "parked:user",
        "known",
        "linked",
        "look",
        "bank",
    ] {
        let kinds = found(|store| {
            change_inbox(store, "evt_1", |inbox| {
                inbox.outcome = outcome.to_owned();
                inbox.about = Some("nothing".to_owned());
            });
        });
        assert_eq!(kinds, [InboxStray], "{outcome}");
    }
    let kinds = found(|store| change_inbox(store, "evt_1", |inbox| inbox.about = None));
    assert_eq!(kinds, [InboxStray]);
}

#[test]
fn what_is_due_outside_or_parked_is_listed_there() {
    for (key, count) in [
        (Key::Invoice("in_waits".to_owned()), 2),
        (Key::User(user("bob")), 1),
        (Key::Inbox("evt_1".to_owned()), 1),
    ] {
        let kinds = found(|store| {
            let record = store.records[&key.to_bytes()].clone();
            for entry in index_entries(&record) {
                store.index.remove(&entry);
            }
        });
        assert_eq!(kinds, vec![IndexMissing; count], "{key}");
    }
    let kinds = found(|store| {
        let bytes = Key::Invoice("in_waits".to_owned()).to_bytes();
        let record = store.records[&bytes].clone();
        let entries = index_entries(&record);
        store.remove(&record.key());
        let mut settled = record;
        if let Body::Invoice(invoice) = &mut settled.body {
            invoice.due_at = None;
        }
        store.put(settled);
        for entry in entries {
            store.index.insert(entry, bytes.clone());
        }
    });
    assert_eq!(kinds, [IndexStray]);
}
