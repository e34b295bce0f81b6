//! What is kept under idempotency keys, and what is not.

use super::*;

#[test]
fn a_key_happens_once_and_its_answer_is_given_again() {
    let mut desk = Desk::new();
    let send = send(&desk.receiver()).under("po:1");
    let first = desk.ask(&send);
    desk.wait(Duration::from_secs(20 * 60 * 60));
    let again = desk.ask(&send);
    assert_eq!(first.json(), again.json());
    assert_eq!(desk.paid(), 1);
    assert_eq!(first.header("Idempotent-Replayed"), None);
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(again.header("Original-Request"), first.header("Request-Id"));
    assert_ne!(again.header("Request-Id"), first.header("Request-Id"));
}

#[test]
fn a_forgotten_key_pays_again() {
    let mut desk = Desk::new();
    let send = send(&desk.receiver()).under("po:1");
    desk.ask(&send);
    desk.wait(Duration::from_secs(48 * 60 * 60 + 1));
    let again = desk.ask(&send);
    assert_eq!(again.header("Idempotent-Replayed"), None);
    assert_eq!(desk.paid(), 2);
    assert_eq!(Oracle::of(&desk.books).doubles(), ["job_1"]);
}

#[test]
fn another_body_or_endpoint_under_a_key_is_refused_and_changes_nothing() {
    let mut desk = Desk::new();
    let account = desk.receiver();
    let first = send(&account).under("po:1");
    desk.ask(&first);
    for other in [
        send(&account).under("po:1").param("description", "more"),
        with(Method::Post, "/v1/customers", &[]).under("po:1"),
    ] {
        let response = desk.ask(&other);
        assert_eq!(response.status, 400);
        assert_eq!(response.json()["error"]["type"], "idempotency_error");
    }
    assert_eq!(desk.ask(&first).header("Idempotent-Replayed"), Some("true"));
    assert_eq!(desk.paid(), 1);
}

#[test]
fn what_was_declined_stays_declined_under_its_key() {
    let mut desk = Desk::new();
    let send = send(&desk.receiver());
    desk.books.test().set_balance("usd", 99);
    let declined = desk.refused(&send.clone().under("po:1"));
    assert_eq!(
        (declined.0, declined.1.as_str()),
        (400, "balance_insufficient")
    );
    desk.books.test().set_balance("usd", 100);
    let again = desk.ask(&send.clone().under("po:1"));
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(again.json()["error"]["code"], "balance_insufficient");
    assert_eq!(desk.ask(&send.under("po:2")).status, 200);
}

#[test]
fn a_500_is_kept_whether_it_had_an_effect_or_not() {
    for (fault, paid) in [(Fault::Error, 0), (Fault::ErrorDone, 1)] {
        let mut desk = Desk::new();
        let send = send(&desk.receiver()).under("po:1");
        desk.books.plan(Target::send(), fault);
        assert_eq!(desk.ask(&send).status, 500);
        let again = desk.ask(&send);
        assert_eq!(again.status, 500);
        assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
        assert_eq!(desk.paid(), paid);
    }
}

#[test]
fn what_never_began_is_not_kept() {
    let unkept = [
        (Fault::Unauthorized, 401),
        (Fault::Forbidden, 403),
        (Fault::Conflict, 409),
        (Fault::Busy, 429),
        (Fault::Invalid, 400),
        (Fault::Gateway, 502),
        (Fault::Redirect, 302),
    ];
    for (fault, status) in unkept {
        let mut desk = Desk::new();
        let send = send(&desk.receiver()).under("po:1");
        desk.books.plan(Target::send(), fault);
        assert_eq!(desk.ask(&send).status, status);
        assert_eq!(desk.paid(), 0);
        let again = desk.ask(&send);
        assert_eq!(again.status, 200);
        assert_eq!(again.header("Idempotent-Replayed"), None);
    }
}

#[test]
fn a_malformed_request_does_not_take_its_key() {
    let mut desk = Desk::new();
    let account = desk.receiver();
    let mut bad = send(&account).under("po:1");
    bad.params.retain(|(name, _)| name != "amount");
    let refused = desk.refused(&bad);
    assert_eq!(refused, (400, "parameter_missing".into(), "amount".into()));
    assert_eq!(desk.ask(&send(&account).under("po:1")).status, 200);
}

#[test]
fn keys_of_real_and_play_money_are_apart() {
    let mut desk = Desk::new();
    let customer = with(Method::Post, "/v1/customers", &[]).under("cus:alice:1");
    let test = desk.ask(&customer).json().clone();
    let mut live = customer.clone();
    live.secret = Some(LIVE_KEY.to_owned());
    let live = desk.ask(&live).json().clone();
    assert_eq!(
        (&test["livemode"], &live["livemode"]),
        (&false.into(), &true.into())
    );
    assert_ne!(test["id"], live["id"]);
}

#[test]
fn a_key_is_in_use_until_its_request_is_carried_out() {
    let mut desk = Desk::new();
    let send = send(&desk.receiver()).under("po:1");
    let later = Duration::from_secs(60);
    desk.books
        .plan(Target::send(), Fault::HangsDoneLater(later));
    assert_eq!(desk.ask(&send).fate, Fate::Hangs);
    assert_eq!(desk.refused(&send).1, "idempotency_key_in_use");
    assert_eq!(desk.paid(), 0);
    assert_eq!(desk.books.next_due(), Some(desk.now.after(later)));
    desk.wait(later);
    let again = desk.ask(&send);
    assert_eq!(again.status, 200);
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(desk.paid(), 1);
}
