//! Why an export or an import does not come to its end.

use std::io;

use crate::record::Kind;
use crate::store::{CommitError, InvalidBatch, Key, StoreError};
use crate::transfer::{FORMAT, LINE_BYTES_MAX};

/// A store could not be exported. What was written so far is no export: it lacks its last line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store is the half of an import.
    #[error("an import into this store did not finish; remove what is in it and import again")]
    Unfinished,
    /// Somebody wrote to the store meanwhile.
    #[error("the store was written to while it was exported; export it while nobody uses it")]
    Changed,
    /// Records are gone without a trace.
    #[error(
        "the store counts {counted} records of kind {kind:?}, and {found} were found: it is \
         damaged; restore a backup"
    )]
    Lost {
        /// Which kind.
        kind: Kind,
        /// How many the store says there are.
        counted: u64,
        /// How many there are.
        found: u64,
    },
    /// The store cannot answer, or says that it is damaged.
    #[error("the store could not be read")]
    Store(#[source] StoreError),
    /// The lines could not be written.
    #[error("the export could not be written")]
    Write(#[source] io::Error),
}

/// An export could not be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// There is something in the store.
    #[error("the store is not empty: it holds {0} records; import into a new one")]
    NotEmpty(u64),
    /// The store is the half of an earlier import.
    #[error("an import into this store did not finish; remove what is in it and import again")]
    Unfinished,
    /// Something is wrong with the export.
    #[error("line {line}: {fault}")]
    Line {
        /// The number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// The export could not be read.
    #[error("the export could not be read")]
    Read(#[source] io::Error),
    /// The store cannot answer.
    #[error("the store could not be read")]
    Store(#[source] StoreError),
    /// The store does not take what it is given.
    #[error("the store could not be written")]
    Commit(#[source] CommitError),
    /// The lines are others than those that were checked.
    #[error("the export is not what it was when it was checked")]
    Changed,
    /// The store does not count what was written to it.
    #[error("the store counts {counted} records of kind {kind:?}, and {written} were written")]
    Miscounted {
        /// Which kind.
        kind: Kind,
        /// How many the store says there are.
        counted: u64,
        /// How many were written.
        written: u64,
    },
    /// It ended after the first write, so that the store holds a part, and is marked so.
    #[error("the import broke off half-way; remove what is in the store and import again")]
    HalfWay(#[source] Box<ImportError>),
}

/// What is wrong with a line of an export.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineFault {
    /// The first line is another one.
    #[error("this is not how an export of clawrk begins")]
    NotAnExport,
    /// A later release wrote it.
    #[error(
        "the export has format {0}, and this release knows {FORMAT}; import it with the release \
         that wrote it, or a later one"
    )]
    Format(u32),
    /// It is no JSON, or not what is expected there.
    #[error("it cannot be read: {0}")]
    Unreadable(serde_json::Error),
    /// More than [`LINE_BYTES_MAX`].
    #[error("it is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// The key says something else than the record.
    #[error("its kind or key is not that of its body, which is {0}")]
    Misplaced(Key),
    /// A later release wrote a field that this one would lose.
    #[error(
        "this release does not know the field `{0}`; import it with the release that wrote it, or \
         a later one"
    )]
    Field(String),
    /// It is what marks a store as the half of an import, which no export holds.
    #[error("it marks a store as the half of an import: the line was added")]
    Mark,
    /// The record was there before.
    #[error("{0} comes a second time: a line was doubled")]
    Twice(Key),
    /// The record belongs further up.
    #[error("{0} belongs further up: lines were moved")]
    Moved(Key),
    /// A number or a size that no store takes.
    #[error(transparent)]
    Unfit(InvalidBatch),
    /// The file ends too early.
    #[error("the file ends here, in front of its last line: it was cut off")]
    Cut,
    /// There are more or fewer records than the export says.
    #[error(
        "the export says that it has {said} records of kind {kind:?}, and there are {found}: \
         lines are missing, or were added"
    )]
    Count {
        /// Which kind.
        kind: Kind,
        /// How many there should be.
        said: u64,
        /// How many there are.
        found: u64,
    },
    /// There are more or fewer records than the last line says.
    #[error("it speaks of {said} records, and there are {found}")]
    Total {
        /// How many there should be.
        said: u64,
        /// How many there are.
        found: u64,
    },
    /// The bytes are others than those that were written.
    #[error("the checksum is not that of the lines above: one of them was edited")]
    Checksum,
    /// The file goes on.
    #[error("something follows the last line of the export")]
    Beyond,
}
