//! `docs/states.md`, from core's table of transitions.

use std::fmt::Write as _;

use clawrk_core::job::{CommandKind, Role, Status, TRANSITIONS, Transition};

const HEAD: &str = "\
# The states of a job

Made by `cargo xtask docs` from `clawrk-core/src/job/transition.rs`: change that, not this.

";

const TABLE: &str = "
## Every status and every command

A cell names what the job can be afterwards. An empty one is refused, and nothing changes.

";

const WHO: &str = "
## Who may do what

| command | what it means | who |
|---|---|---|
";

pub(super) fn page() -> String {
    format!("{HEAD}{}{TABLE}{}{WHO}{}", diagram(), table(), people())
}

fn diagram() -> String {
    let mut drawn = String::from("```mermaid\nstateDiagram-v2\n  [*] --> queued: create\n");
    for transition in TRANSITIONS {
        for to in transition.to {
            let (from, command) = (transition.from, transition.command);
            // Writing to a String cannot fail.
            let _ = writeln!(drawn, "  {from} --> {to}: {command}");
        }
    }
    for end in Status::ALL.iter().filter(|status| status.is_final()) {
        let _ = writeln!(drawn, "  {end} --> [*]");
    }
    drawn + "```\n"
}

fn table() -> String {
    let commands: String = CommandKind::ALL
        .iter()
        .map(|it| format!(" `{it}` |"))
        .collect();
    let rule = "---|".repeat(CommandKind::ALL.len());
    let mut lines = format!("| |{commands}\n|---|{rule}\n");
    for status in Status::ALL {
        let cells: String = CommandKind::ALL
            .iter()
            .map(|it| cell(status, *it))
            .collect();
        let _ = writeln!(lines, "| **{status}** |{cells}");
    }
    lines
}

fn cell(from: Status, command: CommandKind) -> String {
    let row = TRANSITIONS
        .iter()
        .find(|row| row.from == from && row.command == command);
    format!(" {} |", row.map(ends).unwrap_or_default())
}

fn ends(row: &Transition) -> String {
    let names: Vec<&str> = row.to.iter().map(|status| status.as_str()).collect();
    names.join(", ")
}

fn people() -> String {
    let line = |command: &CommandKind| {
        let row = TRANSITIONS.iter().find(|row| row.command == *command)?;
        Some(format!(
            "| `{command}` | {} | {} |\n",
            meaning(*command),
            who(row.by)
        ))
    };
    CommandKind::ALL.iter().filter_map(line).collect()
}

const fn meaning(command: CommandKind) -> &'static str {
    match command {
        CommandKind::Accept => "A receiver takes the job.",
        CommandKind::Submit => "The receiver hands in output.",
        CommandKind::StartRun => "The receiver has the job's skill make the output.",
        CommandKind::FinishRun => "The skill made output.",
        CommandKind::FailRun => "The skill failed, or its lease ran out.",
        CommandKind::Verify => "The output was judged. Which end follows from verdict and terms.",
        CommandKind::Cancel => "The sender takes the job back.",
        CommandKind::Release => "The receiver gives the job up.",
        CommandKind::ExpireAccept => "The receiver took longer than `accept_timeout`.",
    }
}

const fn who(role: Role) -> &'static str {
    match role {
        Role::AnyUser => "any user",
        Role::Sender => "the sender; the operator or the exchange for them",
        Role::Receiver => "the receiver",
        Role::ReceiverOrAdmin => "the receiver; the operator for them",
        Role::System => "the exchange itself",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_diagram_has_every_transition_and_every_end() {
        let drawn = diagram();
        let arrows: usize = TRANSITIONS.iter().map(|row| row.to.len()).sum();
        let ends = Status::ALL
            .iter()
            .filter(|status| status.is_final())
            .count();
        assert_eq!(drawn.matches(" --> ").count(), 1 + arrows + ends);
    }

    #[test]
    fn the_table_has_a_cell_for_every_status_and_command() {
        let table = table();
        let rows: Vec<&str> = table
            .lines()
            .filter(|line| line.starts_with("| **"))
            .collect();
        assert_eq!(rows.len(), Status::ALL.len());
        for row in rows {
            assert_eq!(
                row.matches('|').count(),
                CommandKind::ALL.len() + 2,
                "{row}"
            );
        }
    }

    #[test]
    fn every_command_has_one_kind_of_giver() {
        for command in CommandKind::ALL {
            let mut roles = TRANSITIONS
                .iter()
                .filter(|row| row.command == command)
                .map(|row| row.by);
            let first = roles.next().unwrap();
            assert!(
                roles.all(|role| role == first),
                "{command}: `people` shows one role only"
            );
        }
    }
}
