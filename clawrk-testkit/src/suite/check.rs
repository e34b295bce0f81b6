//! All that a store holds, taken by scans and checked against itself.

use std::collections::{BTreeMap, BTreeSet};

use clawrk_core::id::{JobId, UserId};
use clawrk_core::ledger::Account;
use clawrk_core::record::{Body, Kind, PayoutStatus, Record};
use clawrk_core::store::{Index, Key, PageLimit, Store, StoreError, index_entries};

/// All records of a store, by the bytes of their keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Census {
    /// The records, in the order of their keys.
    pub records: BTreeMap<Vec<u8>, Record>,
}

/// Counts all that a store holds, while nobody writes, and checks that it agrees with itself:
/// what is scanned is what is read; each index shows exactly what belongs there, in order; balances
/// are the sums of their entries, which are numbered without gaps.
///
/// # Errors
/// What the store answers.
///
/// # Panics
/// If the store does not agree with itself.
pub async fn census(store: &dyn Store) -> Result<Census, StoreError> {
    let census = Census::of_records(store, 17).await?;
    census.is_what_is_read(store).await?;
    census.has_right_indexes(store).await?;
    Ok(census)
}

/// All rows of an index, by pages of `rows`.
pub(crate) async fn all(
    store: &dyn Store,
    index: &Index,
    rows: usize,
) -> Result<Vec<Record>, StoreError> {
    let (mut shown, mut after) = (Vec::new(), None);
    loop {
        let page = store
            .scan(index, after.as_ref(), PageLimit::rows(rows))
            .await?;
        assert!(page.rows.len() <= rows, "{index:?} shows too many rows");
        let nothing = page.rows.is_empty();
        shown.extend(page.rows);
        match page.next {
            Some(next) => {
                assert!(!nothing, "{index:?} goes on after an empty page");
                assert!(after.as_ref() != Some(&next), "{index:?} turns in circles");
                after = Some(next);
            }
            None => return Ok(shown),
        }
    }
}

impl Census {
    /// Counts the records alone, by pages of `rows`, and checks no index but balances.
    pub(crate) async fn of_records(store: &dyn Store, rows: usize) -> Result<Census, StoreError> {
        let mut records = BTreeMap::new();
        for kind in Kind::ALL {
            for record in all(store, &Index::All(kind), rows).await? {
                assert_eq!(record.kind(), kind, "the index of a kind shows that kind");
                let key = record.key().to_bytes();
                assert!(
                    records.last_key_value().is_none_or(|(last, _)| *last < key),
                    "records come in the order of their keys, each once: {}",
                    record.key()
                );
                records.insert(key, record);
            }
        }
        let census = Census { records };
        census.has_right_balances();
        Ok(census)
    }

    /// The records of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Record> {
        self.records
            .values()
            .filter(move |record| record.kind() == kind)
    }

    /// The same with commits numbered 1, 2, 3 …, so that stores which leave gaps compare equal.
    pub fn renumbered(mut self) -> Census {
        let numbers: BTreeSet<u64> = self.records.values().map(|record| record.seq).collect();
        let rank: BTreeMap<u64, u64> = numbers.into_iter().zip(1..).collect();
        for record in self.records.values_mut() {
            record.seq = rank[&record.seq];
        }
        self
    }

    async fn is_what_is_read(&self, store: &dyn Store) -> Result<(), StoreError> {
        let keys: Vec<Key> = self.records.values().map(Record::key).collect();
        for (keys, records) in keys
            .chunks(100)
            .zip(self.records.values().collect::<Vec<_>>().chunks(100))
        {
            let read = store.read(keys).await?;
            assert_eq!(read.len(), keys.len(), "one answer for each key");
            for (read, scanned) in read.iter().zip(records) {
                assert_eq!(read.as_ref(), Some(*scanned), "a scan shows what is read");
            }
        }
        Ok(())
    }

    async fn has_right_indexes(&self, store: &dyn Store) -> Result<(), StoreError> {
        for index in self.indexes() {
            let expected = self.rows_of(&index);
            let shown = all(store, &index, 7).await?;
            assert_eq!(shown, expected, "what {index:?} shows");
        }
        Ok(())
    }

    /// Every index that shows, or could once have shown, one of the records.
    fn indexes(&self) -> Vec<Index> {
        let mut users: BTreeSet<UserId> = BTreeSet::new();
        let mut jobs: BTreeSet<JobId> = BTreeSet::new();
        let mut accounts: BTreeSet<Account> = BTreeSet::new();
        let mut customers: BTreeSet<String> = BTreeSet::new();
        for record in self.records.values() {
            match &record.body {
                Body::Job(job) => {
                    users.insert(job.sender.clone());
                    users.extend(job.state.receiver().cloned());
                    jobs.insert(job.id);
                }
                Body::Event(event) => drop(jobs.insert(event.job)),
                Body::Payout(payout) => drop(users.insert(payout.receiver.clone())),
                Body::ApiKey(key) => drop(users.insert(key.user.clone())),
                Body::User(user) => drop(users.insert(user.id.clone())),
                Body::Invoice(record) => customers.extend(record.invoice.owner.customer.clone()),
                Body::Account(account) => drop(accounts.insert(account.account.clone())),
                Body::Entry(entry) if entry.number.is_some() => {
                    accounts.insert(entry.account.clone());
                }
                Body::Text(_)
                | Body::Entry(_)
                | Body::Once(_)
                | Body::Meta(_)
                | Body::Step(_)
                | Body::Attempt(_)
                | Body::Outbox(_)
                | Body::Inbox(_)
                | Body::Link(_) => {}
            }
        }
        let mut indexes = vec![Index::Board, Index::Due, Index::DueOutside, Index::Expiring];
        indexes.extend(customers.into_iter().map(Index::ParkedOf));
        indexes.extend(PayoutStatus::ALL.map(Index::Payouts));
        for user in users {
            indexes.extend([
                Index::JobsBySender(user.clone()),
                Index::JobsByReceiver(user.clone()),
                Index::PayoutsOf(user.clone()),
                Index::KeysOf(user),
            ]);
        }
        indexes.extend(jobs.into_iter().map(Index::EventsOf));
        indexes.extend(accounts.into_iter().map(Index::EntriesOf));
        indexes
    }

    /// What an index has to show, worked out from the records alone.
    fn rows_of(&self, index: &Index) -> Vec<Record> {
        if let Some(prefix) = index.record_prefix() {
            let under = |key: &Vec<u8>| key.starts_with(&prefix);
            let rows = self.records.iter().filter(|(key, _)| under(key));
            return rows.map(|(_, record)| record.clone()).collect();
        }
        let prefix = index.entry_prefix().expect("an index has one of the two");
        let mut rows: BTreeMap<Vec<u8>, &Record> = BTreeMap::new();
        for record in self.records.values() {
            for entry in index_entries(record) {
                if entry.starts_with(&prefix) {
                    rows.insert(entry, record);
                }
            }
        }
        rows.into_values().cloned().collect()
    }

    fn has_right_balances(&self) {
        let mut sums: BTreeMap<&Account, (i64, u64)> = BTreeMap::new();
        let mut entries: Vec<_> = self
            .records
            .values()
            .filter_map(|record| match &record.body {
                Body::Entry(entry) => Some((entry.number?, entry)),
                _ => None,
            })
            .collect();
        entries.sort_by_key(|(number, _)| *number);
        for (number, entry) in entries {
            let (sum, count) = sums.entry(&entry.account).or_default();
            *sum += entry.delta;
            *count += 1;
            assert_eq!(number, *count, "entries of {} have gaps", entry.account);
            assert_eq!(entry.balance, Some(*sum), "balance after an entry");
        }
        let mut balances = 0;
        for record in self.of(Kind::Account) {
            let Body::Account(account) = &record.body else {
                panic!("not an account: {record:?}");
            };
            let sum = sums.get(&account.account).copied();
            assert_eq!(
                sum,
                Some((account.balance, record.version)),
                "balance and version of {} are the sum and number of its entries",
                account.account
            );
            balances += 1;
        }
        assert_eq!(balances, sums.len(), "each account with entries is stored");
    }
}
