//! An account is made once, and is what the provider says it is.

use std::thread;
use std::time::Duration;

use clawrk_core::engine::ConnectStatus;
use clawrk_core::error::{Code, Error};
use clawrk_core::payments::{Failure, News};
use clawrk_core::record::{AccountStatus, Kind, Linked};
use pollster::block_on;

use super::provider::Fault;
use super::{Shop, event};
use crate::support::{clean, user};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The token of the page that was made last.
fn token(shop: &Shop) -> String {
    let link = shop.provider.links().pop().unwrap();
    let (url, token) = link.refresh_url.split_once("?t=").unwrap();
    assert_eq!(url, "https://clawrk.example/connect/refresh");
    assert_eq!(link.return_url, "https://clawrk.example/connect/return");
    token.to_owned()
}

fn refused(error: &Error, why: &str) {
    assert_eq!(error.code(), Code::InvalidRequest);
    let says = format!("`t` {why}; ask for a new link by connecting again");
    assert_eq!(error.to_string(), says);
}

#[test]
fn the_account_is_made_and_linked_once_and_each_call_gives_a_page() {
    block_on(async {
        let (shop, bob) = (Shop::open(), user("bob"));
        let status = shop.engine.connect_status(&bob).await.unwrap();
        assert_eq!(status, ConnectStatus::NotConnected);
        shop.provider.fault("create_account", Fault::Lost);
        let error = shop.engine.connect(&bob).await.unwrap_err();
        assert_eq!(error.code(), Code::PaymentsUnavailable);
        assert_eq!(shop.user(&bob).await.accounts, 1);
        for page in 1..=2 {
            let url = shop.engine.connect(&bob).await.unwrap();
            assert_eq!(url, format!("https://connect.example/{page}"));
        }
        assert_eq!(
            shop.provider.asked(),
            [
                "create_account acct:bob:1",
                "create_account acct:bob:1",
                "create_link acct_1",
                "create_link acct_1"
            ]
        );
        assert_eq!(
            shop.link(Linked::Account, "acct_1").await,
            Some(bob.clone())
        );
        let seen = shop.engine.user(&bob).await.unwrap();
        assert_eq!(seen.account_id.as_deref(), Some("acct_1"));
        assert_eq!(seen.account_status.as_deref(), Some("pending"));
        clean(&shop.engine).await;
    });
}

#[test]
fn many_at_once_share_one_account() {
    let (shop, bob) = (Shop::open(), user("bob"));
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| block_on(shop.engine.connect(&bob)).unwrap());
        }
    });
    assert!(
        shop.provider
            .links()
            .iter()
            .all(|link| link.account == "acct_1")
    );
    let counts = block_on(shop.store.counts()).unwrap();
    assert_eq!(counts.records(Kind::Link), 1);
    block_on(clean(&shop.engine));
}

#[test]
fn the_status_is_what_the_provider_says_and_is_stored() {
    block_on(async {
        let (shop, bob) = (Shop::open(), user("bob"));
        shop.engine.connect(&bob).await.unwrap();
        let table = [
            (false, false, ConnectStatus::Pending),
            (true, false, ConnectStatus::Pending),
            (false, true, ConnectStatus::Pending),
            (true, true, ConnectStatus::Active),
            (true, false, ConnectStatus::Pending),
        ];
        for (can_receive, can_pay_out, expected) in table {
            shop.provider.change_account("acct_1", |account| {
                account.can_receive = can_receive;
                account.can_pay_out = can_pay_out;
            });
            let status = shop.engine.connect_status(&bob).await.unwrap();
            assert_eq!(status, expected, "{can_receive} {can_pay_out}");
            let stored = shop.user(&bob).await.account.unwrap();
            assert_eq!(stored.status.as_str(), expected.as_str());
            assert_eq!(stored.can_receive, can_receive);
        }
        shop.provider
            .fault("account", Fault::Fails(Failure::Unknown));
        let error = shop.engine.connect_status(&bob).await.unwrap_err();
        assert_eq!(error.code(), Code::PaymentsUnavailable);
        let stored = shop.user(&bob).await.account.unwrap();
        assert_eq!(
            stored.status,
            AccountStatus::Pending,
            "nothing is known, nothing changes"
        );
    });
}

#[test]
fn an_account_that_is_gone_is_kept_in_mind_and_the_next_is_made_under_a_new_key() {
    block_on(async {
        let (shop, bob) = (Shop::open(), user("bob"));
        shop.engine.connect(&bob).await.unwrap();
        let stale = token(&shop);
        shop.provider
            .change_account("acct_1", |account| account.gone = true);
        let status = shop.engine.connect_status(&bob).await.unwrap();
        assert_eq!(status, ConnectStatus::NotConnected);
        let record = shop.user(&bob).await;
        assert_eq!((record.account, record.accounts), (None, 2));
        assert_eq!(record.earlier_accounts[0].id, "acct_1");
        let error = shop.engine.refresh_connect(&stale).await.unwrap_err();
        refused(&error, "is for an account that is gone");

        shop.provider.asked();
        shop.engine.connect(&bob).await.unwrap();
        assert_eq!(shop.provider.asked()[0], "create_account acct:bob:2");
        // The same is found out by the page that cannot be made.
        shop.provider
            .change_account("acct_2", |account| account.gone = true);
        shop.engine.connect(&bob).await.unwrap();
        assert_eq!(
            shop.provider.asked(),
            [
                "create_link acct_2",
                "account acct_2",
                "create_account acct:bob:3",
                "create_link acct_3"
            ]
        );
        let earlier = shop.user(&bob).await.earlier_accounts;
        let earlier: Vec<_> = earlier.iter().map(|account| account.id.as_str()).collect();
        assert_eq!(earlier, ["acct_1", "acct_2"]);
        for account in ["acct_1", "acct_2", "acct_3"] {
            assert_eq!(shop.link(Linked::Account, account).await, Some(bob.clone()));
        }
        clean(&shop.engine).await;
    });
}

#[test]
fn a_token_gives_fresh_pages_for_seven_days() {
    block_on(async {
        let (shop, bob) = (Shop::open(), user("bob|ünïcode"));
        shop.engine.connect(&bob).await.unwrap();
        let first = token(&shop);
        shop.clock.advance(6 * DAY);
        let url = shop.engine.refresh_connect(&first).await.unwrap();
        assert_eq!(url, "https://connect.example/2");
        let second = token(&shop);
        assert_eq!(
            second, first,
            "a fresh page does not last longer than the first"
        );
        shop.clock.advance(DAY - Duration::from_millis(1));
        shop.engine.refresh_connect(&second).await.unwrap();
        shop.clock.advance(Duration::from_millis(1));
        let error = shop.engine.refresh_connect(&first).await.unwrap_err();
        refused(&error, "has expired");
        shop.engine.connect(&bob).await.unwrap();
        assert!(token(&shop) != first);
        shop.engine.refresh_connect(&token(&shop)).await.unwrap();
    });
}

#[test]
fn a_forged_token_asks_nobody() {
    block_on(async {
        let (shop, other) = (Shop::open(), Shop::open());
        let error = shop.engine.refresh_connect("00").await.unwrap_err();
        refused(&error, "was not given out here");
        for shop in [&shop, &other] {
            shop.engine.connect(&user("bob")).await.unwrap();
            shop.provider.asked();
        }
        let (ours, theirs) = (token(&shop), token(&other));
        let mut forged = vec![theirs, String::new(), "é".to_owned(), format!("{ours}0")];
        for at in 0..ours.len() {
            let mut bytes = ours.clone().into_bytes();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            forged.push(String::from_utf8(bytes).unwrap());
        }
        for token in forged {
            let error = shop.engine.refresh_connect(&token).await.unwrap_err();
            refused(&error, "was not given out here");
        }
        assert_eq!(shop.provider.asked(), [""; 0]);
        shop.engine.refresh_connect(&ours).await.unwrap();
    });
}

#[test]
fn news_of_an_account_make_tick_ask_whatever_they_say_and_in_whatever_order() {
    block_on(async {
        let (shop, bob) = (Shop::open(), user("bob"));
        shop.engine.connect(&bob).await.unwrap();
        let account = |active| clawrk_core::payments::ConnectedAccount {
            id: "acct_1".to_owned(),
            can_receive: active,
            can_pay_out: active,
            gone: false,
        };
        shop.provider
            .change_account("acct_1", |it| *it = account(true));
        shop.provider.asked();
        for (n, active) in [true, false, true, false].into_iter().enumerate() {
            let mut news = event(&format!("evt_{n}"), News::Account(account(active)));
            news.account = Some("acct_1".to_owned());
            assert_eq!(shop.tell(&news).await, "look");
        }
        assert_eq!(
            shop.provider.asked(),
            [""; 0],
            "no provider is asked in a webhook"
        );
        shop.settle().await;
        assert_eq!(
            shop.provider.asked(),
            ["account acct_1"],
            "once for all of them"
        );
        let stored = shop.user(&bob).await.account.unwrap();
        assert_eq!((stored.status, stored.look), (AccountStatus::Active, None));

        let mut gone = event("evt_gone", News::AccountGone("acct_1".to_owned()));
        gone.account = Some("acct_1".to_owned());
        assert_eq!(shop.tell(&gone).await, "look");
        shop.settle().await;
        assert!(
            shop.user(&bob).await.account.is_some(),
            "it is not gone at all"
        );
        gone.id = "evt_gone_2".to_owned();
        shop.provider
            .change_account("acct_1", |account| account.gone = true);
        assert_eq!(shop.tell(&gone).await, "look");
        shop.settle().await;
        assert!(shop.user(&bob).await.account.is_none());
        gone.id = "evt_gone_3".to_owned();
        assert_eq!(shop.tell(&gone).await, "ignored:earlier_account");
        clean(&shop.engine).await;
    });
}

#[test]
fn a_look_that_fails_is_taken_again_later_and_later() {
    block_on(async {
        let (shop, bob) = (Shop::open(), user("bob"));
        shop.engine.connect(&bob).await.unwrap();
        let mut news = event("evt_1", News::AccountGone("acct_1".to_owned()));
        news.account = Some("acct_1".to_owned());
        shop.tell(&news).await;
        for minutes in [1, 2, 4, 8] {
            shop.provider
                .fault("account", Fault::Fails(Failure::NotSent));
            shop.provider.asked();
            shop.settle().await;
            assert_eq!(shop.provider.asked(), ["account acct_1"]);
            shop.clock.advance(Duration::from_secs(60 * minutes - 1));
            shop.settle().await;
            assert_eq!(
                shop.provider.asked(),
                [""; 0],
                "not before {minutes} minutes"
            );
            shop.clock.advance(Duration::from_secs(1));
        }
        shop.settle().await;
        assert_eq!(shop.provider.asked(), ["account acct_1"]);
        let look = shop.user(&bob).await.account.unwrap().look;
        assert_eq!(
            look.map(|look| look.tries),
            Some(5),
            "nobody can be paid there yet"
        );
        shop.provider
            .change_account("acct_1", |account| account.can_receive = true);
        shop.clock.advance(Duration::from_secs(16 * 60));
        shop.settle().await;
        assert_eq!(shop.provider.asked(), ["account acct_1"]);
        assert_eq!(shop.user(&bob).await.account.unwrap().look, None);
    });
}
