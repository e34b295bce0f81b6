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
use std::time::Duration;

use async_trait::async_trait;
use clawrk_core::engine::{JobFilter, PageRequest};
use clawrk_core::id::{JobId, UserId};
use clawrk_core::job::{OnRejected, Status};
use clawrk_core::money::Credits;
use clawrk_core::policy::Policy;
use clawrk_core::record::PayoutStatus;
use clawrk_core::skill::{Skill, SkillContext, SkillError};
use clawrk_core::store::Store;
use clawrk_core::{Call, Engine};
use clawrk_store_sled::SledStore;
use clawrk_testkit::clock::{SeededIds, VirtualClock};
use clawrk_testkit::payments::OfflinePayments;
use clawrk_testkit::rng::Rng;
use clawrk_testkit::run::block_on;
use serde_json::{Value, json};

const JOBS: usize = 1_000;
const MINUTE: Duration = Duration::from_secs(60);
const GOOD: &str = "Output that is long enough to pass in mock mode.";
const BAD: &str = "no";

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

/// What a job is to come to.
#[derive(Debug, Clone, Copy)]
enum End {
    Queued,
    Accepted,
    Submitted,
    Cancelled,
    Verified,
    Rejected,
    Abandoned,
    Unjudged,
    Own,
}

const ENDS: [End; 14] = [
    End::Queued,
    End::Accepted,
    End::Submitted,
    End::Cancelled,
    End::Verified,
    End::Verified,
    End::Verified,
    End::Verified,
    End::Verified,
    End::Rejected,
    End::Rejected,
    End::Abandoned,
    End::Unjudged,
    End::Own,
];

/// A skill of that name and cost.
#[derive(Debug)]
struct Costs(&'static str, u32);

#[async_trait]
impl Skill for Costs {
    fn name(&self) -> &str {
        self.0
    }

    fn description(&self) -> &str {
        "Costs something."
    }

    fn credit_cost(&self) -> u32 {
        self.1
    }

    async fn run(&self, _: &str, _: &SkillContext) -> Result<String, SkillError> {
        Ok(GOOD.to_owned())
    }
}

const SKILLS: [(&str, i64); 3] = [("research", 2), ("draw", 3), ("translate", 7)];

/// The exchange, with one engine for each thing that a rejection can do.
struct Exchange {
    engines: Vec<Engine>,
    clock: VirtualClock,
    people: Vec<UserId>,
    rng: Rng,
}

impl Exchange {
    fn new(store: &Arc<dyn Store>) -> Exchange {
        let clock = VirtualClock::new();
        let fates = [OnRejected::Refund, OnRejected::Keep, OnRejected::Requeue];
        let engine = |(fate, seed)| {
            let mut policy = Policy::default();
            policy.credits = true;
            policy.on_rejected = fate;
            policy.max_attempts = 1;
            let [_, draw, translate] = SKILLS.map(|(name, cost)| Costs(name, cost as u32));
            Engine::builder(Arc::clone(store), Arc::new(clock.clone()))
                .policy(policy)
                .ids(Arc::new(SeededIds::new(seed)))
                .payments(Arc::new(OfflinePayments))
                .skill(draw)
                .skill(translate)
                .build()
        };
        Exchange {
            engines: fates.into_iter().zip(1..).map(engine).collect(),
            clock,
            people: people(),
            rng: Rng::new(1),
        }
    }

    fn engine(&mut self) -> Engine {
        self.rng.pick(&self.engines)
    }

    fn person(&mut self) -> UserId {
        self.rng.pick(&self.people)
    }

    /// Lets up to that many minutes pass.
    fn pass(&mut self, minutes: usize) {
        let minutes = u32::try_from(self.rng.below(minutes)).unwrap();
        self.clock.advance(MINUTE * minutes);
        self.clock.advance(Duration::from_millis(1));
    }

    async fn grants(&mut self) {
        for (at, person) in self.people.clone().into_iter().enumerate() {
            let engine = self.engine();
            engine.user(&person).await.unwrap();
            let amounts = [400 + at as i64, -3, 1_000_000_000, -999_999_999];
            for (amount, nth) in amounts.into_iter().zip(0..) {
                self.pass(60);
                let reason = REASONS[(at * 4 + nth) % REASONS.len()];
                // White space alone is refused.
                let reason = format!(
                    "{reason}{}",
                    if reason.trim().is_empty() { "." } else { "" }
                );
                let (call, amount) = (Call::by_admin(), Credits::new(amount));
                let given = engine.grant_credits(call, &person, amount, &reason);
                given.await.unwrap();
            }
        }
    }

    async fn job(&mut self) {
        let (engine, sender, end) = (self.engine(), self.person(), self.rng.pick(&ENDS));
        let receiver = match end {
            End::Own => sender.clone(),
            _ => self.other(&sender),
        };
        let (skill, _) = self.rng.pick(&SKILLS);
        self.pass(90);
        let prompt = format!("Please {skill}: a thing");
        let job = engine.create_job(&sender, &prompt).await.unwrap().id;
        match end {
            End::Queued => return,
            End::Cancelled => {
                self.pass(5);
                engine.cancel_job(&sender, &job).await.unwrap();
                return;
            }
            _ => {}
        }
        self.pass(5);
        engine.accept_job(&receiver, &job).await.unwrap();
        let output = match end {
            End::Accepted | End::Abandoned => return,
            End::Rejected => BAD,
            _ => GOOD,
        };
        self.pass(5);
        let handed_in = engine.submit_output(&receiver, &job, Some(output));
        handed_in.await.unwrap();
        if !matches!(end, End::Submitted | End::Unjudged) {
            // Sometimes at the same millisecond.
            if self.rng.chance(50) {
                self.pass(5);
            }
            engine.verify_job(&sender, &job).await.unwrap();
        }
    }

    fn other(&mut self, than: &UserId) -> UserId {
        loop {
            let person = self.person();
            if person != *than {
                return person;
            }
        }
    }

    /// Lets deadlines pass.
    async fn tick(&mut self) {
        let engine = self.engine();
        while engine.tick(100).await.unwrap().done > 0 {}
    }
}

/// All of a list.
macro_rules! all {
    ($page:ident => $list:expr) => {{
        let (mut items, mut $page) = (Vec::new(), PageRequest::first());
        loop {
            let found = $list.await.unwrap();
            items.extend(found.items);
            match found.next {
                Some(next) => $page.after = Some(next),
                None => break items,
            }
        }
    }};
}

/// What a user has, is owed, and has seen happen.
async fn user_truth(engine: &Engine, user: &UserId) -> Value {
    let entries = all!(page => engine.ledger(user, &page)).into_iter().rev();
    let entries = entries.map(|entry| {
        let (delta, at) = (entry.delta.units(), entry.created_at.to_string());
        json!([delta, entry.reason.as_str(), at])
    });
    let payouts = all!(page => engine.payouts(user, &page)).into_iter();
    let mut by_status: BTreeMap<&str, i64> = BTreeMap::new();
    for payout in payouts {
        *by_status.entry(payout.status.as_str()).or_default() += payout.amount_cents.units();
    }
    json!({
        "credits": engine.user(user).await.unwrap().credits.units(),
        "entries": entries.collect::<Vec<_>>(),
        "payouts": by_status,
    })
}

async fn truth(engine: &Engine) -> Value {
    let mut users = serde_json::Map::new();
    let mut spent = 0;
    let mut jobs: BTreeMap<JobId, (Status, i64)> = BTreeMap::new();
    for user in all!(page => engine.users(Call::by_admin(), &page)) {
        let known = user_truth(engine, &user.id).await;
        users.insert(user.id.to_string(), known);
        for job in all!(page => engine.jobs(&user.id, &JobFilter::sent(), &page)) {
            let cost = SKILLS.iter().find(|(name, _)| *name == job.skill);
            let cost = cost.unwrap().1;
            if job.status == Status::Verified && job.receiver != Some(job.sender) {
                spent += cost;
            }
            jobs.insert(job.id, (job.status, cost));
        }
    }
    let is_open = |status: &Status| !status.is_final();
    let holds = jobs.iter().filter(|(_, (status, _))| is_open(status));
    let holds: BTreeMap<String, i64> = holds
        .map(|(job, (_, cost))| (job.to_string(), *cost))
        .collect();
    let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
    for (status, _) in jobs.values() {
        *statuses.entry(status.as_str()).or_default() += 1;
    }
    let unpaid: Vec<&str> = PayoutStatus::ALL
        .into_iter()
        .filter(|status| {
            use PayoutStatus::{Paid, Reversed, WrittenOff};
            !matches!(status, Paid | Reversed | WrittenOff)
        })
        .map(PayoutStatus::as_str)
        .collect();
    json!({
        "users": users,
        "holds": holds,
        "spent": spent,
        "jobs": statuses,
        "unpaid": unpaid,
    })
}

fn main() {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let [Some(folder), Some(file)] = [args.next(), args.next()] else {
        panic!("busy_ledger STORE TRUTH");
    };
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&folder).unwrap());
    block_on(async {
        let mut exchange = Exchange::new(&store);
        exchange.grants().await;
        for made in 1..=JOBS {
            exchange.job().await;
            if made % 50 == 0 {
                exchange.tick().await;
            }
        }
        let engine = exchange.engine();
        assert!(engine.audit().await.unwrap().ok());
        let truth = truth(&engine).await;
        std::fs::write(&file, serde_json::to_vec(&truth).unwrap()).unwrap();
        engine.close().await.unwrap();
    });
}
