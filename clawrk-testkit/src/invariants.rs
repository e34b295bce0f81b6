//! The rules that must hold of an exchange at every moment, worked out anew from bare records.
//!
//! This shares no code with the engine or its audit, so that a mistake there shows here.

use std::collections::{BTreeMap, BTreeSet};

use clawrk_core::id::{CommitId, JobId, PayoutId, UserId};
use clawrk_core::job::{
    Actor, CommandKind, Event, EventKind, JobRecord, OnRejected, Role, State, Status, TRANSITIONS,
};
use clawrk_core::ledger::{Account, Commodity};
use clawrk_core::record::{
    AttemptEnd, Body, EntryRecord, InvoiceOutcome, PayoutRecord, PayoutStatus, Record,
};
use clawrk_core::store::{Key, Part};

use crate::suite::Census;

/// One step in the life of a job, as its history tells it.
pub type Step = (Status, CommandKind, Status);

/// All that is checked together.
#[derive(Debug)]
struct Books<'a> {
    census: &'a Census,
    jobs: BTreeMap<JobId, (u64, &'a JobRecord)>,
    events: BTreeMap<JobId, Vec<&'a Event>>,
    entries: Vec<&'a EntryRecord>,
    payouts: BTreeMap<PayoutId, &'a PayoutRecord>,
}

/// The steps that all jobs took.
///
/// # Panics
/// If a rule is broken; the text says which, and where.
pub fn check(census: &Census) -> Vec<Step> {
    let books = Books::new(census);
    books.commodities_balance();
    books.nobody_is_below_zero();
    books.payables_are_payouts();
    books.grants_are_of_invoices();
    books.nothing_is_paid_twice();
    let mut steps = Vec::new();
    for (id, (version, job)) in &books.jobs {
        steps.extend(books.history_is_legal(*id, *version, job));
        books.hold_is_right(job);
        books.payout_is_right(job);
        books.texts_are_there(job);
    }
    for job in books.events.keys() {
        assert!(books.jobs.contains_key(job), "events of no job {job}");
    }
    for payout in books.payouts.keys() {
        let known = books.jobs.contains_key(&payout.job());
        assert!(known, "{payout} pays for no job");
    }
    steps
}

/// Checks that nothing which may never change or vanish did, between two looks at one store.
///
/// # Panics
/// If something did.
pub fn check_kept(before: &Census, after: &Census) {
    for (key, old) in &before.records {
        let new = after.records.get(key);
        let kept = match &old.body {
            Body::Event(_)
            | Body::Text(_)
            | Body::Entry(_)
            | Body::Meta(_)
            | Body::Step(_)
            | Body::Link(_) => new == Some(old),
            Body::Job(job) => new.is_some_and(|new| is_later(job, new)),
            Body::Account(_)
            | Body::User(_)
            | Body::Payout(_)
            | Body::Attempt(_)
            | Body::Outbox(_)
            | Body::Invoice(_) => {
                new.is_some_and(|new| new.version >= old.version && new.seq == old.seq)
            }
            // A key may be revoked.
            Body::ApiKey(_) => {
                new.is_none_or(|new| new.version >= old.version && new.seq == old.seq)
            }
            Body::Once(_) | Body::Inbox(_) => true,
        };
        assert!(kept, "{} was {old:?} and is {new:?}", old.key());
        if let Some(new) = new.filter(|new| new.version == old.version) {
            let rewritten = new.body != old.body && !matches!(old.body, Body::Once(_));
            assert!(!rewritten, "{} changed without a version", old.key());
        }
    }
}

/// Whether a record is that job, as it was or later.
fn is_later(old: &JobRecord, new: &Record) -> bool {
    let Body::Job(new) = &new.body else {
        return false;
    };
    let frozen = |job: &JobRecord| (job.sender.clone(), job.terms.clone(), job.created_at);
    frozen(old) == frozen(new)
        && new.updated_at >= old.updated_at
        && new.attempt >= old.attempt
        && new.rejections >= old.rejections
        && (!old.state.status().is_final() || old == new)
}

impl<'a> Books<'a> {
    fn new(census: &'a Census) -> Books<'a> {
        let mut books = Books {
            census,
            jobs: BTreeMap::new(),
            events: BTreeMap::new(),
            entries: Vec::new(),
            payouts: BTreeMap::new(),
        };
        for record in census.records.values() {
            match &record.body {
                Body::Job(job) => drop(books.jobs.insert(job.id, (record.version, job))),
                Body::Event(event) => books.events.entry(event.job).or_default().push(event),
                Body::Entry(entry) => books.entries.push(entry),
                Body::Payout(payout) => drop(books.payouts.insert(payout.id, payout)),
                _ => {}
            }
        }
        books
    }

    /// The sums are zero in each commodity, over all and within each commit; the two legs of a
    /// flow name each other.
    fn commodities_balance(&self) {
        let mut by_commit: BTreeMap<CommitId, Vec<&EntryRecord>> = BTreeMap::new();
        for entry in &self.entries {
            by_commit.entry(entry.commit).or_default().push(entry);
        }
        for (commit, mut legs) in by_commit {
            legs.sort_by_key(|leg| leg.place);
            for (place, leg) in legs.iter().enumerate() {
                assert_eq!(
                    usize::from(leg.place),
                    place,
                    "a posting of {commit} is lost"
                );
            }
            for pair in legs.chunks(2) {
                let [from, to] = pair else {
                    panic!("a flow of {commit} has one leg: {pair:?}");
                };
                assert_eq!(from.delta.checked_neg(), Some(to.delta), "{from:?} {to:?}");
                assert_eq!(from.other_account, to.account);
                assert_eq!(to.other_account, from.account);
                assert_eq!(from.account.commodity(), to.account.commodity());
            }
        }
        for commodity in [Commodity::Credit, Commodity::Usd] {
            let of = |entry: &&&EntryRecord| entry.account.commodity() == commodity;
            let sum: i128 = self
                .entries
                .iter()
                .filter(of)
                .map(|e| i128::from(e.delta))
                .sum();
            assert_eq!(sum, 0, "{commodity:?} came from nowhere");
        }
    }

    fn balance(&self, account: &Account) -> i64 {
        let of = |entry: &&&EntryRecord| entry.account == *account;
        self.entries.iter().filter(of).map(|e| e.delta).sum()
    }

    fn nobody_is_below_zero(&self) {
        let mut running: BTreeMap<&Account, i64> = BTreeMap::new();
        let mut numbered: Vec<_> = self.entries.iter().filter(|e| e.number.is_some()).collect();
        numbered.sort_by_key(|entry| entry.number);
        for entry in numbered {
            let balance = running.entry(&entry.account).or_default();
            *balance += entry.delta;
            // The budget may, where it is not what limits payouts.
            let may = entry.account == Account::Budget;
            assert!(may || *balance >= 0, "{} falls to {balance}", entry.account);
        }
    }

    /// A job's hold is what was held exactly while the job is open, and closes once, to the
    /// account that its end says.
    fn hold_is_right(&self, job: &JobRecord) {
        let hold = Account::Hold(job.id);
        let of_hold = |entry: &&&EntryRecord| entry.account == hold;
        let moves: Vec<_> = self.entries.iter().filter(of_hold).collect();
        let (held, sender) = (job.terms.held.units(), Account::User(job.sender.clone()));
        if held == 0 {
            assert!(moves.is_empty(), "{} holds nothing: {moves:?}", job.id);
            return;
        }
        let mut expected = vec![(held, sender.clone())];
        let closed_to = match &job.state {
            State::Verified { receiver } if *receiver != job.sender => Some(Account::Spent),
            State::Rejected { .. } if job.terms.on_rejected == OnRejected::Keep => {
                Some(Account::Forfeited)
            }
            state => state.status().is_final().then_some(sender),
        };
        expected.extend(closed_to.map(|account| (-held, account)));
        let sorted = |mut moves: Vec<(i64, Account)>| {
            moves.sort_by_key(|(delta, _)| std::cmp::Reverse(*delta));
            moves
        };
        let moves = moves.iter().map(|e| (e.delta, e.other_account.clone()));
        assert_eq!(sorted(moves.collect()), expected, "the hold of {job:?}");
    }

    /// A payout exists exactly where a job was verified, pays something, and not to its sender.
    fn payout_is_right(&self, job: &JobRecord) {
        let payout = self.payouts.get(&PayoutId::of(job.id));
        let owed_to = match &job.state {
            State::Verified { receiver } => Some(receiver),
            _ => None,
        };
        let owed_to = owed_to.filter(|r| **r != job.sender && job.terms.payout.units() > 0);
        let expected = owed_to.map(|receiver| (receiver, job.terms.payout));
        let found = payout.map(|payout| (&payout.receiver, payout.amount));
        assert_eq!(found, expected, "the payout of {job:?}");
        let free = job.terms.held.units() == 0;
        assert!(
            !free || job.terms.payout.units() == 0,
            "paid for nothing: {job:?}"
        );
    }

    /// What is paid names its transfer, and no two name the same; no attempt follows on one that is
    /// neither declined nor proven absent.
    fn nothing_is_paid_twice(&self) {
        let mut transfers = BTreeSet::new();
        for payout in self.payouts.values() {
            let paid = matches!(payout.status, PayoutStatus::Paid | PayoutStatus::Reversed);
            assert_eq!(paid, payout.transfer.is_some(), "{payout:?}");
            if let Some(transfer) = &payout.transfer {
                assert!(transfers.insert(transfer), "{transfer} pays two payouts");
            }
        }
        for record in self.census.records.values() {
            let Body::Attempt(attempt) = &record.body else {
                continue;
            };
            let latest = self.payouts[&attempt.payout].attempt;
            assert!(attempt.number <= latest, "{attempt:?} of {latest}");
            let settled = matches!(
                attempt.end,
                Some(AttemptEnd::Declined { .. } | AttemptEnd::Absent(_))
            );
            assert!(
                settled || attempt.number == latest,
                "{attempt:?} of {latest}"
            );
        }
    }

    fn payables_are_payouts(&self) {
        let mut owed: BTreeMap<&UserId, i64> = BTreeMap::new();
        for payout in self.payouts.values().filter(|it| it.status.is_unpaid()) {
            *owed.entry(&payout.receiver).or_default() += payout.amount.units();
        }
        let credited = self
            .entries
            .iter()
            .filter_map(|entry| match &entry.account {
                Account::Payable(user) => Some(user),
                _ => None,
            });
        let users: BTreeSet<&UserId> = owed.keys().copied().chain(credited).collect();
        for user in users {
            let payable = self.balance(&Account::Payable(user.clone()));
            assert_eq!(
                payable,
                owed.get(user).copied().unwrap_or(0),
                "payable:{user}"
            );
        }
    }

    /// Credits of plans were granted by invoices, each once, and by nothing else.
    fn grants_are_of_invoices(&self) {
        let mut due: BTreeMap<(CommitId, String), i64> = BTreeMap::new();
        for record in self.census.records.values() {
            if let Body::Invoice(invoice) = &record.body
                && let InvoiceOutcome::Granted {
                    user,
                    grants,
                    commit,
                } = &invoice.outcome
            {
                for grant in grants {
                    let what = format!("{user} subscription:{}", grant.tier);
                    let before = due.insert((*commit, what), grant.credits.units());
                    assert_eq!(before, None, "granted twice: {invoice:?}");
                }
            }
        }
        let mut granted: BTreeMap<(CommitId, String), i64> = BTreeMap::new();
        for entry in &self.entries {
            if let Account::User(user) = &entry.account
                && entry.reason.as_str().starts_with("subscription:")
            {
                let what = format!("{user} {}", entry.reason);
                *granted.entry((entry.commit, what)).or_default() += entry.delta;
            }
        }
        assert_eq!(
            granted, due,
            "what users were granted, and what invoices say"
        );
    }

    fn texts_are_there(&self, job: &JobRecord) {
        let mut parts = vec![Part::Brief];
        parts.extend(job.judged_attempt.map(Part::Verdict));
        if job.state.has_output() {
            parts.push(Part::Output(job.attempt));
        }
        for part in parts {
            let key = Key::Text(job.id, part);
            let there = self.census.records.contains_key(&key.to_bytes());
            assert!(there, "there is no {key}");
        }
    }

    /// The history has one event for each version, tells a legal life, and ends where the job is.
    fn history_is_legal(&self, id: JobId, version: u64, job: &JobRecord) -> Vec<Step> {
        let events = self.events.get(&id).map(Vec::as_slice).unwrap_or_default();
        let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
        let expected: Vec<u64> = (1..=version).collect();
        assert_eq!(seqs, expected, "one event for each version of {id}");
        let commits: BTreeSet<CommitId> = events.iter().map(|event| event.commit).collect();
        assert_eq!(
            commits.len(),
            events.len(),
            "one event for each commit of {id}"
        );

        let mut life = Life::begin(events[0], job);
        let mut steps = Vec::new();
        for event in &events[1..] {
            steps.push(life.go_on(event, job));
        }
        assert_eq!(life.status, job.state.status(), "where {id} stands");
        assert_eq!(life.attempt, job.attempt, "attempts of {id}");
        assert_eq!(life.rejections, job.rejections, "rejections of {id}");
        assert_eq!(life.at, job.updated_at, "when {id} last changed");
        if life.status != Status::Cancelled && life.status != Status::Queued {
            assert_eq!(life.receiver.as_ref(), job.state.receiver(), "who has {id}");
        }
        steps
    }
}

/// A job's life retold from its events.
struct Life {
    status: Status,
    receiver: Option<UserId>,
    attempt: u32,
    rejections: u32,
    at: clawrk_core::time::Timestamp,
}

impl Life {
    fn begin(created: &Event, job: &JobRecord) -> Life {
        assert_eq!(created.kind, EventKind::Created);
        assert_eq!(created.actor, Actor::User(job.sender.clone()));
        assert_eq!(created.at, job.created_at);
        Life {
            status: Status::Queued,
            receiver: None,
            attempt: 0,
            rejections: 0,
            at: created.at,
        }
    }

    fn go_on(&mut self, event: &Event, job: &JobRecord) -> Step {
        let (command, to) = meaning(event);
        let from = self.status;
        let row = TRANSITIONS
            .iter()
            .find(|row| row.from == from && row.command == command && row.to.contains(&to));
        let Some(row) = row else {
            panic!("{event:?} of a job that is {from}");
        };
        assert!(self.may(row.by, &event.actor, job), "{event:?} of {job:?}");
        assert!(event.at >= self.at, "time goes back at {event:?}");
        if command == CommandKind::Accept {
            self.receiver = event.actor.user().cloned();
            self.attempt += 1;
        }
        let failed = [EventKind::Rejected, EventKind::Requeued, EventKind::Failed];
        self.rejections += u32::from(failed.contains(&event.kind));
        assert_eq!(event.attempt, self.attempt, "{event:?}");
        (self.status, self.at) = (to, event.at);
        (from, command, to)
    }

    fn may(&self, role: Role, actor: &Actor, job: &JobRecord) -> bool {
        let (user, receiver) = (actor.user(), self.receiver.as_ref());
        match role {
            Role::AnyUser => user.is_some(),
            Role::Sender => user.is_none_or(|user| *user == job.sender),
            Role::Receiver => user.is_some() && user == receiver,
            Role::ReceiverOrAdmin => *actor == Actor::Admin || user.is_some() && user == receiver,
            Role::System => *actor == Actor::System,
        }
    }
}

/// The command that an event stands for, and what the job is after it.
fn meaning(event: &Event) -> (CommandKind, Status) {
    match (&event.kind, &event.actor) {
        (EventKind::Created, _) => panic!("created twice: {event:?}"),
        (EventKind::Accepted, _) => (CommandKind::Accept, Status::Accepted),
        (EventKind::RunStarted, _) => (CommandKind::StartRun, Status::InProgress),
        (EventKind::RunFailed { .. }, _) => (CommandKind::FailRun, Status::Accepted),
        (EventKind::Submitted, Actor::System) => (CommandKind::FinishRun, Status::Submitted),
        (EventKind::Submitted, _) => (CommandKind::Submit, Status::Submitted),
        (EventKind::Verified, _) => (CommandKind::Verify, Status::Verified),
        (EventKind::Rejected, _) => (CommandKind::Verify, Status::Rejected),
        (EventKind::Requeued, _) => (CommandKind::Verify, Status::Queued),
        (EventKind::Failed, _) => (CommandKind::Verify, Status::Failed),
        (EventKind::Cancelled, _) => (CommandKind::Cancel, Status::Cancelled),
        (EventKind::Released, _) => (CommandKind::Release, Status::Queued),
        (EventKind::AcceptExpired, _) => (CommandKind::ExpireAccept, Status::Queued),
    }
}
