//! Where each account of the ledger stands in a journal.

use crate::journal::name::push_escaped;
use crate::ledger::{Account, Commodity};

/// The five kinds of accounts that there are in every book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Assets,
    Liabilities,
    Equity,
    Income,
    Expenses,
}

impl Sort {
    /// What hledger calls it.
    pub(super) const fn letter(self) -> char {
        match self {
            Sort::Assets => 'A',
            Sort::Liabilities => 'L',
            Sort::Equity => 'E',
            Sort::Income => 'R',
            Sort::Expenses => 'X',
        }
    }

    /// Whether its balances are carried from one period into the next.
    pub(super) const fn is_carried(self) -> bool {
        matches!(self, Sort::Assets | Sort::Liabilities | Sort::Equity)
    }
}

/// An account of a journal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Its full name.
    pub(super) name: String,
    /// What it counts.
    pub(super) commodity: Commodity,
    /// The id that the name was made of, as it is.
    pub(super) id: Option<Id>,
}

/// Whose an account is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Id {
    User(String),
    Source(String),
}

impl Place {
    /// What was earned and spent before a journal begins.
    pub(super) fn retained(commodity: Commodity) -> Place {
        let name = match commodity {
            Commodity::Credit => "Equity:Retained:Credits",
            Commodity::Usd => "Equity:Retained:Money",
        };
        Place {
            name: name.to_owned(),
            commodity,
            id: None,
        }
    }

    /// Where that account stands. Holds stand together: each is a job's, and lasts as long.
    pub(super) fn of(account: &Account) -> Place {
        let (path, id) = match account {
            Account::User(user) => ("Liabilities:Credits:U-", Some(Id::user(user.as_str()))),
            Account::Payable(user) => ("Liabilities:Payable:U-", Some(Id::user(user.as_str()))),
            Account::Issued(from) => ("Equity:Issued:S-", Some(Id::Source(from.clone()))),
            Account::Hold(_) => ("Liabilities:Holds", None),
            Account::Spent => ("Income:Spent", None),
            Account::Forfeited => ("Income:Forfeited", None),
            Account::PayoutCost => ("Expenses:Payouts", None),
            Account::Sales => ("Income:Sales", None),
            Account::Provider => ("Assets:Provider", None),
            Account::Receipts => ("Equity:Budget:Receipts", None),
            Account::Budget => ("Equity:Budget:Left", None),
            Account::Reserved => ("Equity:Budget:Reserved", None),
            Account::Recovered => ("Income:Recovered", None),
        };
        let mut name = path.to_owned();
        if let Some(Id::User(id) | Id::Source(id)) = &id {
            push_escaped(&mut name, id);
        }
        Place {
            name,
            commodity: account.commodity(),
            id,
        }
    }

    /// What kind of account it is: the first part of its name.
    pub(super) fn sort(&self) -> Sort {
        match self.name.split(':').next() {
            Some("Assets") => Sort::Assets,
            Some("Liabilities") => Sort::Liabilities,
            Some("Income") => Sort::Income,
            Some("Expenses") => Sort::Expenses,
            _ => Sort::Equity,
        }
    }
}

impl Id {
    fn user(id: &str) -> Id {
        Id::User(id.to_owned())
    }

    /// The metadata that holds it: its name, and the id.
    pub(super) fn tag(&self) -> (&'static str, &str) {
        match self {
            Id::User(id) => ("user", id),
            Id::Source(id) => ("source", id),
        }
    }
}

/// What a flow between two accounts is called.
pub(super) fn called(from: &Account, to: &Account) -> &'static str {
    use Account::{
        Budget, Forfeited, Hold, Issued, Payable, PayoutCost, Provider, Receipts, Recovered,
        Reserved, Sales, Spent, User,
    };
    match (from, to) {
        (Issued(source), User(_)) if source == "admin" => "Credits given or taken by an operator",
        (Issued(_), User(_)) => "Credits bought",
        (User(_), Hold(_)) => "Credits held for a job",
        (Hold(_), User(_)) => "Hold given back",
        (Hold(_), Spent) => "Hold spent",
        (Hold(_), Forfeited) => "Hold kept",
        (PayoutCost, Payable(_)) => "Payout owed",
        (Provider, Sales) => "Invoice paid",
        (Receipts, Budget) => "Budget raised by what an invoice brought",
        (Budget, Reserved) => "Budget reserved for a payout",
        (Reserved, Budget) => "Budget given back",
        (Payable(_), Provider) => "Payout paid",
        (Provider, Recovered) => "Payout reversed",
        (Payable(_), Recovered) => "Payout written off",
        (Recovered, Provider) => "Written-off payout paid after all",
        _ => "Other flow",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::id::{JobId, UserId};

    #[test]
    fn accounts_stand_apart_but_for_holds() {
        let user = |id: &str| UserId::new(id).unwrap();
        let accounts = [
            Account::User(user("a.b")),
            Account::User(user("a_b")),
            Account::User(user("a-2eb")),
            Account::Payable(user("a.b")),
            Account::Issued("admin".to_owned()),
            Account::Issued(String::new()),
            Account::Hold(JobId::from_bits(1)),
            Account::Spent,
            Account::Forfeited,
            Account::PayoutCost,
            Account::Sales,
            Account::Provider,
            Account::Receipts,
            Account::Budget,
            Account::Reserved,
            Account::Recovered,
        ];
        let names: BTreeSet<_> = accounts.iter().map(|a| Place::of(a).name).collect();
        assert_eq!(names.len(), accounts.len(), "{names:?}");
        let other = Place::of(&Account::Hold(JobId::from_bits(2)));
        assert!(names.contains(&other.name));
    }

    #[test]
    fn the_kind_is_that_of_the_name() {
        for (account, sort) in [
            (Account::Provider, Sort::Assets),
            (Account::Hold(JobId::from_bits(1)), Sort::Liabilities),
            (Account::Budget, Sort::Equity),
            (Account::Sales, Sort::Income),
            (Account::PayoutCost, Sort::Expenses),
        ] {
            assert_eq!(Place::of(&account).sort(), sort);
        }
    }
}
