//! A job's events, read one after the other, as the life that they tell.

use crate::id::CommitId;
use crate::job::{CommandKind, Event, EventKind, JobRecord, Status, TRANSITIONS};
use crate::store::Part;

/// Where a job stands after some of its events.
#[derive(Debug, Default)]
pub(super) struct History {
    status: Option<Status>,
    attempt: u32,
    rejections: u32,
    judged_attempt: Option<u32>,
    /// The commit that made the job.
    pub(super) opened_by: Option<CommitId>,
    /// The commit of the latest event.
    pub(super) last_by: Option<CommitId>,
    /// The texts that the events since [`History::take_texts`] left behind.
    texts: Vec<Part>,
}

impl History {
    /// Goes one step on.
    ///
    /// # Errors
    /// Why the event cannot be the next one.
    pub(super) fn step(&mut self, event: &Event) -> Result<(), String> {
        let (commands, to) = meaning(&event.kind);
        let legal = match self.status {
            None => event.kind == EventKind::Created,
            Some(from) => TRANSITIONS.iter().any(|row| {
                row.from == from && commands.contains(&row.command) && row.to.contains(&to)
            }),
        };
        let from = self.status;
        self.apply(event, to);
        if !legal {
            return Err(format!("{:?} cannot follow on {from:?}", event.kind));
        }
        if event.attempt != self.attempt {
            let attempt = event.attempt;
            return Err(format!(
                "says attempt {attempt}, but it is {}",
                self.attempt
            ));
        }
        Ok(())
    }

    fn apply(&mut self, event: &Event, to: Status) {
        self.status = Some(to);
        self.opened_by.get_or_insert(event.commit);
        self.last_by = Some(event.commit);
        match event.kind {
            EventKind::Created => self.texts.push(Part::Brief),
            EventKind::Accepted => self.attempt = self.attempt.saturating_add(1),
            EventKind::Submitted => self.texts.push(Part::Output(self.attempt)),
            EventKind::Verified => self.judged(),
            EventKind::Rejected | EventKind::Requeued | EventKind::Failed => {
                self.rejections = self.rejections.saturating_add(1);
                self.judged();
            }
            EventKind::RunStarted
            | EventKind::RunFailed { .. }
            | EventKind::Cancelled
            | EventKind::Released
            | EventKind::AcceptExpired => {}
        }
    }

    fn judged(&mut self) {
        self.judged_attempt = Some(self.attempt);
        self.texts.push(Part::Verdict(self.attempt));
    }

    /// The texts that must be there after the steps since the last call.
    pub(super) fn take_texts(&mut self) -> Vec<Part> {
        std::mem::take(&mut self.texts)
    }

    /// Compares the end of the history with the job.
    ///
    /// # Errors
    /// In what they differ.
    pub(super) fn leads_to(&self, job: &JobRecord) -> Result<(), String> {
        let status = job.state.status();
        let told = (
            self.status,
            self.attempt,
            self.rejections,
            self.judged_attempt,
        );
        let stands = (
            Some(status),
            job.attempt,
            job.rejections,
            job.judged_attempt,
        );
        if told == stands {
            Ok(())
        } else {
            Err(format!(
                "the job stands at {stands:?}, its events lead to {told:?} \
                 (status, attempt, rejections, judged attempt)"
            ))
        }
    }
}

/// The commands that leave such an event, and the status after it.
fn meaning(kind: &EventKind) -> (&'static [CommandKind], Status) {
    use CommandKind as Command;
    match kind {
        EventKind::Created => (&[], Status::Queued),
        EventKind::Accepted => (&[Command::Accept], Status::Accepted),
        EventKind::RunStarted => (&[Command::StartRun], Status::InProgress),
        EventKind::RunFailed { .. } => (&[Command::FailRun], Status::Accepted),
        EventKind::Submitted => (&[Command::Submit, Command::FinishRun], Status::Submitted),
        EventKind::Verified => (&[Command::Verify], Status::Verified),
        EventKind::Rejected => (&[Command::Verify], Status::Rejected),
        EventKind::Requeued => (&[Command::Verify], Status::Queued),
        EventKind::Failed => (&[Command::Verify], Status::Failed),
        EventKind::Cancelled => (&[Command::Cancel], Status::Cancelled),
        EventKind::Released => (&[Command::Release], Status::Queued),
        EventKind::AcceptExpired => (&[Command::ExpireAccept], Status::Queued),
    }
}
