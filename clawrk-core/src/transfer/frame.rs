//! The first and the last line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::Kind;
use crate::store::Counts;
use crate::transfer::{FORMAT, LineFault};

/// What tells these two lines from records: how they begin.
pub(super) const BEGINNING: &[u8] = b"{\"clawrk\":";

const EXPORT: &str = "export";

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The release that wrote it.
    pub version: String,
    /// How many records there are of each kind that has any.
    pub records: BTreeMap<Kind, u64>,
    /// The SHA-256 of all lines but the last.
    pub sha256: [u8; 32],
}

impl Summary {
    /// How many records there are in all.
    pub fn all_records(&self) -> u64 {
        self.records.values().sum()
    }
}

/// The first line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    clawrk: String,
    format: u32,
    pub(super) version: String,
    pub(super) records: BTreeMap<Kind, u64>,
}

/// As much of the first line as every format has.
#[derive(Deserialize)]
struct Sign {
    clawrk: String,
    format: u32,
}

impl Header {
    /// The first line of an export of what a store counts.
    pub(super) fn of(counts: &Counts) -> Header {
        let records = Kind::ALL.into_iter();
        let records = records.map(|kind| (kind, counts.records(kind)));
        Header {
            clawrk: EXPORT.to_owned(),
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            records: records.filter(|(_, count)| *count > 0).collect(),
        }
    }

    pub(super) fn read(line: &[u8]) -> Result<Header, LineFault> {
        let sign: Sign = serde_json::from_slice(line).map_err(|_| LineFault::NotAnExport)?;
        if sign.clawrk != EXPORT {
            return Err(LineFault::NotAnExport);
        }
        if sign.format != FORMAT {
            return Err(LineFault::Format(sign.format));
        }
        serde_json::from_slice(line).map_err(LineFault::Unreadable)
    }

    /// How many records follow.
    pub(super) fn all_records(&self) -> u64 {
        let counts = self.records.values();
        counts.fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trailer {
    clawrk: End,
    pub(super) records: u64,
    pub(super) sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
enum End {
    #[serde(rename = "end")]
    End,
}

impl Trailer {
    pub(super) fn new(records: u64, sha256: String) -> Trailer {
        Trailer {
            clawrk: End::End,
            records,
            sha256,
        }
    }

    pub(super) fn read(line: &[u8]) -> Result<Trailer, LineFault> {
        serde_json::from_slice(line).map_err(LineFault::Unreadable)
    }
}
