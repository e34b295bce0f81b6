//! The engine: every verb of the exchange.
//!
//! Each changing call reads what it needs, decides by a pure function, and commits once. What may
//! take long, such as a skill, runs outside a commit.

mod builder;
mod buying;
mod call;
mod commit;
mod create;
mod credits;
mod events;
mod jobs;
mod keys;
mod kind;
mod limits;
mod listing;
mod login;
mod measured;
mod once;
mod outbox;
mod outside;
mod page;
mod run;
mod seal;
mod thinking;
mod tick;
mod together;
mod transition;
mod users;
mod uses;
mod verify;
mod view;
mod within;

use std::sync::{Arc, OnceLock};

use crate::clock::Clock;
use crate::engine::seal::Seal;
use crate::error::Error;
use crate::id::KeyId;
use crate::ids::Ids;
use crate::model::LanguageModel;
use crate::payments::{Mode, Payments};
use crate::policy::Policy;
use crate::record::Record;
use crate::skill::{SkillInfo, Skills};
use crate::store::{Cursor, Index, Key, Page, PageLimit, Store};

pub use builder::EngineBuilder;
pub use buying::{ConnectStatus, Received};
pub use call::{Call, Once};
pub use credits::{Entries, Entry, Payout, Payouts};
pub use jobs::JobFilter;
pub use keys::{ApiKey, NewApiKey};
pub use listing::Jobs;
pub use login::LoginCode;
pub use outbox::{OutboxState, PayoutDetail, PayoutDetails, Resolution};
pub use page::PageRequest;
pub use tick::Progress;
pub use users::{NewUser, User, Users};

/// How often a command is decided afresh when others change the same job.
const DECISIONS_MAX: usize = 16;

/// The exchange. Cheap to clone; all clones are the same exchange.
///
/// # Errors
/// Each method lists the refusals of its own. Besides, all fail with [`Error::Store`] where the
/// store cannot answer, and those that change something with [`Error::OutcomeUnknown`] where it
/// cannot tell, or with [`Error::Busy`] where others change the same record all the time. A
/// [`Call`] with an idempotency key may get [`IdempotencyKeyReused`] or [`RequestInProgress`].
///
/// [`IdempotencyKeyReused`]: crate::Rejection::IdempotencyKeyReused
/// [`RequestInProgress`]: crate::Rejection::RequestInProgress
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    payments: Option<Arc<dyn Payments>>,
    model: Option<Arc<dyn LanguageModel>>,
    skills: Skills,
    policy: Policy,
    /// What cursors are signed with, once it was needed.
    seal: OnceLock<Seal>,
    uses: uses::Uses,
    outbox: outbox::Memory,
    mood: thinking::Mood,
}

impl Engine {
    /// Begins an engine over that store and clock. [`EngineBuilder::build`] ends it.
    pub fn builder(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> EngineBuilder {
        EngineBuilder::new(store, clock)
    }

    /// The settings.
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// The skills that jobs may ask for, in the order they were registered.
    pub fn skills(&self) -> Vec<SkillInfo> {
        self.inner.skills.infos()
    }

    /// Whether money is real; none where no payment provider is configured.
    pub fn payments_mode(&self) -> Option<Mode> {
        let provider = self.inner.payments.as_ref();
        provider.map(|provider| provider.mode())
    }

    /// The clock that everything here goes by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// The store, for those who watch or export it.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// Asks the store something cheap, to find out whether it can answer.
    ///
    /// # Errors
    /// [`Error::Store`] if it cannot.
    pub async fn ready(&self) -> Result<(), Error> {
        let nobody = Key::ApiKey(KeyId::from_bits(0));
        self.read_one("ready", nobody).await.map(|_| ())
    }

    /// Flushes the store and refuses everything from now on.
    ///
    /// # Errors
    /// [`Error::Store`] if the last flush failed, or an earlier write.
    pub async fn close(&self) -> Result<(), Error> {
        let closed = self.inner.store.close().await;
        closed.map_err(|source| Error::Store {
            op: "close",
            source,
        })
    }

    /// One record.
    async fn read_one(&self, op: &'static str, key: Key) -> Result<Option<Record>, Error> {
        let mut records = self.read(op, &[key]).await?;
        Ok(records.pop().flatten())
    }

    async fn read(&self, op: &'static str, keys: &[Key]) -> Result<Vec<Option<Record>>, Error> {
        let records = self.inner.store.read(keys).await;
        records.map_err(|source| Error::Store { op, source })
    }

    /// A page of an index, for lists that are shown: all of it can be read.
    async fn scan(
        &self,
        op: &'static str,
        index: &Index,
        after: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, Error> {
        let page = self.inner.store.scan(index, after, limit).await;
        let page = page.and_then(Page::whole);
        page.map_err(|source| Error::Store { op, source })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
