//! From an event to what it means here.

use clawrk_core::payments::{News, WebhookError, WebhookEvent};
use clawrk_core::time::Timestamp;
use serde_json::Value;

use crate::shape::{self, Shape, need_mode, need_text, need_time, reference, text};

/// Why a bank refused, where Stripe does not say.
const NO_REASON: &str = "no reason was given";
/// How much is kept of why a bank refused.
const REASON_CHARS_MAX: usize = 500;

/// Reads an event. Only one without id, type, mode or time is no event at all; one that matters
/// and cannot be read is [`News::Unusable`].
pub(crate) fn event(body: &[u8]) -> Result<WebhookEvent, WebhookError> {
    let event: Value = serde_json::from_slice(body)
        .map_err(|error| WebhookError::Body(format!("it is no JSON ({error})")))?;
    read(&event).map_err(WebhookError::Body)
}

fn read(event: &Value) -> Shape<WebhookEvent> {
    let kind = need_text(event, "type")?;
    let created_at = need_time(event, "created")?;
    let account = reference(event, "account");
    let news = news(&kind, event, account.as_deref(), created_at).unwrap_or_else(News::Unusable);
    Ok(WebhookEvent {
        id: need_text(event, "id")?,
        mode: need_mode(event)?,
        kind,
        account,
        created_at,
        news,
    })
}

fn news(kind: &str, event: &Value, account: Option<&str>, at: Timestamp) -> Shape<News> {
    let object = || {
        let object = shape::at(event, &["data", "object"]);
        object.ok_or_else(|| "`data.object` is missing".to_owned())
    };
    Ok(match (kind, account) {
        ("checkout.session.completed", _) => {
            News::CheckoutCompleted(shape::owner_of_checkout(object()?))
        }
        // The same twice: some send only the older name, and an invoice counts once.
        ("invoice.paid" | "invoice.payment_succeeded", _) => {
            News::InvoicePaid(shape::invoice(object()?, at)?)
        }
        ("customer.subscription.deleted", _) => News::SubscriptionEnded(shape::owner(object()?)),
        ("account.updated", _) => News::Account(shape::account(object()?)?),
        ("account.application.deauthorized", Some(account)) => {
            News::AccountGone(account.to_owned())
        }
        ("account.application.deauthorized", None) => {
            return Err("`account` is missing".to_owned());
        }
        ("payout.failed", Some(_)) => News::BankFailed(reason(object()?)),
        ("payout.paid", Some(_)) => News::BankPaid,
        ("transfer.created" | "transfer.updated" | "transfer.reversed", _) => {
            News::Transfer(shape::transfer(object()?)?)
        }
        // A payout without an account is the exchange's own, to its own bank.
        _ => News::Other,
    })
}

fn reason(payout: &Value) -> String {
    let said = text(payout, "failure_message").or_else(|| text(payout, "failure_code"));
    let said = said.unwrap_or_else(|| NO_REASON.to_owned());
    said.chars().take(REASON_CHARS_MAX).collect()
}
