//! What is made of answers.

use std::time::Duration;

use clawrk_core::money::Cents;
use clawrk_core::payments::{
    ConnectedAccount, DeclineClass, Failure, Mode, Owner, Payments, PaymentsError, Transfer,
    Transfers,
};
use clawrk_core::time::Timestamp;
use serde_json::{Value, json};

use crate::objects::{attempt, error, list, transfer};
use crate::peer::{Act, Peer, answer, json};

const WRONG: &str = "invalid_request_error";

/// What sending a transfer gives, when that is the answer. Checks that it was sent once.
async fn sent(act: Act) -> Result<Transfer, PaymentsError> {
    let peer = Peer::start(vec![act]);
    let done = peer.stripe().send_transfer(&attempt("amount=100")).await;
    assert_eq!(peer.rest().1, 1, "it was sent more than once");
    done
}

async fn found_account(act: Act) -> Result<ConnectedAccount, PaymentsError> {
    Peer::start(vec![act]).stripe().account("acct_1").await
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

#[tokio::test]
async fn a_transfer_in_todays_and_in_other_shapes() {
    let expected = Transfer {
        id: "tr_1".to_owned(),
        amount: Cents::new(100),
        currency: "usd".to_owned(),
        destination: "acct_1".to_owned(),
        mode: Mode::Test,
        group: Some("job_1".to_owned()),
        payout: Some("po_job_1".to_owned()),
        store: Some("st_1".to_owned()),
        reversed: Cents::ZERO,
        created_at: Timestamp::from_millis(1_790_000_000_000),
    };
    let today = || transfer("tr_1");
    let expanded = json!({"object": "account", "id": "acct_1", "type": "express"});
    for shape in [
        today(),
        with(today(), "destination", expanded),
        with(today(), "currency", json!("USD")),
        without(today(), "amount_reversed"),
    ] {
        assert_eq!(sent(json(200, &shape)).await.unwrap(), expected, "{shape}");
    }
    let bare = with(without(today(), "transfer_group"), "metadata", Value::Null);
    let bare = with(bare, "destination", Value::Null);
    let read = sent(json(201, &bare)).await.unwrap();
    assert_eq!((read.group, read.payout, read.store), (None, None, None));
    assert_eq!(read.destination, "");
    let live = with(
        with(today(), "livemode", json!(true)),
        "amount_reversed",
        json!(40),
    );
    let read = sent(json(200, &live)).await.unwrap();
    assert_eq!((read.mode, read.reversed), (Mode::Live, Cents::new(40)));
}

#[tokio::test]
async fn a_success_that_is_no_transfer_is_unknown() {
    let today = || transfer("tr_1");
    let mut shapes = vec![
        json!({}),
        json!([]),
        json!("tr_1"),
        error(WRONG, "balance_insufficient", "no"),
        with(today(), "object", json!("payout")),
        with(today(), "amount", json!("100")),
        with(today(), "amount", json!(100.5)),
        with(today(), "amount", json!(1e30)),
        with(today(), "amount_reversed", json!(-0.5)),
        with(today(), "livemode", json!("false")),
        with(today(), "created", json!("yesterday")),
        with(today(), "id", json!(7)),
    ];
    for name in ["id", "object", "amount", "currency", "livemode", "created"] {
        shapes.push(without(today(), name));
        shapes.push(with(today(), name, Value::Null));
    }
    for shape in shapes {
        let error = sent(json(200, &shape)).await.unwrap_err();
        assert_eq!(error.failure, Failure::Unknown, "{shape}");
    }
    for body in ["", "null", "<html>", "{\"id\": \"tr_1\"", "\u{feff}{}"] {
        let error = sent(Act::Answer(answer(200, &[], body.as_bytes())))
            .await
            .unwrap_err();
        assert_eq!(error.failure, Failure::Unknown, "{body}");
    }
    let nested = "[".repeat(100_000);
    let error = sent(Act::Answer(answer(200, &[], nested.as_bytes())))
        .await
        .unwrap_err();
    assert_eq!(error.failure, Failure::Unknown);
}

#[tokio::test]
async fn an_error_of_stripe_is_what_the_table_says() {
    let declined = |class, code: &str| Failure::Declined {
        class,
        code: code.to_owned(),
    };
    let busy = Failure::NotBegun { retry_after: None };
    for (status, code, expected) in [
        (
            400,
            "parameter_invalid_integer",
            declined(DeclineClass::Person, "parameter_invalid_integer"),
        ),
        (
            402,
            "balance_insufficient",
            declined(DeclineClass::Platform, "balance_insufficient"),
        ),
        (
            403,
            "account_invalid",
            declined(DeclineClass::Account, "account_invalid"),
        ),
        (
            404,
            "resource_missing",
            declined(DeclineClass::Person, "resource_missing"),
        ),
        (401, "api_key_expired", Failure::Unauthorized),
        (403, "oauth_not_supported", Failure::Unauthorized),
        (409, "idempotency_key_in_use", busy.clone()),
        (429, "lock_timeout", busy),
        (500, "", Failure::Unknown),
        (503, "balance_insufficient", Failure::Unknown),
    ] {
        let refused = sent(json(status, &error(WRONG, code, "because")))
            .await
            .unwrap_err();
        assert_eq!(refused.failure, expected, "{status} {code}");
        assert_eq!(refused.request_id.as_deref(), Some("req_1"));
        assert_eq!(refused.detail, format!("status {status}: because"));
    }
    let reused = error("idempotency_error", "", "keys can only be used once");
    let refused = sent(json(400, &reused)).await.unwrap_err();
    assert_eq!(refused.failure, Failure::KeyReused);
}

#[tokio::test]
async fn an_error_whose_sender_is_not_known_declines_nothing() {
    let body = error(WRONG, "balance_insufficient", "because").to_string();
    for headers in [vec![], vec![("request-id", "")]] {
        let act = Act::Answer(answer(402, &headers, body.as_bytes()));
        let refused = sent(act).await.unwrap_err();
        assert_eq!(
            (refused.failure, refused.request_id),
            (Failure::Unknown, None)
        );
    }
    for status in [400, 401, 402, 403, 404, 407, 409, 418, 429, 500, 502, 504] {
        let page = b"<html><h1>Bad Gateway</h1></html>";
        let headers = [("server", "a proxy"), ("request-id", "of-the-proxy")];
        let refused = sent(Act::Answer(answer(status, &headers, page)))
            .await
            .unwrap_err();
        assert_eq!(refused.failure, Failure::Unknown, "{status}");
        assert!(
            refused.detail.contains(&status.to_string()),
            "{}",
            refused.detail
        );
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let elsewhere = Peer::start(vec![json(200, &transfer("tr_1"))]);
    let url = elsewhere.url();
    for status in [301, 302, 303, 307, 308] {
        let headers = [("location", url.as_str()), ("request-id", "req_1")];
        let refused = sent(Act::Answer(answer(status, &headers, b"")))
            .await
            .unwrap_err();
        assert_eq!(refused.failure, Failure::Unknown, "{status}");
    }
    assert_eq!(elsewhere.rest(), (0, 0));
}

#[tokio::test]
async fn how_long_a_busy_stripe_wants_to_be_left_alone() {
    let body = error(WRONG, "rate_limit", "slow down").to_string();
    for (header, expected) in [
        ("7", Some(Duration::from_secs(7))),
        ("0", Some(Duration::ZERO)),
        ("99999999999", Some(Duration::from_secs(86_400))),
        ("-1", None),
        ("soon", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ] {
        let act = Act::Answer(answer(429, &[("retry-after", header)], body.as_bytes()));
        let refused = sent(act).await.unwrap_err();
        assert_eq!(
            refused.failure,
            Failure::NotBegun {
                retry_after: expected
            },
            "{header}"
        );
    }
}

#[tokio::test]
async fn an_account_is_active_by_its_capability() {
    let account = |fields: Value| {
        let mut account = json!({"object": "account", "id": "acct_1"});
        account
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        account
    };
    for (fields, can_receive, can_pay_out, gone) in [
        (json!({}), false, false, false),
        (
            json!({"capabilities": {"transfers": "active"}, "payouts_enabled": true}),
            true,
            true,
            false,
        ),
        (
            json!({"capabilities": {"transfers": "pending"}, "charges_enabled": true}),
            false,
            false,
            false,
        ),
        (
            json!({"capabilities": {}, "charges_enabled": true, "payouts_enabled": true}),
            false,
            true,
            false,
        ),
        (
            json!({"charges_enabled": true, "payouts_enabled": false}),
            true,
            false,
            false,
        ),
        (
            json!({"capabilities": {"transfers": "active"}, "charges_enabled": false}),
            true,
            false,
            false,
        ),
        (json!({"deleted": true}), false, false, true),
    ] {
        let read = found_account(json(200, &account(fields.clone())))
            .await
            .unwrap();
        let expected = ConnectedAccount {
            id: "acct_1".to_owned(),
            can_receive,
            can_pay_out,
            gone,
        };
        assert_eq!(read, expected, "{fields}");
    }
}

#[tokio::test]
async fn an_account_that_is_not_ours_any_more_is_gone() {
    let body = error(
        WRONG,
        "account_invalid",
        "The provided key does not have access",
    );
    let gone = found_account(json(403, &body)).await.unwrap();
    assert!(gone.gone && !gone.is_active(), "{gone:?}");
    let stranger = json!({"object": "account", "id": "acct_2"});
    let refused = found_account(json(200, &stranger)).await.unwrap_err();
    assert_eq!(refused.failure, Failure::Unknown);
    let missing = error(WRONG, "resource_missing", "No such account");
    let refused = found_account(json(404, &missing)).await.unwrap_err();
    assert_eq!(refused.failure, Failure::NotFound);
}

#[tokio::test]
async fn who_owns_a_customer_or_a_subscription() {
    let noted = json!({"clawrk_user": "alice", "clawrk_tier": "pro", "clawrk_store": "st_1"});
    let owner = |customer: &str| Owner {
        user: Some("alice".to_owned()),
        tier: Some("pro".to_owned()),
        store: Some("st_1".to_owned()),
        customer: Some(customer.to_owned()),
    };
    let customer = json!({"object": "customer", "id": "cus_1", "metadata": noted});
    let subscription = json!({
        "object": "subscription", "id": "sub_1", "metadata": noted, "customer": {"id": "cus_2"},
    });
    let deleted = json!({"object": "customer", "id": "cus_1", "deleted": true});
    let peer = Peer::start(vec![
        json(200, &customer),
        json(200, &subscription),
        json(200, &deleted),
        json(404, &error(WRONG, "resource_missing", "No such customer")),
    ]);
    let stripe = peer.stripe();
    assert_eq!(stripe.customer("cus_1").await.unwrap(), owner("cus_1"));
    assert_eq!(stripe.subscription("sub_1").await.unwrap(), owner("cus_2"));
    for _ in ["deleted", "missing"] {
        let refused = stripe.customer("cus_1").await.unwrap_err();
        assert_eq!(refused.failure, Failure::NotFound);
    }
}

/// A listing proves that a transfer is absent, so half of one must not pass for a whole.
#[tokio::test]
async fn a_list_that_leaves_anything_open_is_no_list() {
    let good = || list(&[transfer("tr_2"), transfer("tr_1")], true);
    let group = Transfers::Group("job_1".to_owned());
    let asked = async |body: &Value| {
        Peer::start(vec![json(200, body)])
            .stripe()
            .transfers(&group, None)
            .await
    };
    let page = asked(&good()).await.unwrap();
    let ids: Vec<&str> = page.items.iter().map(|it| it.id.as_str()).collect();
    assert_eq!((ids, page.more), (vec!["tr_2", "tr_1"], true));
    assert!(asked(&list(&[], false)).await.unwrap().items.is_empty());
    for body in [
        json!({}),
        json!([]),
        without(good(), "has_more"),
        with(good(), "has_more", Value::Null),
        with(good(), "has_more", json!("false")),
        without(good(), "data"),
        with(good(), "data", Value::Null),
        with(good(), "data", json!({})),
        without(good(), "object"),
        list(&[], true),
        list(
            &[transfer("tr_1"), without(transfer("tr_2"), "amount")],
            false,
        ),
    ] {
        let refused = asked(&body).await.unwrap_err();
        assert_eq!(refused.failure, Failure::Unknown, "{body}");
    }
}

/// Core compares it with the clock here before it relies on any time.
#[tokio::test]
async fn a_list_says_what_time_it_is_at_stripe() {
    let body = list(&[], false).to_string();
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let time = Timestamp::from_millis(784_111_777_000);
    for (headers, at) in [
        (vec![("date", date)], Some(time)),
        (vec![("date", "yesterday")], None),
        (vec![], None),
    ] {
        let act = Act::Answer(answer(200, &headers, body.as_bytes()));
        let group = Transfers::Group("job_1".to_owned());
        let stripe = Peer::start(vec![act]).stripe();
        let page = stripe.transfers(&group, None).await.unwrap();
        assert_eq!(page.at, at, "{headers:?}");
    }
}
