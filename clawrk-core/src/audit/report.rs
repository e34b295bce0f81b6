//! What an audit found.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::store::{Cursor, Index, Key};

/// The most violations that an audit keeps; more are only counted.
pub const VIOLATIONS_MAX: usize = 1_000;

/// What kind of rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ViolationKind {
    /// Something is there that the store cannot read: a record, an index entry, or a stretch of
    /// them. What depends on it is found missing as well.
    Damaged,
    /// The records that are there are not those that the store has counted: some are lost, or have
    /// fallen back to what they were.
    Count,
    /// A record lies under the key of another, or says something else than its key.
    Misplaced,
    /// An account that has n entries lacks one of the first n.
    EntryMissing,
    /// An account has an entry with a number that it has not reached.
    EntryBeyondAccount,
    /// The balance that an entry gives is not the sum of the entries up to it.
    RunningBalance,
    /// The stored balance of an account is not the sum of its entries.
    Balance,
    /// A user has less than nothing.
    NegativeBalance,
    /// The other leg of a flow is missing.
    TwinMissing,
    /// The two legs of a flow do not fit each other.
    TwinUnequal,
    /// A flow is missing that the life of a job demands (its hold, what closed it, or its payout),
    /// or an invoice.
    LegMissing,
    /// A flow of a job is not what its terms demand, or one of an invoice not what it says.
    LegUnequal,
    /// An entry that nothing demands.
    EntryStray,
    /// A job at version v lacks one of its events 1 to v.
    EventMissing,
    /// A job has an event beyond its version.
    EventBeyondJob,
    /// A job's events do not lead to where the job stands.
    History,
    /// A job's terms contradict themselves.
    Terms,
    /// A verified job lacks its payout.
    PayoutMissing,
    /// A payout at version v lacks one of its steps 2 to v.
    StepMissing,
    /// A payout has a step beyond its version.
    StepBeyondPayout,
    /// A payout's steps do not lead to where the payout stands.
    PayoutHistory,
    /// A payout lacks one of its attempts, or has one too many.
    AttemptMissing,
    /// An attempt was followed by another one, or has ended, without being declined or proven
    /// absent; or it has ended in another way than the payout says.
    AttemptUnsettled,
    /// Two payouts name the same transfer.
    TransferTwice,
    /// A payout that its job does not demand.
    PayoutStray,
    /// A payout that differs from what its job demands.
    PayoutUnequal,
    /// An invoice granted to nobody, or nothing.
    InvoiceStray,
    /// A customer or an account of a user is not linked to that user.
    LinkMissing,
    /// A customer or an account is linked to a user who is not there, or does not have it.
    LinkStray,
    /// What came of an event is not there.
    InboxStray,
    /// A text of a job is missing.
    TextMissing,
    /// A record is missing in an index where it belongs.
    IndexMissing,
    /// An index lists a record that does not belong there.
    IndexStray,
    /// An index lists records in the wrong order, or twice.
    IndexOrder,
}

/// A rule that is broken, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub kind: ViolationKind,
    /// Where it shows.
    pub place: Place,
    /// What is wrong there, for a person.
    pub detail: String,
}

/// Where a broken rule shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At a record.
    Record(Key),
    /// At a row of an index, whose record is not known.
    Row(Index, Cursor),
    /// In an index, from behind that row on, or from its start.
    Behind(Index, Option<Cursor>),
    /// In the store as a whole.
    Store,
}

impl From<Key> for Place {
    fn from(key: Key) -> Place {
        Place::Record(key)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Record(key) => write!(f, "{key}"),
            Place::Row(index, Cursor(at)) => write!(f, "row {} of {index:?}", hex(at)),
            Place::Store => f.write_str("the store"),
            Place::Behind(index, None) => write!(f, "{index:?}"),
            Place::Behind(index, Some(Cursor(at))) => {
                write!(f, "{index:?} behind row {}", hex(at))
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Serialize for Violation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut violation = serializer.serialize_struct("Violation", 3)?;
        violation.serialize_field("kind", &self.kind)?;
        violation.serialize_field("where", &self.place.to_string())?;
        violation.serialize_field("detail", &self.detail)?;
        violation.end()
    }
}

/// What an audit found, and how much it looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// The broken rules, at most [`VIOLATIONS_MAX`].
    pub violations: Vec<Violation>,
    /// How many broken rules were found in all.
    pub found: u64,
    /// Whether all records were compared with what the store has counted. They cannot be where
    /// something was committed meanwhile.
    pub counted: bool,
    /// Jobs seen.
    pub jobs: u64,
    /// Steps of their histories seen.
    pub events: u64,
    /// Ledger entries seen.
    pub entries: u64,
    /// Accounts with a balance seen.
    pub accounts: u64,
    /// Payouts seen.
    pub payouts: u64,
    /// Users seen.
    pub users: u64,
}

impl Audit {
    /// Whether no rule is broken.
    pub fn ok(&self) -> bool {
        self.found == 0
    }

    /// Adds a violation, unless another check has found the very same.
    pub(super) fn add(
        &mut self,
        kind: ViolationKind,
        place: impl Into<Place>,
        detail: impl Into<String>,
    ) {
        let violation = Violation {
            kind,
            place: place.into(),
            detail: detail.into(),
        };
        if self.violations.contains(&violation) {
            return;
        }
        self.found += 1;
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(violation);
        }
    }
}

/// `{"ok", "violations", "found", "counted", "jobs", "events", "entries", "accounts", "payouts",
/// "users"}`.
impl Serialize for Audit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut audit = serializer.serialize_struct("Audit", 10)?;
        audit.serialize_field("ok", &self.ok())?;
        audit.serialize_field("violations", &self.violations)?;
        audit.serialize_field("found", &self.found)?;
        audit.serialize_field("counted", &self.counted)?;
        audit.serialize_field("jobs", &self.jobs)?;
        audit.serialize_field("events", &self.events)?;
        audit.serialize_field("entries", &self.entries)?;
        audit.serialize_field("accounts", &self.accounts)?;
        audit.serialize_field("payouts", &self.payouts)?;
        audit.serialize_field("users", &self.users)?;
        audit.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::JobId;

    #[test]
    fn json_is_what_the_api_documents() {
        let mut audit = Audit {
            jobs: 2,
            ..Audit::default()
        };
        audit.add(
            ViolationKind::History,
            Key::Event(JobId::from_bits(0), 3),
            "odd",
        );
        let json = serde_json::to_string(&audit).unwrap();
        let id = JobId::from_bits(0);
        assert_eq!(
            json,
            format!(
                "{{\"ok\":false,\"violations\":[{{\"kind\":\"history\",\"where\":\"event {id} 3\",\
                 \"detail\":\"odd\"}}],\"found\":1,\"counted\":false,\"jobs\":2,\
                 \"events\":0,\"entries\":0,\"accounts\":0,\"payouts\":0,\"users\":0}}"
            )
        );
    }

    #[test]
    fn violations_beyond_the_bound_are_counted() {
        let mut audit = Audit::default();
        for n in 0..=VIOLATIONS_MAX {
            audit.add(
                ViolationKind::Terms,
                Key::Job(JobId::from_bits(n as u128)),
                "",
            );
        }
        audit.add(ViolationKind::Terms, Key::Job(JobId::from_bits(0)), "");
        assert_eq!(audit.violations.len(), VIOLATIONS_MAX);
        assert_eq!(audit.found, VIOLATIONS_MAX as u64 + 1);
        assert!(!audit.ok());
    }
}
