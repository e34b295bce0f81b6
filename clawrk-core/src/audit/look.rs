//! How the audit reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::entries::Cause;
use crate::audit::{Audit, Place, ViolationKind};
use crate::error::Error;
use crate::id::{CommitId, PayoutId, UserId};
use crate::ledger::Account;
use crate::record::{Body, Kind, Record};
use crate::store::{Counts, Cursor, Index, Key, Page, PageLimit, Store, StoreError};
use crate::watch::{Progress, Stage, Watch};

/// How many records are read at once.
pub(super) const CHUNK_ROWS: usize = 200;

/// An audit under way.
pub(super) struct Auditor<'a> {
    store: &'a dyn Store,
    watch: &'a mut Watch<'a>,
    /// How many records there are to look at.
    total: u64,
    /// Everybody who may have an index of their own.
    pub(super) everybody: BTreeSet<UserId>,
    pub(super) audit: Audit,
    /// How many entries the account had that was last asked for.
    pub(super) counted: Option<(Account, u64)>,
    /// What the last entry was there for.
    pub(super) cause: Option<Cause>,
    /// The transfers that paid a payout.
    pub(super) transfers: BTreeMap<String, PayoutId>,
    /// The invoices that were settled and brought no money, by the commit that settled them.
    pub(super) unpaid: BTreeMap<CommitId, String>,
    /// What was seen in looking at all records of a kind.
    pub(super) seen: Counts,
}

/// The pages of an index, one after the other.
#[derive(Debug)]
pub(super) struct Pages {
    index: Index,
    /// Behind what the next page begins; none at the start, `Some(None)` at the end.
    next: Option<Option<Cursor>>,
}

impl Pages {
    pub(super) fn of(index: Index) -> Pages {
        Pages { index, next: None }
    }
}

impl<'a> Auditor<'a> {
    /// Begins with what the store counts.
    pub(super) fn new(
        store: &'a dyn Store,
        counts: &Counts,
        watch: &'a mut Watch<'_>,
    ) -> Auditor<'a> {
        Auditor {
            store,
            watch,
            total: counts.all_records(),
            everybody: BTreeSet::new(),
            audit: Audit::default(),
            counted: None,
            cause: None,
            transfers: BTreeMap::new(),
            unpaid: BTreeMap::new(),
            seen: Counts::default(),
        }
    }

    /// The next page; none behind the last one.
    pub(super) async fn next(&mut self, pages: &mut Pages) -> Result<Option<Vec<Record>>, Error> {
        let after = match &pages.next {
            None => None,
            Some(Some(after)) => Some(after),
            Some(None) => return Ok(None),
        };
        let limit = PageLimit::rows(CHUNK_ROWS);
        let page = self.scan(&pages.index, after, limit).await?;
        if let Index::All(_) = pages.index {
            for record in &page.rows {
                self.seen.add(record);
                let done = self.seen.all_records();
                self.tell(Stage::Auditing, done, self.total);
            }
        }
        pages.next = Some(page.next);
        Ok(Some(page.rows))
    }

    /// Says how far it is.
    pub(super) fn tell(&mut self, stage: Stage, done: u64, total: u64) {
        (self.watch)(Progress { stage, done, total });
    }

    /// What the store says of itself.
    pub(super) async fn stated(&mut self) -> Result<Counts, Error> {
        stated(self.store).await
    }

    /// A page of an index. What cannot be read in it is reported; where the store says no more
    /// than that there is damage, the index ends.
    pub(super) async fn scan(
        &mut self,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, Error> {
        let mut page = match self.store.scan(index, after, limit).await {
            Ok(page) => page,
            Err(StoreError::Corrupt { detail }) => {
                let place = Place::Behind(index.clone(), after.cloned());
                self.audit.add(ViolationKind::Damaged, place, detail);
                return Ok(Page {
                    rows: Vec::new(),
                    damaged: Vec::new(),
                    next: None,
                });
            }
            Err(source) => return Err(failed(source)),
        };
        for damaged in page.damaged.drain(..) {
            let place = match damaged.key {
                Some(key) => Place::Record(key),
                None => Place::Row(index.clone(), damaged.place),
            };
            self.audit
                .add(ViolationKind::Damaged, place, damaged.detail);
        }
        Ok(page)
    }

    /// The records under these keys. One that is damaged or lies under a wrong key is reported,
    /// and as good as missing.
    pub(super) async fn read(&mut self, keys: &[Key]) -> Result<Vec<Option<Record>>, Error> {
        let mut found = match self.store.read(keys).await {
            Err(StoreError::Corrupt { .. }) => self.read_each(keys).await?,
            found => found.map_err(failed)?,
        };
        for (key, record) in keys.iter().zip(&mut found) {
            if let Some(other) = record
                .as_ref()
                .map(Record::key)
                .filter(|other| other != key)
            {
                let detail = format!("holds the record of {other}");
                self.audit
                    .add(ViolationKind::Misplaced, key.clone(), detail);
                *record = None;
            }
        }
        Ok(found)
    }

    /// The records under these keys, asked for one by one, to find those that are damaged.
    async fn read_each(&mut self, keys: &[Key]) -> Result<Vec<Option<Record>>, Error> {
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            let read = self.store.read(std::slice::from_ref(key)).await;
            found.push(match read {
                Ok(mut records) => records.pop().flatten(),
                Err(StoreError::Corrupt { detail }) => {
                    self.audit.add(ViolationKind::Damaged, key.clone(), detail);
                    None
                }
                Err(source) => return Err(failed(source)),
            });
        }
        Ok(found)
    }

    pub(super) async fn read_one(&mut self, key: Key) -> Result<Option<Record>, Error> {
        Ok(self.read(&[key]).await?.pop().flatten())
    }

    /// Reads the one record that nothing else is compared with, so that damage to it is noticed.
    pub(super) async fn meta(&mut self) -> Result<(), Error> {
        self.read_one(Key::Meta).await.map(drop)
    }

    /// Counts the users, and checks whose ids they have.
    pub(super) async fn users(&mut self) -> Result<(), Error> {
        let mut pages = Pages::of(Index::All(Kind::User));
        while let Some(rows) = self.next(&mut pages).await? {
            for record in rows {
                if let Body::User(user) = &record.body {
                    self.audit.users += 1;
                    self.everybody.insert(user.id.clone());
                    self.links_of(user).await?;
                    self.listed(record).await?;
                }
            }
        }
        Ok(())
    }
}

/// What a store says of itself.
pub(super) async fn stated(store: &dyn Store) -> Result<Counts, Error> {
    store.counts().await.map_err(failed)
}

fn failed(source: StoreError) -> Error {
    Error::Store {
        op: "audit",
        source,
    }
}
