//! Fills a new store with a busy exchange, and writes what the exchange itself says of its money.
//!
//! `busy_ledger STORE TRUTH`: a folder for the store, and a file for JSON. What comes of it is the
//! same each time, so that what other programs make of the ledger can be compared with it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "who runs this wants it to fail loudly"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clawrk_core::id::UserId;
use clawrk_core::store::Store;
use clawrk_store_sled::SledStore;
use clawrk_testkit::busy::{Busy, Truth};
use clawrk_testkit::run::block_on;
use serde_json::{Value, json};

/// Which exchange it is.
const SEED: u64 = 1;

/// How many jobs are posted one after the other, and how many things happen besides. Among those
/// are more jobs.
const JOBS: usize = 1_000;
const MORE: usize = 300;

/// Ids that a host or an identity provider may bring.
fn people() -> Vec<UserId> {
    let mut ids: Vec<String> = [
        "alice",
        "Alice",
        "bob",
        "a.b",
        "a_b",
        "a-b",
        "a-2eb",
        "a b",
        "a  b",
        " a",
        "a ",
        "-",
        "--",
        "al@example.org",
        "auth0|5f7c",
        "00u:x:y",
        "Assets:Bank",
        "(virtual)",
        "[x]",
        "; comment",
        "a;b",
        "\"quoted\"",
        "back\\slash",
        "100%",
        "a,b",
        "2025-01-01",
        "= 5 CREDIT",
        "* ! @ @@ {}",
        "#tag ^link",
        "zoë",
        "𝕏🦀",
        "\u{202e}rtl",
        "\u{a0}",
        "|payee|note",
        "user:alice",
        "U-alice",
        "ÿ",
        "\u{2028}",
        "'",
        "`",
    ]
    .map(str::to_owned)
    .to_vec();
    ids.push("x".repeat(255));
    ids.push("é".repeat(127));
    ids.into_iter().map(|id| UserId::new(id).unwrap()).collect()
}

/// Reasons that an operator may give.
const REASONS: [&str; 24] = [
    "a gift",
    " spaces at both ends ",
    "two\nlines",
    "\r\n\t",
    "a \"quoted\" word, and a comma",
    "back\\slash at the end \\",
    "\\n is no new line",
    "; no comment",
    "date:2020-01-01, user:root",
    "[2020-01-01] [=2020-01-02]",
    "100 %, %0a %",
    "(code) * ! | note",
    "Assets:Bank  -5 CREDIT = 0",
    "#tag ^link {1.00 USD} @ 2",
    "zoë ø 🦀 \u{202e}",
    "\u{1}\u{7f}\u{85}mid\u{2028}dle\u{2028}",
    "include /etc/passwd",
    "\ninclude /etc/passwd",
    "comment",
    "\"",
    "%",
    ",",
    "\u{a0}\u{3000}",
    "option \"x\" \"y\"",
];

/// What the operator gives each, so that nobody is too poor, and balances are large.
const GRANTS: [i64; 4] = [400, -3, 1_000_000_000, -999_999_999];

async fn live(busy: &mut Busy, people: &[UserId]) {
    for (at, person) in people.iter().enumerate() {
        for (nth, credits) in GRANTS.into_iter().enumerate() {
            let reason = REASONS[(at * GRANTS.len() + nth) % REASONS.len()];
            // White space alone is refused.
            let blank = reason.trim().is_empty();
            let reason = format!("{reason}{}", if blank { "." } else { "" });
            busy.grant(person, credits, &reason).await;
        }
    }
    busy.disturb();
    for made in 1..=JOBS {
        busy.job().await;
        if made % (JOBS / MORE) == 0 {
            busy.step().await;
        }
    }
    busy.settle().await;
}

fn json_of(truth: &Truth) -> Value {
    let users: BTreeMap<String, Value> = truth
        .users
        .iter()
        .map(|(user, known)| {
            let known = json!({
                "credits": known.credits,
                "entries": known.entries,
                "owed": known.owed,
            });
            (user.to_string(), known)
        })
        .collect();
    let holds = truth.holds.iter();
    let holds: BTreeMap<String, i64> = holds.map(|(job, held)| (job.to_string(), *held)).collect();
    json!({
        "users": users,
        "jobs": truth.jobs,
        "holds": holds,
        "spent": truth.spent,
        "payouts": truth.payouts,
        "payout_cost": truth.payout_cost,
        "recovered": truth.recovered,
        "balance": truth.balance,
        "sales": truth.sales,
    })
}

fn main() {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let [Some(folder), Some(file)] = [args.next(), args.next()] else {
        panic!("busy_ledger STORE TRUTH");
    };
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&folder).unwrap());
    block_on(async {
        let people = people();
        let mut busy = Busy::new(&store, SEED, people.clone());
        live(&mut busy, &people).await;
        let truth = Truth::of(&busy).await;
        std::fs::write(&file, serde_json::to_vec(&json_of(&truth)).unwrap()).unwrap();
        busy.engine().close().await.unwrap();
    });
}
