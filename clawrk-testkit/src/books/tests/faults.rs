//! What each fault does to a transfer.

use super::*;

/// What comes of a transfer that meets a fault: its fate, its status, how many transfers there are
/// at once, and how many a day later.
fn outcome(fault: &Fault) -> (Fate, u16, usize, usize) {
    let mut desk = Desk::new();
    let send = send(&desk.receiver()).under("po:1");
    desk.books.plan(Target::send(), fault.clone());
    let response = desk.ask(&send);
    let at_once = desk.paid();
    desk.wait(Duration::from_secs(24 * 60 * 60));
    (response.fate, response.status, at_once, desk.paid())
}

#[test]
fn each_fault_does_what_it_says() {
    use Fate::{Arrives, Cut, Hangs, Lost, NotConnected};
    let expected = |fault: &Fault| match fault {
        Fault::Nothing | Fault::Mismatch => (Arrives, 200, 1, 1),
        Fault::NotConnected => (NotConnected, 0, 0, 0),
        Fault::Invalid => (Arrives, 400, 0, 0),
        Fault::Declined { .. } => (Arrives, 402, 0, 0),
        Fault::Unauthorized => (Arrives, 401, 0, 0),
        Fault::Forbidden => (Arrives, 403, 0, 0),
        Fault::Conflict => (Arrives, 409, 0, 0),
        Fault::Busy => (Arrives, 429, 0, 0),
        Fault::Error => (Arrives, 500, 0, 0),
        Fault::ErrorDone => (Arrives, 500, 1, 1),
        Fault::ErrorDoneLater(_) => (Arrives, 500, 0, 1),
        Fault::Lost | Fault::LostThenBusy => (Lost, 200, 1, 1),
        Fault::Hangs => (Hangs, 200, 1, 1),
        Fault::HangsUndone => (Hangs, 0, 0, 0),
        Fault::HangsDoneLater(_) => (Hangs, 200, 0, 1),
        Fault::Cut => (Cut, 200, 1, 1),
        Fault::Gateway => (Arrives, 502, 0, 0),
        Fault::GatewayDone => (Arrives, 502, 1, 1),
        Fault::Redirect => (Arrives, 302, 0, 0),
    };
    for fault in Fault::all() {
        assert_eq!(outcome(&fault), expected(&fault), "{fault:?}");
    }
}

#[test]
fn an_answer_that_does_not_match_is_about_another_amount() {
    let mut desk = Desk::new();
    let send = send(&desk.receiver()).under("po:1");
    desk.books.plan(Target::send(), Fault::Mismatch);
    assert_eq!(desk.ask(&send).json()["amount"], 101);
    assert_eq!(
        desk.ask(&send).json()["amount"],
        100,
        "what is kept is the truth"
    );
}

#[test]
fn a_page_can_fail() {
    let mut desk = Desk::new();
    let page = with(Method::Get, "/v1/transfers", &[]);
    desk.books.plan(Target::list().skip(1), Fault::Error);
    let mut status = || desk.ask(&page).status;
    assert_eq!([status(), status(), status()], [200, 500, 200]);
}

#[test]
fn what_is_late_is_made_when_it_happens() {
    let mut desk = Desk::new();
    let send = send(&desk.receiver()).under("po:1");
    let later = Duration::from_secs(3 * 60 * 60);
    desk.books
        .plan(Target::send(), Fault::ErrorDoneLater(later));
    desk.ask(&send);
    let due = desk.now.after(later);
    desk.wait(5 * later);
    let made = desk.books.test().transfers().next().unwrap().created;
    assert_eq!(made, due.as_millis() / 1000);
    assert_eq!(
        desk.ask(&send).status,
        500,
        "the answer that was given stays"
    );
}

#[test]
fn time_never_goes_back() {
    let mut desk = Desk::new();
    let now = desk.now;
    desk.books.advance(now);
    desk.books
        .advance(Timestamp::from_millis(now.as_millis() - 7_200_000));
    assert_eq!(desk.books.now(), now);
}
