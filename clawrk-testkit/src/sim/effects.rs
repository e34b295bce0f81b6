//! What was asked for, what was answered, and what came of it.

use std::collections::BTreeMap;

use clawrk_core::error::Code;
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::{Actor, EventKind, Job, JobRecord, State, Status};
use clawrk_core::money::Credits;
use clawrk_core::record::{Body, Kind, Text};

use super::command::{Answer, Command, Verb};
use crate::rng::Rng;
use crate::suite::Census;

/// Every request that was ever made.
#[derive(Debug, Default)]
pub(super) struct Effects {
    requests: BTreeMap<u64, Request>,
    last: u64,
}

/// A request, made once or several times under one key.
#[derive(Debug)]
struct Request {
    command: Command,
    /// How many are on their way.
    open: usize,
    /// Whether one may have had its effect without anybody having been told.
    doubtful: bool,
    answer: Option<Given>,
}

#[derive(Debug, PartialEq)]
enum Given {
    Job(Box<Job>),
    Credits(Credits),
}

/// An event of which there may be several for one job, by whoever made it happen.
type Deed = (JobId, &'static str, String);

impl Effects {
    /// The next command: a new one, or one more try of an old one.
    pub(super) fn next(&mut self, rng: &mut Rng, now: &Census) -> Command {
        let command = match self.repeated(rng) {
            Some(command) => command,
            None => self.new_command(rng, now),
        };
        let request = self.requests.entry(command.request).or_insert(Request {
            command: command.clone(),
            open: 0,
            doubtful: false,
            answer: None,
        });
        request.open += 1;
        command
    }

    fn repeated(&self, rng: &mut Rng) -> Option<Command> {
        if !rng.chance(25) {
            return None;
        }
        let keyed = self.requests.values().rev().take(12);
        let keyed: Vec<_> = keyed.filter(|r| r.command.key.is_some()).collect();
        (!keyed.is_empty()).then(|| keyed[rng.below(keyed.len())].command.clone())
    }

    fn new_command(&mut self, rng: &mut Rng, now: &Census) -> Command {
        self.last += 1;
        let request = self.last;
        let (by, verb) = random_verb(rng, now, request);
        let keyable = !matches!(
            verb,
            Verb::Look(_) | Verb::List | Verb::SeeSelf | Verb::Tick
        );
        // Now and then a key that stands for another request.
        let key = match rng.below(10) {
            0..5 => None,
            5 => Some(format!("key-{}", request.saturating_sub(1))),
            _ => Some(format!("key-{request}")),
        };
        Command {
            request,
            key: key.filter(|_| keyable),
            by,
            verb,
        }
    }

    /// A command came to its end.
    pub(super) fn answered(&mut self, command: &Command, answer: Answer) {
        let Some(request) = self.requests.get_mut(&command.request) else {
            return;
        };
        request.open -= 1;
        let given = match answer {
            Answer::Job { job, replayed } => {
                assert!(replayed || is_right(command, &job), "{command:?}: {job:?}");
                Given::Job(job)
            }
            Answer::Credits(credits) => Given::Credits(credits),
            Answer::Nothing => return,
            Answer::Failed(error) => {
                request.doubtful |= error.code() == Code::OutcomeUnknown;
                let expected = ![Code::Internal, Code::StoreCorrupt].contains(&error.code());
                assert!(expected, "{command:?}: {error:?}");
                return;
            }
        };
        match &request.answer {
            None => request.answer = Some(given),
            Some(first) => assert_eq!(*first, given, "one key, two answers: {command:?}"),
        }
    }

    /// The process ended before the command did.
    pub(super) fn lost(&mut self, command: &Command) {
        if let Some(request) = self.requests.get_mut(&command.request) {
            request.open -= 1;
            request.doubtful = true;
        }
    }

    /// Checks that each request had its effect once if it was acknowledged, at most once if nobody
    /// knows, and none if it was refused.
    pub(super) fn check(&self, now: &Census) {
        let marks = marks(now);
        let mut sure: BTreeMap<Deed, u64> = BTreeMap::new();
        let mut perhaps: BTreeMap<Deed, u64> = BTreeMap::new();
        for (number, request) in &self.requests {
            let known = request.answer.is_some();
            let open = request.doubtful || request.open > 0;
            if let Some(deed) = request.command.deed() {
                *sure.entry(deed.clone()).or_default() += u64::from(known);
                *perhaps.entry(deed).or_default() += u64::from(known || open);
            } else if request.command.leaves_mark() {
                let count = marks.get(number).copied().unwrap_or(0);
                let right = match (known, open) {
                    (true, _) => count == 1,
                    (false, true) => count <= 1,
                    (false, false) => count == 0,
                };
                assert!(right, "{count} effects of {request:?}");
            }
        }
        let done = deeds(now);
        for (deed, least) in sure {
            let count = done.get(&deed).copied().unwrap_or(0);
            assert!(
                count >= least,
                "{deed:?} was acknowledged {least} times, done {count}"
            );
        }
        for (deed, count) in done {
            let most = perhaps.get(&deed).copied().unwrap_or(0);
            assert!(
                count <= most,
                "{deed:?} was done {count} times, asked for {most}"
            );
        }
    }
}

impl Command {
    /// Whether its effect carries the request's number.
    fn leaves_mark(&self) -> bool {
        matches!(
            self.verb,
            Verb::Create(_) | Verb::Submit(..) | Verb::Grant(..)
        )
    }

    /// The event that it makes, where that carries no number.
    fn deed(&self) -> Option<Deed> {
        let (job, what) = match &self.verb {
            Verb::Accept(job) => (job, "accept"),
            Verb::Verify(job) => (job, "verify"),
            Verb::Cancel(job) => (job, "cancel"),
            Verb::Release(job) => (job, "release"),
            _ => return None,
        };
        Some((*job, what, self.by.to_string()))
    }
}

/// The events that people made happen.
fn deeds(now: &Census) -> BTreeMap<Deed, u64> {
    let mut deeds = BTreeMap::new();
    for record in now.of(Kind::Event) {
        let Body::Event(event) = &record.body else {
            continue;
        };
        let what = match &event.kind {
            EventKind::Accepted => "accept",
            EventKind::Cancelled => "cancel",
            EventKind::Released => "release",
            EventKind::Verified | EventKind::Rejected | EventKind::Requeued | EventKind::Failed => {
                "verify"
            }
            _ => continue,
        };
        if event.actor != Actor::System {
            let deed = (event.job, what, event.actor.to_string());
            *deeds.entry(deed).or_default() += 1;
        }
    }
    deeds
}

/// How often the number of each request is found in what was written for it.
fn marks(now: &Census) -> BTreeMap<u64, u64> {
    let mut marks = BTreeMap::new();
    for record in now.records.values() {
        let text = match &record.body {
            Body::Text(text) => match &text.text {
                Text::Brief { prompt, .. } => prompt,
                Text::Output { output, .. } => output,
                Text::Verdict { .. } => continue,
            },
            Body::Entry(entry) if entry.number.is_some() => entry.reason.as_str(),
            _ => continue,
        };
        let number = text
            .rsplit_once('#')
            .and_then(|(_, mark)| mark.parse().ok());
        if let Some(number) = number {
            *marks.entry(number).or_default() += 1;
        }
    }
    marks
}

/// Whether a job that a command gave shows the command's effect.
fn is_right(command: &Command, job: &Job) -> bool {
    let by = command.by.user();
    match &command.verb {
        Verb::Create(prompt) => {
            job.status == Status::Queued && Some(&job.sender) == by && job.prompt == *prompt
        }
        Verb::Accept(_) => job.status == Status::Accepted && job.receiver.as_ref() == by,
        Verb::Submit(_, output) => {
            let is_theirs = job.receiver.as_ref() == by;
            job.status == Status::Submitted && job.output.as_ref() == Some(output) && is_theirs
        }
        // A run that was given up must not hand in for whoever has the job now.
        Verb::RunSkill(_) => job.status == Status::Submitted && job.receiver.as_ref() == by,
        Verb::Verify(_) => job.verification.is_some(),
        Verb::Cancel(_) => job.status == Status::Cancelled,
        Verb::Release(_) => job.status == Status::Queued && job.receiver.is_none(),
        _ => true,
    }
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// A verb and who gives it: mostly one that may work, so that jobs come far.
fn random_verb(rng: &mut Rng, now: &Census, request: u64) -> (Actor, Verb) {
    let somebody = Actor::User(user(rng.pick(&["ann", "ann", "bob", "eve"])));
    let anybody = if rng.chance(10) {
        Actor::Admin
    } else {
        somebody.clone()
    };
    let jobs: Vec<&JobRecord> = now
        .of(Kind::Job)
        .filter_map(|record| match &record.body {
            Body::Job(job) if !job.state.status().is_final() || rng.chance(10) => Some(job),
            _ => None,
        })
        .collect();
    let chosen = rng.below(100);
    if jobs.is_empty() || chosen < 15 {
        let does = rng.pick(&["", "work", "work short", "work fail", "work nap"]);
        let does = if rng.chance(10) {
            "work oversleep"
        } else {
            does
        };
        return (somebody, Verb::Create(format!("Do {does} #{request}")));
    }
    if chosen < 25 {
        let target = user(rng.pick(&["ann", "bob", "eve"]));
        let delta = rng.pick(&[1, 4, 9, 20, 50, -3, -20]);
        // The engine makes a user's row when it is first seen.
        return match rng.chance(50) {
            true => (somebody, Verb::SeeSelf),
            false => (Actor::Admin, Verb::Grant(target, delta)),
        };
    }
    let job = rng.pick(&jobs);
    match chosen {
        25..30 => (somebody, Verb::Look(job.id)),
        30..33 => (somebody, Verb::List),
        33..38 => (Actor::System, Verb::Tick),
        38..50 => (anybody, verb(rng, job, request)),
        50..52 => (anybody, Verb::Accept(JobId::from_bits(7))),
        _ => likely(rng, job, request, somebody),
    }
}

fn verb(rng: &mut Rng, job: &JobRecord, request: u64) -> Verb {
    match rng.below(6) {
        0 => Verb::Accept(job.id),
        1 => submission(rng, job.id, request),
        2 => Verb::RunSkill(job.id),
        3 => Verb::Verify(job.id),
        4 => Verb::Cancel(job.id),
        _ => Verb::Release(job.id),
    }
}

fn submission(rng: &mut Rng, job: JobId, request: u64) -> Verb {
    let output = rng.pick(&["Long enough to pass any test", "no"]);
    Verb::Submit(job, format!("{output} #{request}"))
}

/// What the job waits for, by who may do it.
fn likely(rng: &mut Rng, job: &JobRecord, request: u64, somebody: Actor) -> (Actor, Verb) {
    let sender = Actor::User(job.sender.clone());
    let receiver = job
        .state
        .receiver()
        .cloned()
        .map_or(sender.clone(), Actor::User);
    match &job.state {
        State::Queued if rng.chance(85) => (somebody, Verb::Accept(job.id)),
        State::Queued => (sender, Verb::Cancel(job.id)),
        State::Accepted { .. } | State::InProgress { .. } => match rng.below(10) {
            0..4 => (receiver, submission(rng, job.id, request)),
            4..9 => (receiver, Verb::RunSkill(job.id)),
            _ => (receiver, Verb::Release(job.id)),
        },
        State::Submitted { .. } => (sender, Verb::Verify(job.id)),
        _ => (somebody, Verb::Look(job.id)),
    }
}
