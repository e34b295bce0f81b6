//! Every status, every command, everybody: the answers stand in `table.txt`.

use std::collections::BTreeSet;

use super::*;

const TABLE: &str = include_str!("table.txt");

/// The columns of the table, in their order.
const COLUMNS: [&str; 5] = ["stranger", "sender", "receiver", "admin", "system"];

fn actor(column: &str) -> Actor {
    match column {
        "stranger" => Actor::User(user("eve")),
        "sender" => Actor::User(user("alice")),
        "receiver" => Actor::User(user("bob")),
        "admin" => Actor::Admin,
        _ => Actor::System,
    }
}

/// The lines of the table: status, command, answers.
fn lines() -> Vec<(Status, CommandKind, Vec<&'static str>)> {
    let lines = TABLE.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let cells = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    cells
        .map(|cells| {
            assert_eq!(cells.len(), 2 + COLUMNS.len(), "{cells:?}");
            let command = CommandKind::ALL
                .into_iter()
                .find(|command| command.as_str() == cells[1]);
            (
                cells[0].parse().unwrap(),
                command.unwrap(),
                cells[2..].to_vec(),
            )
        })
        .collect()
}

#[test]
fn every_command_in_every_status_by_everybody_has_its_answer() {
    let mut seen = BTreeSet::new();
    for (status, kind, answers) in lines() {
        assert!(seen.insert((status, kind)), "{status} {kind} twice");
        let job = job(status, &user("bob"));
        for (column, expected) in COLUMNS.into_iter().zip(answers) {
            let exists = column != "receiver" || job.state.receiver().is_some();
            assert_eq!(exists, expected != "-", "{status} {kind} {column}");
            if !exists {
                continue;
            }
            let actor = actor(column);
            let decided = decide(&job, command(kind, &actor), &actor, LATE);
            let answer = match &decided {
                Ok(decision) => decision.job.state.status().as_str(),
                Err(rejection) => rejection.code().as_str(),
            };
            assert_eq!(answer, expected, "{status} {kind} by the {column}");
        }
    }
    assert_eq!(seen.len(), Status::ALL.len() * CommandKind::ALL.len());
}

#[test]
fn what_ended_stays_as_it_is() {
    for (status, kind, answers) in lines() {
        if status.is_final() {
            let refused = |answer: &&str| ["wrong_status", "-"].contains(answer);
            assert!(answers.iter().all(refused), "{status} {kind}");
        }
    }
}

#[test]
fn a_refusal_says_what_would_help() {
    let actor = Actor::User(user("eve"));
    let job = job(Status::Submitted, &user("bob"));
    let refused = decide(&job, Command::Release, &actor, LATE).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the job is submitted; release needs it to be accepted or in_progress"
    );
}

#[test]
fn the_exchange_waits_until_it_is_time() {
    let early = Timestamp::from_millis(DUE.as_millis() - 1);
    let cases = [
        (Status::Accepted, CommandKind::ExpireAccept),
        (Status::Submitted, CommandKind::Verify),
    ];
    for (status, kind) in cases {
        let job = job(status, &user("bob"));
        let system = Actor::System;
        let decide = |now| decide(&job, command(kind, &system), &system, now);
        assert_eq!(decide(early).unwrap_err().code().as_str(), "wrong_status");
        decide(DUE).unwrap();
    }
}

#[test]
fn a_run_ends_no_other_run() {
    let mut job = job(Status::InProgress, &user("bob"));
    let State::InProgress { run, .. } = &mut job.state else {
        panic!("not in progress");
    };
    run.id = CommitId::from_bits(2);
    for kind in [CommandKind::FinishRun, CommandKind::FailRun] {
        let system = Actor::System;
        let refused = decide(&job, command(kind, &system), &system, LATE).unwrap_err();
        assert_eq!(refused.code().as_str(), "wrong_status");
    }
}

#[test]
fn a_clock_that_goes_back_makes_no_job_older() {
    let job = job(Status::Queued, &user("bob"));
    let bob = Actor::User(user("bob"));
    let decision = decide(
        &job,
        command(CommandKind::Accept, &bob),
        &bob,
        Timestamp::MIN,
    );
    assert_eq!(decision.unwrap().job.updated_at, MADE);
}
