//! What each end of a job moves, row by row of the table of flows.

use super::*;
use crate::job::EventKind;
use crate::job::decide::hold;

/// What a verdict on bob's output makes of alice's job.
fn judged(passed: bool, change: impl FnOnce(&mut JobRecord)) -> Decision {
    let mut job = job(Status::Submitted, &user("bob"));
    change(&mut job);
    let alice = Actor::User(user("alice"));
    decide(&job, verdict(job.attempt, passed), &alice, LATE).unwrap()
}

#[test]
fn a_verdict_is_on_the_output_that_was_judged_and_no_other() {
    let job = job(Status::Submitted, &user("bob"));
    let alice = Actor::User(user("alice"));
    for attempt in [job.attempt - 1, job.attempt + 1] {
        let refused = decide(&job, verdict(attempt, true), &alice, LATE).unwrap_err();
        assert_eq!(refused.code().as_str(), "wrong_status");
    }
}

#[test]
fn a_job_that_is_made_holds_its_cost() {
    let job = job(Status::Queued, &user("bob"));
    let postings = hold(&job);
    let legs: Vec<_> = postings.iter().map(|leg| (leg.delta, leg.floor)).collect();
    // Nobody can hold what they don't have.
    assert_eq!(legs, [(-2, Some(0)), (2, None)]);
    assert_eq!(postings[0].account.to_string(), "user:alice");
    assert_eq!(postings[1].account.to_string(), format!("hold:{}", job.id));
}

#[test]
fn a_cancelled_job_gives_its_hold_back() {
    let job = job(Status::Queued, &user("bob"));
    let alice = Actor::User(user("alice"));
    let decision = decide(&job, Command::Cancel, &alice, LATE).unwrap();
    assert_eq!(moves(&decision), ["-2 hold:job", "+2 user:alice"]);
    assert_eq!(reasons(&decision), ["refund:job", "refund:job"]);
    assert!(decision.payout.is_none());
}

#[test]
fn a_verified_job_spends_its_hold_and_owes_the_receiver() {
    let decision = judged(true, |_| {});
    assert_eq!(
        moves(&decision),
        [
            "-2 hold:job",
            "+2 spent",
            "-100 payout_cost",
            "+100 payable:bob"
        ]
    );
    assert_eq!(reasons(&decision), ["job:job"; 4]);
    let payout = decision.payout.unwrap();
    assert_eq!(payout.id.job(), decision.job.id);
    assert_eq!(
        (payout.receiver.as_str(), payout.amount, payout.currency),
        ("bob", Cents::new(100), "usd".to_owned())
    );
}

#[test]
fn a_verified_job_whose_terms_pay_nothing_owes_nothing() {
    let decision = judged(true, |job| job.terms.payout = Cents::ZERO);
    assert_eq!(moves(&decision), ["-2 hold:job", "+2 spent"]);
    assert!(decision.payout.is_none());
}

#[test]
fn a_job_for_oneself_gives_its_hold_back_and_pays_nothing() {
    let decision = judged(true, |job| {
        job.state = State::Submitted {
            receiver: user("alice"),
            review_due: None,
        };
    });
    assert_eq!(decision.job.state.status(), Status::Verified);
    assert_eq!(moves(&decision), ["-2 hold:job", "+2 user:alice"]);
    assert_eq!(reasons(&decision), ["refund:job"; 2]);
    assert!(decision.payout.is_none());
}

#[test]
fn a_rejected_job_gives_its_hold_back() {
    let decision = judged(false, |_| {});
    assert_eq!(decision.job.state.status(), Status::Rejected);
    assert_eq!(moves(&decision), ["-2 hold:job", "+2 user:alice"]);
    assert!(decision.payout.is_none());
}

#[test]
fn a_rejected_job_whose_terms_keep_it_forfeits_its_hold() {
    let decision = judged(false, |job| job.terms.on_rejected = OnRejected::Keep);
    assert_eq!(decision.job.state.status(), Status::Rejected);
    assert_eq!(moves(&decision), ["-2 hold:job", "+2 forfeited"]);
    assert_eq!(reasons(&decision), ["job:job"; 2]);
}

#[test]
fn a_requeued_job_keeps_its_hold_until_it_fails() {
    let requeue = |job: &mut JobRecord| job.terms.on_rejected = OnRejected::Requeue;
    let first = judged(false, requeue);
    assert_eq!(first.event, EventKind::Requeued);
    assert_eq!(first.job.state, State::Queued);
    assert_eq!(
        (first.job.rejections, first.job.judged_attempt),
        (1, Some(1))
    );
    assert_eq!(moves(&first), [""; 0]);

    let second = judged(false, |job| {
        requeue(job);
        (job.attempt, job.rejections) = (2, 1);
    });
    assert_eq!(second.event, EventKind::Failed);
    assert_eq!(second.job.state.status(), Status::Failed);
    assert_eq!(moves(&second), ["-2 hold:job", "+2 user:alice"]);

    // One that passes at last is paid like any other.
    let passed = judged(true, |job| {
        requeue(job);
        (job.attempt, job.rejections) = (2, 1);
    });
    assert_eq!(passed.job.rejections, 1);
    assert_eq!(moves(&passed).len(), 4);
}

#[test]
fn steps_on_the_way_move_nothing() {
    use CommandKind::*;
    let steps = [
        (Status::Queued, Accept, "bob"),
        (Status::Accepted, Submit, "bob"),
        (Status::Accepted, StartRun, "bob"),
        (Status::Accepted, Release, "bob"),
        (Status::Accepted, ExpireAccept, ""),
        (Status::InProgress, Submit, "bob"),
        (Status::InProgress, FinishRun, ""),
        (Status::InProgress, FailRun, ""),
        (Status::InProgress, Release, "bob"),
    ];
    for (status, kind, who) in steps {
        let job = job(status, &user("bob"));
        let actor = match who {
            "" => Actor::System,
            who => Actor::User(user(who)),
        };
        let decision = decide(&job, command(kind, &actor), &actor, LATE).unwrap();
        assert_eq!(moves(&decision), [""; 0], "{status} {kind}");
        assert!(decision.payout.is_none());
        assert_eq!(decision.job.terms, job.terms, "{status} {kind}");
    }
}

#[test]
fn a_job_made_while_credits_were_off_moves_nothing() {
    let free = |job: &mut JobRecord| {
        job.terms.held = Credits::ZERO;
        job.terms.payout = Cents::ZERO;
    };
    for passed in [true, false] {
        let decision = judged(passed, free);
        assert_eq!(moves(&decision), [""; 0]);
        assert!(decision.payout.is_none());
    }
    let mut job = job(Status::Queued, &user("bob"));
    free(&mut job);
    assert!(hold(&job).is_empty());
}
