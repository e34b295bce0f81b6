//! The chart of accounts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{JobId, UserId};

/// What an account counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Commodity {
    /// Credits.
    Credit,
    /// US cents.
    Usd,
}

/// An account of the ledger. Its text is what exports and reports show, such as `user:alice`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// Credits that a user can spend. Never below zero.
    User(UserId),
    /// Credits set aside for a job while it is open.
    Hold(JobId),
    /// Where credits come from: `admin`, or the name of a plan.
    Issued(String),
    /// Credits of verified jobs.
    Spent,
    /// Credits of rejected jobs whose terms keep them.
    Forfeited,
    /// What verified jobs cost, in cents: an expense, as much as the account lost.
    PayoutCost,
    /// What the exchange owes a receiver, in cents.
    Payable(UserId),
    /// What invoices brought, in cents.
    Sales,
    /// The exchange's balance at the payment provider, as far as it comes from here, in cents. An
    /// asset: it holds as much as the account lost.
    Provider,
    /// Where the budget of payouts comes from, in cents.
    Receipts,
    /// What payouts may still take, in cents: what invoices brought less what was reserved.
    Budget,
    /// What payouts have taken of the budget: on the way and paid, in cents. Never below zero.
    Reserved,
    /// What was owed or paid and came back, in cents.
    Recovered,
}

impl Account {
    /// What the account counts.
    pub fn commodity(&self) -> Commodity {
        match self {
            Account::User(_)
            | Account::Hold(_)
            | Account::Issued(_)
            | Account::Spent
            | Account::Forfeited => Commodity::Credit,
            Account::PayoutCost
            | Account::Payable(_)
            | Account::Sales
            | Account::Provider
            | Account::Receipts
            | Account::Budget
            | Account::Reserved
            | Account::Recovered => Commodity::Usd,
        }
    }

    /// Whether the store keeps a balance and numbers the entries.
    ///
    /// Only accounts with a floor need it. The others would make every server wait for the same
    /// few rows; their sums are made by the audit.
    pub fn has_balance(&self) -> bool {
        matches!(self, Account::User(_) | Account::Budget | Account::Reserved)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::User(user) => write!(f, "user:{user}"),
            Account::Hold(job) => write!(f, "hold:{job}"),
            Account::Issued(source) => write!(f, "issued:{source}"),
            Account::Spent => f.write_str("spent"),
            Account::Forfeited => f.write_str("forfeited"),
            Account::PayoutCost => f.write_str("payout_cost"),
            Account::Payable(user) => write!(f, "payable:{user}"),
            Account::Sales => f.write_str("sales"),
            Account::Provider => f.write_str("stripe"),
            Account::Receipts => f.write_str("receipts"),
            Account::Budget => f.write_str("budget"),
            Account::Reserved => f.write_str("reserved"),
            Account::Recovered => f.write_str("recovered"),
        }
    }
}

/// A text that names no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an account")]
pub struct InvalidAccount;

impl FromStr for Account {
    type Err = InvalidAccount;

    fn from_str(text: &str) -> Result<Self, InvalidAccount> {
        let user = |id: &str| UserId::new(id).map_err(|_| InvalidAccount);
        match text.split_once(':') {
            Some(("user", id)) => user(id).map(Account::User),
            Some(("payable", id)) => user(id).map(Account::Payable),
            Some(("hold", id)) => id.parse().map(Account::Hold).map_err(|_| InvalidAccount),
            Some(("issued", source)) => Ok(Account::Issued(source.to_owned())),
            None if text == "spent" => Ok(Account::Spent),
            None if text == "forfeited" => Ok(Account::Forfeited),
            None if text == "payout_cost" => Ok(Account::PayoutCost),
            None if text == "sales" => Ok(Account::Sales),
            None if text == "stripe" => Ok(Account::Provider),
            None if text == "receipts" => Ok(Account::Receipts),
            None if text == "budget" => Ok(Account::Budget),
            None if text == "reserved" => Ok(Account::Reserved),
            None if text == "recovered" => Ok(Account::Recovered),
            _ => Err(InvalidAccount),
        }
    }
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_round_trips_through_its_text() {
        let user = UserId::new("a:b").unwrap();
        let accounts = [
            Account::User(user.clone()),
            Account::Hold(JobId::from_bits(9)),
            Account::Issued("admin".to_owned()),
            Account::Spent,
            Account::Forfeited,
            Account::PayoutCost,
            Account::Payable(user),
            Account::Sales,
            Account::Provider,
            Account::Receipts,
            Account::Budget,
            Account::Reserved,
            Account::Recovered,
        ];
        for account in accounts {
            assert_eq!(account.to_string().parse(), Ok(account));
        }
        assert_eq!("user:".parse::<Account>(), Err(InvalidAccount));
        assert_eq!("nonsense".parse::<Account>(), Err(InvalidAccount));
    }
}
