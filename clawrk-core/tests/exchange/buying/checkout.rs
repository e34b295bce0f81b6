//! A customer is made once, whatever happens on the way.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use clawrk_core::Engine;
use clawrk_core::Rejection;
use clawrk_core::error::Code;
use clawrk_core::payments::Failure;
use clawrk_core::record::{Body, Kind, Linked};
use clawrk_core::store::Key;
use clawrk_core::store::memory::MemoryStore;
use pollster::block_on;

use super::provider::{Fault, declined};
use super::{Shop, sells};
use crate::support::{ManualClock, clean, user};

#[test]
fn the_customer_is_made_and_linked_before_the_page() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        let url = shop.engine.checkout(&ann, "pro").await.unwrap();
        assert_eq!(url, "https://pay.example/1");
        assert_eq!(
            shop.provider.asked(),
            ["create_customer cus:ann:1", "create_checkout cus_1"]
        );
        let page = shop.provider.checkouts().remove(0);
        assert_eq!((page.user, page.tier.as_str()), (ann.clone(), "pro"));
        assert_eq!(page.price, "price_pro", "the first price is sold");
        assert_eq!(page.success_url, "https://clawrk.example/checkout/success");
        assert_eq!(page.cancel_url, "https://clawrk.example/checkout/cancel");
        let Some(Body::Meta(meta)) = shop.record(Key::Meta).await.map(|record| record.body) else {
            panic!("the store has an id by now");
        };
        assert_eq!(page.store, meta.commit.to_string());
        assert_eq!(
            shop.link(Linked::Customer, "cus_1").await,
            Some(ann.clone())
        );
        let seen = shop.engine.user(&ann).await.unwrap();
        assert_eq!(seen.customer_id.as_deref(), Some("cus_1"));

        shop.engine.checkout(&ann, "starter").await.unwrap();
        assert_eq!(shop.provider.asked(), ["create_checkout cus_1"]);
        clean(&shop.engine).await;
    });
}

#[test]
fn a_plan_that_is_none_or_has_no_price_is_refused_before_anybody_is_asked() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        for tier in ["gold", "", "Pro", "pro\0"] {
            let error = shop.engine.checkout(&ann, tier).await.unwrap_err();
            assert_eq!(error.code(), Code::InvalidRequest, "{tier:?}");
            let text = error.to_string();
            let says = "`tier` names no plan; choose one of: starter, pro, team";
            assert_eq!(text, says);
        }
        let error = shop.engine.checkout(&ann, "team").await.unwrap_err();
        let expected = Rejection::TierNotConfigured("team".to_owned());
        assert_eq!(error.rejection(), Some(&expected));
        assert_eq!(shop.provider.asked(), [""; 0]);

        let bare = Engine::builder(Arc::new(MemoryStore::new()), ManualClock::new())
            .policy(sells())
            .build();
        let error = bare.checkout(&ann, "gold").await.unwrap_err();
        assert_eq!(error.code(), Code::NotConfigured);
        let error = bare.receive_webhook(b"", "").await.unwrap_err();
        assert_eq!(error.code(), Code::NotConfigured);
    });
}

#[test]
fn a_lost_answer_leads_to_the_same_customer() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        let faults = [
            Fault::Lost,
            Fault::Fails(Failure::NotSent),
            Fault::Fails(Failure::NotBegun { retry_after: None }),
            Fault::Fails(Failure::Unauthorized),
            Fault::Fails(declined("odd")),
        ];
        for fault in faults {
            shop.provider.fault("create_customer", fault.clone());
            let error = shop.engine.checkout(&ann, "pro").await.unwrap_err();
            assert_eq!(error.code(), Code::PaymentsUnavailable, "{fault:?}");
            let record = shop.user(&ann).await;
            assert_eq!((record.customers, record.customer), (1, None), "{fault:?}");
        }
        shop.engine.checkout(&ann, "pro").await.unwrap();
        let asked = shop.provider.asked();
        let (last, before) = asked.split_last().unwrap();
        assert!(
            before
                .iter()
                .all(|call| call == "create_customer cus:ann:1")
        );
        assert_eq!(last, "create_checkout cus_1");
        clean(&shop.engine).await;
    });
}

#[test]
fn a_page_that_cannot_be_had_keeps_the_customer() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        for fault in [
            Fault::Lost,
            Fault::Fails(declined("price_inactive")),
            Fault::Fails(Failure::NotFound),
        ] {
            shop.provider.fault("create_checkout", fault);
            let error = shop.engine.checkout(&ann, "pro").await.unwrap_err();
            assert_eq!(error.code(), Code::PaymentsUnavailable);
        }
        shop.engine.checkout(&ann, "pro").await.unwrap();
        let made = shop.provider.asked();
        let made = made
            .iter()
            .filter(|call| call.starts_with("create_customer"));
        assert_eq!(made.count(), 1);
    });
}

#[test]
fn a_customer_that_was_deleted_gives_way_to_the_next_and_stays_linked() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.checkout(&ann, "pro").await.unwrap();
        shop.provider.forgets("cus_1");
        shop.provider.asked();
        shop.engine.checkout(&ann, "pro").await.unwrap();
        assert_eq!(
            shop.provider.asked(),
            [
                "create_checkout cus_1",
                "customer cus_1",
                "create_customer cus:ann:2",
                "create_checkout cus_2"
            ]
        );
        for customer in ["cus_1", "cus_2"] {
            assert_eq!(
                shop.link(Linked::Customer, customer).await,
                Some(ann.clone())
            );
        }
        clean(&shop.engine).await;
    });
}

#[test]
fn a_key_that_stands_for_another_request_is_left_alone() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        for _ in 0..2 {
            let fault = Fault::Fails(Failure::KeyReused);
            shop.provider.fault("create_customer", fault);
        }
        shop.engine.checkout(&ann, "pro").await.unwrap();
        let asked = shop.provider.asked();
        assert_eq!(asked[2], "create_customer cus:ann:3");
        assert_eq!(shop.user(&ann).await.customers, 3);
    });
}

#[test]
fn one_customer_never_belongs_to_two_users() {
    block_on(async {
        let (shop, ann, bob) = (Shop::open(), user("ann"), user("bob"));
        shop.engine.checkout(&ann, "pro").await.unwrap();
        shop.provider.gives("cus:bob:1", "cus_1");
        let error = shop.engine.checkout(&bob, "pro").await.unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        assert!(error.to_string().contains("cus_1"), "{error}");
        assert_eq!(shop.link(Linked::Customer, "cus_1").await, Some(ann));
        assert_eq!(shop.user(&bob).await.customer, None);
        clean(&shop.engine).await;
    });
}

#[test]
fn a_provider_that_never_answers_is_not_waited_for() {
    let (shop, ann) = (Shop::open(), user("ann"));
    for call in ["create_customer", "create_checkout"] {
        shop.provider.fault(call, Fault::Hangs);
        let mut waiting = pin!(shop.engine.checkout(&ann, "pro"));
        let mut context = Context::from_waker(Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending(), "{call}");
        shop.clock.advance(Duration::from_secs(29));
        assert!(waiting.as_mut().poll(&mut context).is_pending(), "{call}");
        shop.clock.advance(Duration::from_secs(1));
        match waiting.as_mut().poll(&mut context) {
            Poll::Ready(Err(error)) => assert_eq!(error.code(), Code::PaymentsUnavailable),
            other => panic!("{call}: {other:?}"),
        }
    }
    block_on(shop.engine.checkout(&ann, "pro")).unwrap();
}

#[test]
fn many_at_once_share_one_customer() {
    let (shop, ann) = (Shop::open(), user("ann"));
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| block_on(shop.engine.checkout(&ann, "pro")).unwrap());
        }
    });
    let pages = shop.provider.checkouts();
    assert_eq!(pages.len(), 16);
    assert!(pages.iter().all(|page| page.customer == "cus_1"));
    assert_eq!(shop.provider.checkouts().len(), 16);
    block_on(async {
        let links = shop.store.counts().await.unwrap().records(Kind::Link);
        assert_eq!(links, 1);
        clean(&shop.engine).await;
    });
}
