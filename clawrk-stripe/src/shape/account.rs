//! Connected accounts.

use clawrk_core::payments::ConnectedAccount;
use serde_json::Value;

use crate::shape::{Shape, flag, need_object, need_text, part, text};

pub(crate) fn account(object: &Value) -> Shape<ConnectedAccount> {
    need_object(object, "account")?;
    let id = need_text(object, "id")?;
    let is = |name| flag(object, name).unwrap_or(false);
    // Old accounts have no capabilities, and one flag instead. Where there are some, one that is
    // missing was not asked for.
    let can_receive = match part(object, "capabilities") {
        Some(all) => text(all, "transfers").as_deref() == Some("active"),
        None => is("charges_enabled"),
    };
    Ok(ConnectedAccount {
        id,
        can_receive,
        can_pay_out: is("payouts_enabled"),
        gone: is("deleted"),
    })
}
