//! The one table of what may happen to a payout.

use std::fmt;

use crate::error::Rejection;
use crate::job::Actor;
use crate::record::PayoutStatus;

/// What can be done to a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PayoutCommand {
    /// A new attempt is about to be sent.
    Begin,
    /// The latest attempt is about to be sent once more, the same to the byte.
    Resend,
    /// The provider or the network answered what was sent.
    Answer,
    /// The one who sent it was not heard of any more.
    Lapse,
    /// The latest attempt is not to be sent any more: only listing settles it.
    Forgo,
    /// It cannot be sent now.
    PutOff,
    /// What it waited for has changed.
    Wake,
    /// A complete listing has no transfer of it.
    Look,
    /// A listing could not be had.
    FailLook,
    /// An operator says that nothing was carried out, and a listing agrees.
    Deny,
    /// A person has to look.
    Refer,
    /// A transfer of it was found.
    Settle,
    /// Money of its transfer was taken back.
    Reverse,
    /// An operator has it sent again.
    Retry,
    /// An operator decides that it will not be paid.
    WriteOff,
    /// It is from an old copy of the store.
    Restore,
}

impl PayoutCommand {
    /// Every command.
    pub const ALL: [PayoutCommand; 16] = [
        PayoutCommand::Begin,
        PayoutCommand::Resend,
        PayoutCommand::Answer,
        PayoutCommand::Lapse,
        PayoutCommand::Forgo,
        PayoutCommand::PutOff,
        PayoutCommand::Wake,
        PayoutCommand::Look,
        PayoutCommand::FailLook,
        PayoutCommand::Deny,
        PayoutCommand::Refer,
        PayoutCommand::Settle,
        PayoutCommand::Reverse,
        PayoutCommand::Retry,
        PayoutCommand::WriteOff,
        PayoutCommand::Restore,
    ];

    /// The stable text, such as `put_off`.
    pub const fn as_str(self) -> &'static str {
        match self {
            PayoutCommand::Begin => "begin",
            PayoutCommand::Resend => "resend",
            PayoutCommand::Answer => "answer",
            PayoutCommand::Lapse => "lapse",
            PayoutCommand::Forgo => "forgo",
            PayoutCommand::PutOff => "put_off",
            PayoutCommand::Wake => "wake",
            PayoutCommand::Look => "look",
            PayoutCommand::FailLook => "fail_look",
            PayoutCommand::Deny => "deny",
            PayoutCommand::Refer => "refer",
            PayoutCommand::Settle => "settle",
            PayoutCommand::Reverse => "reverse",
            PayoutCommand::Retry => "retry",
            PayoutCommand::WriteOff => "write_off",
            PayoutCommand::Restore => "restore",
        }
    }

    /// What an operator asked for, in the words of the asking.
    const fn asked(self) -> &'static str {
        match self {
            PayoutCommand::Settle => "resolve as paid",
            PayoutCommand::Deny => "resolve as absent",
            PayoutCommand::WriteOff => "resolve as written_off",
            other => other.as_str(),
        }
    }
}

impl fmt::Display for PayoutCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who may give a command on a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayoutRole {
    /// The exchange alone.
    System,
    /// The operator alone.
    Admin,
    /// The exchange, or the operator.
    Both,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct PayoutTransition {
    /// The status that the payout must have.
    pub from: PayoutStatus,
    /// The command.
    pub command: PayoutCommand,
    /// Who may give it.
    pub by: PayoutRole,
    /// The statuses that the payout can have then. Which one follows from what the command brings.
    pub to: &'static [PayoutStatus],
}

const fn row(
    from: PayoutStatus,
    command: PayoutCommand,
    by: PayoutRole,
    to: &'static [PayoutStatus],
) -> PayoutTransition {
    PayoutTransition {
        from,
        command,
        by,
        to,
    }
}

/// Every legal transition; whatever is not here is a `wrong_status`.
pub const PAYOUT_TRANSITIONS: &[PayoutTransition] = {
    use PayoutCommand::*;
    use PayoutRole::*;
    use PayoutStatus::*;
    &[
        row(Owed, Begin, System, &[Sending]),
        row(Owed, Resend, System, &[Sending]),
        row(Owed, PutOff, System, &[Owed]),
        row(Owed, Wake, System, &[Owed]),
        row(Owed, Retry, Admin, &[Owed]),
        row(Owed, Settle, Both, &[Paid, Reversed]),
        row(Owed, WriteOff, Admin, &[WrittenOff]),
        row(Owed, Restore, Admin, &[Unknown]),
        row(
            Sending,
            Answer,
            System,
            &[Paid, Reversed, Owed, Declined, Unknown],
        ),
        row(Sending, Lapse, System, &[Unknown]),
        row(Sending, Settle, Both, &[Paid, Reversed]),
        row(Sending, Restore, Admin, &[Unknown]),
        row(Unknown, Resend, System, &[Unknown]),
        row(Unknown, Answer, System, &[Paid, Reversed, Unknown]),
        row(Unknown, Forgo, System, &[Unknown]),
        row(Unknown, PutOff, System, &[Unknown]),
        row(Unknown, Look, System, &[Unknown, Owed]),
        row(Unknown, FailLook, System, &[Unknown]),
        row(Unknown, Deny, Admin, &[Owed]),
        row(Unknown, Refer, System, &[Unknown]),
        row(Unknown, Settle, Both, &[Paid, Reversed]),
        row(Unknown, Restore, Admin, &[Unknown]),
        row(Declined, Retry, Admin, &[Owed]),
        row(Declined, Settle, Both, &[Paid, Reversed]),
        row(Declined, WriteOff, Admin, &[WrittenOff]),
        row(Declined, Restore, Admin, &[Unknown]),
        row(Paid, Reverse, System, &[Paid, Reversed]),
        row(WrittenOff, Settle, Both, &[Paid, Reversed]),
    ]
};

/// Whether the status and the actor allow the command, in this order.
pub(super) fn check(
    status: PayoutStatus,
    command: PayoutCommand,
    actor: &Actor,
) -> Result<(), Rejection> {
    let row = PAYOUT_TRANSITIONS
        .iter()
        .find(|row| row.from == status && row.command == command);
    let Some(row) = row else {
        return Err(refuse(status, command));
    };
    let allowed = match actor {
        Actor::User(_) => false,
        Actor::Admin => row.by != PayoutRole::System,
        Actor::System => row.by != PayoutRole::Admin,
    };
    if allowed {
        Ok(())
    } else {
        Err(Rejection::AdminOnly)
    }
}

/// Whether the status allows the command, before anything is asked for it.
pub(crate) fn check_status(status: PayoutStatus, command: PayoutCommand) -> Result<(), Rejection> {
    check(status, command, &Actor::Admin)
}

/// The refusal of a command that the status forbids, with the statuses that would allow it.
pub(super) fn refuse(status: PayoutStatus, command: PayoutCommand) -> Rejection {
    let rows = PAYOUT_TRANSITIONS
        .iter()
        .filter(|row| row.command == command);
    let names: Vec<_> = rows.map(|row| row.from.as_str()).collect();
    Rejection::WrongPayoutStatus {
        command: command.asked(),
        status,
        needed: names.join(" or "),
    }
}
