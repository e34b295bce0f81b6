//! How a payout is paid: its history, its attempts, and the state of everything that is sent.

use serde::{Deserialize, Serialize};

use crate::id::{CommitId, PayoutId};
use crate::job::Actor;
use crate::money::Cents;
use crate::payments::{DeclineClass, Mode, Transfer};
use crate::record::{Absence, Look, Platform, Wait};
use crate::time::Timestamp;

/// A step in a payout's history. Never rewritten. A payout at version v has the steps 2 to v; it
/// was made by its job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The payout.
    pub payout: PayoutId,
    /// The version of the payout that the step led to.
    pub seq: u64,
    /// What happened.
    pub kind: StepKind,
    /// Who did it.
    pub actor: Actor,
    /// What they said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The commit that wrote it.
    pub commit: CommitId,
}

/// What happened to a payout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepKind {
    /// An attempt was begun, to be sent.
    Begun {
        /// Which, from 1.
        attempt: u32,
    },
    /// An attempt was to be sent once more, the same to the byte.
    Resent {
        /// Which, from 1.
        attempt: u32,
    },
    /// It cannot be sent now.
    Put {
        /// Why.
        off: Wait,
    },
    /// It can be sent again: what it waited for has changed, or an operator says so.
    Woken,
    /// The attempt was not carried out, and will be sent as it is.
    NotExecuted {
        /// What the provider or the network said.
        cause: String,
    },
    /// Whether the attempt was carried out is not known.
    Doubted {
        /// What the provider or the network said.
        cause: String,
    },
    /// The one who sent it was not heard of any more.
    Lapsed,
    /// The provider will not do it, and did not.
    Declined {
        /// Who can mend it.
        class: DeclineClass,
        /// The provider's code.
        code: String,
    },
    /// A complete listing has no transfer of it. One more is needed.
    Looked(Look),
    /// A listing could not be had, and counts for nothing.
    LookFailed {
        /// What the provider or the network said.
        cause: String,
    },
    /// It was proven that nothing that was sent was carried out.
    Absent(Absence),
    /// A person has to look.
    Referred {
        /// Why.
        cause: String,
    },
    /// The receiver has it.
    Paid {
        /// The transfer.
        transfer: String,
        /// How much of it was taken back by then.
        reversed: Cents,
    },
    /// Money was taken back.
    Reversed {
        /// How much in all.
        total: Cents,
    },
    /// An operator decided that it will not be paid.
    WrittenOff,
    /// It was found in an old copy of the store: what was sent since then is not known.
    Restored,
}

impl StepKind {
    /// The stable text.
    pub const fn as_str(&self) -> &'static str {
        match self {
            StepKind::Begun { .. } => "begun",
            StepKind::Resent { .. } => "resent",
            StepKind::Put { .. } => "put_off",
            StepKind::Woken => "woken",
            StepKind::NotExecuted { .. } => "not_executed",
            StepKind::Doubted { .. } => "doubted",
            StepKind::Lapsed => "lapsed",
            StepKind::Declined { .. } => "declined",
            StepKind::Looked(_) => "looked",
            StepKind::LookFailed { .. } => "look_failed",
            StepKind::Absent(_) => "absent",
            StepKind::Referred { .. } => "referred",
            StepKind::Paid { .. } => "paid",
            StepKind::Reversed { .. } => "reversed",
            StepKind::WrittenOff => "written_off",
            StepKind::Restored => "restored",
        }
    }
}

/// An attempt to pay: written before it is first sent, so that what is sent again is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The payout.
    pub payout: PayoutId,
    /// Which attempt, from 1. The key that it is sent under is `<payout>:<number>`.
    pub number: u32,
    /// The body that is sent, to the byte.
    pub body: String,
    /// The version of the provider's interface that the body was written for.
    pub api_version: String,
    /// The account whose money is sent.
    pub platform: String,
    /// Whether the money is real.
    pub mode: Mode,
    /// The account that is paid.
    pub destination: String,
    /// When it was first sent.
    pub first_sent_at: Timestamp,
    /// When it was last sent.
    pub last_sent_at: Timestamp,
    /// Whether it may have been carried out. Stays so until it has ended.
    #[serde(default, skip_serializing_if = "is_false")]
    pub doubtful: bool,
    /// Whether it must not be sent any more, so that only listing settles it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub only_listed: bool,
    /// How it ended; none while it may still be sent or carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<AttemptEnd>,
    /// The commit that wrote it first.
    pub commit: CommitId,
}

impl AttemptRecord {
    /// Whose money it sends.
    pub fn purse(&self) -> Platform {
        Platform {
            account: self.platform.clone(),
            mode: self.mode,
        }
    }

    /// The key that it is sent under.
    pub fn key(&self) -> String {
        format!("{}:{}", self.payout, self.number)
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptEnd {
    /// It was carried out.
    Paid {
        /// The transfer.
        transfer: String,
    },
    /// The provider would not do it, and did not.
    Declined {
        /// Who can mend it.
        class: DeclineClass,
        /// The provider's code.
        code: String,
    },
    /// It was proven that it was not carried out.
    Absent(Absence),
    /// It was never carried out, and an operator decided that it never will be.
    Withdrawn,
}

/// Whether anything is sent at all. There is one such record, rewritten at will.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutboxRecord {
    /// When it is to be looked at next: the provider's list of transfers, and payouts that wait for
    /// something that may have changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When the provider's list of transfers is to be looked at next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch_at: Option<Timestamp>,
    /// When that list was last seen whole, back to what was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watched_at: Option<Timestamp>,
    /// Whose list that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watched: Option<Platform>,
    /// When the newest transfer was made that was seen there, by the provider's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
    /// Whether the money is real, from the first that moved on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// What was found up to then was looked at by an operator. Written by releases that did not
    /// keep which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Timestamp>,
    /// The transfers that an operator was shown with an alarm, the latest ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<String>,
    /// Why nothing is sent; none while it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// What else was found since then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Stop>,
    /// What an operator said when sending was taken up again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Resumed>,
    /// Until when nothing is asked, since the provider could not be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// The state of the exchange's balance at the provider, while it is known to be too low: one
    /// payout at a time is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circuit: Option<Pause>,
    /// The latest time that was seen here: a clock that is behind it went back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<Timestamp>,
}

impl OutboxRecord {
    /// The most alarms that are kept beside the first one. What is found beyond is found again
    /// after these were looked at.
    const ALSO_MAX: usize = 500;

    /// The most transfers that are remembered as shown. One that is forgotten raises its alarm
    /// again.
    const SHOWN_MAX: usize = 2_000;

    /// Stops all sending. What is found while it is stopped is kept beside the first reason; two
    /// transfers for one payout come first, since somebody has to act on that.
    pub(crate) fn raise(&mut self, stop: Stop) {
        let Some(first) = &mut self.stop else {
            self.stop = Some(stop);
            return;
        };
        let is_same = |known: &Stop| (known.alarm, &known.transfer) == (stop.alarm, &stop.transfer);
        if is_same(first) || self.also.iter().any(is_same) || self.also.len() >= Self::ALSO_MAX {
            return;
        }
        let graver = stop.alarm == Alarm::DoubleTransfer && first.alarm != Alarm::DoubleTransfer;
        let behind = if graver {
            std::mem::replace(first, stop)
        } else {
            stop
        };
        self.also.push(behind);
    }

    /// Takes up sending again: an operator has looked at all that was shown.
    pub(crate) fn resume(&mut self) {
        let stops = self.stop.take().into_iter().chain(self.also.drain(..));
        self.shown.extend(stops.filter_map(|stop| stop.transfer));
        let excess = self.shown.len().saturating_sub(Self::SHOWN_MAX);
        self.shown.drain(..excess);
    }

    /// Whether an operator has looked at this transfer.
    pub(crate) fn is_confirmed(&self, transfer: &Transfer) -> bool {
        let before = self.confirmed.is_some_and(|at| transfer.created_at <= at);
        before || self.shown.contains(&transfer.id)
    }
}

/// Why nothing is sent, until an operator says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// What kind of reason.
    pub alarm: Alarm,
    /// What was found, for an operator.
    pub detail: String,
    /// Since when.
    pub since: Timestamp,
    /// The transfer that should not be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
}

/// What stops all sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// A payout has a second transfer.
    DoubleTransfer,
    /// The provider has a transfer of this store's that the store does not have as paid: it may be
    /// an old copy.
    StoreBehindStripe,
    /// The provider does not accept the key.
    Unauthorized,
}

impl Alarm {
    /// Every one.
    pub const ALL: [Alarm; 3] = [
        Alarm::DoubleTransfer,
        Alarm::StoreBehindStripe,
        Alarm::Unauthorized,
    ];

    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Alarm::DoubleTransfer => "double_transfer",
            Alarm::StoreBehindStripe => "store_behind_stripe",
            Alarm::Unauthorized => "unauthorized",
        }
    }
}

/// Who took up sending again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// What they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A time in which nothing is tried. Each in a row is longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Until when.
    pub until: Timestamp,
    /// How many there were in a row.
    pub tries: u32,
    /// Why, for an operator.
    pub cause: String,
    /// When it began: a clock that is before that went back, and nobody waits for it to catch up.
    #[serde(default = "earliest")]
    pub since: Timestamp,
}

impl Pause {
    /// Whether it is over.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until || now < self.since
    }
}

/// Of pauses that were written by releases that did not note it.
fn earliest() -> Timestamp {
    Timestamp::MIN
}

fn is_false(flag: &bool) -> bool {
    !flag
}
