//! What is made of webhooks.

use clawrk_core::money::Cents;
use clawrk_core::payments::{
    ConnectedAccount, Mode, News, Owner, Payments, WebhookError, WebhookEvent,
};
use clawrk_core::time::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::events::{
    event, merge, news, noted, now, owner, read, read_bytes, sign, stripe, unusable,
};
use crate::invoices::{dahlia_invoice, dahlia_line, old_invoice};
use crate::objects::transfer;

#[test]
fn the_frame_of_an_event() {
    let frame = merge(
        event("coupon.created", &json!({})),
        json!({"livemode": true, "account": "acct_1", "a_field_of_tomorrow": 1}),
    );
    let expected = WebhookEvent {
        id: "evt_1".to_owned(),
        kind: "coupon.created".to_owned(),
        mode: Mode::Live,
        account: Some("acct_1".to_owned()),
        created_at: Timestamp::from_millis(1_789_999_990_000),
        news: News::Other,
    };
    assert_eq!(read(&frame), expected);
}

#[test]
fn what_is_signed_and_no_event_is_said_to_be_none() {
    for name in ["id", "type", "created", "livemode"] {
        let mut frame = event("invoice.paid", &dahlia_invoice(&[]));
        frame.as_object_mut().unwrap().remove(name);
        let refused = read_bytes(frame.to_string().as_bytes()).unwrap_err();
        let WebhookError::Body(why) = refused else {
            panic!("{refused:?}");
        };
        assert!(why.contains(name), "{why}");
    }
    for body in [&b""[..], b"{", b"\xff", b"null", b"[]", b"7", b"\"evt_1\""] {
        assert!(
            matches!(read_bytes(body), Err(WebhookError::Body(_))),
            "{body:?}"
        );
    }
    let nested = "[".repeat(1_000_000);
    assert!(matches!(
        read_bytes(nested.as_bytes()),
        Err(WebhookError::Body(_))
    ));
}

#[test]
fn a_webhook_that_is_not_signed_is_not_looked_at() {
    let runtime = Runtime::new().unwrap();
    let stripe = stripe(runtime.handle().clone());
    let body = event("invoice.paid", &dahlia_invoice(&[dahlia_line()])).to_string();
    for header in ["", "t=1,v1=00", &sign(b"another body")] {
        let refused = stripe
            .read_webhook(body.as_bytes(), header, now())
            .unwrap_err();
        assert!(matches!(refused, WebhookError::Signature(_)), "{refused:?}");
    }
}

#[test]
fn a_checkout_links_the_customer_to_the_user() {
    let session = json!({
        "object": "checkout.session", "id": "cs_1", "customer": "cus_1",
        "client_reference_id": "alice", "metadata": noted(),
    });
    let kind = "checkout.session.completed";
    assert_eq!(news(kind, &session), News::CheckoutCompleted(owner()));
    let bare = merge(session, json!({"metadata": {}}));
    let expected = Owner {
        tier: None,
        store: None,
        ..owner()
    };
    assert_eq!(news(kind, &bare), News::CheckoutCompleted(expected));
}

#[test]
fn the_end_of_a_subscription() {
    let object = json!({
        "object": "subscription", "id": "sub_1", "customer": {"id": "cus_1"}, "metadata": noted(),
    });
    let told = news("customer.subscription.deleted", &object);
    assert_eq!(told, News::SubscriptionEnded(owner()));
}

#[test]
fn connected_accounts() {
    let object = json!({
        "object": "account", "id": "acct_1", "payouts_enabled": true,
        "capabilities": {"transfers": "active"},
    });
    let active = ConnectedAccount {
        id: "acct_1".to_owned(),
        can_receive: true,
        can_pay_out: true,
        gone: false,
    };
    assert_eq!(news("account.updated", &object), News::Account(active));

    let application = json!({"object": "application", "id": "ca_1"});
    let mut left = event("account.application.deauthorized", &application);
    assert!(unusable(read(&left).news).contains("account"));
    left["account"] = json!("acct_1");
    assert_eq!(read(&left).news, News::AccountGone("acct_1".to_owned()));
}

#[test]
fn payouts_to_banks_are_those_of_connected_accounts_alone() {
    let told = |kind: &str, fields: Value| {
        let payout = merge(json!({"object": "payout", "id": "po_1"}), fields);
        let own = read(&event(kind, &payout)).news;
        assert_eq!(own, News::Other, "the exchange's own payout");
        read(&merge(event(kind, &payout), json!({"account": "acct_1"}))).news
    };
    let failed = |why: &str| News::BankFailed(why.to_owned());
    let both = json!({"failure_code": "account_closed", "failure_message": "It was closed"});
    assert_eq!(told("payout.failed", both), failed("It was closed"));
    let code = json!({"failure_code": "account_closed", "failure_message": null});
    assert_eq!(told("payout.failed", code), failed("account_closed"));
    assert_eq!(
        told("payout.failed", json!({})),
        failed("no reason was given")
    );
    assert_eq!(told("payout.paid", json!({})), News::BankPaid);
}

#[test]
fn transfers() {
    for kind in ["transfer.created", "transfer.updated", "transfer.reversed"] {
        let News::Transfer(told) = news(
            kind,
            &merge(transfer("tr_1"), json!({"amount_reversed": 40})),
        ) else {
            panic!("{kind}");
        };
        assert_eq!((told.id.as_str(), told.reversed), ("tr_1", Cents::new(40)));
        assert_eq!(told.payout.as_deref(), Some("po_job_1"));
        let said = unusable(news(
            kind,
            &merge(transfer("tr_1"), json!({"amount": null})),
        ));
        assert!(said.contains("amount"), "{said}");
    }
}

const KINDS: [&str; 12] = [
    "checkout.session.completed",
    "invoice.paid",
    "invoice.payment_succeeded",
    "customer.subscription.deleted",
    "account.updated",
    "account.application.deauthorized",
    "payout.failed",
    "payout.paid",
    "transfer.created",
    "transfer.updated",
    "transfer.reversed",
    "anything.else",
];

#[test]
fn an_event_without_an_object_is_unusable_and_no_more() {
    for kind in KINDS {
        for data in [
            json!(null),
            json!({}),
            json!({"object": null}),
            json!({"object": 7}),
            json!([]),
        ] {
            let frame = merge(event(kind, &json!({})), json!({"data": data}));
            let news = read(&frame).news;
            let granted = matches!(
                news,
                News::InvoicePaid(_) | News::Transfer(_) | News::Account(_)
            );
            assert!(!granted, "{kind} {data}: {news:?}");
        }
    }
}

/// Any JSON, with the names that are looked for among its own.
fn any_json() -> impl Strategy<Value = Value> {
    let names = "(id|object|parent|lines|data|amount|metadata|price|plan|pricing|has_more|x)";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "(account|transfer|invoice|paid|usd|.{0,8})".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Puts a value somewhere into another one.
fn graft(into: &mut Value, at: &[u8], value: Value) {
    let Some((step, rest)) = at.split_first() else {
        *into = value;
        return;
    };
    let step = usize::from(*step);
    match into {
        Value::Object(map) if !map.is_empty() => {
            let index = step % map.len();
            if let Some(inner) = map.values_mut().nth(index) {
                graft(inner, rest, value);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let index = step % items.len();
            graft(&mut items[index], rest, value);
        }
        leaf => *leaf = value,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_an_event_or_an_error(body: Vec<u8>, header: String) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let stripe = stripe(runtime.handle().clone());
        prop_assert!(stripe.read_webhook(&body, &header, now()).is_err());
        let signed = stripe.read_webhook(&body, &sign(&body), now());
        prop_assert!(matches!(signed, Ok(_) | Err(WebhookError::Body(_))));
    }

    /// A good event with something wrong anywhere in it is read, or said to be unusable.
    #[test]
    fn any_damage_to_an_event_is_an_answer(
        kind in prop::sample::select(&KINDS[..]),
        old: bool,
        at in prop::collection::vec(any::<u8>(), 0..8),
        value in any_json(),
    ) {
        let object = match kind {
            _ if kind.starts_with("transfer") => transfer("tr_1"),
            _ if old => old_invoice(),
            _ => dahlia_invoice(&[dahlia_line()]),
        };
        let mut frame = event(kind, &object);
        graft(&mut frame, &at, value);
        let body = frame.to_string();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let stripe = stripe(runtime.handle().clone());
        let read = stripe.read_webhook(body.as_bytes(), &sign(body.as_bytes()), now());
        prop_assert!(matches!(read, Ok(_) | Err(WebhookError::Body(_))), "{:?}", read);
    }
}
