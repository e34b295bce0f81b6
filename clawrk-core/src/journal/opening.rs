//! The balances of the evening before a journal begins.

use std::collections::BTreeMap;

use crate::journal::booking::{Booking, Line, debit};
use crate::journal::chart::Place;
use crate::journal::{Day, JournalError};
use crate::ledger::Commodity;
use crate::record::EntryRecord;

/// The sums of what came before, an account each.
#[derive(Debug, Default)]
pub(super) struct Opening(BTreeMap<Place, i128>);

impl Opening {
    /// Adds an entry of before.
    pub(super) fn add(&mut self, entry: &EntryRecord) {
        let place = Place::of(&entry.account);
        let place = match place.sort().is_carried() {
            true => place,
            false => Place::retained(place.commodity),
        };
        *self.0.entry(place).or_default() += debit(entry);
    }

    /// The balances at the end of the day before `from`; none where nothing came before.
    pub(super) fn booking(self, from: Day) -> Result<Option<Booking>, JournalError> {
        for commodity in [Commodity::Credit, Commodity::Usd] {
            let places = self.0.iter();
            let sum: i128 = places
                .filter(|(place, _)| place.commodity == commodity)
                .map(|(_, units)| units)
                .sum();
            if sum != 0 {
                return Err(JournalError::Unbalanced(from));
            }
        }
        let balances = self.0.into_iter().filter(|(_, units)| *units != 0);
        let lines: Vec<_> = balances
            .map(|(place, units)| Line::new(place, units))
            .collect();
        Ok((!lines.is_empty()).then(|| Booking {
            day: from.before(),
            text: "Opening balances".to_owned(),
            tags: Vec::new(),
            lines,
        }))
    }
}
