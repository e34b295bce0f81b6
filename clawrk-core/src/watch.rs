//! How far something long has come.

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Records are read from a store and written as lines.
    Exporting,
    /// The lines of an export are checked; nothing is written yet.
    Checking,
    /// The records of an export are written into a store.
    Importing,
    /// The entries of the ledger are read for a journal.
    Journal,
    /// An audit checks records.
    Auditing,
    /// An audit checks what is listed for each user.
    Indexes,
}

/// How far something long has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is going on.
    pub stage: Stage,
    /// How many records, or users, are done.
    pub done: u64,
    /// How many there are. While others write, it may be passed.
    pub total: u64,
}

/// Is told after every record how far it is: for a line on a screen, so it should be quick.
pub type Watch<'a> = dyn FnMut(Progress) + Send + 'a;
