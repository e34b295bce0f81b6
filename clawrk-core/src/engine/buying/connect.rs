//! Connecting: where a user is paid.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::engine::buying::account::Asked;
use crate::engine::buying::token::{GOOD_FOR, Token};
use crate::engine::buying::{failed, key_of, put_user};
use crate::engine::{Call, DECISIONS_MAX, Engine, measured};
use crate::error::{Error, Rejection};
use crate::id::UserId;
use crate::payments::{Failure, NewAccount, NewLink, PaymentsError};
use crate::record::{AccountStatus, ConnectedRecord, Linked, UserRecord};
use crate::time::Timestamp;

const OP: &str = "connect";
const STATUS: &str = "connect status";
const REFRESH: &str = "refresh connect";

/// How far a user's connected account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectStatus {
    /// There is none.
    NotConnected,
    /// Something is missing before it can be used in full.
    Pending,
    /// Nothing is missing.
    Active,
}

impl ConnectStatus {
    /// The stable text, such as `not_connected`.
    pub const fn as_str(self) -> &'static str {
        match self {
            ConnectStatus::NotConnected => "not_connected",
            ConnectStatus::Pending => "pending",
            ConnectStatus::Active => "active",
        }
    }
}

impl fmt::Display for ConnectStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Engine {
    /// The URL of a page on which a user completes the account that payouts go to. It is good once
    /// and for some minutes; the page that the provider shows instead of a stale one leads to
    /// `<app_url>/connect/refresh?t=<token>`, whose token is for
    /// [`refresh_connect`](Engine::refresh_connect), for 7 days.
    ///
    /// The account is made once, as the customer of a [`checkout`](Engine::checkout) is. One that
    /// the provider does not have any more gives way to a new one.
    ///
    /// # Errors
    /// [`Rejection::UserOnly`], [`Rejection::PaymentsNotConfigured`]; [`Error::Payments`] where the
    /// provider gives no answer that can be used: call again.
    pub async fn connect(&self, call: impl Into<Call<'_>>) -> Result<String, Error> {
        let call = call.into().to(OP, "account");
        let user = call.user()?;
        let made = self.link_once(OP, &call, self.begin_connect(user));
        measured::command(OP, made.await)
    }

    async fn begin_connect(&self, user: &UserId) -> Result<String, Error> {
        self.payments()?;
        self.claim_money().await?;
        let expires_at = self.inner.clock.now().after(GOOD_FOR);
        for _ in 0..DECISIONS_MAX {
            let (version, record) = self.known_user(OP, user).await?;
            let Some(account) = record.account.as_ref() else {
                self.make_account(version, record).await?;
                continue;
            };
            let token = Token {
                user: user.clone(),
                account: account.id.clone(),
                expires_at,
            };
            match self.link_to_account(OP, &token).await? {
                Ok(url) => return Ok(url),
                Err(error) => self.unless_gone(OP, version, record, error).await?,
            }
        }
        Err(Error::Busy { op: OP })
    }

    /// How far a user's connected account is: asked of the payment provider, and stored where it
    /// has changed. That a browser came back from the provider's pages proves nothing; this does.
    ///
    /// # Errors
    /// [`Rejection::PaymentsNotConfigured`]; [`Error::Payments`] where the provider gives no answer
    /// that can be used: call again.
    pub async fn connect_status(&self, user: &UserId) -> Result<ConnectStatus, Error> {
        measured::command("connect_status", self.ask_connect_status(user).await)
    }

    async fn ask_connect_status(&self, user: &UserId) -> Result<ConnectStatus, Error> {
        self.payments()?;
        for _ in 0..DECISIONS_MAX {
            let Some((version, record)) = self.user_record(STATUS, user).await? else {
                return Ok(ConnectStatus::NotConnected);
            };
            if record.account.is_none() {
                return Ok(ConnectStatus::NotConnected);
            }
            match self.ask_account(STATUS, version, record).await? {
                Asked::Gone => return Ok(ConnectStatus::NotConnected),
                Asked::Is(AccountStatus::Pending) => return Ok(ConnectStatus::Pending),
                Asked::Is(AccountStatus::Active) => return Ok(ConnectStatus::Active),
                Asked::Changed => {}
            }
        }
        Err(Error::Busy { op: STATUS })
    }

    /// The URL of a fresh page in place of a stale one, for a browser that has no bearer: the token
    /// came with the page. The fresh page's own token ends when this one does.
    ///
    /// # Errors
    /// [`Rejection::PaymentsNotConfigured`]; [`Rejection::Invalid`] for a token that was not given
    /// out here, has expired, or is for an account that the user does not have any more: connect
    /// again. [`Error::Payments`] where the provider gives no answer that can be used: call again.
    pub async fn refresh_connect(&self, token: &str) -> Result<String, Error> {
        measured::command("refresh_connect", self.refresh_link(token).await)
    }

    async fn refresh_link(&self, text: &str) -> Result<String, Error> {
        self.payments()?;
        let seal = self.known_seal(REFRESH).await?;
        let token = seal.and_then(|seal| Token::open(&seal, text));
        let token = token.ok_or_else(|| refused("was not given out here"))?;
        if token.expires_at <= self.inner.clock.now() {
            return Err(refused("has expired").into());
        }
        let found = self.user_record(REFRESH, &token.user).await?;
        let has = |record: &UserRecord| {
            let account = record.account.as_ref();
            account.is_some_and(|account| account.id == token.account)
        };
        let gone = || refused("is for an account that is gone");
        let (version, record) = found.filter(|(_, record)| has(record)).ok_or_else(gone)?;
        match self.link_to_account(REFRESH, &token).await? {
            Ok(url) => Ok(url),
            Err(error) => {
                self.unless_gone(REFRESH, version, record, error).await?;
                Err(gone().into())
            }
        }
    }

    /// A page on which the account of a token is completed, or what the provider said instead.
    async fn link_to_account(
        &self,
        op: &'static str,
        token: &Token,
    ) -> Result<Result<String, PaymentsError>, Error> {
        let signed = token.close(&self.seal(op).await?);
        let app_url = &self.inner.policy.app_url;
        let link = NewLink {
            account: token.account.clone(),
            refresh_url: format!("{app_url}/connect/refresh?t={signed}"),
            return_url: format!("{app_url}/connect/return"),
        };
        let made = self.payments()?.create_link(&link);
        Ok(self.ask("create_link", made).await)
    }

    /// Goes on only where an account for which there was no link turns out to be gone, which is
    /// then stored.
    async fn unless_gone(
        &self,
        op: &'static str,
        version: u64,
        record: UserRecord,
        error: PaymentsError,
    ) -> Result<(), Error> {
        let refused = matches!(error.failure, Failure::Declined { .. } | Failure::NotFound);
        if !refused {
            return Err(failed(op, error));
        }
        match self.ask_account(op, version, record).await? {
            Asked::Gone | Asked::Changed => Ok(()),
            Asked::Is(_) => Err(failed(op, error)),
        }
    }

    /// One step towards an account: the number of its key is committed, or it is made and linked.
    /// Whoever was quicker has taken the same step.
    async fn make_account(&self, version: u64, record: UserRecord) -> Result<(), Error> {
        if record.accounts == 0 {
            return self.begin_account(version, record).await;
        }
        let user = record.id.clone();
        let account = NewAccount {
            key: key_of("acct", &user, record.accounts),
            user: user.clone(),
            store: self.store_id(OP).await?,
        };
        let made = self.payments()?.create_account(&account);
        match self.ask("create_account", made).await {
            Ok(id) => self.keep_account(version, record, id).await,
            // Somebody made one under this key, such as a store that is no more: not us.
            Err(error) if error.failure == Failure::KeyReused => {
                self.begin_account(version, record).await
            }
            // Another call with the key is under way, or has just ended.
            Err(error) => match self.known_user(OP, &user).await? {
                (_, now) if now.account.is_some() => Ok(()),
                _ => Err(failed(OP, error)),
            },
        }
    }

    /// Commits the number of the next account's key, before anything is sent under it.
    async fn begin_account(&self, version: u64, record: UserRecord) -> Result<(), Error> {
        let accounts = record.accounts.saturating_add(1);
        let record = UserRecord { accounts, ..record };
        self.rewrite_user(OP, version, record).await.map(drop)
    }

    async fn keep_account(
        &self,
        version: u64,
        record: UserRecord,
        id: String,
    ) -> Result<(), Error> {
        let user = record.id.clone();
        if self.owner_of(OP, Linked::Account, &id).await?.is_some() {
            let (_, now) = self.known_user(OP, &user).await?;
            return match now.account.is_some_and(|account| account.id == id) {
                true => Ok(()),
                false => Err(Error::Internal(format!(
                    "the payment provider gave the account {id} out twice"
                ))),
            };
        }
        let mut batch = self.batch()?;
        self.put_link(&mut batch, Linked::Account, &id, &user);
        let account = Some(new_account(id, self.inner.clock.now()));
        put_user(&mut batch, version, UserRecord { account, ..record });
        self.commit_or_conflict(OP, batch).await.map(drop)
    }
}

fn new_account(id: String, now: Timestamp) -> ConnectedRecord {
    ConnectedRecord {
        id,
        status: AccountStatus::Pending,
        can_receive: false,
        created_at: now,
        look: None,
    }
}

fn refused(why: &str) -> Rejection {
    Rejection::invalid(
        "t",
        format!("{why}; ask for a new link by connecting again"),
    )
}
