//! Routes of the operator about payouts.

use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use axum::response::Response;
use clawrk_core::Call;
use clawrk_core::engine::{OutboxState, PayoutDetail, Resolution};
use clawrk_core::error::Code;
use clawrk_core::id::{JobId, PayoutId, UserId};
use clawrk_core::money::Cents;
use clawrk_core::payments::Mode;
use clawrk_core::record::{Absence, Alarm, Pause, PayoutStatus, Resumed, Stop, Wait};
use clawrk_core::time::Timestamp;
use serde::Serialize;

use crate::api::Api;
use crate::command::{By, Command, Operator};
use crate::error::ApiError;
use crate::id::PathId;
use crate::json;
use crate::page::{Asked, ROWS_DEFAULT};
use crate::reply;

/// The longest id of a transfer, in characters.
const TRANSFER_CHARS_MAX: usize = 255;

/// A payout as the operator sees it.
#[derive(Serialize)]
struct Payout {
    id: String,
    job: JobId,
    receiver: UserId,
    amount_cents: Cents,
    currency: String,
    status: PayoutStatus,
    wait: Option<Wait>,
    due_at: Option<Timestamp>,
    attempts: u32,
    last_error: Option<String>,
    transfer: Option<String>,
    reversed_cents: Cents,
    proof: Option<Proof>,
    note: Option<String>,
    created_at: Timestamp,
    changed_at: Option<Timestamp>,
}

/// Why it is certain that nothing that was sent before was carried out.
#[derive(Serialize)]
struct Proof {
    last_sent_at: Timestamp,
    first_listing_at: Timestamp,
    second_listing_at: Timestamp,
    account: String,
    mode: Mode,
    by_operator: bool,
}

/// Whether payouts are sent.
#[derive(Serialize)]
struct Outbox {
    running: bool,
    stop: Option<Stopped>,
    also: Vec<Stopped>,
    pause: Option<Waiting>,
    circuit: Option<Waiting>,
    budget_left_cents: Option<Cents>,
    watched_at: Option<Timestamp>,
    resumed: Option<TakenUp>,
}

#[derive(Serialize)]
struct Stopped {
    alarm: Alarm,
    detail: String,
    since: Timestamp,
}

#[derive(Serialize)]
struct Waiting {
    until: Timestamp,
    tries: u32,
    cause: String,
}

#[derive(Serialize)]
struct TakenUp {
    actor: String,
    at: Timestamp,
    note: Option<String>,
}

impl From<PayoutDetail> for Payout {
    fn from(payout: PayoutDetail) -> Payout {
        Payout {
            id: payout.id.to_string(),
            job: payout.job,
            receiver: payout.receiver,
            amount_cents: payout.amount_cents,
            currency: payout.currency,
            status: payout.status,
            wait: payout.wait,
            due_at: payout.due_at,
            attempts: payout.attempts,
            last_error: payout.error,
            transfer: payout.transfer,
            reversed_cents: payout.reversed_cents,
            proof: payout.proof.map(Proof::from),
            note: payout.note,
            created_at: payout.created_at,
            changed_at: payout.changed_at,
        }
    }
}

impl From<Absence> for Proof {
    fn from(proof: Absence) -> Proof {
        Proof {
            last_sent_at: proof.last_sent_at,
            first_listing_at: proof.first,
            second_listing_at: proof.second,
            account: proof.platform.account,
            mode: proof.platform.mode,
            by_operator: proof.by_operator,
        }
    }
}

impl From<OutboxState> for Outbox {
    fn from(state: OutboxState) -> Outbox {
        Outbox {
            running: state.running,
            stop: state.stop.map(Stopped::from),
            also: state.also.into_iter().map(Stopped::from).collect(),
            pause: state.pause.map(Waiting::from),
            circuit: state.circuit.map(Waiting::from),
            budget_left_cents: state.budget_left_cents,
            watched_at: state.watched_at,
            resumed: state.resumed.map(|resumed| {
                let Resumed { actor, at, note } = resumed;
                TakenUp {
                    actor: actor.to_string(),
                    at,
                    note,
                }
            }),
        }
    }
}

impl From<Stop> for Stopped {
    fn from(stop: Stop) -> Stopped {
        Stopped {
            alarm: stop.alarm,
            detail: stop.detail,
            since: stop.since,
        }
    }
}

impl From<Pause> for Waiting {
    fn from(pause: Pause) -> Waiting {
        Waiting {
            until: pause.until,
            tries: pause.tries,
            cause: pause.cause,
        }
    }
}

/// All payouts, oldest first, or those of a status.
pub(crate) async fn list(
    State(api): State<Api>,
    OriginalUri(uri): OriginalUri,
    _: By<Operator>,
) -> Result<Response, ApiError> {
    let mut asked = Asked::of(&uri)?;
    let statuses = PayoutStatus::ALL.map(|status| (status.as_str(), status));
    let status = asked.choice("status", &statuses)?;
    let page = asked.page(ROWS_DEFAULT)?;
    let payouts = api.engine.all_payouts(Call::by_admin(), status, &page);
    let payouts = payouts.await?;
    let items: Vec<Payout> = payouts.items.into_iter().map(Payout::from).collect();
    let response = reply::json(StatusCode::OK, &items);
    Ok(asked.with_next(response, payouts.next))
}

/// Has a payout sent again.
pub(crate) async fn retry(
    State(api): State<Api>,
    id: PathId<PayoutId>,
    mut command: Command<Operator>,
) -> Result<Response, ApiError> {
    let note = command.body.text("note")?;
    let (engine, id) = (api.engine.clone(), id.found()?);
    api.run(async move {
        let retried = engine.retry_payout(command.call(), id, note.as_deref());
        let payout = Payout::from(retried.await?);
        Ok(command.done(StatusCode::OK, &payout))
    })
    .await
}

/// Takes the operator's word for what became of a payout.
pub(crate) async fn resolve(
    State(api): State<Api>,
    id: PathId<PayoutId>,
    mut command: Command<Operator>,
) -> Result<Response, ApiError> {
    let resolution = resolution(&mut command.body)?;
    let (engine, id) = (api.engine.clone(), id.found()?);
    api.run(async move {
        let resolved = engine.resolve_payout(command.call(), id, &resolution);
        let payout = Payout::from(resolved.await?);
        Ok(command.done(StatusCode::OK, &payout))
    })
    .await
}

fn resolution(body: &mut json::Object) -> Result<Resolution, ApiError> {
    const PAID: &str = r#"{"outcome": "paid", "transfer": "tr_…"}"#;
    const ABSENT: &str = r#"{"outcome": "absent", "note": "how that is known"}"#;
    const WRITTEN_OFF: &str = r#"{"outcome": "written_off", "note": "why"}"#;
    let mut member = |name: &'static str, example: &str| {
        let text = body.text(name)?;
        text.ok_or_else(|| json::missing(name, example))
    };
    let outcome = member("outcome", PAID)?;
    Ok(match outcome.as_str() {
        "paid" => Resolution::Paid {
            transfer: transfer(member("transfer", PAID)?)?,
        },
        "absent" => Resolution::Absent {
            note: member("note", ABSENT)?,
        },
        "written_off" => Resolution::WrittenOff {
            note: member("note", WRITTEN_OFF)?,
        },
        _ => {
            let text = "`outcome` must be one of `paid`, `absent`, `written_off`";
            return Err(ApiError::new(Code::InvalidRequest, text));
        }
    })
}

/// An id as Stripe gives them out; anything else can be none.
fn transfer(id: String) -> Result<String, ApiError> {
    let fits = (1..=TRANSFER_CHARS_MAX).contains(&id.len());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    match fits && id.bytes().all(plain) {
        true => Ok(id),
        false => {
            let text = "`transfer` must be Stripe's id of a transfer, such as tr_1Pq…";
            Err(ApiError::new(Code::InvalidRequest, text))
        }
    }
}

/// Whether payouts are sent, and why not.
pub(crate) async fn outbox(State(api): State<Api>, _: By<Operator>) -> Result<Response, ApiError> {
    let state = api.engine.outbox(Call::by_admin()).await?;
    Ok(reply::json(StatusCode::OK, &Outbox::from(state)))
}

/// Has payouts sent again after they were stopped.
pub(crate) async fn resume(
    State(api): State<Api>,
    mut command: Command<Operator>,
) -> Result<Response, ApiError> {
    let note = command.body.text("note")?;
    let note = note.ok_or_else(|| json::missing("note", r#"{"note": "what was done"}"#))?;
    let engine = api.engine.clone();
    api.run(async move {
        let resumed = engine.resume_outbox(command.call(), Some(&note));
        let state = Outbox::from(resumed.await?);
        Ok(command.done(StatusCode::OK, &state))
    })
    .await
}
