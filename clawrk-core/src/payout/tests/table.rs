//! Every status, every command: the answers stand in `table.txt`.

use std::collections::BTreeSet;

use super::*;
use crate::payout::{PAYOUT_TRANSITIONS, check_status};

const TABLE: &str = include_str!("table.txt");

fn lines() -> Vec<(PayoutStatus, PayoutCommand, [&'static str; 2])> {
    let lines = TABLE.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let cells = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    cells
        .map(|cells| {
            let status = PayoutStatus::ALL.iter().find(|it| it.as_str() == cells[0]);
            let command = PayoutCommand::ALL.iter().find(|it| it.as_str() == cells[1]);
            (*status.unwrap(), *command.unwrap(), [cells[2], cells[3]])
        })
        .collect()
}

/// A command that has all it needs, a day and an hour after the payout was made.
fn command(kind: PayoutCommand) -> Command {
    let look = Look {
        at: later(25),
        platform: platform(),
    };
    let (lease, latest) = (later(26), MADE);
    let cause = "so it is".to_owned();
    match kind {
        PayoutCommand::Begin => Command::Begin {
            draft: draft(),
            lease,
            floor: None,
        },
        PayoutCommand::Resend => Command::Resend { lease, latest },
        PayoutCommand::Answer => Command::Answer(Ok(transfer())),
        PayoutCommand::Lapse => Command::Lapse { latest },
        PayoutCommand::Forgo => Command::Forgo,
        PayoutCommand::PutOff => Command::PutOff {
            wait: Wait::Budget,
            due: None,
            cause: None,
        },
        PayoutCommand::Wake => Command::Wake,
        PayoutCommand::Look => Command::Look(look),
        PayoutCommand::FailLook => Command::FailLook { cause },
        PayoutCommand::Deny => Command::Deny(look),
        PayoutCommand::Refer => Command::Refer { cause },
        PayoutCommand::Settle => Command::Settle(transfer()),
        PayoutCommand::Reverse => Command::Reverse {
            total: Cents::new(100),
        },
        PayoutCommand::Retry => Command::Retry,
        PayoutCommand::WriteOff => Command::WriteOff,
        PayoutCommand::Restore => Command::Restore,
    }
}

/// The attempt that goes with it.
fn with(status: PayoutStatus, kind: PayoutCommand) -> AttemptRecord {
    let mut attempt = attempt();
    let class = crate::payments::DeclineClass::Person;
    let code = "no".to_owned();
    match status {
        PayoutStatus::Owed if kind != PayoutCommand::Resend => {
            attempt.end = Some(AttemptEnd::Declined { class, code });
        }
        PayoutStatus::Declined => attempt.end = Some(AttemptEnd::Declined { class, code }),
        PayoutStatus::Paid | PayoutStatus::Reversed => {
            let transfer = "tr_1".to_owned();
            attempt.end = Some(AttemptEnd::Paid { transfer });
        }
        PayoutStatus::WrittenOff => attempt.end = Some(AttemptEnd::Withdrawn),
        PayoutStatus::Owed | PayoutStatus::Sending | PayoutStatus::Unknown => {}
    }
    attempt
}

#[test]
fn every_command_in_every_status_has_its_answer() {
    let mut seen = BTreeSet::new();
    for (status, kind, answers) in lines() {
        assert!(seen.insert((status, kind)), "{status} {kind} twice");
        // What is sent again is sent again soon; what is looked for, a day later.
        let now = match kind {
            PayoutCommand::Resend => later(1),
            _ => later(25),
        };
        for (actor, expected) in [Actor::System, Actor::Admin].iter().zip(answers) {
            let attempt = with(status, kind);
            let decided = decide(&payout(status), Some(&attempt), command(kind), actor, now);
            let answer = match &decided {
                Ok(decision) => decision.payout.status.as_str(),
                Err(refusal) => refusal.code().as_str(),
            };
            assert_eq!(answer, expected, "{status} {kind} by {actor}");
        }
        let user = Actor::User(UserId::new("bob").unwrap());
        let decided = decide(
            &payout(status),
            Some(&with(status, kind)),
            command(kind),
            &user,
            now,
        );
        assert!(decided.is_err(), "{status} {kind} by a user");
    }
    assert_eq!(
        seen.len(),
        PayoutStatus::ALL.len() * PayoutCommand::ALL.len()
    );
}

#[test]
fn where_a_payout_stands_then_is_in_the_table() {
    for (status, kind, _) in lines() {
        for actor in [Actor::System, Actor::Admin] {
            for now in [later(1), later(25)] {
                let attempt = with(status, kind);
                let before = payout(status);
                let decided = decide(&before, Some(&attempt), command(kind), &actor, now);
                let Ok(decision) = decided else { continue };
                let row = PAYOUT_TRANSITIONS
                    .iter()
                    .find(|row| row.from == status && row.command == kind)
                    .unwrap();
                assert!(row.to.contains(&decision.payout.status), "{status} {kind}");
                let sum: i64 = decision.postings.iter().map(|leg| leg.delta).sum();
                assert_eq!(sum, 0, "{status} {kind}");
                assert_eq!(
                    decision.payout.changed_at,
                    Some(now),
                    "{status} {kind} leaves a trace"
                );
            }
        }
    }
}

#[test]
fn a_refusal_says_what_would_help() {
    let paid = payout(PayoutStatus::Paid);
    let refused = decide(&paid, None, Command::Retry, &Actor::Admin, MADE).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the payout is paid; retry needs it to be owed or declined"
    );
    // An operator knows no command that is called `deny`.
    let refused = check_status(PayoutStatus::Owed, PayoutCommand::Deny).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the payout is owed; resolve as absent needs it to be unknown"
    );
}
