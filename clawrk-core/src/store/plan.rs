//! What a batch changes: the one place that knows, for every store.

use std::collections::BTreeMap;

use crate::ledger::Posting;
use crate::record::{AccountRecord, Body, EntryRecord, Record};
use crate::store::{Batch, CommitError, Guard, InvalidBatch, Key, StoreError, index_entries};

/// One key that a commit changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The key.
    pub key: Key,
    /// What was there.
    pub old: Option<Record>,
    /// What is there now; none where it was removed.
    pub new: Option<Record>,
}

impl Change {
    /// The index entries that go and those that come.
    pub fn index_changes(&self) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let mut gone = self.old.as_ref().map(index_entries).unwrap_or_default();
        let mut come = self.new.as_ref().map(index_entries).unwrap_or_default();
        // What stays neither goes nor comes.
        gone.retain(|entry| match come.iter().position(|other| other == entry) {
            Some(at) => {
                come.swap_remove(at);
                false
            }
            None => true,
        });
        (gone, come)
    }
}

/// Checks a batch against what is stored and works out every record that it changes.
///
/// `seq` is the number of this commit; `get` reads a record as it is after all earlier commits.
/// The caller sees to it that nothing is committed in between, and writes all changes at once, or
/// none. Order of checks: the batch itself, then guards in their order, then floors.
///
/// # Errors
/// [`CommitError::Invalid`], [`CommitError::Conflict`], [`CommitError::Short`],
/// [`CommitError::Overflow`], or [`CommitError::Refused`] with what `get` said.
pub fn plan(
    batch: &Batch,
    seq: u64,
    get: impl FnMut(&Key) -> Result<Option<Record>, StoreError>,
) -> Result<Vec<Change>, CommitError> {
    batch.validate().map_err(CommitError::Invalid)?;
    plan_valid(batch, seq, get)
}

/// Does what [`plan`] does for a batch that was found valid before.
///
/// The changes come in this order: one for each put, one for each delete, then those of the
/// postings.
pub fn plan_valid(
    batch: &Batch,
    seq: u64,
    mut get: impl FnMut(&Key) -> Result<Option<Record>, StoreError>,
) -> Result<Vec<Change>, CommitError> {
    // What a guard was checked against is mostly written as well, and not asked for again.
    let mut guarded = Vec::with_capacity(batch.guards.len());
    for guard in &batch.guards {
        let found = get(guard.key()).map_err(CommitError::Refused)?;
        check_guard(guard, found.as_ref())?;
        guarded.push((guard.key(), found));
    }
    let mut old = |key: &Key| match guarded.iter_mut().find(|(guarded, _)| *guarded == key) {
        Some((_, found)) => Ok(found.take()),
        None => get(key).map_err(CommitError::Refused),
    };
    let mut changes = Vec::with_capacity(batch.puts.len() + 2 * batch.postings.len());
    for put in &batch.puts {
        let key = put.key();
        let old = old(&key)?;
        let first_seq = old.as_ref().map_or(seq, |old| old.seq);
        let new = Record {
            seq: first_seq,
            ..put.clone()
        };
        changes.push(Change {
            key,
            old,
            new: Some(new),
        });
    }
    for key in &batch.deletes {
        let old = old(key)?;
        changes.push(Change {
            key: key.clone(),
            old,
            new: None,
        });
    }
    changes.extend(post(batch, seq, get)?);
    Ok(changes)
}

fn check_guard(guard: &Guard, found: Option<&Record>) -> Result<(), CommitError> {
    let holds = match (guard, found) {
        (Guard::At(_, version), Some(record)) => record.version == *version,
        (Guard::Absent(_), None) => true,
        _ => false,
    };
    if holds {
        Ok(())
    } else {
        Err(CommitError::Conflict(guard.key().clone()))
    }
}

/// Applies the postings in order: entries, and balances where accounts have them.
fn post(
    batch: &Batch,
    seq: u64,
    mut get: impl FnMut(&Key) -> Result<Option<Record>, StoreError>,
) -> Result<Vec<Change>, CommitError> {
    let mut accounts: BTreeMap<Key, Change> = BTreeMap::new();
    let mut entries = Vec::with_capacity(batch.postings.len());
    for (place, posting) in batch.postings.iter().enumerate() {
        let place = u16::try_from(place)
            .map_err(|_| CommitError::Invalid(InvalidBatch::TooMany(batch.postings.len())))?;
        let mut numbered = None;
        if posting.account.has_balance() {
            let key = Key::Account(posting.account.clone());
            let mut change = match accounts.remove(&key) {
                Some(change) => change,
                None => {
                    let old = get(&key).map_err(CommitError::Refused)?;
                    Change {
                        key: key.clone(),
                        new: old.clone(),
                        old,
                    }
                }
            };
            let (record, balance) = gain(change.new.take(), posting, seq)?;
            numbered = Some((record.version, balance));
            change.new = Some(record);
            accounts.insert(key, change);
        }
        entries.push(entry(batch, seq, place, posting, numbered));
    }
    let mut changes: Vec<Change> = accounts.into_values().collect();
    changes.extend(entries);
    for change in &changes {
        if let Some(Record {
            body: Body::Account(account),
            ..
        }) = &change.new
        {
            let floor = batch
                .postings
                .iter()
                .filter(|p| p.account == account.account);
            if floor
                .filter_map(|p| p.floor)
                .any(|floor| account.balance < floor)
            {
                return Err(CommitError::Short {
                    account: account.account.clone(),
                });
            }
        }
    }
    Ok(changes)
}

/// The account after a posting.
fn gain(
    account: Option<Record>,
    posting: &Posting,
    seq: u64,
) -> Result<(Record, i64), CommitError> {
    let (version, seq, balance) = match account {
        None => (0, seq, 0),
        Some(Record {
            version,
            seq,
            body: Body::Account(account),
        }) => (version, seq, account.balance),
        Some(_) => {
            let detail = format!("the record of {} is not an account", posting.account);
            return Err(CommitError::Refused(StoreError::corrupt(detail)));
        }
    };
    let overflow = || CommitError::Overflow {
        account: posting.account.clone(),
    };
    let balance = balance.checked_add(posting.delta).ok_or_else(overflow)?;
    let body = Body::Account(AccountRecord {
        account: posting.account.clone(),
        balance,
    });
    Ok((
        Record {
            version: version + 1,
            seq,
            body,
        },
        balance,
    ))
}

fn entry(
    batch: &Batch,
    seq: u64,
    place: u16,
    posting: &Posting,
    numbered: Option<(u64, i64)>,
) -> Change {
    let body = EntryRecord {
        account: posting.account.clone(),
        number: numbered.map(|(number, _)| number),
        delta: posting.delta,
        balance: numbered.map(|(_, balance)| balance),
        other_account: posting.other_account.clone(),
        reason: posting.reason.clone(),
        job: posting.job,
        at: posting.at,
        commit: batch.id,
        place,
    };
    let new = Record {
        version: 1,
        seq,
        body: Body::Entry(body),
    };
    Change {
        key: new.key(),
        old: None,
        new: Some(new),
    }
}
