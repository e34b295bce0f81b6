//! What each answer of a provider makes of a payout, and what moves.

use super::*;
use crate::payments::DeclineClass;

/// Where an answer leaves a payout: status, why it waits, whether the attempt is in doubt and may
/// only be listed.
type Left = (PayoutStatus, Option<Wait>, bool, bool);

fn answered(doubtful: bool, answer: Result<Transfer, PaymentsError>) -> (Decision, Left) {
    let mut sent = attempt();
    sent.doubtful = doubtful;
    let status = match doubtful {
        true => PayoutStatus::Unknown,
        false => PayoutStatus::Sending,
    };
    let command = Command::Answer(answer);
    let decision = by_system(&payout(status), Some(&sent), command, later(1));
    let after = decision.attempt.clone().unwrap_or(sent);
    let left = (
        decision.payout.status,
        decision.payout.wait,
        after.doubtful,
        after.only_listed,
    );
    (decision, left)
}

fn failures() -> Vec<Failure> {
    let declined = |class| Failure::Declined {
        class,
        code: "a_code".to_owned(),
    };
    vec![
        Failure::NotSent,
        Failure::NotBegun { retry_after: None },
        Failure::Unauthorized,
        declined(DeclineClass::Platform),
        declined(DeclineClass::Account),
        declined(DeclineClass::Person),
        Failure::NotFound,
        Failure::KeyReused,
        Failure::Unknown,
    ]
}

#[test]
fn without_doubt_each_answer_has_its_meaning() {
    use PayoutStatus::*;
    let expected = [
        (Owed, Some(Wait::Provider), false, false),
        (Owed, Some(Wait::Provider), false, false),
        (Owed, Some(Wait::Provider), false, false),
        (Owed, Some(Wait::PlatformBalance), false, false),
        (Owed, Some(Wait::Account), false, false),
        (Declined, Some(Wait::Person), false, false),
        (Declined, Some(Wait::Person), false, false),
        (Unknown, Some(Wait::Doubt), true, true),
        (Unknown, Some(Wait::Doubt), true, false),
    ];
    for (failure, expected) in failures().into_iter().zip(expected) {
        let (decision, left) = answered(false, Err(failed(failure.clone())));
        assert_eq!(left, expected, "{failure}");
        // The budget comes back with what was declined, and with nothing else.
        let declined = matches!(decision.step, StepKind::Declined { .. });
        let released = ["reserved budget 100".to_owned()];
        assert_eq!(moved(&decision) == released, declined, "{failure}");
        assert_eq!(decision.postings.is_empty(), !declined, "{failure}");
    }
}

#[test]
fn doubt_stays_whatever_is_answered_then_but_a_transfer() {
    for failure in failures() {
        let only_listed = matches!(
            failure,
            Failure::Declined { .. } | Failure::NotFound | Failure::KeyReused
        );
        let (decision, left) = answered(true, Err(failed(failure.clone())));
        let expected = (PayoutStatus::Unknown, Some(Wait::Doubt), true, only_listed);
        assert_eq!(left, expected, "{failure}");
        assert!(decision.postings.is_empty(), "{failure}");
        let due = decision.payout.due_at.unwrap();
        // What the key says no more is looked for a day after the last send.
        assert_eq!(due == later(24), only_listed, "{failure}");
    }
}

#[test]
fn a_transfer_that_is_what_was_asked_for_pays() {
    for doubtful in [false, true] {
        let (decision, left) = answered(doubtful, Ok(transfer()));
        assert_eq!(left.0, PayoutStatus::Paid);
        assert_eq!(moved(&decision), ["payable:bob stripe 100"]);
        assert_eq!(decision.payout.transfer.as_deref(), Some("tr_1"));
        assert_eq!(decision.payout.due_at, None);
        let end = decision.attempt.unwrap().end;
        let transfer = "tr_1".to_owned();
        assert_eq!(end, Some(AttemptEnd::Paid { transfer }));
    }
}

#[test]
fn a_transfer_that_differs_in_anything_goes_to_a_person() {
    let change: [fn(&mut Transfer); 5] = [
        |transfer| transfer.amount = Cents::new(101),
        |transfer| transfer.currency = "eur".to_owned(),
        |transfer| transfer.destination = "acct_eve".to_owned(),
        |transfer| transfer.mode = Mode::Live,
        |transfer| transfer.payout = None,
    ];
    for change in change {
        let mut other = transfer();
        change(&mut other);
        let (decision, left) = answered(false, Ok(other));
        assert_eq!(
            left,
            (PayoutStatus::Unknown, Some(Wait::Person), true, true)
        );
        assert_eq!(decision.payout.due_at, None);
        assert!(decision.postings.is_empty());
        assert!(decision.payout.error.unwrap().contains("tr_1"));
    }
}

#[test]
fn a_busy_provider_is_asked_again_when_it_says() {
    let retry_after = Some(Duration::from_secs(7_000));
    let (decision, _) = answered(false, Err(failed(Failure::NotBegun { retry_after })));
    let due = later(1).after(Duration::from_secs(7_000));
    assert_eq!(decision.payout.due_at, Some(due));
}

#[test]
fn an_attempt_takes_the_budget_and_what_is_withdrawn_gives_it_back() {
    let mut owed = payout(PayoutStatus::Owed);
    owed.attempt = 0;
    let begin = Command::Begin {
        draft: draft(),
        lease: later(1),
        floor: Some(Cents::ZERO),
    };
    let decision = by_system(&owed, None, begin, MADE);
    assert_eq!(moved(&decision), ["budget reserved 100"]);
    assert_eq!(decision.postings[0].floor, Some(0));
    assert_eq!(decision.payout.attempt, 1);

    let open = decision.attempt.unwrap();
    let unsent = Command::Answer(Err(failed(Failure::NotSent)));
    let decision = by_system(&decision.payout, Some(&open), unsent, later(1));
    assert!(decision.postings.is_empty(), "it is sent again as it is");
    let off = decide(
        &decision.payout,
        Some(&open),
        Command::WriteOff,
        &Actor::Admin,
        later(2),
    );
    let off = off.unwrap();
    assert_eq!(
        moved(&off),
        ["reserved budget 100", "payable:bob recovered 100"]
    );
}

#[test]
fn a_transfer_settles_whatever_stood_there() {
    let ended = AttemptRecord {
        end: Some(AttemptEnd::Withdrawn),
        ..attempt()
    };
    for (status, sent, expected) in [
        (
            PayoutStatus::Owed,
            None,
            vec!["budget reserved 100", "payable:bob stripe 100"],
        ),
        (
            PayoutStatus::Unknown,
            Some(attempt()),
            vec!["payable:bob stripe 100"],
        ),
        (
            PayoutStatus::WrittenOff,
            Some(ended),
            vec!["budget reserved 100", "recovered stripe 100"],
        ),
    ] {
        let settle = Command::Settle(transfer());
        let decision = by_system(&payout(status), sent.as_ref(), settle, later(1));
        assert_eq!(moved(&decision), expected, "{status}");
        // The money is gone: the budget is not asked.
        assert!(decision.postings.iter().all(|leg| leg.floor.is_none()));
    }
}

#[test]
fn what_is_taken_back_only_grows() {
    let paid = payout(PayoutStatus::Paid);
    let back = |payout: &PayoutRecord, total| {
        let total = Cents::new(total);
        let command = Command::Reverse { total };
        decide(payout, None, command, &Actor::System, later(2))
    };
    let some = back(&paid, 40).unwrap();
    assert_eq!(some.payout.status, PayoutStatus::Paid);
    assert_eq!(moved(&some), ["stripe recovered 40"]);
    assert!(back(&some.payout, 40).is_err());
    assert!(back(&some.payout, 30).is_err());
    let all = back(&some.payout, 100).unwrap();
    assert_eq!(all.payout.status, PayoutStatus::Reversed);
    assert_eq!(moved(&all), ["stripe recovered 60"]);

    let mut odd = transfer();
    odd.reversed = Cents::new(i64::MIN);
    let settle = Command::Settle(odd);
    let sending = payout(PayoutStatus::Sending);
    let whole = by_system(&sending, Some(&attempt()), settle, later(1));
    assert_eq!(whole.payout.reversed, Cents::ZERO);

    let mut gone = transfer();
    gone.reversed = Cents::new(100);
    let sent = attempt();
    let sending = payout(PayoutStatus::Sending);
    let both = by_system(&sending, Some(&sent), Command::Settle(gone), later(1));
    assert_eq!(both.payout.status, PayoutStatus::Reversed);
    assert_eq!(
        moved(&both),
        ["payable:bob stripe 100", "stripe recovered 100"]
    );
}
