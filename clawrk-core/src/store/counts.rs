//! How many records there are, kept up with every commit so that nobody has to look at them all.

use crate::job::Status;
use crate::record::{Body, Kind, PayoutStatus, Record};
use crate::store::Change;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// The records of a kind.
    Records(Kind),
    /// The jobs of a status.
    Jobs(Status),
    /// The payouts of a status.
    Payouts(PayoutStatus),
}

impl Counted {
    /// Everything that is counted, in a fixed order: kinds, statuses of jobs, statuses of payouts.
    pub fn all() -> impl Iterator<Item = Counted> {
        let records = Kind::ALL.into_iter().map(Counted::Records);
        let jobs = Status::ALL.into_iter().map(Counted::Jobs);
        let payouts = PayoutStatus::ALL.into_iter().map(Counted::Payouts);
        records.chain(jobs).chain(payouts)
    }
}

/// How many records a store holds, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// The number of the last commit; 0 in a new store. A store may leave numbers out.
    pub seq: u64,
    /// A sum over the keys and versions of all records, in no order. With the counts alone nobody
    /// would notice a record that has fallen back to what it was before; with this, what a look at
    /// all records sums up to is what was acknowledged, or something is lost.
    pub sum: u64,
    records: [u64; Kind::ALL.len()],
    jobs: [u64; Status::ALL.len()],
    payouts: [u64; PayoutStatus::ALL.len()],
}

impl Counts {
    /// How many records of a kind there are.
    pub fn records(&self, kind: Kind) -> u64 {
        self.get(Counted::Records(kind))
    }

    /// How many records there are in all.
    pub fn all_records(&self) -> u64 {
        self.records.iter().sum()
    }

    /// How many jobs of a status there are.
    pub fn jobs(&self, status: Status) -> u64 {
        self.get(Counted::Jobs(status))
    }

    /// How many payouts of a status there are.
    pub fn payouts(&self, status: PayoutStatus) -> u64 {
        self.get(Counted::Payouts(status))
    }

    /// One of the counts.
    pub fn get(&self, counted: Counted) -> u64 {
        match counted {
            Counted::Records(kind) => self.records[kind as usize - 1],
            Counted::Jobs(status) => self.jobs[status as usize],
            Counted::Payouts(status) => self.payouts[status as usize - 1],
        }
    }

    /// Sets one of the counts, for a store that reads what it kept.
    pub fn set(&mut self, counted: Counted, count: u64) {
        *self.place(counted) = count;
    }

    /// Counts what a commit changes. Its number is `seq`, unless it writes a record with a greater
    /// one.
    pub fn change(&mut self, change: &Change) {
        if let Some(old) = &change.old {
            self.remove(old);
        }
        if let Some(new) = &change.new {
            self.add(new);
            self.seq = self.seq.max(new.seq);
        }
    }

    /// Counts a record that came.
    pub fn add(&mut self, record: &Record) {
        for counted in counted(record).into_iter().flatten() {
            let count = self.place(counted);
            *count = count.saturating_add(1);
        }
        self.sum = self.sum.wrapping_add(term(record));
    }

    /// Counts a record that went.
    pub fn remove(&mut self, record: &Record) {
        for counted in counted(record).into_iter().flatten() {
            let count = self.place(counted);
            *count = count.saturating_sub(1);
        }
        self.sum = self.sum.wrapping_sub(term(record));
    }

    /// Kinds and statuses of payouts are numbered from 1, statuses of jobs from 0, without gaps:
    /// the test below says so.
    fn place(&mut self, counted: Counted) -> &mut u64 {
        match counted {
            Counted::Records(kind) => &mut self.records[kind as usize - 1],
            Counted::Jobs(status) => &mut self.jobs[status as usize],
            Counted::Payouts(status) => &mut self.payouts[status as usize - 1],
        }
    }
}

/// What a record adds to the sum: FNV-1a over its key and version, with every bit of it spread over
/// all others. It is on disk: never changed.
fn term(record: &Record) -> u64 {
    let version = record.version.to_be_bytes();
    let bytes = record.key().to_bytes();
    let mut hash = bytes
        .iter()
        .chain(&version)
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        });
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}

/// Where a record is counted.
fn counted(record: &Record) -> [Option<Counted>; 2] {
    let by_status = match &record.body {
        Body::Job(job) => Some(Counted::Jobs(job.state.status())),
        Body::Payout(payout) => Some(Counted::Payouts(payout.status)),
        _ => None,
    };
    [Some(Counted::Records(record.kind())), by_status]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_counted_has_a_place_of_its_own() {
        let mut counts = Counts::default();
        for (number, counted) in Counted::all().enumerate() {
            counts.set(counted, number as u64 + 1);
        }
        for (number, counted) in Counted::all().enumerate() {
            assert_eq!(counts.get(counted), number as u64 + 1, "{counted:?}");
        }
    }

    #[test]
    fn the_sum_tells_versions_apart_and_forgets_what_went() {
        let meta = |version| {
            Record::new(
                version,
                Body::Meta(crate::record::MetaRecord {
                    cursor_secret: [0; 32],
                    commit: crate::id::CommitId::from_bits(1),
                }),
            )
        };
        let mut counts = Counts::default();
        counts.add(&meta(1));
        let first = counts.sum;
        counts.remove(&meta(1));
        counts.add(&meta(2));
        assert!(first != 0 && counts.sum != 0 && counts.sum != first);
        counts.remove(&meta(2));
        assert_eq!(counts, Counts::default());
    }
}
