//! The part of `docs/states.md` about payouts, from core's table of their transitions.

use std::fmt::Write as _;

use clawrk_core::payout::{PAYOUT_TRANSITIONS, PayoutCommand, PayoutRole, PayoutTransition};
use clawrk_core::record::PayoutStatus;

const HEAD: &str = "
# The states of a payout

Made from `clawrk-core/src/payout/transition.rs`. What stays where it is, is not drawn.

";

const TABLE: &str = "
## Every command, and where it leads

A status that is not named refuses the command, and nothing changes.

| command | what it means | who | from | to |
|---|---|---|---|---|
";

pub(super) fn part() -> String {
    let rows: String = PAYOUT_TRANSITIONS.iter().map(line).collect();
    format!("{HEAD}{}{TABLE}{rows}", diagram())
}

fn diagram() -> String {
    let mut drawn = String::from("```mermaid\nstateDiagram-v2\n  [*] --> owed: job verified\n");
    for row in PAYOUT_TRANSITIONS {
        for to in row.to.iter().filter(|to| **to != row.from) {
            // Writing to a String cannot fail.
            let _ = writeln!(drawn, "  {} --> {to}: {}", row.from, row.command);
        }
    }
    for end in [PayoutStatus::Reversed, PayoutStatus::WrittenOff] {
        let _ = writeln!(drawn, "  {end} --> [*]");
    }
    drawn + "```\n"
}

fn line(row: &PayoutTransition) -> String {
    let to: Vec<&str> = row.to.iter().map(|status| status.as_str()).collect();
    format!(
        "| `{}` | {} | {} | {} | {} |\n",
        row.command,
        meaning(row.command),
        who(row.by),
        row.from,
        to.join(", ")
    )
}

const fn meaning(command: PayoutCommand) -> &'static str {
    match command {
        PayoutCommand::Begin => "A new attempt is about to be sent.",
        PayoutCommand::Resend => "The same attempt is about to be sent again.",
        PayoutCommand::Answer => "The provider or the network answered.",
        PayoutCommand::Lapse => "The one who sent it was not heard of any more.",
        PayoutCommand::Forgo => "The attempt is too old to be sent again.",
        PayoutCommand::PutOff => "It cannot be sent now.",
        PayoutCommand::Wake => "What it waited for has changed.",
        PayoutCommand::Look => "The provider lists no transfer of it; the second time proves it.",
        PayoutCommand::FailLook => "The provider's list could not be had.",
        PayoutCommand::Deny => "The operator says that nothing was done, and the list agrees.",
        PayoutCommand::Refer => "A person has to look.",
        PayoutCommand::Settle => "A transfer of it was found or told of.",
        PayoutCommand::Reverse => "Money of its transfer was taken back.",
        PayoutCommand::Retry => "The operator has it sent again.",
        PayoutCommand::WriteOff => "The operator decides that it will not be paid.",
        PayoutCommand::Restore => "It is from an old copy of the store.",
    }
}

const fn who(role: PayoutRole) -> &'static str {
    match role {
        PayoutRole::System => "the exchange",
        PayoutRole::Admin => "the operator",
        PayoutRole::Both => "either",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_has_a_line() {
        let part = part();
        let lines = part.lines().filter(|line| line.starts_with("| `"));
        assert_eq!(lines.count(), PAYOUT_TRANSITIONS.len());
    }
}
