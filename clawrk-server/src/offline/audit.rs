//! `clawrk-server audit`.

use std::process::ExitCode;

use clawrk::Engine;

use crate::announce::{complain, say};
use crate::offline::far::Far;
use crate::wrong::{Wrong, chain};

/// Prints what is wrong, each in a line of JSON, and then how much was looked at.
pub(super) async fn run(engine: &Engine) -> Result<ExitCode, Wrong> {
    let mut far = Far::new();
    let audit = match engine.audit_watched(&mut |now| far.tell(now)).await {
        Ok(audit) => audit,
        Err(error) => {
            complain(format!("audit: {}", chain(&error)));
            return Ok(ExitCode::FAILURE);
        }
    };
    for violation in &audit.violations {
        let line = serde_json::to_string(violation);
        say(line.map_err(|error| Wrong::because("audit", &error))?);
    }
    let (jobs, events, entries) = (audit.jobs, audit.events, audit.entries);
    let (accounts, payouts, users) = (audit.accounts, audit.payouts, audit.users);
    say(format!(
        "jobs: {jobs}, events: {events}, entries: {entries}, accounts: {accounts}, \
         payouts: {payouts}, users: {users}"
    ));
    let shown = audit.violations.len() as u64;
    match audit.found {
        0 => say("nothing is wrong"),
        found if found > shown => say(format!("violations: {found}, the first {shown} above")),
        found => say(format!("violations: {found}")),
    }
    Ok(match audit.ok() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
