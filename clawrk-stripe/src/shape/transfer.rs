//! Transfers.

use clawrk_core::money::Cents;
use clawrk_core::payments::Transfer;
use serde_json::Value;

use crate::shape::{
    Noted, Shape, cents, need_cents, need_currency, need_mode, need_object, need_text, need_time,
    part, reference, text,
};

pub(crate) fn transfer(object: &Value) -> Shape<Transfer> {
    need_object(object, "transfer")?;
    let noted = |name| text(part(object, "metadata")?, name);
    Ok(Transfer {
        id: need_text(object, "id")?,
        amount: need_cents(object, "amount")?,
        currency: need_currency(object)?,
        // Null for an account that is gone. It equals no account that anybody asked for.
        destination: reference(object, "destination").unwrap_or_default(),
        mode: need_mode(object)?,
        group: text(object, "transfer_group"),
        payout: noted(Noted::PAYOUT),
        store: noted(Noted::STORE),
        reversed: cents(object, "amount_reversed")?.unwrap_or(Cents::ZERO),
        created_at: need_time(object, "created")?,
    })
}
