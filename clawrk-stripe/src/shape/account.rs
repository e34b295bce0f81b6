//! Connected accounts.

use clawrk_core::payments::ConnectedAccount;
use serde_json::Value;

use crate::shape::{Shape, at, flag, need_object, need_text};

pub(crate) fn account(object: &Value) -> Shape<ConnectedAccount> {
    need_object(object, "account")?;
    let id = need_text(object, "id")?;
    let is = |name| flag(object, name).unwrap_or(false);
    // Old accounts have no capabilities, and one flag for all of them.
    let can_receive = match at(object, &["capabilities", "transfers"]) {
        Some(state) => state.as_str() == Some("active"),
        None => is("charges_enabled"),
    };
    Ok(ConnectedAccount {
        id,
        can_receive,
        can_pay_out: is("payouts_enabled"),
        gone: is("deleted"),
    })
}
