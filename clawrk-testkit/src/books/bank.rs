//! How connected accounts pay on to their banks.

use serde_json::json;

use super::book::{Book, Cause};

impl Book {
    /// A connected account pays so many US cents on to its bank, which takes them, or does not and
    /// says why; Stripe tells in the account's name.
    ///
    /// # Panics
    /// If there is no such account.
    pub fn pay_bank(&mut self, account: &str, amount: i64, failure: Option<&str>) {
        let held = self.accounts.get_mut(account);
        let held = held.expect("an account of this book");
        if failure.is_none() {
            *held.balance.entry("usd".to_owned()).or_insert(0) -= amount;
        }
        let now = self.now();
        let payout = json!({
            "id": self.id("po", 23),
            "object": "payout",
            "amount": amount,
            "application_fee": null,
            "application_fee_amount": null,
            "arrival_date": now,
            "automatic": true,
            "balance_transaction": self.id("txn", 23),
            "created": now,
            "currency": "usd",
            "description": "STRIPE PAYOUT",
            "destination": self.id("ba", 23),
            "failure_balance_transaction": null,
            "failure_code": failure.map(|_| "account_closed"),
            "failure_message": failure,
            "livemode": self.livemode(),
            "metadata": {},
            "method": "standard",
            "original_payout": null,
            "reconciliation_status": "not_applicable",
            "reversed_by": null,
            "source_type": "card",
            "statement_descriptor": null,
            "status": if failure.is_some() { "failed" } else { "paid" },
            "type": "bank_account",
        });
        let kind = match failure {
            Some(_) => "payout.failed",
            None => "payout.paid",
        };
        self.emit(kind, payout, Some(account.to_owned()), &Cause::default());
    }
}
