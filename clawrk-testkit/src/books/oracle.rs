//! What was paid in truth, to be compared with what an exchange believes.

use std::collections::BTreeMap;

use super::book::Book;
use super::state::Books;
use super::transfer::Transfer;

/// What was paid in truth.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Oracle {
    /// By transfer group: the transfers that hold, oldest first. All that was taken back of is
    /// left out; a part taken back leaves the transfer in.
    pub held: BTreeMap<String, Vec<Paid>>,
    /// Transfers without a group.
    pub loose: Vec<Paid>,
    /// What all transfers that hold come to, less what was taken back of them, by currency.
    pub sums: BTreeMap<String, i64>,
}

/// A transfer that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// Its id.
    pub transfer: String,
    /// How much, in the currency's smallest unit.
    pub amount: i64,
    /// The currency, in lower case.
    pub currency: String,
    /// Who has it.
    pub destination: String,
    /// How much of it was taken back.
    pub reversed: i64,
    /// The payout that was noted with it.
    pub payout: Option<String>,
}

impl Oracle {
    /// What was paid by these books, in all modes.
    pub fn of(books: &Books) -> Oracle {
        let mut oracle = Oracle::default();
        books.books().for_each(|book| oracle.add(book));
        oracle
    }

    /// What was paid by that book alone.
    pub fn of_book(book: &Book) -> Oracle {
        let mut oracle = Oracle::default();
        oracle.add(book);
        oracle
    }

    fn add(&mut self, book: &Book) {
        for transfer in book.transfers() {
            let paid = Paid::from(transfer);
            if paid.reversed == paid.amount {
                continue;
            }
            let left = paid.amount - paid.reversed;
            *self.sums.entry(paid.currency.clone()).or_insert(0) += left;
            match &transfer.group {
                Some(group) => self.held.entry(group.clone()).or_default().push(paid),
                None => self.loose.push(paid),
            }
        }
    }

    /// The groups that were paid more than once.
    pub fn doubles(&self) -> Vec<&str> {
        let doubled = self.held.iter().filter(|(_, paid)| paid.len() > 1);
        doubled.map(|(group, _)| group.as_str()).collect()
    }

    /// Fails the test if any group was paid more than once.
    ///
    /// # Panics
    /// If a group was paid more than once.
    pub fn assert_single(&self) {
        let doubled = self.held.iter().find(|(_, paid)| paid.len() > 1);
        assert!(doubled.is_none(), "paid more than once: {doubled:?}");
    }
}

impl From<&Transfer> for Paid {
    fn from(transfer: &Transfer) -> Paid {
        Paid {
            transfer: transfer.id.clone(),
            amount: transfer.amount,
            currency: transfer.currency.clone(),
            destination: transfer.destination.clone(),
            reversed: transfer.reversed(),
            payout: transfer.metadata.get("clawrk_payout").cloned(),
        }
    }
}
