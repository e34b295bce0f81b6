//! A paid invoice grants once, in one commit with the money that it brought.

use std::thread;

use clawrk_core::Call;
use clawrk_core::engine::PageRequest;
use clawrk_core::ledger::Account;
use clawrk_core::money::{Cents, Credits};
use clawrk_core::record::{Body, InvoiceOutcome, Kind};
use clawrk_core::store::{Index, Key, PageLimit};
use pollster::block_on;

use super::{Shop, line, paid, pro, pro_of};
use crate::support::{clean, user};

/// What an account without a balance has gained in all.
async fn sum(shop: &Shop, account: &Account) -> i64 {
    let index = Index::All(Kind::LooseEntry);
    let page = shop.store.scan(&index, None, PageLimit::rows(1_000)).await;
    let entries = page
        .unwrap()
        .rows
        .into_iter()
        .filter_map(|record| match record.body {
            Body::Entry(entry) => Some(entry),
            _ => None,
        });
    entries
        .filter(|entry| entry.account == *account)
        .map(|entry| entry.delta)
        .sum()
}

async fn budget(shop: &Shop) -> i64 {
    match shop.record(Key::Account(Account::Budget)).await {
        None => 0,
        Some(record) => match record.body {
            Body::Account(account) => account.balance,
            other => panic!("{other:?}"),
        },
    }
}

#[test]
fn a_paid_invoice_grants_and_the_ledger_says_for_what() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.checkout(&ann, "pro").await.unwrap();
        let mut invoice = pro("in_1", "cus_1");
        invoice.lines.push(line("price_starter", 1_000));
        invoice.paid = Cents::new(3_500);
        assert_eq!(shop.tell(&paid("evt_1", &invoice)).await, "granted");
        assert_eq!(shop.credits(&ann).await, 200);
        let ledger = shop
            .engine
            .ledger(&ann, &PageRequest::first())
            .await
            .unwrap();
        let told = ledger
            .items
            .iter()
            .map(|e| (e.delta.units(), e.reason.as_str()));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [(50, "subscription:starter"), (150, "subscription:pro")]
        );
        for (account, gained) in [
            (Account::Sales, 3_500),
            // An asset: it has what the account lost.
            (Account::Provider, -3_500),
            (Account::Receipts, -3_500),
            (Account::Issued("pro".to_owned()), -150),
            (Account::Issued("starter".to_owned()), -50),
        ] {
            assert_eq!(sum(&shop, &account).await, gained, "{account}");
        }
        assert_eq!(budget(&shop).await, 3_500);
        clean(&shop.engine).await;
    });
}

#[test]
fn what_grants_nothing_is_kept_with_its_reason_and_its_money_counts() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        let mut trial = pro_of("in_trial", "ann");
        trial.lines[0].net = Cents::ZERO;
        trial.paid = Cents::ZERO;
        assert_eq!(shop.tell(&paid("evt_1", &trial)).await, "nothing:unpaid");
        let mut settles = pro_of("in_settles", "ann");
        settles.lines[0].proration = true;
        settles.paid = Cents::new(750);
        assert_eq!(
            shop.tell(&paid("evt_2", &settles)).await,
            "nothing:proration"
        );
        assert_eq!(shop.credits(&ann).await, 0);
        assert_eq!(budget(&shop).await, 750);
        let kept = shop.invoice("in_trial").await;
        assert!(
            matches!(kept.outcome, InvoiceOutcome::Nothing { reason, .. } if reason == "unpaid")
        );
        clean(&shop.engine).await;
    });
}

#[test]
fn of_many_events_of_one_invoice_at_once_one_grants() {
    let (shop, ann) = (Shop::open(), user("ann"));
    block_on(shop.engine.user(&ann)).unwrap();
    let granted: usize = thread::scope(|scope| {
        let told: Vec<_> = (0..16)
            .map(|n| {
                let shop = &shop;
                scope.spawn(move || {
                    let event = paid(&format!("evt_{}", n % 5), &pro_of("in_1", "ann"));
                    let outcome = block_on(shop.tell(&event));
                    assert!(["granted", "known"].contains(&&*outcome), "{outcome}");
                    (n < 5 && outcome == "granted") as usize
                })
            })
            .collect();
        told.into_iter().map(|told| told.join().unwrap()).sum()
    });
    assert_eq!(granted, 1, "each repetition says the same");
    block_on(async {
        assert_eq!(shop.credits(&ann).await, 150);
        assert_eq!(budget(&shop).await, 2_500);
        clean(&shop.engine).await;
    });
}

#[test]
fn numbers_that_no_ledger_holds_are_parked_and_answered() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        let mut huge = pro_of("in_huge", "ann");
        huge.lines[0].quantity = u64::MAX;
        assert_eq!(shop.tell(&paid("evt_1", &huge)).await, "parked:amount");
        let mut negative = pro_of("in_negative", "ann");
        negative.paid = Cents::new(i64::MIN);
        assert_eq!(shop.tell(&paid("evt_2", &negative)).await, "parked:amount");
        let mut most = pro_of("in_most", "ann");
        most.paid = Cents::new(1_000_000_000_000);
        assert_eq!(shop.tell(&paid("evt_3", &most)).await, "granted");
        assert_eq!(shop.credits(&ann).await, 150);
        clean(&shop.engine).await;
    });
}

#[test]
fn an_account_that_is_full_parks_the_invoice() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        let full = clawrk_core::ledger::Posting {
            account: Account::User(ann.clone()),
            delta: i64::MAX - 100,
            floor: None,
            other_account: Account::Issued("admin".to_owned()),
            reason: clawrk_core::ledger::Reason::admin("all of it"),
            job: None,
            at: clawrk_core::time::Timestamp::from_millis(0),
        };
        let other = clawrk_core::ledger::Posting {
            account: full.other_account.clone(),
            other_account: full.account.clone(),
            delta: -full.delta,
            ..full.clone()
        };
        let id = clawrk_core::id::CommitId::from_bits(77);
        let mut batch = clawrk_core::store::Batch::new(id);
        batch.postings.extend([other, full]);
        shop.store.commit(&batch).await.unwrap();

        let invoice = pro_of("in_1", "ann");
        assert_eq!(shop.tell(&paid("evt_1", &invoice)).await, "parked:amount");
        assert_eq!(budget(&shop).await, 0, "all of it waits");
        // Looking at it again changes nothing while the account is full.
        shop.clock.advance(std::time::Duration::from_secs(60));
        shop.settle().await;
        assert_eq!(budget(&shop).await, 0);
        let take = Credits::new(-1_000_000_000);
        let admin = Call::by_admin();
        shop.engine
            .grant_credits(admin, &ann, take, "too much")
            .await
            .unwrap();
        shop.clock.advance(std::time::Duration::from_secs(120));
        shop.settle().await;
        assert_eq!(budget(&shop).await, 2_500);
        clean(&shop.engine).await;
    });
}
