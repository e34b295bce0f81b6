//! Coupons: what makes invoices cheaper.

use serde_json::{Value, json};

use super::book::Book;
use super::error::StripeError;
use super::params::Params;
use super::shelf::Item;

/// A discount that customers may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Coupon {
    pub(super) id: String,
    pub(super) created: i64,
    /// Of 100.
    pub(super) percent_off: i64,
    /// Whether it counts for each invoice, or for the first alone.
    pub(super) forever: bool,
}

impl Item for Coupon {
    const NAME: &'static str = "coupon";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, livemode: bool) -> Value {
        json!({
            "id": self.id,
            "object": "coupon",
            "amount_off": null,
            "created": self.created,
            "currency": null,
            "duration": if self.forever { "forever" } else { "once" },
            "duration_in_months": null,
            "livemode": livemode,
            "max_redemptions": null,
            "metadata": {},
            "name": null,
            "percent_off": self.percent_off,
            "redeem_by": null,
            "times_redeemed": 0,
            "valid": true,
        })
    }
}

/// A coupon that is to be made.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    id: Option<String>,
    percent_off: i64,
    forever: bool,
}

impl Draft {
    pub(super) fn read(params: &mut Params) -> Result<Draft, StripeError> {
        let percent_off = params.between("percent_off", 1, 100)?;
        let duration = params.one_of("duration", &["forever", "once"])?;
        params.ignore(&["name"]);
        Ok(Draft {
            id: params.text("id")?,
            percent_off: percent_off.ok_or_else(|| params.lacking("percent_off"))?,
            forever: duration == Some("forever"),
        })
    }
}

impl Book {
    pub(super) fn create_coupon(&mut self, draft: Draft) -> Result<Value, StripeError> {
        let id = draft.id.unwrap_or_else(|| self.id("co", 7));
        if self.coupons.get(&id).is_some() {
            let message = "Coupon already exists.";
            return Err(StripeError::invalid(
                400,
                "resource_already_exists",
                message,
            ));
        }
        let coupon = Coupon {
            id,
            created: self.now(),
            percent_off: draft.percent_off,
            forever: draft.forever,
        };
        let livemode = self.livemode();
        Ok(self.coupons.put(coupon).render(livemode))
    }
}
