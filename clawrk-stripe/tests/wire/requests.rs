//! What Stripe is sent, to the byte, and over how many connections.

use clawrk_core::id::UserId;
use clawrk_core::payments::{Failure, Payments, Transfers};
use clawrk_core::time::Timestamp;
use serde_json::{Value, json};

use crate::objects;
use crate::peer::{Act, KEY, Peer, Request, json};

type Pairs = Vec<(String, String)>;

fn pairs(expected: &[(&str, &str)]) -> Pairs {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    expected.iter().map(pair).collect()
}

fn made(object: &str) -> Act {
    json(
        200,
        &json!({"object": object, "id": "it_1", "url": "https://stripe.test/page"}),
    )
}

fn check_headers(request: &Request, key: Option<&str>) {
    assert_eq!(
        request.header("authorization"),
        Some(format!("Bearer {KEY}").as_str())
    );
    assert_eq!(request.header("stripe-version"), Some("2026-08-26.dahlia"));
    assert_eq!(request.header("idempotency-key"), key);
    assert!(
        request
            .header("user-agent")
            .unwrap()
            .starts_with("clawrk-stripe/")
    );
    let posted = request.line.starts_with("POST ");
    let form = posted.then_some("application/x-www-form-urlencoded");
    assert_eq!(request.header("content-type"), form);
}

#[tokio::test]
async fn a_customer() {
    let peer = Peer::start(vec![made("customer")]);
    let id = peer
        .stripe()
        .create_customer(&objects::customer())
        .await
        .unwrap();
    assert_eq!(id, "it_1");
    let request = peer.request();
    assert_eq!(request.line, "POST /v1/customers HTTP/1.1");
    check_headers(&request, Some("cus:alice:1"));
    let expected = [
        ("metadata[clawrk_user]", "alice & bob/ü"),
        ("metadata[clawrk_store]", "st_1"),
    ];
    assert_eq!(request.form(), pairs(&expected));
}

#[tokio::test]
async fn a_checkout_names_the_owner_twice() {
    let peer = Peer::start(vec![made("checkout.session")]);
    let url = peer
        .stripe()
        .create_checkout(&objects::checkout())
        .await
        .unwrap();
    assert_eq!(url, "https://stripe.test/page");
    let request = peer.request();
    assert_eq!(request.line, "POST /v1/checkout/sessions HTTP/1.1");
    check_headers(&request, None);
    let user = "alice & bob/ü";
    let expected = [
        ("mode", "subscription"),
        ("customer", "cus_1"),
        ("client_reference_id", user),
        ("line_items[0][price]", "price_1"),
        ("line_items[0][quantity]", "1"),
        ("success_url", "https://app.test/checkout/success"),
        ("cancel_url", "https://app.test/checkout/cancel"),
        ("metadata[clawrk_user]", user),
        ("subscription_data[metadata][clawrk_user]", user),
        ("metadata[clawrk_tier]", "pro"),
        ("subscription_data[metadata][clawrk_tier]", "pro"),
        ("metadata[clawrk_store]", "st_1"),
        ("subscription_data[metadata][clawrk_store]", "st_1"),
    ];
    assert_eq!(request.form(), pairs(&expected));
}

#[tokio::test]
async fn a_user_whose_id_is_too_long_for_a_reference_stands_in_the_metadata() {
    let peer = Peer::start(vec![made("checkout.session")]);
    let mut checkout = objects::checkout();
    checkout.user = UserId::new("u".repeat(201)).unwrap();
    peer.stripe().create_checkout(&checkout).await.unwrap();
    let form = peer.request().form();
    assert!(form.iter().all(|(name, _)| name != "client_reference_id"));
    assert!(form.contains(&("metadata[clawrk_user]".to_owned(), "u".repeat(201))));
}

#[tokio::test]
async fn an_account_and_its_page() {
    let peer = Peer::start(vec![made("account"), made("account_link")]);
    let stripe = peer.stripe();
    assert_eq!(
        stripe.create_account(&objects::account()).await.unwrap(),
        "it_1"
    );
    let request = peer.request();
    assert_eq!(request.line, "POST /v1/accounts HTTP/1.1");
    check_headers(&request, Some("acct:alice:1"));
    let expected = [
        ("controller[stripe_dashboard][type]", "express"),
        ("controller[fees][payer]", "application"),
        ("controller[losses][payments]", "application"),
        ("controller[requirement_collection]", "stripe"),
        ("capabilities[transfers][requested]", "true"),
        ("metadata[clawrk_user]", "alice & bob/ü"),
        ("metadata[clawrk_store]", "st_1"),
    ];
    assert_eq!(request.form(), pairs(&expected));

    let url = stripe.create_link(&objects::link()).await.unwrap();
    assert_eq!(url, "https://stripe.test/page");
    let request = peer.request();
    assert_eq!(request.line, "POST /v1/account_links HTTP/1.1");
    check_headers(&request, None);
    let expected = [
        ("account", "acct_1"),
        ("refresh_url", "https://app.test/connect/refresh?t=1"),
        ("return_url", "https://app.test/connect/return"),
        ("type", "account_onboarding"),
    ];
    assert_eq!(request.form(), pairs(&expected));
}

#[tokio::test]
async fn a_transfer_is_sent_as_it_was_drafted_under_its_own_version() {
    let sent = json(200, &objects::transfer("tr_1"));
    let peer = Peer::start(vec![sent.clone(), sent]);
    let stripe = peer.stripe();
    let draft = stripe.draft(&objects::terms());
    assert_eq!(draft, stripe.draft(&objects::terms()));
    let transfer = stripe
        .send_transfer(&objects::attempt(&draft))
        .await
        .unwrap();
    assert_eq!(transfer.id, "tr_1");
    let request = peer.request();
    assert_eq!(request.line, "POST /v1/transfers HTTP/1.1");
    assert_eq!(request.body, draft);
    check_headers(&request, Some("po_job_1:1"));
    let expected = [
        ("amount", "100"),
        ("currency", "usd"),
        ("destination", "acct_1"),
        ("transfer_group", "job_1"),
        ("metadata[clawrk_payout]", "po_job_1"),
        ("metadata[clawrk_job]", "job_1"),
        ("metadata[clawrk_store]", "st_1"),
    ];
    assert_eq!(request.form(), pairs(&expected));

    let mut old = objects::attempt("amount=1&from=an%20older+release");
    old.api_version = "2020-08-27".to_owned();
    stripe.send_transfer(&old).await.unwrap();
    let request = peer.request();
    assert_eq!(request.body, old.body);
    assert_eq!(request.header("stripe-version"), Some("2020-08-27"));
}

/// An attempt that is stored is sent for ever as it was drafted, so a draft of today is one of
/// tomorrow.
#[tokio::test]
async fn a_draft_is_these_very_bytes() {
    let draft = Peer::start(vec![]).stripe().draft(&objects::terms());
    assert_eq!(
        draft,
        "amount=100&currency=usd&destination=acct_1&transfer_group=job_1\
        &metadata%5Bclawrk_payout%5D=po_job_1&metadata%5Bclawrk_job%5D=job_1\
        &metadata%5Bclawrk_store%5D=st_1"
    );
}

#[tokio::test]
async fn what_is_looked_at() {
    let page = objects::list(&[objects::transfer("tr_1")], false);
    let lines = objects::list(&[json!({"id": "il_1", "amount": 5})], false);
    let thing = |object: &str, id: &str| json(200, &json!({"object": object, "id": id}));
    let peer = Peer::start(vec![
        thing("account", "acct_0"),
        thing("account", "acct_1"),
        json(200, &objects::transfer("tr_1")),
        json(200, &page),
        json(200, &page),
        thing("customer", "cus_1"),
        thing("subscription", "sub_1"),
        json(200, &lines),
        json(200, &lines),
    ]);
    let stripe = peer.stripe();
    let look = |line: &str| {
        let request = peer.request();
        check_headers(&request, None);
        assert_eq!(request.body, "");
        assert_eq!(request.line.split(['?', ' ']).nth(1), Some(line));
        request.query()
    };
    assert_eq!(stripe.platform().await.unwrap(), "acct_0");
    assert_eq!(look("/v1/account"), pairs(&[]));
    assert_eq!(stripe.account("acct_1").await.unwrap().id, "acct_1");
    assert_eq!(look("/v1/accounts/acct_1"), pairs(&[]));
    assert_eq!(stripe.transfer("tr_1").await.unwrap().id, "tr_1");
    assert_eq!(look("/v1/transfers/tr_1"), pairs(&[]));
    let group = Transfers::Group("job & 1".to_owned());
    stripe.transfers(&group, None).await.unwrap();
    assert_eq!(
        look("/v1/transfers"),
        pairs(&[("limit", "100"), ("transfer_group", "job & 1")])
    );
    let since = Transfers::Since(Timestamp::from_millis(1_790_000_000_999));
    stripe.transfers(&since, Some("tr_9")).await.unwrap();
    let expected = [
        ("limit", "100"),
        ("starting_after", "tr_9"),
        ("created[gte]", "1790000000"),
    ];
    assert_eq!(look("/v1/transfers"), pairs(&expected));
    assert_eq!(
        stripe.customer("cus_1").await.unwrap().customer.unwrap(),
        "cus_1"
    );
    assert_eq!(look("/v1/customers/cus_1"), pairs(&[]));
    stripe.subscription("sub_1").await.unwrap();
    assert_eq!(look("/v1/subscriptions/sub_1"), pairs(&[]));
    stripe.invoice_lines("in_1", None).await.unwrap();
    assert_eq!(look("/v1/invoices/in_1/lines"), pairs(&[("limit", "100")]));
    stripe.invoice_lines("in_1", Some("il_1")).await.unwrap();
    let expected = [("limit", "100"), ("starting_after", "il_1")];
    assert_eq!(look("/v1/invoices/in_1/lines"), pairs(&expected));
}

#[tokio::test]
async fn requests_one_after_the_other_share_a_connection() {
    let found = json(200, &json!({"object": "account", "id": "acct_0"}));
    let peer = Peer::start(vec![found; 5]);
    let stripe = peer.stripe();
    for _ in 0..5 {
        stripe.platform().await.unwrap();
    }
    assert_eq!(peer.rest(), (1, 5));
}

#[tokio::test]
async fn an_address_with_a_path_keeps_it() {
    let found = json(200, &json!({"object": "account", "id": "acct_0"}));
    let peer = Peer::start(vec![found]);
    let url = format!("{}/stripe/", peer.url());
    peer.builder()
        .url(&url)
        .build()
        .unwrap()
        .platform()
        .await
        .unwrap();
    assert_eq!(peer.request().line, "GET /stripe/v1/account HTTP/1.1");
}

#[tokio::test]
async fn what_can_be_no_id_is_not_found_without_asking() {
    let peer = Peer::start(vec![]);
    let stripe = peer.stripe();
    for id in [
        "",
        "..",
        ".",
        "tr_1/../x",
        "tr_1?expand[]=x",
        "tr_1#",
        "tr%2f",
        "tr 1",
        "trü",
    ] {
        let error = stripe.transfer(id).await.unwrap_err();
        assert_eq!(error.failure, Failure::NotFound, "{id}");
        assert_eq!(
            stripe.account(id).await.unwrap_err().failure,
            Failure::NotFound,
            "{id}"
        );
        let lines = stripe.invoice_lines(id, None).await.unwrap_err();
        assert_eq!(lines.failure, Failure::NotFound, "{id}");
    }
    assert_eq!(peer.rest(), (0, 0));
}

/// Ids of users may be long and in any script; Stripe takes keys of 255 plain characters.
#[tokio::test]
async fn a_key_that_a_header_cannot_carry_is_sent_as_its_hash() {
    let peer = Peer::start(vec![made("customer"); 5]);
    let stripe = peer.stripe();
    let mut sent = Vec::new();
    let long = "x".repeat(255);
    for key in [
        "cus:ü:1",
        "cus:ü:1",
        "cus:ü:2",
        "cus:a b:1",
        &format!("{long}y"),
    ] {
        let mut customer = objects::customer();
        customer.key = key.to_owned();
        stripe.create_customer(&customer).await.unwrap();
        sent.push(peer.request().header("idempotency-key").unwrap().to_owned());
    }
    assert!(
        sent.iter()
            .all(|key| key.starts_with("sha256:") && key.len() == 71),
        "{sent:?}"
    );
    assert_eq!(sent[0], sent[1]);
    let different: std::collections::HashSet<&String> = sent.iter().collect();
    assert_eq!(different.len(), 4, "{sent:?}");

    let peer = Peer::start(vec![made("customer")]);
    let mut customer = objects::customer();
    customer.key = long.clone();
    peer.stripe().create_customer(&customer).await.unwrap();
    assert_eq!(
        peer.request().header("idempotency-key"),
        Some(long.as_str())
    );
}

#[tokio::test]
async fn a_thing_of_another_kind_is_no_answer() {
    for body in [
        json!({"object": "customer", "id": ""}),
        json!({"object": "customer"}),
        json!({"id": "cus_1"}),
        json!({"object": "account", "id": "acct_1"}),
        json!([]),
        Value::Null,
    ] {
        let peer = Peer::start(vec![json(200, &body)]);
        let error = peer
            .stripe()
            .create_customer(&objects::customer())
            .await
            .unwrap_err();
        assert_eq!(error.failure, Failure::Unknown, "{body}");
        assert!(error.detail.contains("no customer"), "{}", error.detail);
    }
}

#[tokio::test]
async fn a_page_of_another_kind_is_no_answer() {
    for object in ["checkout.session", "account_link"] {
        let peer = Peer::start(vec![made("billing_portal.session"), made(object)]);
        let stripe = peer.stripe();
        for expected in [
            Err(Failure::Unknown),
            Ok("https://stripe.test/page".to_owned()),
        ] {
            let url = match object {
                "account_link" => stripe.create_link(&objects::link()).await,
                _ => stripe.create_checkout(&objects::checkout()).await,
            };
            assert_eq!(url.map_err(|error| error.failure), expected, "{object}");
        }
    }
}
