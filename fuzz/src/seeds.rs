//! Inputs to begin with. They are made, not kept, so that they are never those of an old format.
// Long because: one of everything that can be stored, with all of its fields.

use std::collections::BTreeMap;
use std::time::Duration;

use clawrk_core::id::{CommitId, JobId, KeyId, PayoutId, UserId};
use clawrk_core::job::{
    Actor, CriterionVerdict, Event, EventKind, JobRecord, OnRejected, Run, State, Terms,
    Verification,
};
use clawrk_core::ledger::{Account, Reason};
use clawrk_core::model::Usage;
use clawrk_core::money::{Cents, Credits};
use clawrk_core::payments::{Invoice, InvoiceLine, Mode, Owner};
use clawrk_core::record::{
    Absence, AccountLook, AccountRecord, AccountStatus, Alarm, Answer, ApiKeyRecord, AttemptEnd,
    AttemptRecord, BankNews, Body, ConnectedRecord, EarlierAccount, EntryRecord, Grant,
    InboxRecord, InvoiceOutcome, InvoiceRecord, LinkRecord, Linked, Look, MetaRecord, OnceRecord,
    OnceState, OpenCode, OutboxRecord, Pause, PayoutRecord, PayoutStatus, Platform, Record,
    Resumed, Scope, StepKind, StepRecord, Stop, Text, TextRecord, UserRecord, Wait,
};
use clawrk_core::time::Timestamp;
use clawrk_testkit::rng::Rng;

const JOB: JobId = JobId::from_bits(0x0193_0000_0000_7000_8000_0000_0000_0001);
const COMMIT: CommitId = CommitId::from_bits(7);
const AT: Timestamp = Timestamp::from_millis(1_735_689_600_000);

/// Records of every kind, with every shape of their bodies, as bytes.
pub fn records() -> Vec<Vec<u8>> {
    jobs()
        .into_iter()
        .chain(texts())
        .chain(events())
        .chain(ledger())
        .chain(people())
        .chain(onces())
        .chain([meta()])
        .chain(money())
        .map(|body| {
            Record::new(1, body)
                .encode()
                .expect("a seed can be encoded")
        })
        .collect()
}

fn user(id: &str) -> UserId {
    UserId::new(id).expect("a seed's user id is valid")
}

fn job(state: State) -> JobRecord {
    JobRecord {
        id: JOB,
        sender: user("ann"),
        skill: "research".to_owned(),
        terms: Terms {
            cost: Credits::new(2),
            held: Credits::new(2),
            payout: Cents::new(100),
            currency: "usd".to_owned(),
            on_rejected: OnRejected::Requeue,
            max_attempts: 3,
            accept_timeout: Some(Duration::from_secs(3600)),
            review_timeout: None,
        },
        state,
        attempt: 1,
        rejections: 0,
        judged_attempt: Some(1),
        created_at: AT,
        updated_at: AT,
    }
}

fn jobs() -> Vec<Body> {
    let receiver = user("bob");
    [
        State::Queued,
        State::Accepted {
            receiver: receiver.clone(),
            accept_due: Some(AT),
        },
        State::InProgress {
            receiver: receiver.clone(),
            accept_due: None,
            run: Run {
                id: COMMIT,
                until: AT,
            },
        },
        State::Submitted {
            receiver: receiver.clone(),
            review_due: Some(AT),
        },
        State::Verified {
            receiver: receiver.clone(),
        },
        State::Rejected {
            receiver: receiver.clone(),
        },
        State::Cancelled,
        State::Failed { receiver },
    ]
    .map(|state| Body::Job(job(state)))
    .into()
}

fn texts() -> Vec<Body> {
    let verification = Verification {
        criteria: vec![CriterionVerdict {
            criterion: "Says it".to_owned(),
            passed: true,
            reason: "It does.".to_owned(),
            quote: Some("so it is".to_owned()),
        }],
        prompt_hash: Some("sha256:0".to_owned()),
        usage: Some(Usage::default()),
        passed: true,
        reasoning: "long enough".to_owned(),
        scores: BTreeMap::from([
            ("length".to_owned(), 42.into()),
            ("share".to_owned(), 0.5.into()),
        ]),
        model: "mock".to_owned(),
    };
    [
        Text::Brief {
            prompt: "compare two databases".to_owned(),
            title: "Databases".to_owned(),
            intent: "compare".to_owned(),
            criteria: "- names both".to_owned(),
        },
        Text::Output {
            attempt: 1,
            output: "both are fine".to_owned(),
        },
        Text::Verdict {
            attempt: 1,
            verification,
        },
    ]
    .map(|text| Body::Text(TextRecord { job: JOB, text }))
    .into()
}

fn events() -> Vec<Body> {
    [
        (EventKind::Created, Actor::User(user("ann"))),
        (
            EventKind::RunFailed {
                cause: "timed out".to_owned(),
            },
            Actor::System,
        ),
        (EventKind::Released, Actor::Admin),
    ]
    .map(|(kind, actor)| {
        Body::Event(Event {
            job: JOB,
            seq: 1,
            kind,
            actor,
            at: AT,
            attempt: 1,
            commit: COMMIT,
        })
    })
    .into()
}

fn ledger() -> Vec<Body> {
    let entry = |account, number, reason| {
        Body::Entry(EntryRecord {
            account,
            number,
            delta: -2,
            balance: number.map(|_| 48),
            other_account: Account::Hold(JOB),
            reason,
            job: Some(JOB),
            at: AT,
            commit: COMMIT,
            place: 0,
        })
    };
    vec![
        Body::Account(AccountRecord {
            account: Account::User(user("ann")),
            balance: 48,
        }),
        entry(Account::User(user("ann")), Some(1), Reason::job(JOB)),
        entry(
            Account::Issued("admin".to_owned()),
            None,
            Reason::admin("gift"),
        ),
        Body::Payout(payout()),
    ]
}

fn platform() -> Platform {
    Platform {
        account: "acct_1".to_owned(),
        mode: Mode::Test,
    }
}

fn absence() -> Absence {
    Absence {
        last_sent_at: AT,
        first: AT,
        second: AT,
        platform: platform(),
        by_operator: true,
    }
}

/// A payout with everything that a payout can have.
fn payout() -> PayoutRecord {
    let (id, amount) = (PayoutId::of(JOB), Cents::new(100));
    let mut payout = PayoutRecord::owed(id, user("bob"), amount, "usd".to_owned(), AT);
    payout.status = PayoutStatus::Unknown;
    payout.attempt = 1;
    payout.wait = Some(Wait::Doubt);
    payout.tries = 2;
    payout.transfer = Some("tr_1".to_owned());
    payout.reversed = Cents::new(1);
    payout.restored_at = Some(AT);
    payout.look = Some(Look {
        at: AT,
        platform: platform(),
    });
    payout.proof = Some(absence());
    payout.error = Some("busy".to_owned());
    payout.note = Some("looked".to_owned());
    payout.changed_at = Some(AT);
    payout
}

fn outbox() -> OutboxRecord {
    let pause = Pause {
        until: AT,
        tries: 1,
        cause: "busy".to_owned(),
        since: AT,
    };
    let stop = Stop {
        alarm: Alarm::DoubleTransfer,
        detail: "tr_2".to_owned(),
        since: AT,
        transfer: Some("tr_2".to_owned()),
    };
    OutboxRecord {
        due_at: Some(AT),
        watch_at: Some(AT),
        watched_at: Some(AT),
        watched: Some(platform()),
        newest: Some(AT),
        mode: Some(Mode::Test),
        confirmed: Some(AT),
        shown: vec!["tr_1".to_owned()],
        stop: Some(stop.clone()),
        also: vec![stop],
        resumed: Some(Resumed {
            actor: Actor::Admin,
            at: AT,
            note: Some("looked".to_owned()),
        }),
        pause: Some(pause.clone()),
        circuit: Some(pause),
        latest: Some(AT),
    }
}

fn people() -> Vec<Body> {
    vec![
        Body::User(ann()),
        Body::ApiKey(ApiKeyRecord {
            id: KeyId::from_bits(9),
            user: user("ann"),
            name: None,
            hash: [3; 32],
            created_at: AT,
            last_used_at: Some(AT),
            commit: COMMIT,
        }),
    ]
}

/// A user with everything that a user can have.
fn ann() -> UserRecord {
    let mut ann = UserRecord::new(user("ann"), Some("Ann".to_owned()), AT, COMMIT);
    ann.login_codes.push(OpenCode {
        key: "00ff".to_owned(),
        expires_at: AT,
    });
    ann.customer = Some("cus_1".to_owned());
    ann.customers = 1;
    ann.account = Some(ConnectedRecord {
        id: "acct_2".to_owned(),
        status: AccountStatus::Pending,
        can_receive: true,
        created_at: AT,
        look: Some(AccountLook {
            due_at: AT,
            tries: 1,
        }),
    });
    ann.accounts = 2;
    ann.earlier_accounts.push(EarlierAccount {
        id: "acct_1".to_owned(),
        gone_at: AT,
    });
    ann.bank = Some(BankNews {
        at: AT,
        problem: Some("account_closed".to_owned()),
    });
    ann
}

fn onces() -> Vec<Body> {
    [
        (
            Scope::User(user("ann")),
            OnceState::Done(Answer::Job(Box::new(job(State::Queued)))),
        ),
        (
            Scope::Admin,
            OnceState::Done(Answer::Credits(Credits::new(5))),
        ),
        (Scope::User(user("ann")), OnceState::Reserved { until: AT }),
        (Scope::Commit, OnceState::Proof),
        (Scope::Login, OnceState::Login(user("ann"))),
    ]
    .map(|(scope, state)| {
        Body::Once(OnceRecord {
            scope,
            key: "k-1".to_owned(),
            request: [1; 32],
            command: String::new(),
            state,
            expires_at: AT,
            commit: COMMIT,
        })
    })
    .into()
}

fn meta() -> Body {
    Body::Meta(MetaRecord {
        cursor_secret: [9; 32],
        commit: COMMIT,
    })
}

fn money() -> Vec<Body> {
    let payout = PayoutId::of(JOB);
    vec![
        Body::Step(StepRecord {
            payout,
            seq: 2,
            kind: StepKind::Begun { attempt: 1 },
            actor: Actor::System,
            note: Some("by itself".to_owned()),
            at: AT,
            commit: COMMIT,
        }),
        Body::Attempt(AttemptRecord {
            payout,
            number: 1,
            body: "amount=100".to_owned(),
            api_version: "2026-08-26.dahlia".to_owned(),
            platform: "acct_1".to_owned(),
            mode: Mode::Test,
            destination: "acct_2".to_owned(),
            first_sent_at: AT,
            last_sent_at: AT,
            doubtful: true,
            only_listed: true,
            end: Some(AttemptEnd::Absent(absence())),
            commit: COMMIT,
        }),
        Body::Outbox(outbox()),
        Body::Inbox(InboxRecord {
            event: "evt_1".to_owned(),
            kind: "invoice.paid".to_owned(),
            outcome: "granted".to_owned(),
            about: Some("in_1".to_owned()),
            at: AT,
            expires_at: AT,
            commit: COMMIT,
        }),
        Body::Invoice(InvoiceRecord {
            invoice: invoice(),
            outcome: InvoiceOutcome::Granted {
                user: user("ann"),
                grants: vec![Grant {
                    tier: "pro".to_owned(),
                    credits: Credits::new(150),
                }],
                commit: COMMIT,
            },
            due_at: Some(AT),
            commit: COMMIT,
        }),
        Body::Link(LinkRecord {
            what: Linked::Customer,
            id: "cus_1".to_owned(),
            user: user("ann"),
            created_at: AT,
            commit: COMMIT,
        }),
    ]
}

fn invoice() -> Invoice {
    Invoice {
        id: "in_1".to_owned(),
        owner: Owner {
            user: Some("ann".to_owned()),
            tier: Some("pro".to_owned()),
            store: None,
            customer: Some("cus_1".to_owned()),
        },
        subscription: Some("sub_1".to_owned()),
        currency: "usd".to_owned(),
        paid: Cents::new(2_500),
        created_at: AT,
        lines: vec![InvoiceLine {
            id: "il_1".to_owned(),
            price: Some("price_1".to_owned()),
            quantity: 1,
            proration: false,
            net: Cents::new(2_500),
        }],
        more_lines: false,
    }
}

/// Requests to every route, with bodies that it takes and bodies that it refuses.
pub fn requests() -> Vec<Vec<u8>> {
    let bodies: [&[u8]; 14] = [
        b"",
        b"{}",
        br#"{"prompt": "Compare two databases"}"#,
        br#"{"prompt": " ", "more": [1, {"a": null}]}"#,
        br#"{"output": "PostgreSQL, unless one file is all you want."}"#,
        br#"{"output": null}"#,
        br#"{"id": "zoe", "name": "Zo\u00eb"}"#,
        br#"{"delta": -3, "reason": "gift"}"#,
        br#"{"delta": 9223372036854775807, "reason": "all"}"#,
        br#"{"tier": "starter"}"#,
        br#"{"code": "none"}"#,
        br#"{"prompt": "a\u0000b", "prompt": 1.5e3}"#,
        b"[[[[true]]]]",
        b"{\"prompt\": \"\xff\"}",
    ];
    let heads = (0..16).flat_map(|route| [0, 1, 4, 6, 16, 47].map(|flags| [route, flags]));
    heads
        .flat_map(|head| bodies.map(|body| [&head, body].concat()))
        .collect()
}

/// Stories of commands: two whole lives under every setting, and noise, of which steps are made as
/// well as of anything else.
pub fn stories() -> Vec<Vec<u8>> {
    let mut stories = Vec::new();
    for on_rejected in 0..3 {
        for switches in [[0, 0], [1, 0], [1, 1]] {
            let setting = [&switches[..], &choice(on_rejected, 3), &[0, 0]].concat();
            stories.push([setting, life(0, 2), life(1, 0)].concat());
        }
    }
    let mut rng = Rng::new(1);
    stories.extend((0..64).map(|_| {
        let bytes = 256 + rng.below(1_792);
        (0..bytes).map(|_| rng.bits().to_be_bytes()[0]).collect()
    }));
    stories
}

/// Credits for the sender, a job with this output, its verdict, and a look; as the bytes that the
/// target makes steps of.
fn life(job: u8, output: u8) -> Vec<u8> {
    const STEPS: u64 = 11;
    let [ann, bob, operator] = [0, 1, 3].map(|who| choice(who, 4));
    let (text, no_key) = (2, 0);
    [
        // Grant 100 credits.
        &choice(6, STEPS)[..],
        &operator,
        &ann,
        &choice(0, 2),
        &[100, text, no_key],
        // Create, accept, submit, verify.
        &choice(0, STEPS),
        &ann,
        &[text, no_key],
        &choice(1, STEPS),
        &bob,
        &[job, no_key],
        &choice(2, STEPS),
        &bob,
        &[job, 1, output, no_key],
        &choice(3, STEPS),
        &ann,
        &[job, no_key],
        // Look.
        &choice(7, STEPS),
        &ann,
        &[job],
    ]
    .concat()
}

/// The bytes of which `arbitrary` makes the variant with this number, of `count`.
fn choice(number: u64, count: u64) -> [u8; 4] {
    let scaled = (number << 32).div_ceil(count);
    u32::try_from(scaled)
        .expect("the number is below the count")
        .to_le_bytes()
}
