//! From a store to a journal.

use std::collections::BTreeSet;
use std::io::Write;

use crate::journal::amount::Money;
use crate::journal::booking::Booking;
use crate::journal::chart::Place;
use crate::journal::gather::{Gatherer, HELD_MAX};
use crate::journal::opening::Opening;
use crate::journal::options::Span;
use crate::journal::{Day, Format, JournalError, Options, beancount, hledger};
use crate::record::{Body, Kind};
use crate::store::{Index, Page, PageLimit, Store};
use crate::transfer::is_unfinished;
use crate::watch::Watch;

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Journaled {
    /// How many transactions, the one with the opening balances apart.
    pub transactions: u64,
    /// How many accounts they move.
    pub accounts: u64,
}

/// Writes the ledger of a store as a journal, which [the module](crate::journal) describes.
///
/// Nobody may write to the store meanwhile: that is noticed, and an error. It holds 262,144 entries
/// at a time, some 100 MB, and the names of all accounts; a ledger with more entries is read once
/// for each so many, since no store lists them by time. It writes to `to` in small pieces, so give
/// it a buffer.
///
/// # Errors
/// See [`JournalError`].
pub async fn journal(
    store: &dyn Store,
    to: &mut (dyn Write + Send),
    options: &Options,
    watch: &mut Watch<'_>,
) -> Result<Journaled, JournalError> {
    journal_holding(store, to, options, watch, HELD_MAX).await
}

/// Does so with that many entries in memory.
pub(super) async fn journal_holding(
    store: &dyn Store,
    to: &mut (dyn Write + Send),
    options: &Options,
    watch: &mut Watch<'_>,
    held_max: usize,
) -> Result<Journaled, JournalError> {
    if let (Some(from), Some(to)) = (options.from, options.to)
        && to < from
    {
        return Err(JournalError::Backwards { from, to });
    }
    let mut sheet = Sheet {
        to,
        format: options.format,
        money: Money::of(&options.currency)?,
        text: String::new(),
        open: BTreeSet::new(),
        last: None,
        transactions: 0,
    };
    if is_unfinished(store).await.map_err(JournalError::Store)? {
        return Err(JournalError::Unfinished);
    }
    let mut gatherer = Gatherer {
        store,
        counts: store.counts().await.map_err(JournalError::Store)?,
        span: Span {
            from: options.from,
            to: options.to,
        },
        held_max,
        watch,
        read: 0,
    };
    sheet.head()?;
    let mut opening = Opening::default();
    let (mut held, mut more) = gatherer.round(None, Some(&mut opening)).await?;
    if let Some(from) = options.from
        && let Some(booking) = opening.booking(from)?
    {
        sheet.booking(&booking)?;
    }
    loop {
        let after = held.keys().next_back().copied();
        for entries in held.into_values() {
            if let Some(booking) = Booking::of(entries)? {
                sheet.booking(&booking)?;
                sheet.transactions += 1;
            }
        }
        if !more {
            break;
        }
        (held, more) = gatherer.round(after, None).await?;
    }
    if options.to.is_none() {
        sheet.balances(store).await?;
    }
    gatherer.end();
    sheet.to.flush().map_err(JournalError::Write)?;
    Ok(Journaled {
        transactions: sheet.transactions,
        accounts: sheet.open.len() as u64,
    })
}

/// A journal on its way.
struct Sheet<'a> {
    to: &'a mut (dyn Write + Send),
    format: Format,
    money: Money,
    /// What is written next.
    text: String,
    /// The names of the accounts that were declared.
    open: BTreeSet<String>,
    /// The day of the last transaction.
    last: Option<Day>,
    transactions: u64,
}

impl Sheet<'_> {
    fn head(&mut self) -> Result<(), JournalError> {
        match self.format {
            Format::Beancount => beancount::head(&mut self.text, &self.money),
            Format::Hledger => hledger::head(&mut self.text, &self.money),
        }
        self.put()
    }

    /// A transaction, behind the accounts that come up for the first time.
    fn booking(&mut self, booking: &Booking) -> Result<(), JournalError> {
        for line in &booking.lines {
            self.declare(&line.place, booking.day);
        }
        match self.format {
            Format::Beancount => beancount::booking(&mut self.text, booking, &self.money),
            Format::Hledger => hledger::booking(&mut self.text, booking, &self.money),
        }
        self.last = Some(booking.day);
        self.put()
    }

    fn declare(&mut self, place: &Place, day: Day) {
        if self.open.contains(&place.name) {
            return;
        }
        self.open.insert(place.name.clone());
        match self.format {
            Format::Beancount => beancount::account(&mut self.text, place, day, &self.money),
            Format::Hledger => hledger::account(&mut self.text, place),
        }
    }

    /// The balances that the store keeps, which are no sums of what was read here.
    async fn balances(&mut self, store: &dyn Store) -> Result<(), JournalError> {
        let Some(day) = self.last else {
            return Ok(());
        };
        let (index, mut after) = (Index::All(Kind::Account), None);
        let limit = PageLimit::rows(PageLimit::ROWS_MAX);
        loop {
            let page = store.scan(&index, after.as_ref(), limit).await;
            let page = page.and_then(Page::whole).map_err(JournalError::Store)?;
            for record in page.rows {
                if let Body::Account(account) = record.body {
                    let place = Place::of(&account.account);
                    self.balance(&place, -i128::from(account.balance), day)?;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn balance(&mut self, place: &Place, units: i128, day: Day) -> Result<(), JournalError> {
        // Nothing moved it since the journal begins, and there was nothing on it.
        if units == 0 && !self.open.contains(&place.name) {
            return Ok(());
        }
        self.declare(place, day);
        match self.format {
            Format::Beancount => {
                beancount::balance(&mut self.text, place, units, day, &self.money);
            }
            Format::Hledger => hledger::balance(&mut self.text, place, units, day, &self.money),
        }
        self.put()
    }

    fn put(&mut self) -> Result<(), JournalError> {
        let written = self.to.write_all(self.text.as_bytes());
        self.text.clear();
        written.map_err(JournalError::Write)
    }
}
