//! A transaction as a journal shows it, whatever its format.

use crate::journal::chart::{Place, called};
use crate::journal::{Day, JournalError};
use crate::record::EntryRecord;

/// Metadata: a name, and a text that may be anything.
pub(super) type Tag = (&'static str, String);

/// A transaction.
#[derive(Debug)]
pub(super) struct Booking {
    pub(super) day: Day,
    /// One of few texts of our own.
    pub(super) text: String,
    /// What holds for all lines.
    pub(super) tags: Vec<Tag>,
    pub(super) lines: Vec<Line>,
}

/// A debit, or with a negative amount a credit.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) place: Place,
    pub(super) units: i128,
    pub(super) tags: Vec<Tag>,
}

impl Line {
    pub(super) fn new(place: Place, units: i128) -> Line {
        Line {
            place,
            units,
            tags: Vec::new(),
        }
    }
}

impl Booking {
    /// The entries of one commit and time, which are two for each flow.
    pub(super) fn of(mut entries: Vec<EntryRecord>) -> Result<Option<Booking>, JournalError> {
        entries.sort_by_key(|entry| entry.place);
        let mut flows = Vec::with_capacity(entries.len() / 2);
        for legs in entries.chunks(2) {
            match legs {
                [one, other] if is_flow(one, other) => flows.push([one, other]),
                [one, ..] => return Err(JournalError::Unpaired(one.key())),
                [] => {}
            }
        }
        let Some([first, _]) = flows.first() else {
            return Ok(None);
        };
        let mut texts: Vec<&str> = Vec::new();
        for [from, to] in &flows {
            let text = called(&from.account, &to.account);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let same = about(first);
        let is_same = flows.iter().all(|[leg, _]| about(leg) == same);
        let mut tags = vec![
            ("time", first.at.to_string()),
            ("commit", first.commit.to_string()),
        ];
        if is_same {
            tags.extend(same);
        }
        let lines = flows.iter().flat_map(|[from, to]| debit_first(from, to));
        let lines = lines.map(|leg| Line {
            place: Place::of(&leg.account),
            units: debit(leg),
            tags: if is_same { Vec::new() } else { about(leg) },
        });
        Ok(Some(Booking {
            day: Day::of(first.at),
            text: texts.join(", "),
            tags,
            lines: lines.collect(),
        }))
    }
}

/// What an entry is to an accountant: a gain of the ledger is a credit.
pub(super) fn debit(entry: &EntryRecord) -> i128 {
    -i128::from(entry.delta)
}

/// Whether these are the legs of one flow, the first of them at an even place.
fn is_flow(one: &EntryRecord, other: &EntryRecord) -> bool {
    one.place.is_multiple_of(2)
        && one.place.checked_add(1) == Some(other.place)
        && one.account == other.other_account
        && one.other_account == other.account
        && i128::from(one.delta) == -i128::from(other.delta)
        && one.account.commodity() == other.account.commodity()
}

fn debit_first<'a>(from: &'a EntryRecord, to: &'a EntryRecord) -> [&'a EntryRecord; 2] {
    match debit(from) >= 0 {
        true => [from, to],
        false => [to, from],
    }
}

/// What an entry is about.
fn about(entry: &EntryRecord) -> Vec<Tag> {
    let job = entry.job.map(|job| ("job", job.to_string()));
    let reason = ("reason", entry.reason.as_str().to_owned());
    job.into_iter().chain([reason]).collect()
}
