//! An invoice that cannot be settled waits, and is not lost.

use std::time::Duration;

use clawrk_core::payments::{Failure, Invoice, Owner};
use clawrk_core::record::InvoiceOutcome;
use pollster::block_on;

use super::provider::Fault;
use super::{Shop, completed, line, paid, pro, pro_of};
use crate::support::{clean, user};

const MINUTE: Duration = Duration::from_secs(60);

/// How often a parked invoice was looked at, and what it waits for.
async fn waits(shop: &Shop, id: &str) -> (u32, String) {
    match shop.invoice(id).await.outcome {
        InvoiceOutcome::Parked { missing, looks } => {
            let word = missing.split(':').next().unwrap().to_owned();
            (looks, word)
        }
        other => panic!("{other:?}"),
    }
}

fn owner(user: Option<&str>, tier: Option<&str>) -> Owner {
    Owner {
        user: user.map(str::to_owned),
        tier: tier.map(str::to_owned),
        ..Owner::default()
    }
}

#[test]
fn the_invoice_of_an_unknown_customer_is_granted_when_the_link_comes() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        for n in 0..3 {
            let invoice = pro(&format!("in_{n}"), "cus_7");
            assert_eq!(
                shop.tell(&paid(&format!("evt_{n}"), &invoice)).await,
                "parked:user"
            );
        }
        let other = pro("in_other", "cus_8");
        assert_eq!(shop.tell(&paid("evt_other", &other)).await, "parked:user");
        assert_eq!(shop.credits(&ann).await, 0);
        let linked = completed("evt_link", Some("ann"), "cus_7");
        assert_eq!(shop.tell(&linked).await, "linked");
        assert_eq!(
            shop.credits(&ann).await,
            450,
            "at once, and nobody was asked"
        );
        assert_eq!(shop.provider.asked(), [""; 0]);
        assert_eq!(waits(&shop, "in_other").await.1, "user");
        // The event of it still says what it said.
        assert_eq!(
            shop.tell(&paid("evt_0", &pro("in_0", "cus_7"))).await,
            "parked:user"
        );
        clean(&shop.engine).await;
    });
}

#[test]
fn the_subscription_says_whose_it_is_and_then_the_customer() {
    block_on(async {
        let (shop, ann, bob) = (Shop::open(), user("ann"), user("bob"));
        for user in [&ann, &bob] {
            shop.engine.user(user).await.unwrap();
        }
        shop.provider.knows("sub_1", owner(Some("ann"), None));
        shop.tell(&paid("evt_1", &pro("in_1", "cus_7"))).await;
        shop.clock.advance(MINUTE);
        shop.settle().await;
        assert_eq!(shop.provider.asked(), ["subscription sub_1"]);
        assert_eq!(shop.credits(&ann).await, 150);

        let mut of_bob = pro("in_2", "cus_8");
        of_bob.subscription = Some("sub_2".to_owned());
        shop.provider.knows("cus_8", owner(Some("bob"), None));
        shop.tell(&paid("evt_2", &of_bob)).await;
        shop.clock.advance(MINUTE);
        shop.settle().await;
        assert_eq!(
            shop.provider.asked(),
            ["subscription sub_2", "customer cus_8"]
        );
        assert_eq!(shop.credits(&bob).await, 150);
        clean(&shop.engine).await;
    });
}

#[test]
fn what_belongs_to_another_exchange_is_found_out_and_grants_nothing() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        let mut foreign = owner(Some("ann"), Some("pro"));
        foreign.store = Some("another".to_owned());
        shop.provider.knows("sub_1", foreign);
        shop.tell(&paid("evt_1", &pro("in_1", "cus_7"))).await;
        shop.clock.advance(MINUTE);
        shop.settle().await;
        let outcome = shop.invoice("in_1").await.outcome;
        assert!(
            matches!(&outcome, InvoiceOutcome::Nothing { reason, .. } if reason == "foreign_store"),
            "{outcome:?}"
        );
        assert_eq!(shop.credits(&ann).await, 0);
        clean(&shop.engine).await;
    });
}

#[test]
fn an_unknown_price_is_looked_up_in_the_subscription() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        let mut strange = pro_of("in_1", "ann");
        strange.lines = vec![line("price_of_last_year", 2_000)];
        assert_eq!(shop.tell(&paid("evt_1", &strange)).await, "parked:plan");
        shop.clock.advance(MINUTE);
        shop.settle().await;
        assert_eq!(waits(&shop, "in_1").await, (1, "plan".to_owned()));
        shop.provider.knows("sub_1", owner(None, Some("pro")));
        shop.clock.advance(2 * MINUTE);
        shop.settle().await;
        assert_eq!(shop.credits(&ann).await, 150);
        clean(&shop.engine).await;
    });
}

#[test]
fn lines_that_did_not_come_along_are_paged_in() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        let prices = ["price_setup", "price_a", "price_b", "price_c", "price_pro"];
        let lines: Vec<_> = prices.map(|price| line(price, 100)).into();
        let mut long = pro_of("in_1", "ann");
        long.lines = lines[..1].to_vec();
        long.more_lines = true;
        shop.provider.has_lines("in_1", lines.clone());
        let mut bare = Invoice {
            id: "in_2".to_owned(),
            ..long.clone()
        };
        bare.lines = Vec::new();
        shop.provider.has_lines("in_2", lines);
        assert_eq!(shop.tell(&paid("evt_1", &long)).await, "parked:lines");
        assert_eq!(shop.tell(&paid("evt_2", &bare)).await, "parked:lines");
        shop.clock.advance(MINUTE);
        shop.provider
            .fault("invoice_lines", Fault::Fails(Failure::Unknown));
        shop.settle().await;
        assert_eq!(shop.credits(&ann).await, 150, "the one that could be read");
        shop.clock.advance(2 * MINUTE);
        shop.settle().await;
        assert_eq!(shop.credits(&ann).await, 300);
        let asked = shop.provider.asked();
        assert!(
            asked.contains(&"invoice_lines in_1 il_price_setup".to_owned()),
            "{asked:?}"
        );
        assert!(
            asked.contains(&"invoice_lines in_2 -".to_owned()),
            "{asked:?}"
        );
        assert_eq!(shop.invoice("in_1").await.invoice.lines.len(), 5);
        clean(&shop.engine).await;
    });
}

#[test]
fn the_waits_grow_to_six_hours_and_end_after_four_hundred_looks() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        let mut euros = pro_of("in_1", "ann");
        euros.currency = "eur".to_owned();
        assert_eq!(shop.tell(&paid("evt_1", &euros)).await, "parked:currency");
        let mut minutes = 1;
        for look in 1..=400 {
            shop.clock
                .advance(MINUTE * minutes - Duration::from_millis(1));
            shop.settle().await;
            assert_eq!(
                waits(&shop, "in_1").await.0,
                look - 1,
                "not before {minutes} min"
            );
            shop.clock.advance(Duration::from_millis(1));
            shop.settle().await;
            assert_eq!(waits(&shop, "in_1").await.0, look);
            minutes = (2 * minutes).min(360);
        }
        assert_eq!(shop.invoice("in_1").await.due_at, None);
        assert_eq!(
            shop.provider.asked(),
            [""; 0],
            "who knows the answer needs not ask"
        );
        shop.engine.user(&ann).await.unwrap();
        assert_eq!(shop.credits(&ann).await, 0);
        clean(&shop.engine).await;
    });
}

#[test]
fn a_user_who_comes_later_gets_what_was_paid_before() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        assert_eq!(
            shop.tell(&paid("evt_1", &pro_of("in_1", "ann"))).await,
            "parked:user"
        );
        shop.clock.advance(MINUTE);
        shop.settle().await;
        shop.engine.user(&ann).await.unwrap();
        shop.clock.advance(2 * MINUTE);
        shop.settle().await;
        assert_eq!(shop.credits(&ann).await, 150);
        assert_eq!(shop.provider.asked(), [""; 0], "it is known who it is");
        clean(&shop.engine).await;
    });
}

#[test]
fn a_provider_that_fails_stops_the_round_and_loses_nothing() {
    block_on(async {
        let (shop, ann) = (Shop::open(), user("ann"));
        shop.engine.user(&ann).await.unwrap();
        shop.provider.knows("sub_1", owner(Some("ann"), None));
        for n in 0..5 {
            let invoice = pro(&format!("in_{n}"), "cus_7");
            shop.tell(&paid(&format!("evt_{n}"), &invoice)).await;
        }
        shop.clock.advance(MINUTE);
        shop.provider
            .fault("subscription", Fault::Fails(Failure::NotSent));
        let progress = shop.engine.tick(100).await.unwrap();
        assert_eq!(shop.provider.asked().len(), 1, "one call, not five");
        assert!(progress.next.is_some());
        shop.settle().await;
        assert_eq!(shop.credits(&ann).await, 600);
        shop.clock.advance(2 * MINUTE);
        shop.settle().await;
        assert_eq!(shop.credits(&ann).await, 750);
        clean(&shop.engine).await;
    });
}
