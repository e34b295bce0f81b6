//! What is signed is taken, once, and has no effect where it should have none.

use std::time::Duration;

use clawrk_core::Rejection;
use clawrk_core::error::Code;
use clawrk_core::money::Cents;
use clawrk_core::payments::{Mode, News, Owner, Transfer, WebhookError};
use clawrk_core::record::{Body, InvoiceOutcome, Kind, Linked};
use clawrk_core::store::Key;
use clawrk_core::time::Timestamp;
use pollster::block_on;

use super::provider::SIGNED;
use super::{Shop, completed, event, paid, pro_of};
use crate::support::{clean, user};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn what_is_not_signed_is_refused_and_leaves_nothing() {
    block_on(async {
        let shop = Shop::open();
        let body = serde_json::to_vec(&paid("evt_1", &pro_of("in_1", "ann"))).unwrap();
        let no_secret = WebhookError::NoSecret;
        let wrong = WebhookError::Signature("is wrong");
        for (signature, expected) in [("", no_secret), ("t=1,v1=00", wrong)] {
            let error = shop.engine.receive_webhook(&body, signature).await;
            let error = error.unwrap_err();
            assert_eq!(error.code(), Code::WebhookInvalid);
            assert_eq!(error.rejection(), Some(&Rejection::Webhook(expected)));
        }
        let long = serde_json::to_vec(&event(&"e".repeat(256), News::Other)).unwrap();
        let empty = serde_json::to_vec(&event("", News::Other)).unwrap();
        for body in [&b"not json"[..], b"{}", b"", &long, &empty] {
            let error = shop.engine.receive_webhook(body, SIGNED).await.unwrap_err();
            assert_eq!(error.code(), Code::WebhookInvalid);
        }
        let counts = shop.store.counts().await.unwrap();
        assert_eq!(counts.all_records(), 0);
    });
}

#[test]
fn what_is_none_of_ours_is_noted_and_has_no_effect() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.connect(&ann).await.unwrap();
        let invoice = pro_of("in_1", "ann");
        let mut foreign = invoice.clone();
        foreign.owner.store = Some("another".to_owned());
        let owner = foreign.owner.clone();
        let transfer = Transfer {
            id: "tr_1".to_owned(),
            amount: Cents::new(100),
            currency: "usd".to_owned(),
            destination: "acct_1".to_owned(),
            mode: Mode::Test,
            group: None,
            payout: None,
            store: None,
            reversed: Cents::ZERO,
            created_at: Timestamp::from_millis(0),
        };
        let unusable = || News::Unusable("`amount` is missing".to_owned());
        let (own, connected, stranger) = (None, Some("acct_1"), Some("acct_9"));
        let table = [
            (own, News::Other, "ignored:type"),
            (own, unusable(), "ignored:unusable"),
            (own, News::InvoicePaid(foreign), "ignored:foreign_store"),
            (
                own,
                News::CheckoutCompleted(owner.clone()),
                "ignored:foreign_store",
            ),
            (own, News::SubscriptionEnded(owner), "ignored:foreign_store"),
            (
                own,
                News::CheckoutCompleted(Owner::default()),
                "ignored:no_customer",
            ),
            (own, News::BankPaid, "ignored:own_bank"),
            (
                own,
                News::AccountGone("acct_9".to_owned()),
                "ignored:foreign_account",
            ),
            // A connected account sells nothing here.
            (
                connected,
                News::InvoicePaid(invoice.clone()),
                "ignored:account_type",
            ),
            (
                connected,
                completed("", Some("ann"), "cus_9").news,
                "ignored:account_type",
            ),
            (connected, News::Transfer(transfer), "ignored:account_type"),
            (connected, News::Other, "ignored:account_type"),
            (connected, unusable(), "ignored:unusable"),
            (
                stranger,
                News::InvoicePaid(invoice.clone()),
                "ignored:foreign_account",
            ),
            (
                stranger,
                News::AccountGone("acct_1".to_owned()),
                "ignored:foreign_account",
            ),
            (
                stranger,
                News::BankFailed("no".to_owned()),
                "ignored:foreign_account",
            ),
        ];
        let before = shop.store.counts().await.unwrap();
        let record = shop.user(&ann).await;
        let told = table.len() as u64 + 1;
        for (n, (account, news, expected)) in table.into_iter().enumerate() {
            let mut event = event(&format!("evt_{n}"), news);
            event.account = account.map(str::to_owned);
            assert_eq!(shop.tell(&event).await, expected, "{event:?}");
        }
        let mut live = paid("evt_live", &invoice);
        live.mode = Mode::Live;
        assert_eq!(shop.tell(&live).await, "ignored:other_mode");

        let after = shop.store.counts().await.unwrap();
        assert_eq!(after.records(Kind::Inbox), told);
        assert_eq!(after.all_records(), before.all_records() + told);
        assert_eq!(shop.user(&ann).await, record);
        assert_eq!(shop.credits(&ann).await, 0);
        clean(&shop.engine).await;
    });
}

#[test]
fn a_repeated_event_is_answered_as_before_also_when_it_says_something_else() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        let first = paid("evt_1", &pro_of("in_1", "ann"));
        assert_eq!(shop.tell(&first).await, "granted");
        assert_eq!(shop.tell(&first).await, "granted");
        let other = event("evt_1", News::Other);
        assert_eq!(shop.tell(&other).await, "granted");
        // Another event of the same invoice, as the older twin of its type is.
        let twin = paid("evt_2", &pro_of("in_1", "ann"));
        assert_eq!(shop.tell(&twin).await, "known");
        assert_eq!(shop.credits(&ann).await, 150);
        clean(&shop.engine).await;
    });
}

#[test]
fn an_event_is_forgotten_after_ninety_days_and_its_invoice_never() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        let event = paid("evt_1", &pro_of("in_1", "ann"));
        shop.tell(&event).await;
        let inbox = || shop.record(Key::Inbox("evt_1".to_owned()));
        shop.clock.advance(90 * DAY - Duration::from_millis(1));
        shop.settle().await;
        assert!(inbox().await.is_some());
        shop.clock.advance(Duration::from_millis(1));
        shop.settle().await;
        assert!(inbox().await.is_none());
        shop.clock.advance(1_000 * DAY);
        assert_eq!(shop.tell(&event).await, "known");
        assert_eq!(shop.credits(&ann).await, 150);
        clean(&shop.engine).await;
    });
}

#[test]
fn a_completed_checkout_links_and_grants_nothing() {
    block_on(async {
        let (shop, ann, bob) = (Shop::open(), user("ann"), user("bob"));
        for user in [&ann, &bob] {
            shop.engine.user(user).await.unwrap();
        }
        let table = [
            ("evt_1", Some("ann"), "cus_7", "linked"),
            ("evt_2", None, "cus_7", "linked"),
            ("evt_3", Some("ann"), "cus_8", "linked"),
            ("evt_4", Some("bob"), "cus_7", "ignored:customer_of_another"),
            ("evt_5", None, "cus_9", "ignored:no_user"),
            ("evt_6", Some("\u{7}"), "cus_9", "ignored:no_user"),
            ("evt_7", Some("carol"), "cus_9", "linked"),
            (
                "evt_10",
                Some("ann"),
                "cus_9",
                "ignored:customer_of_another",
            ),
        ];
        for (id, user, customer, expected) in table {
            assert_eq!(
                shop.tell(&completed(id, user, customer)).await,
                expected,
                "{id}"
            );
        }
        assert_eq!(
            shop.link(Linked::Customer, "cus_7").await,
            Some(ann.clone())
        );
        assert_eq!(
            shop.link(Linked::Customer, "cus_8").await,
            Some(ann.clone())
        );
        let carol = Some(user("carol"));
        assert_eq!(shop.link(Linked::Customer, "cus_9").await, carol);
        let known = shop.user(&ann).await.customer;
        assert_eq!(known, None, "anybody could have said so");
        let store = shop.record(Key::Meta).await.map(|record| record.body);
        let Some(Body::Meta(meta)) = store else {
            panic!("{store:?}");
        };
        for (id, customer) in [("evt_8", "cus_10"), ("evt_9", "cus_11")] {
            let owner = Owner {
                user: Some("ann".to_owned()),
                customer: Some(customer.to_owned()),
                store: Some(meta.commit.to_string()),
                tier: None,
            };
            let event = event(id, News::CheckoutCompleted(owner));
            assert_eq!(shop.tell(&event).await, "linked");
        }
        let known = shop.user(&ann).await.customer;
        assert_eq!(
            known.as_deref(),
            Some("cus_10"),
            "the first one of a checkout made here is bought as"
        );
        assert_eq!(shop.credits(&ann).await, 0);
        clean(&shop.engine).await;
    });
}

#[test]
fn a_bank_s_last_word_counts_whenever_it_comes() {
    let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
    let failed = |why: &str| News::BankFailed(why.to_owned());
    // (second, news), in the order of what happened; a failure wins over a success of its second.
    let happened = [
        (1, failed("closed")),
        (2, News::BankPaid),
        (3, failed("no such account")),
        (4, News::BankPaid),
        (4, failed("frozen")),
    ];
    for start in 0..happened.len() {
        for step in [1, 2, 3, 4] {
            let order = (0..happened.len()).map(|n| (start + n * step) % happened.len());
            block_on(async {
                let (shop, bob) = (Shop::open(), user("bob"));
                shop.engine.connect(&bob).await.unwrap();
                for (n, place) in order.enumerate() {
                    let (second, news) = happened[place].clone();
                    let mut event = event(&format!("evt_{n}"), news);
                    event.account = Some("acct_1".to_owned());
                    event.created_at = at(second);
                    assert_eq!(shop.tell(&event).await, "bank");
                }
                let seen = shop.engine.user(&bob).await.unwrap();
                assert_eq!(seen.bank_problem.as_deref(), Some("frozen"));
                let mut paid = event("evt_paid", News::BankPaid);
                paid.account = Some("acct_1".to_owned());
                paid.created_at = at(5);
                shop.tell(&paid).await;
                let seen = shop.engine.user(&bob).await.unwrap();
                assert_eq!(seen.bank_problem, None);
            });
        }
    }
}

#[test]
fn the_note_of_an_event_says_what_it_was_about() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        shop.tell(&paid("evt_1", &pro_of("in_1", "ann"))).await;
        shop.tell(&completed("evt_2", Some("ann"), "cus_1")).await;
        shop.tell(&event("evt_3", News::Other)).await;
        let about = async |event: &str| {
            let found = shop.record(Key::Inbox(event.to_owned())).await.unwrap();
            match found.body {
                Body::Inbox(inbox) => inbox.about,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(about("evt_1").await.as_deref(), Some("in_1"));
        assert_eq!(about("evt_2").await.as_deref(), Some("cus_1"));
        assert_eq!(about("evt_3").await, None);
        let outcome = shop.invoice("in_1").await.outcome;
        assert!(matches!(outcome, InvoiceOutcome::Granted { user, .. } if user == ann));
    });
}

#[test]
fn who_is_linked_before_their_first_request_gets_what_they_paid_for() {
    block_on(async {
        let (shop, carol) = (Shop::open(), user("carol"));
        shop.tell(&completed("evt_1", Some("carol"), "cus_9")).await;
        shop.tell(&paid("evt_2", &super::pro("in_1", "cus_9")))
            .await;
        let audit = shop.engine.audit().await.unwrap();
        assert!(audit.ok(), "{:#?}", audit.violations);
        shop.engine.user(&carol).await.unwrap();
        shop.clock.advance(Duration::from_secs(6 * 60 * 60));
        shop.settle().await;
        assert_eq!(shop.credits(&carol).await, 150);
    });
}

#[test]
fn an_event_that_could_not_be_read_is_taken_when_it_can_be() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        let why = "`amount_paid` is missing".to_owned();
        let unreadable = event("evt_1", News::Unusable(why));
        let readable = paid("evt_1", &pro_of("in_1", "ann"));
        for (told, outcome) in [
            (&unreadable, "ignored:unusable"),
            (&unreadable, "ignored:unusable"),
            (&readable, "granted"),
            (&readable, "granted"),
            (&unreadable, "granted"),
        ] {
            assert_eq!(shop.tell(told).await, outcome);
        }
        assert_eq!(shop.credits(&ann).await, 150);
    });
}
