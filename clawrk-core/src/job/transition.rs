//! The one table of what may happen to a job.

use std::fmt;

use crate::error::Rejection;
use crate::job::{Actor, JobRecord, Status};

/// What can be done to a job that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommandKind {
    /// A receiver takes the job.
    Accept,
    /// The receiver hands in output.
    Submit,
    /// The receiver has the job's skill run.
    StartRun,
    /// The run gave output.
    FinishRun,
    /// The run failed or was lost.
    FailRun,
    /// The output was judged.
    Verify,
    /// The sender takes the job back.
    Cancel,
    /// The receiver gives the job up.
    Release,
    /// The receiver took too long.
    ExpireAccept,
}

impl CommandKind {
    /// Every command.
    pub const ALL: [CommandKind; 9] = [
        CommandKind::Accept,
        CommandKind::Submit,
        CommandKind::StartRun,
        CommandKind::FinishRun,
        CommandKind::FailRun,
        CommandKind::Verify,
        CommandKind::Cancel,
        CommandKind::Release,
        CommandKind::ExpireAccept,
    ];

    /// The stable text, such as `start_run`.
    pub const fn as_str(self) -> &'static str {
        match self {
            CommandKind::Accept => "accept",
            CommandKind::Submit => "submit",
            CommandKind::StartRun => "start_run",
            CommandKind::FinishRun => "finish_run",
            CommandKind::FailRun => "fail_run",
            CommandKind::Verify => "verify",
            CommandKind::Cancel => "cancel",
            CommandKind::Release => "release",
            CommandKind::ExpireAccept => "expire_accept",
        }
    }
}

impl fmt::Display for CommandKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who may give a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Any user.
    AnyUser,
    /// The job's sender; the operator and the exchange in the sender's place.
    Sender,
    /// The job's receiver.
    Receiver,
    /// The job's receiver; the operator in the receiver's place.
    ReceiverOrAdmin,
    /// The exchange alone.
    System,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    /// The status that the job must have.
    pub from: Status,
    /// The command.
    pub command: CommandKind,
    /// Who may give it.
    pub by: Role,
    /// The statuses that the job can have then. Which one follows from verdict and terms.
    pub to: &'static [Status],
}

const fn row(from: Status, command: CommandKind, by: Role, to: &'static [Status]) -> Transition {
    Transition {
        from,
        command,
        by,
        to,
    }
}

/// Every legal transition; whatever is not here is a `wrong_status`.
pub const TRANSITIONS: &[Transition] = {
    use CommandKind::*;
    use Role::*;
    use Status::*;
    &[
        row(Queued, Accept, AnyUser, &[Accepted]),
        row(Queued, Cancel, Sender, &[Cancelled]),
        row(Accepted, Submit, Receiver, &[Submitted]),
        row(Accepted, StartRun, Receiver, &[InProgress]),
        row(Accepted, Release, ReceiverOrAdmin, &[Queued]),
        row(Accepted, ExpireAccept, System, &[Queued]),
        row(InProgress, Submit, Receiver, &[Submitted]),
        row(InProgress, FinishRun, System, &[Submitted]),
        row(InProgress, FailRun, System, &[Accepted]),
        row(InProgress, Release, ReceiverOrAdmin, &[Queued]),
        row(
            Submitted,
            Verify,
            Sender,
            &[Verified, Rejected, Queued, Failed],
        ),
    ]
};

/// Whether the job's status and the actor's role allow the command, in this order.
pub(crate) fn check(job: &JobRecord, command: CommandKind, actor: &Actor) -> Result<(), Rejection> {
    let status = job.state.status();
    let row = TRANSITIONS
        .iter()
        .find(|row| row.from == status && row.command == command);
    match row {
        Some(row) => check_role(row.by, job, actor),
        None if (status, command) == (Status::InProgress, CommandKind::StartRun) => {
            Err(Rejection::SkillRunning)
        }
        None => Err(Rejection::WrongStatus {
            command,
            status,
            needed: needed(command),
        }),
    }
}

/// The statuses in which a command is legal, for a person.
fn needed(command: CommandKind) -> String {
    let rows = TRANSITIONS.iter().filter(|row| row.command == command);
    let names: Vec<_> = rows.map(|row| row.from.as_str()).collect();
    names.join(" or ")
}

fn check_role(role: Role, job: &JobRecord, actor: &Actor) -> Result<(), Rejection> {
    let is_sender = actor.user() == Some(&job.sender);
    let is_receiver = actor.user().is_some() && actor.user() == job.state.receiver();
    let refusal = match role {
        Role::AnyUser => (actor.user().is_none()).then_some(Rejection::UserOnly),
        Role::Sender => (actor.user().is_some() && !is_sender).then_some(Rejection::NotSender),
        Role::Receiver => (!is_receiver).then_some(Rejection::NotReceiver),
        Role::ReceiverOrAdmin => {
            (!is_receiver && *actor != Actor::Admin).then_some(Rejection::NotReceiver)
        }
        Role::System => (*actor != Actor::System).then_some(Rejection::AdminOnly),
    };
    refusal.map_or(Ok(()), Err)
}
