//! Sending: from what is owed to the answer.

use crate::engine::Engine;
use crate::engine::commit::CommitFailure;
use crate::engine::measured;
use crate::engine::outbox::Turn;
use crate::engine::outbox::ask::{Provider, wanted};
use crate::engine::outbox::change::Stored;
use crate::engine::outbox::listing::{Found, Listing};
use crate::error::Error;
use crate::ledger::Account;
use crate::money::Cents;
use crate::payments::{
    DeclineClass, Failure, PaymentsError, SendTransfer, Transfer, TransferTerms,
};
use crate::payout::decide::{Command, Draft, said};
use crate::payout::{LEASE_MARGIN, backoff};
use crate::policy::PayoutBudget;
use crate::record::{
    AccountLook, Alarm, AttemptRecord, Body, PayoutStatus, Platform, Record, UserRecord, Wait,
};
use crate::store::{Batch, Guard, Key};

/// What the questions before a first send have led to.
enum Ready {
    /// It can be sent, with that money.
    Send(Platform),
    /// The account cannot receive money.
    NoAccount,
    /// The group has transfers already.
    Listed(Found),
}

impl Engine {
    /// Begins a new attempt and sends it, if it can be sent.
    pub(super) async fn begin(&self, stored: Stored, turn: Turn<'_>) -> Result<(), Error> {
        if turn.book.circuit.is_some() && !turn.probe {
            return self.put_off(&stored, Wait::PlatformBalance).await;
        }
        let user = self.user_record("payout", &stored.payout.receiver).await?;
        let account = user.as_ref().and_then(|(_, user)| user.account.as_ref());
        let Some(account) = account.filter(|account| account.can_receive) else {
            return self.wait_for_account(&stored, user, false).await;
        };
        let account = account.id.clone();
        let store = self.store_id("payout").await?;
        let Some(at) = self.provider(turn.began) else {
            return Ok(());
        };
        self.claim_money().await?;
        match self.prepare(at, &stored, &account, &store).await {
            Ok(Ready::Send(platform)) => {
                self.send_first(at, stored, account, store, platform).await
            }
            Ok(Ready::NoAccount) => self.wait_for_account(&stored, user, true).await,
            Ok(Ready::Listed(found)) => self.go_by(&stored, found).await.map(drop),
            Err(error) => self.put_off_by(&stored, &error).await,
        }
    }

    /// Asks what has to be known before a first send: whether the account can receive money, and
    /// whether the job was paid in a life that this store does not remember.
    async fn prepare(
        &self,
        at: Provider<'_>,
        stored: &Stored,
        account: &str,
        store: &str,
    ) -> Result<Ready, PaymentsError> {
        let platform = self.platform(at).await?;
        if !self.inner.outbox.was_asked(account) {
            match self.asked(at.until, at.payments.account(account)).await {
                Ok(found) if found.can_receive && !found.gone => {}
                Ok(_) => return Ok(Ready::NoAccount),
                Err(error) if matches!(error.failure, Failure::NotFound) => {
                    return Ok(Ready::NoAccount);
                }
                Err(error) => return Err(error),
            }
            self.inner.outbox.note_asked(account);
        }
        let Listing { found, .. } = self.list_group(at, &stored.payout, store).await?;
        Ok(match found {
            Found::None => Ready::Send(platform),
            found => Ready::Listed(found),
        })
    }

    async fn send_first(
        &self,
        at: Provider<'_>,
        stored: Stored,
        destination: String,
        store: String,
        platform: Platform,
    ) -> Result<(), Error> {
        let payout = &stored.payout;
        let terms = TransferTerms {
            amount: payout.amount,
            currency: payout.currency.clone(),
            destination: destination.clone(),
            group: payout.id.job().to_string(),
            payout: payout.id.to_string(),
            job: payout.id.job().to_string(),
            store,
        };
        let mut batch = self.batch()?;
        let Some(floor) = self
            .reserve(&mut batch, payout.amount, platform.mode)
            .await?
        else {
            return self.put_off(&stored, Wait::Budget).await;
        };
        let command = Command::Begin {
            draft: Draft {
                body: at.payments.draft(&terms),
                api_version: at.payments.api_version().to_owned(),
                platform,
                destination,
                commit: batch.id,
            },
            lease: at.send_until.after(LEASE_MARGIN),
            floor: floor.0,
        };
        // An alarm may have been raised while the provider was asked.
        let (_, book) = self.outbox_record("payout").await?;
        if book.stop.is_some() {
            return self.put_off(&stored, Wait::Stopped).await;
        }
        match self.change_with("payout", &stored, command, batch).await {
            Ok(begun) => self.send(at, begun).await,
            Err(CommitFailure::Conflict) => Ok(()),
            Err(CommitFailure::Short(Account::Budget)) => self.put_off(&stored, Wait::Budget).await,
            Err(failure) => Err(failure.into_error("payout")),
        }
    }

    /// What the commit of an attempt has to leave of the budget, with guards in the batch where
    /// that is not all; none where there is too little.
    async fn reserve(
        &self,
        batch: &mut Batch,
        amount: Cents,
        mode: crate::payments::Mode,
    ) -> Result<Option<Floor>, Error> {
        match self.inner.policy.payout_budget(mode) {
            PayoutBudget::Receipts => Ok(Some(Floor(Some(Cents::ZERO)))),
            PayoutBudget::Cents(limit) => {
                let (version, taken) = self.account_balance("payout", Account::Reserved).await?;
                let key = Key::Account(Account::Reserved);
                batch.guards.push(match version {
                    0 => Guard::Absent(key),
                    _ => Guard::At(key, version),
                });
                let after = taken.checked_add(amount);
                Ok(after.filter(|after| *after <= limit).map(|_| Floor(None)))
            }
            // `Auto` is one of the others.
            PayoutBudget::Unlimited | PayoutBudget::Auto => Ok(Some(Floor(None))),
        }
    }

    /// The balance of an account that has one, in cents, with its version.
    pub(super) async fn account_balance(
        &self,
        op: &'static str,
        account: Account,
    ) -> Result<(u64, Cents), Error> {
        Ok(match self.read_one(op, Key::Account(account)).await? {
            Some(Record {
                version,
                body: Body::Account(account),
                ..
            }) => (version, Cents::new(account.balance)),
            _ => (0, Cents::ZERO),
        })
    }

    /// Sends the attempt that was just committed, and commits the answer, unless the lease has run
    /// out by then.
    pub(super) async fn send(&self, at: Provider<'_>, begun: Stored) -> Result<(), Error> {
        let (Some(attempt), Some(lease)) = (begun.open(), begun.payout.due_at) else {
            return Ok(());
        };
        if self.inner.clock.now() >= at.send_until {
            // No time is left to hear the answer: it lapses, and is sent again.
            return Ok(());
        }
        let request = request(attempt);
        let answer = at.payments.send_transfer(&request);
        let answer = self.asked(at.send_until, answer).await;
        if self.inner.clock.now() >= lease {
            let payout = begun.payout.id;
            tracing::warn!(%payout, "an answer came after the lease; it is asked for again");
            return Ok(());
        }
        self.take_answer(&begun, answer).await
    }

    async fn take_answer(
        &self,
        begun: &Stored,
        answer: Result<Transfer, PaymentsError>,
    ) -> Result<(), Error> {
        let command = Command::Answer(answer.clone());
        let Some(changed) = self.change_payout("payout", begun, command).await? else {
            // The news of the transfer were quicker, and there is money all the same.
            return match answer {
                Ok(_) => self.note_success(true).await,
                Err(_) => Ok(()),
            };
        };
        let (payout, job) = (changed.payout.id, changed.payout.id.job());
        let status = changed.payout.status;
        measured::attempt(outcome(&changed));
        let Err(error) = answer else {
            if status != PayoutStatus::Paid {
                tracing::error!(%payout, %job, "a person has to look at a payout");
            }
            return self.note_success(status == PayoutStatus::Paid).await;
        };
        tracing::warn!(%payout, %job, %status, %error, "a payout was not answered with a transfer");
        match &error.failure {
            Failure::KeyReused => {
                tracing::error!(%payout, %job, "the provider knows the key of another request");
                Ok(())
            }
            Failure::Declined {
                class: DeclineClass::Platform,
                ..
            } => self.open_circuit(&said(&error)).await,
            Failure::Declined {
                class: DeclineClass::Account,
                ..
            } => {
                // It is not what it was when the provider was asked.
                if let Some(attempt) = changed.attempt() {
                    self.inner.outbox.forget_asked(&attempt.destination);
                }
                Ok(())
            }
            _ => self.note_failure(&error).await,
        }
    }

    /// Has a payout wait for something that a sweep will see.
    pub(super) async fn put_off(&self, stored: &Stored, wait: Wait) -> Result<(), Error> {
        let command = Command::PutOff {
            wait,
            due: None,
            cause: None,
        };
        self.change_payout("payout", stored, command)
            .await
            .map(drop)
    }

    /// Has a payout wait since the provider did not answer a question. By a wrong clock none is put
    /// off: everything waits until that is right.
    pub(super) async fn put_off_by(
        &self,
        stored: &Stored,
        error: &PaymentsError,
    ) -> Result<(), Error> {
        if error.failure == Failure::ClocksDiffer {
            return self.note_failure(error).await;
        }
        let wait = wanted(error).max(backoff(stored.payout.tries));
        let due = self.inner.clock.now().after(wait);
        let doubt = stored.payout.status == PayoutStatus::Unknown;
        let command = Command::PutOff {
            wait: if doubt { Wait::Doubt } else { Wait::Provider },
            due: Some(due),
            cause: Some(said(error)),
        };
        self.change_payout("payout", stored, command).await?;
        self.note_failure(error).await
    }

    /// Has a payout wait until its receiver has an account that can receive money. `refused` says
    /// that the provider was asked just now. The user is in the commit, so that no change of the
    /// account is missed.
    async fn wait_for_account(
        &self,
        stored: &Stored,
        user: Option<(u64, UserRecord)>,
        refused: bool,
    ) -> Result<(), Error> {
        let mut batch = self.batch()?;
        match user {
            None => {
                let receiver = stored.payout.receiver.clone();
                batch.guards.push(Guard::Absent(Key::User(receiver)));
            }
            Some((version, mut user)) => {
                batch
                    .guards
                    .push(Guard::At(Key::User(user.id.clone()), version));
                if self.watch_account(&mut user, refused) {
                    let put = Record::new(version + 1, Body::User(user));
                    batch.puts.push(put);
                }
            }
        }
        let command = Command::PutOff {
            wait: Wait::Account,
            due: None,
            cause: None,
        };
        match self.change_with("payout", stored, command, batch).await {
            Ok(_) | Err(CommitFailure::Conflict) => Ok(()),
            Err(failure) => Err(failure.into_error("payout")),
        }
    }

    /// Has the account asked about until it can receive money. Says whether the user changed.
    pub(super) fn watch_account(&self, user: &mut UserRecord, refused: bool) -> bool {
        let now = self.inner.clock.now();
        let Some(account) = &mut user.account else {
            return false;
        };
        let before = account.clone();
        account.can_receive &= !refused;
        if account.look.is_none() {
            let due_at = if refused { now.after(backoff(0)) } else { now };
            account.look = Some(AccountLook { due_at, tries: 0 });
        }
        *account != before
    }

    /// Has a payout go on by what a complete listing has of it. Whether there was anything.
    pub(super) async fn go_by(&self, stored: &Stored, found: Found) -> Result<bool, Error> {
        match found {
            Found::None => return Ok(false),
            Found::Ours(found) => self.settle_found(stored, found).await?,
            Found::Foreign(cause) => {
                tracing::error!(payout = %stored.payout.id, %cause, "a person has to look");
                let command = match stored.payout.status {
                    PayoutStatus::Unknown => Command::Refer { cause },
                    _ => Command::PutOff {
                        wait: Wait::Person,
                        due: None,
                        cause: Some(cause),
                    },
                };
                self.change_payout("payout", stored, command).await?;
            }
        }
        Ok(true)
    }

    /// Settles a payout by the transfers that a listing has of it. More than one is an alarm.
    async fn settle_found(&self, stored: &Stored, found: Vec<Transfer>) -> Result<(), Error> {
        let mut found = found.into_iter();
        let Some(first) = found.next() else {
            return Ok(());
        };
        let mut batch = self.batch()?;
        if let Some(second) = found.next() {
            let (id, first, second) = (stored.payout.id, &first.id, &second.id);
            let detail = format!("the payout {id} is paid by {first}, and also by {second}");
            self.alarm(&mut batch, Alarm::DoubleTransfer, &detail, second)
                .await?;
        }
        let command = Command::Settle(first);
        match self.change_with("payout", stored, command, batch).await {
            Ok(_) | Err(CommitFailure::Conflict) => Ok(()),
            Err(failure) => Err(failure.into_error("payout")),
        }
    }
}

/// What has to be left of the budget; none where that does not matter.
struct Floor(Option<Cents>);

fn request(attempt: &AttemptRecord) -> SendTransfer {
    SendTransfer {
        key: attempt.key(),
        body: attempt.body.clone(),
        api_version: attempt.api_version.clone(),
    }
}

/// How an attempt ended, as it is counted.
fn outcome(stored: &Stored) -> &'static str {
    match (stored.payout.status, stored.payout.wait) {
        (PayoutStatus::Owed, Some(Wait::Provider)) => "not_executed",
        (PayoutStatus::Owed, _) => "declined",
        (status, _) => status.as_str(),
    }
}
