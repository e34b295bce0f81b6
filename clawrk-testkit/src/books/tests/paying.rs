//! Accounts, transfers and what is taken back.

use super::*;

#[test]
fn a_transfer_moves_money_and_can_be_found_by_its_group() {
    let mut desk = Desk::new();
    let account = desk.receiver();
    let id = desk.ask(&send(&account)).json()["id"].clone();
    assert_eq!(desk.books.test().balance("usd"), BALANCE - 100);
    assert_eq!(
        desk.books.test().account(&account).unwrap().balance["usd"],
        100
    );
    let found = desk.get("/v1/transfers", &[("transfer_group", "job_1")]);
    assert_eq!(found["data"][0]["id"], id);
    let other = desk.get("/v1/transfers", &[("transfer_group", "job_2")]);
    assert_eq!(other["data"], serde_json::json!([]));
    let paid = Oracle::of(&desk.books);
    assert_eq!(paid.sums["usd"], 100);
    assert_eq!(paid.held["job_1"][0].payout.as_deref(), Some("po_job_1"));
}

#[test]
fn an_account_is_paid_only_while_it_may_be() {
    let mut desk = Desk::new();
    let capability = "insufficient_capabilities_for_transfer";
    let account = desk.make(
        "/v1/accounts",
        &[("capabilities[transfers][requested]", "true")],
    );
    assert_eq!(desk.refused(&send(&account)).1, capability);
    for (standing, paid) in [
        (Standing::InReview, false),
        (Standing::NoPayouts, true),
        (Standing::Restricted, false),
        (Standing::Complete, true),
    ] {
        desk.books.test().set_standing(&account, standing);
        match paid {
            true => assert_eq!(desk.ask(&send(&account)).status, 200),
            false => assert_eq!(desk.refused(&send(&account)).1, capability),
        }
    }
    desk.books.test().deauthorize(&account);
    let gone = desk.refused(&send(&account));
    assert_eq!(gone, (400, "resource_missing".into(), "destination".into()));
    let look = with(Method::Get, &format!("/v1/accounts/{account}"), &[]);
    assert_eq!(desk.refused(&look).0, 403);
    assert_eq!(desk.refused(&look).1, "account_invalid");
}

#[test]
fn a_capability_that_nobody_asked_for_is_never_granted() {
    let mut desk = Desk::new();
    let account = desk.make("/v1/accounts", &[("type", "express")]);
    desk.books.test().set_standing(&account, Standing::Complete);
    let shown = desk.get(&format!("/v1/accounts/{account}"), &[]);
    assert_eq!(shown["capabilities"], serde_json::json!({}));
    assert_eq!(
        desk.refused(&send(&account)).1,
        "insufficient_capabilities_for_transfer"
    );
}

#[test]
fn what_is_taken_back_only_grows_and_never_exceeds_the_transfer() {
    let mut desk = Desk::new();
    let account = desk.receiver();
    let id = desk.ask(&send(&account)).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let back = format!("/v1/transfers/{id}/reversals");
    desk.make(&back, &[("amount", "30")]);
    let partly = desk.get(&format!("/v1/transfers/{id}"), &[]);
    assert_eq!(partly["amount_reversed"], 30);
    assert_eq!(partly["reversed"], false);
    assert_eq!(
        desk.refused(&with(Method::Post, &back, &[("amount", "71")]))
            .0,
        400
    );
    desk.make(&back, &[]);
    let whole = desk.get(&format!("/v1/transfers/{id}"), &[]);
    assert_eq!(whole["amount_reversed"], 100);
    assert_eq!(whole["reversed"], true);
    assert_eq!(desk.refused(&with(Method::Post, &back, &[])).0, 400);
    assert_eq!(desk.books.test().balance("usd"), BALANCE);
    assert_eq!(
        Oracle::of(&desk.books),
        Oracle {
            sums: [].into(),
            ..Oracle::default()
        }
    );
}

#[test]
fn a_link_is_good_once_and_not_for_long() {
    let mut desk = Desk::new();
    let account = desk.receiver();
    let pairs = [
        ("account", account.as_str()),
        ("type", "account_onboarding"),
        ("refresh_url", "https://x.example.com/again"),
        ("return_url", "https://x.example.com/done"),
    ];
    let ask = with(Method::Post, "/v1/account_links", &pairs);
    let mut link = || desk.ask(&ask).json()["url"].as_str().unwrap().to_owned();
    let (first, second) = (link(), link());
    let visit = desk.books.test().visit_link(&first);
    let return_url = "https://x.example.com/done".to_owned();
    assert_eq!(
        visit,
        Visit::Onboarding {
            account,
            return_url
        }
    );
    let expired = Visit::Expired {
        refresh_url: "https://x.example.com/again".to_owned(),
    };
    assert_eq!(desk.books.test().visit_link(&first), expired);
    desk.wait(Duration::from_secs(5 * 60));
    assert_eq!(desk.books.test().visit_link(&second), expired);
    assert_eq!(desk.books.test().visit_link("https://else"), Visit::Unknown);
}

#[test]
fn lists_can_be_stale_and_short() {
    let mut desk = Desk::new();
    let account = desk.receiver();
    for _ in 0..3 {
        desk.ask(&send(&account));
    }
    desk.books.set_stale(Duration::from_secs(300));
    let group = [("transfer_group", "job_1"), ("limit", "100")];
    assert_eq!(
        desk.get("/v1/transfers", &group)["data"],
        serde_json::json!([])
    );
    desk.wait(Duration::from_secs(300));
    desk.books.set_page_max(1);
    let page = desk.get("/v1/transfers", &group);
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    assert_eq!(page["has_more"], true);
}

#[test]
fn bad_requests_are_refused_as_stripe_does() {
    let mut desk = Desk::new();
    let account = desk.receiver();
    let with_pair = |name: &str, value: &str| {
        let mut request = send(&account);
        request.params.retain(|(key, _)| key != name);
        request.param(name, value)
    };
    let cases = [
        ("amount", "0", "parameter_invalid_integer"),
        ("amount", "-5", "parameter_invalid_integer"),
        ("amount", "100000000", "parameter_invalid_integer"),
        ("amount", "1.5", "parameter_invalid_integer"),
        ("amount", "", "parameter_invalid_empty"),
        ("currency", "zzz", ""),
        ("destination", "acct_none", "resource_missing"),
        ("colour", "red", "parameter_unknown"),
    ];
    for (name, value, code) in cases {
        let expected = (400, code.to_owned(), name.to_owned());
        assert_eq!(desk.refused(&with_pair(name, value)), expected);
    }
    let mut stranger = send(&account);
    stranger.secret = Some("sk_test_of_nobody".to_owned());
    assert_eq!(desk.refused(&stranger).0, 401);
    stranger.secret = None;
    assert_eq!(desk.refused(&stranger).0, 401);
    let version = send(&account).version("yesterday");
    assert_eq!(desk.refused(&version).0, 400);
    assert_eq!(desk.refused(&with(Method::Get, "/v1/unicorns", &[])).0, 404);
    assert_eq!(desk.paid(), 0);
}

#[test]
fn notes_can_be_changed_and_are_told_of() {
    let mut desk = Desk::new();
    let account = desk.receiver();
    let transfer = desk.ask(&send(&account)).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let customer = desk.make("/v1/customers", &[("metadata[a]", "1")]);
    let notes = [("metadata[a]", ""), ("metadata[b]", "2")];
    for (path, kind) in [
        (format!("/v1/transfers/{transfer}"), "transfer.updated"),
        (format!("/v1/customers/{customer}"), "customer.updated"),
        (format!("/v1/accounts/{account}"), "account.updated"),
    ] {
        desk.make(&path, &notes);
        let shown = desk.get(&path, &[]);
        assert_eq!(shown["metadata"]["b"], "2");
        assert_eq!(shown["metadata"]["a"], Value::Null);
        assert_eq!(desk.books.test().events().next_back().unwrap().kind, kind);
    }
}

#[test]
fn an_account_pays_on_to_its_bank_in_its_own_name() {
    let mut desk = Desk::new();
    let account = desk.receiver();
    desk.ask(&send(&account));
    desk.books.test().pay_bank(&account, 60, None);
    desk.books
        .test()
        .pay_bank(&account, 40, Some("The account was closed."));
    assert_eq!(
        desk.books.test().account(&account).unwrap().balance["usd"],
        40
    );
    let told = desk.get("/v1/events", &[("limit", "2")]);
    let kinds = [&told["data"][0]["type"], &told["data"][1]["type"]];
    assert_eq!(kinds, ["payout.failed", "payout.paid"]);
    assert_eq!(told["data"][0]["account"], account.as_str());
}

#[test]
fn an_account_sees_itself_and_its_balance_in_its_own_name() {
    let mut desk = Desk::new();
    let account = desk.receiver();
    desk.ask(&send(&account));
    let mut own = with(Method::Get, "/v1/balance", &[]);
    own.account = Some(account.clone());
    assert_eq!(desk.ask(&own).json()["available"][0]["amount"], 100);
    own.path = "/v1/account".to_owned();
    assert_eq!(desk.ask(&own).json()["id"], account.as_str());
    own.account = Some("acct_none".to_owned());
    assert_eq!(desk.refused(&own).1, "account_invalid");
}

#[test]
fn who_is_welcome_can_be_paid_at_once() {
    let mut desk = Desk::new();
    desk.books.test().set_welcoming(true);
    let account = desk.make("/v1/accounts", &[]);
    assert_eq!(desk.ask(&send(&account)).status, 200);
}
