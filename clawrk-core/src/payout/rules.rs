//! The rules of doubt: when an attempt may be sent again, and when a listing proves anything.

use std::time::Duration;

use crate::payments::Transfer;
use crate::record::{AttemptRecord, PayoutRecord, PayoutStatus, Wait};
use crate::time::Timestamp;

/// For how long after its first send an attempt may be sent again. Providers keep the answers to
/// keys for 24 hours; the rest is for clocks.
pub const RESENT_WITHIN: Duration = Duration::from_secs(20 * 60 * 60);

/// How long after the last send a listing says anything: a request may still be on its way, and a
/// provider may finish what it answered with a failure.
pub const LISTED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How far the two listings are apart that prove absence.
pub const LISTINGS_APART: Duration = Duration::from_secs(10 * 60);

/// What a lease has beyond the time that a call may take.
pub const LEASE_MARGIN: Duration = Duration::from_secs(60);

/// How far clocks may differ, of two servers or here and at the provider, and how far one may be
/// behind what was seen before without having gone back: clocks are corrected.
const CLOCK_SLACK: Duration = Duration::from_secs(5 * 60);

/// The shortest and the longest wait before something is tried again.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(60 * 60));

/// How long to wait after that many tries in a row: a minute, then twice as long each time, up to
/// an hour.
pub(crate) fn backoff(tries: u32) -> Duration {
    let (first, last) = BACKOFF;
    let factor = 1_u32.checked_shl(tries.min(16)).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(last)
}

/// Whether the attempt may be sent, or sent again. `latest` is the latest time that was seen
/// anywhere: a clock behind it, or behind the last send, went back, and then no window can be
/// trusted.
pub(crate) fn may_resend(attempt: &AttemptRecord, now: Timestamp, latest: Timestamp) -> bool {
    let seen = latest.max(attempt.last_sent_at);
    let went_back = now.after(CLOCK_SLACK) < seen;
    attempt.end.is_none()
        && !attempt.only_listed
        && !went_back
        && now < attempt.first_sent_at.after(RESENT_WITHIN)
}

/// Whether it can be taken to be the same time here and at the provider.
pub(crate) fn clocks_agree(ours: Timestamp, theirs: Timestamp) -> bool {
    ours.since(theirs).max(theirs.since(ours)) <= CLOCK_SLACK
}

/// From when on a listing of that time counts that has no transfer: long after the last send, and
/// well after the one before it. One before it that is later by the clock proves nothing.
pub(crate) fn listed_from(
    payout: &PayoutRecord,
    attempt: Option<&AttemptRecord>,
    at: Timestamp,
) -> Timestamp {
    let first = last_send(payout, attempt).after(LISTED_AFTER);
    match &payout.look {
        Some(look) if look.at <= at => first.max(look.at.after(LISTINGS_APART)),
        _ => first,
    }
}

/// When something was sent last for a payout, or may have been.
pub(crate) fn last_send(payout: &PayoutRecord, attempt: Option<&AttemptRecord>) -> Timestamp {
    let sent = attempt.map(|attempt| attempt.last_sent_at);
    let known = sent.max(payout.restored_at);
    known.unwrap_or(payout.created_at)
}

/// Whether a transfer is what the payout owes: amount, currency, and that it is not another's.
pub(crate) fn agrees(payout: &PayoutRecord, transfer: &Transfer) -> bool {
    transfer.amount == payout.amount
        && transfer.currency.eq_ignore_ascii_case(&payout.currency)
        && transfer.payout.as_deref() == Some(&*payout.id.to_string())
}

/// What is to be done next with a payout that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: it is not for the outbox to move it on.
    Nothing,
    /// A new attempt is to be begun.
    Begin,
    /// The latest attempt is to be sent, or sent again.
    Resend,
    /// The sender's lease ran out.
    Lapse,
    /// The latest attempt must not be sent any more.
    Forgo,
    /// The provider's list is to be looked at.
    List,
}

/// What is to be done next with a payout that is due.
pub(crate) fn next(
    payout: &PayoutRecord,
    attempt: Option<&AttemptRecord>,
    now: Timestamp,
    latest: Timestamp,
) -> Next {
    let open = attempt.filter(|attempt| attempt.end.is_none());
    match payout.status {
        PayoutStatus::Owed if open.is_some() => Next::Resend,
        PayoutStatus::Owed => Next::Begin,
        PayoutStatus::Sending => Next::Lapse,
        PayoutStatus::Unknown if payout.wait == Some(Wait::Person) => Next::Nothing,
        PayoutStatus::Unknown => {
            let resendable = open.is_some_and(|attempt| may_resend(attempt, now, latest));
            if resendable && payout.restored_at.is_none() {
                Next::Resend
            } else if open.is_some_and(|attempt| !attempt.only_listed)
                || now < last_send(payout, attempt).after(LISTED_AFTER)
            {
                Next::Forgo
            } else {
                Next::List
            }
        }
        PayoutStatus::Paid
        | PayoutStatus::Declined
        | PayoutStatus::Reversed
        | PayoutStatus::WrittenOff => Next::Nothing,
    }
}
