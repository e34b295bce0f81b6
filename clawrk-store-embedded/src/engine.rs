//! What an embedded engine has to offer.

use std::ops::ControlFlow;

use crate::Head;

/// A named range of keys, ordered on its own. What an engine makes of it (a tree, a table, a
/// prefix) is its own affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Space {
    /// What the store knows about itself: a single small value.
    Meta,
    /// The records.
    Records,
    /// The index entries.
    Index,
}

impl Space {
    /// Every space.
    pub const ALL: [Space; 3] = [Space::Meta, Space::Records, Space::Index];

    /// A name that fits a table or a tree. It is on disk: never changed.
    pub fn name(self) -> &'static str {
        match self {
            Space::Meta => "meta",
            Space::Records => "records",
            Space::Index => "index",
        }
    }
}

/// One key of a [`Write`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// Where.
    pub space: Space,
    /// The key.
    pub key: Vec<u8>,
    /// What is there from now on; none removes the key.
    pub value: Option<Vec<u8>>,
    /// Whether the key is there already. An engine that spreads a value over several places needs
    /// to look only then.
    pub replaces: bool,
}

/// What is written at once, or not at all: no key twice, sorted by space and key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Write {
    /// The keys.
    pub ops: Vec<Op>,
}

/// An engine cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// What is on the disk is not what was written.
    #[error("{0}")]
    Damaged(String),
    /// It failed for another reason: the disk is full, the device is gone.
    #[error(transparent)]
    Failed(Box<dyn std::error::Error + Send + Sync>),
    /// Something that it did by itself failed, and it will answer nothing any more. Poisons the
    /// store, as a failed write does.
    #[error("the storage engine broke: {0}")]
    Broken(std::io::Error),
    /// It panicked. What it holds is unknown.
    #[error("the storage engine panicked: {0}")]
    Panicked(String),
}

impl EngineError {
    /// [`EngineError::Failed`] with that source.
    pub fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> EngineError {
        EngineError::Failed(source.into())
    }
}

/// What a scan shows its keys and values to, or what is wrong with a value that is there and
/// cannot be read. It breaks when it has seen enough.
pub type Visit<'a> = dyn FnMut(&[u8], Result<&[u8], String>) -> ControlFlow<()> + 'a;

/// An ordered key-value engine: everything that [`EmbeddedStore`](crate::EmbeddedStore) needs.
///
/// One thread calls `apply` and `sync`, never at the same time; any number call `get` and `scan`
/// meanwhile. A panic in here is caught, and poisons the store.
pub trait EmbeddedEngine: Send + Sync + 'static {
    /// The value under a key, as the last `apply` left it.
    ///
    /// While an `apply` is going on it may answer with what was there before or with what comes,
    /// for each key on its own.
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// Shows `visit` the keys from `from` on, up to but not including `to`, in order, until it
    /// breaks. No snapshot is asked for: what an `apply` changes meanwhile may show or not.
    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<(), EngineError>;

    /// Writes everything, or nothing, also where the process dies half-way.
    ///
    /// After an error nobody knows, so the store is poisoned. Later writes never become durable
    /// without the earlier ones.
    fn apply(&self, write: &Write) -> Result<(), EngineError>;

    /// Returns once all that was applied is on the disk, past the cache of the operating system.
    /// `head` is how far the store is then, for an engine that keeps a second opinion of it.
    fn sync(&self, head: &Head) -> Result<(), EngineError>;

    /// Gives everything back: files, locks, threads. Everything applied was synced before.
    fn close(self) -> Result<(), EngineError>
    where
        Self: Sized;
}
