//! When something is sent again, and when its absence is proven.

use super::*;
use crate::payout::{
    LISTED_AFTER, LISTINGS_APART, Next, RESENT_WITHIN, clocks_agree, may_resend, next,
};
use crate::record::Absence;

const MINUTE: Duration = Duration::from_secs(60);
const MILLISECOND: Duration = Duration::from_millis(1);

fn before(time: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_millis(time.as_millis() - i64::try_from(by.as_millis()).unwrap())
}

fn unknown() -> PayoutRecord {
    let mut payout = payout(PayoutStatus::Unknown);
    payout.wait = Some(Wait::Doubt);
    payout
}

fn doubtful() -> AttemptRecord {
    AttemptRecord {
        doubtful: true,
        ..attempt()
    }
}

#[test]
fn an_attempt_is_sent_again_for_20_hours_and_not_a_millisecond_longer() {
    let end = MADE.after(RESENT_WITHIN);
    assert_eq!(end, later(20));
    let sent = doubtful();
    for (now, sendable) in [
        (MADE, true),
        (before(end, MILLISECOND), true),
        (end, false),
        (end.after(MILLISECOND), false),
    ] {
        assert_eq!(may_resend(&sent, now, MADE), sendable, "{now}");
        let expected = if sendable { Next::Resend } else { Next::Forgo };
        assert_eq!(next(&unknown(), Some(&sent), now, MADE), expected, "{now}");
    }
}

#[test]
fn a_clock_that_went_back_ends_the_window() {
    let sent = AttemptRecord {
        last_sent_at: later(3),
        ..doubtful()
    };
    assert!(!may_resend(&sent, later(1), MADE), "behind the last send");
    assert!(
        !may_resend(&sent, later(3), later(5)),
        "behind what was seen"
    );
    let slack = later(3).after(5 * MINUTE);
    assert!(may_resend(&sent, later(3), slack), "corrected a little");
    assert_eq!(next(&unknown(), Some(&sent), later(1), MADE), Next::Forgo);
    let forgone = by_system(&unknown(), Some(&sent), Command::Forgo, later(1));
    let forgone = forgone.attempt.unwrap();
    assert!(forgone.only_listed && !may_resend(&forgone, later(4), MADE));
}

#[test]
fn a_key_is_given_up_once_only_and_listed_a_day_after_the_last_send() {
    let sent = AttemptRecord {
        last_sent_at: later(19),
        ..doubtful()
    };
    let forgone = by_system(&unknown(), Some(&sent), Command::Forgo, later(20));
    assert_eq!(forgone.payout.due_at, Some(later(19 + 24)));
    let sent = forgone.attempt.unwrap();
    assert_eq!(
        next(&forgone.payout, Some(&sent), later(43), MADE),
        Next::List
    );
}

#[test]
fn what_is_owed_and_too_old_lapses_without_being_sent() {
    let owed = payout(PayoutStatus::Owed);
    let command = Command::Resend {
        lease: later(31),
        latest: MADE,
    };
    assert_eq!(next(&owed, Some(&attempt()), later(30), MADE), Next::Resend);
    let taken = by_system(&owed, Some(&attempt()), command, later(30));
    assert_eq!(taken.payout.status, PayoutStatus::Sending);
    assert!(taken.attempt.is_none(), "nothing was sent");
    let latest = MADE;
    let lapsed = by_system(
        &taken.payout,
        Some(&attempt()),
        Command::Lapse { latest },
        later(30),
    );
    assert_eq!(lapsed.payout.status, PayoutStatus::Unknown);
    assert!(lapsed.attempt.unwrap().only_listed);
}

#[test]
fn one_whose_lease_ran_out_is_unknown_and_never_owed() {
    let sending = payout(PayoutStatus::Sending);
    assert_eq!(
        next(&sending, Some(&attempt()), later(1), MADE),
        Next::Lapse
    );
    let command = Command::Lapse { latest: MADE };
    let lapsed = by_system(&sending, Some(&attempt()), command, later(1));
    assert_eq!(lapsed.payout.status, PayoutStatus::Unknown);
    let sent = lapsed.attempt.unwrap();
    assert!(sent.doubtful && !sent.only_listed);
    assert_eq!(lapsed.payout.due_at, Some(later(1)), "at once");
}

fn look(at: Timestamp) -> Command {
    Command::Look(Look {
        at,
        platform: platform(),
    })
}

#[test]
fn absence_takes_two_listings_a_day_after_the_last_send_and_ten_minutes_apart() {
    let day = MADE.after(LISTED_AFTER);
    assert_eq!(day, later(24));
    let sent = doubtful();
    let early = before(day, MILLISECOND);
    let refused = decide(&unknown(), Some(&sent), look(early), &Actor::System, early);
    assert!(refused.is_err());

    let first = by_system(&unknown(), Some(&sent), look(day), day);
    assert_eq!(first.payout.status, PayoutStatus::Unknown);
    let due = day.after(LISTINGS_APART);
    assert_eq!(first.payout.due_at, Some(due));

    let early = before(due, MILLISECOND);
    let refused = decide(
        &first.payout,
        Some(&sent),
        look(early),
        &Actor::System,
        early,
    );
    assert!(refused.is_err());

    let second = by_system(&first.payout, Some(&sent), look(due), due);
    assert_eq!(second.payout.status, PayoutStatus::Owed);
    assert_eq!(moved(&second), ["reserved budget 100"]);
    let proof = Absence {
        last_sent_at: MADE,
        first: day,
        second: due,
        platform: platform(),
        by_operator: false,
    };
    assert_eq!(
        second.attempt.unwrap().end,
        Some(AttemptEnd::Absent(proof.clone()))
    );
    assert_eq!(second.payout.proof, Some(proof));
}

#[test]
fn a_failed_listing_voids_itself_and_not_the_first() {
    let sent = doubtful();
    let first = by_system(&unknown(), Some(&sent), look(later(24)), later(24)).payout;
    let cause = "page 2 failed".to_owned();
    let failed = by_system(&first, Some(&sent), Command::FailLook { cause }, later(25));
    assert_eq!(failed.payout.look, first.look);
    assert_eq!(failed.payout.due_at, Some(later(25).after(MINUTE)));
    let second = by_system(&failed.payout, Some(&sent), look(later(26)), later(26));
    assert_eq!(second.payout.status, PayoutStatus::Owed);
}

#[test]
fn a_listing_of_another_account_or_of_a_clock_gone_back_proves_nothing() {
    let sent = doubtful();
    let other = Look {
        at: later(24),
        platform: Platform {
            mode: Mode::Live,
            ..platform()
        },
    };
    let refused = decide(
        &unknown(),
        Some(&sent),
        Command::Look(other),
        &Actor::System,
        later(24),
    );
    assert!(refused.is_err());

    let first = by_system(&unknown(), Some(&sent), look(later(30)), later(30)).payout;
    let again = by_system(&first, Some(&sent), look(later(28)), later(28));
    assert_eq!(again.payout.status, PayoutStatus::Unknown);
    assert_eq!(again.payout.look.unwrap().at, later(28));
}

#[test]
fn an_attempt_that_a_clock_was_set_back_before_is_never_younger_than_it_is() {
    let mut owed = payout(PayoutStatus::Owed);
    owed.attempt = 0;
    owed.changed_at = Some(later(48));
    let begin = Command::Begin {
        draft: draft(),
        lease: later(2),
        floor: None,
    };
    let begun = by_system(&owed, None, begin, later(1));
    let sent = begun.attempt.unwrap();
    assert_eq!(sent.first_sent_at, later(1), "the key is no younger");
    assert_eq!(sent.last_sent_at, later(48), "the proof waits no shorter");
    assert!(!may_resend(&sent, later(49), later(48)));
}

#[test]
fn clocks_may_be_five_minutes_apart_either_way() {
    let five = MADE.after(5 * MINUTE);
    let more = five.after(MILLISECOND);
    for (ours, theirs, agree) in [(MADE, five, true), (five, MADE, true), (MADE, more, false)] {
        assert_eq!(clocks_agree(ours, theirs), agree);
        assert_eq!(clocks_agree(theirs, ours), agree);
    }
}

#[test]
fn what_was_restored_waits_a_day_and_keeps_the_proof_itself() {
    for (status, sent) in [
        (PayoutStatus::Owed, None),
        (PayoutStatus::Sending, Some(attempt())),
        (PayoutStatus::Unknown, Some(doubtful())),
    ] {
        let mut copy = payout(status);
        copy.attempt = u32::from(sent.is_some());
        let admin = Actor::Admin;
        let marked = decide(&copy, sent.as_ref(), Command::Restore, &admin, later(2));
        let marked = marked.unwrap();
        let sent = marked.attempt.or(sent);
        let copy = marked.payout;
        assert_eq!(copy.status, PayoutStatus::Unknown);
        assert_eq!(copy.due_at, Some(later(26)));
        // Nothing is sent again: what was sent since the copy was made is not known.
        let waits = next(&copy, sent.as_ref(), later(3), MADE);
        assert_eq!(waits, Next::Forgo, "{status}");
        assert_eq!(next(&copy, sent.as_ref(), later(26), MADE), Next::List);
        let first = by_system(&copy, sent.as_ref(), look(later(26)), later(26));
        let second = by_system(&first.payout, sent.as_ref(), look(later(27)), later(27));
        assert_eq!(second.payout.status, PayoutStatus::Owed);
        let proof = second.payout.proof.unwrap();
        assert_eq!(proof.last_sent_at, later(2), "the restore is the last send");
        assert_eq!(second.payout.restored_at, None);
    }
}
