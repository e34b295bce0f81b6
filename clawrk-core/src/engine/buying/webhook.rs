//! What the payment provider tells by itself: news in any order, late, and more than once.
//!
//! Each event has its effect in the same commit as the note that it was received. No provider is
//! asked here; what has to be asked is left to `tick`.

use std::borrow::Cow;
use std::time::Duration;

use crate::engine::buying::account::marked;
use crate::engine::buying::invoices::{Judged, tell, write_new};
use crate::engine::buying::put_user;
use crate::engine::commit::CommitFailure;
use crate::engine::{Engine, measured};
use crate::error::{Error, Rejection};
use crate::id::UserId;
use crate::invoice::{Verdict, Why, is_foreign};
use crate::payments::{Invoice, News, Owner, Transfer, WebhookError, WebhookEvent};
use crate::record::{BankNews, Body, InboxRecord, Linked, Record, UserRecord};
use crate::store::{Batch, Guard, Key};

/// How long it is remembered that an event was received, and what came of it. What an event has
/// done is remembered for ever.
pub(crate) const INBOX_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The longest id of an event, in bytes.
const EVENT_ID_BYTES_MAX: usize = 255;

/// How often an event is decided afresh when others change what it relies on: dozens may come at
/// once, and lose to each other.
const RECEIPTS_MAX: usize = 1_000;

const OP: &str = "webhook";

/// A webhook that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The event's id.
    pub event: String,
    /// What came of it, the same for each repetition: a word, and after a colon what there is to
    /// say of it. `granted`, `nothing:<why>` and `parked:<for what>` are invoices, `known` is one
    /// that an earlier event brought; `linked` is a customer; `look` an account that will be asked
    /// about; `bank` what an account's bank did; `transfer:<what>` a payout; `noted` only goes to
    /// the log; `ignored:<why>` had no effect.
    pub outcome: String,
}

impl Received {
    /// The first word of the outcome.
    pub(crate) fn word(&self) -> &'static str {
        let word = self.outcome.split(':').next().unwrap_or_default();
        let known = WORDS.into_iter().find(|known| *known == word);
        known.unwrap_or("other")
    }
}

const GRANTED: &str = "granted";
const NOTHING: &str = "nothing";
const PARKED: &str = "parked";
const KNOWN: &str = "known";
const LINKED: &str = "linked";
const LOOK: &str = "look";
const BANK: &str = "bank";
const TRANSFER: &str = "transfer";
const NOTED: &str = "noted";
const IGNORED: &str = "ignored";

const UNUSABLE: &str = "unusable";

const WORDS: [&str; 10] = [
    GRANTED, NOTHING, PARKED, KNOWN, LINKED, LOOK, BANK, TRANSFER, NOTED, IGNORED,
];

/// What an event does, to be committed with it.
#[derive(Debug)]
struct Effect {
    word: &'static str,
    why: Option<Cow<'static, str>>,
    about: Option<String>,
}

impl Effect {
    fn on(word: &'static str, about: impl Into<String>) -> Effect {
        Effect {
            word,
            why: None,
            about: Some(about.into()),
        }
    }

    fn ignored(why: &'static str) -> Effect {
        Effect {
            word: IGNORED,
            why: Some(why.into()),
            about: None,
        }
    }

    fn outcome(&self) -> String {
        match &self.why {
            Some(why) => format!("{}:{why}", self.word),
            None => self.word.to_owned(),
        }
    }
}

impl Engine {
    /// Takes a webhook of the payment provider's, whose signature is `signature`, and does what it
    /// says. Whatever is signed is taken, also where nothing comes of it: a provider gives up an
    /// endpoint that refuses. It may come more than once, and in any order.
    ///
    /// # Errors
    /// [`Rejection::PaymentsNotConfigured`]; [`Rejection::Webhook`] where the signature is not
    /// right, not of these minutes, or cannot be checked for want of a secret, or where the body is
    /// no event. Besides, only failures of the store: then the provider must send it again.
    pub async fn receive_webhook(&self, body: &[u8], signature: &str) -> Result<Received, Error> {
        measured::webhook(self.receive(body, signature).await)
    }

    async fn receive(&self, body: &[u8], signature: &str) -> Result<Received, Error> {
        let now = self.inner.clock.now();
        let event = self.payments()?.read_webhook(body, signature, now);
        let event = event.map_err(Rejection::Webhook)?;
        if !(1..=EVENT_ID_BYTES_MAX).contains(&event.id.len()) {
            let body = WebhookError::Body("its id is empty or too long".to_owned());
            return Err(Rejection::Webhook(body).into());
        }
        if event.mode == self.payments()?.mode() {
            self.claim_money().await?;
        }
        let received = self.take(&event).await?;
        match (received.word(), &event.news) {
            (LINKED, News::CheckoutCompleted(owner)) => {
                if let Some(customer) = &owner.customer {
                    self.settle_parked_of(customer).await;
                }
            }
            (GRANTED | NOTHING, _) => self.tell_budget().await,
            _ => {}
        }
        Ok(received)
    }

    /// Does what an event says, once.
    async fn take(&self, event: &WebhookEvent) -> Result<Received, Error> {
        let mut overflows = false;
        for _ in 0..RECEIPTS_MAX {
            let known = self.known(&event.id).await?;
            if let Some((_, outcome)) = &known
                && !may_say_more(outcome, event)
            {
                let (event, outcome) = (event.id.clone(), outcome.clone());
                return Ok(Received { event, outcome });
            }
            let mut batch = self.batch()?;
            let effect = self.decide_event(event, &mut batch, overflows).await?;
            let version = known.map_or(0, |(version, _)| version);
            self.put_inbox(&mut batch, event, &effect, version);
            match self.commit(OP, batch).await {
                Ok(()) => return Ok(told(event, &effect)),
                Err(CommitFailure::Conflict) => {}
                Err(CommitFailure::Overflow(_)) => overflows = true,
                Err(failure) => return Err(failure.into_error(OP)),
            }
        }
        Err(Error::Busy { op: OP })
    }

    /// What came of an event that was received before, with the version of the note.
    async fn known(&self, event: &str) -> Result<Option<(u64, String)>, Error> {
        let found = self.read_one(OP, Key::Inbox(event.to_owned())).await?;
        Ok(found.and_then(|record| match record.body {
            Body::Inbox(inbox) => Some((record.version, inbox.outcome)),
            _ => None,
        }))
    }

    /// Puts what came of an event into the batch, in place of the note of that version.
    fn put_inbox(&self, batch: &mut Batch, event: &WebhookEvent, effect: &Effect, version: u64) {
        let now = self.inner.clock.now();
        let inbox = InboxRecord {
            event: event.id.clone(),
            kind: event.kind.clone(),
            outcome: effect.outcome(),
            about: effect.about.clone(),
            at: now,
            expires_at: now.after(INBOX_KEPT),
            commit: batch.id,
        };
        let record = Record::new(version + 1, Body::Inbox(inbox));
        batch.guards.push(match version {
            0 => Guard::Absent(record.key()),
            _ => Guard::At(record.key(), version),
        });
        batch.puts.push(record);
    }

    /// What an event does, put into the batch.
    async fn decide_event(
        &self,
        event: &WebhookEvent,
        batch: &mut Batch,
        overflows: bool,
    ) -> Result<Effect, Error> {
        if event.mode != self.payments()?.mode() {
            return Ok(Effect::ignored("other_mode"));
        }
        if let Some(account) = &event.account {
            return self.decide_of_account(event, account, batch).await;
        }
        match &event.news {
            News::InvoicePaid(invoice) => self.decide_invoice(invoice, batch, overflows).await,
            News::CheckoutCompleted(owner) => self.decide_link(owner, batch).await,
            News::SubscriptionEnded(owner) => self.decide_end(owner).await,
            News::Account(account) => self.decide_of_account(event, &account.id, batch).await,
            News::AccountGone(account) => self.decide_of_account(event, account, batch).await,
            News::BankFailed(_) | News::BankPaid => Ok(Effect::ignored("own_bank")),
            News::Transfer(transfer) => self.decide_transfer(transfer, batch).await,
            News::Other => Ok(Effect::ignored("type")),
            News::Unusable(why) => Ok(unusable(event, why)),
        }
    }

    async fn decide_invoice(
        &self,
        invoice: &Invoice,
        batch: &mut Batch,
        overflows: bool,
    ) -> Result<Effect, Error> {
        let key = Key::Invoice(invoice.id.clone());
        if self.read_one(OP, key).await?.is_some() {
            return Ok(Effect::on(KNOWN, &invoice.id));
        }
        let judged = match overflows {
            true => Judged::too_much(),
            false => self.judge(OP, invoice).await?,
        };
        if judged.verdict == Verdict::Nothing(Why::Foreign) {
            return Ok(Effect::ignored("foreign_store"));
        }
        write_new(batch, invoice, &judged, self.inner.clock.now());
        tell(invoice, &judged.verdict);
        let (word, why) = match &judged.verdict {
            Verdict::Grant(..) => (GRANTED, None),
            Verdict::Nothing(why) => (NOTHING, Some(why.as_str())),
            Verdict::Park(missing) => (PARKED, Some(missing.word())),
        };
        let why = why.map(Cow::from);
        let about = Some(invoice.id.clone());
        Ok(Effect { word, why, about })
    }

    /// A checkout was completed: it says whose the customer is.
    async fn decide_link(&self, owner: &Owner, batch: &mut Batch) -> Result<Effect, Error> {
        let store = self.store_id(OP).await?;
        if is_foreign(owner.store.as_deref(), &store) {
            return Ok(Effect::ignored("foreign_store"));
        }
        let Some(customer) = &owner.customer else {
            return Ok(Effect::ignored("no_customer"));
        };
        let noted = owner.user.as_ref().and_then(|id| UserId::new(id).ok());
        let known = self.owner_of(OP, Linked::Customer, customer).await?;
        match (known, noted) {
            (Some(known), Some(noted)) if known != noted => {
                tracing::error!(customer, %known, %noted, "a customer is said to be another user");
                Ok(Effect::ignored("customer_of_another"))
            }
            (Some(_), _) => Ok(Effect::on(LINKED, customer)),
            (None, None) => Ok(Effect::ignored("no_user")),
            (None, Some(noted)) => {
                let ours = owner.store.is_some();
                self.link_customer(customer, noted, ours, batch).await
            }
        }
    }

    /// Links a customer to a user. What the customer pays for is the user's from then on, but only
    /// as one of a checkout that was made here the user goes on to buy: on a page that the
    /// operator made by hand, whoever pays can say who they are.
    async fn link_customer(
        &self,
        customer: &str,
        user: UserId,
        ours: bool,
        batch: &mut Batch,
    ) -> Result<Effect, Error> {
        let Some((version, record)) = self.user_record(OP, &user).await? else {
            // Who comes with a token of an identity provider has no record before the first
            // request. What they pay for waits for that.
            batch.guards.push(Guard::Absent(Key::User(user.clone())));
            self.put_link(batch, Linked::Customer, customer, &user);
            return Ok(Effect::on(LINKED, customer));
        };
        if ours && record.customer.is_none() {
            let customer = Some(customer.to_owned());
            put_user(batch, version, UserRecord { customer, ..record });
        }
        self.put_link(batch, Linked::Customer, customer, &user);
        Ok(Effect::on(LINKED, customer))
    }

    /// A transfer was made, changed or taken back: the outbox knows what that means.
    async fn decide_transfer(
        &self,
        transfer: &Transfer,
        batch: &mut Batch,
    ) -> Result<Effect, Error> {
        let outcome = match self.note_transfer(transfer, batch).await {
            // It is signed, so it is taken: what cannot be is told to the operator alone.
            Err(Error::Rejected(rejection)) => {
                tracing::error!(transfer = transfer.id, %rejection, "a transfer fits no payout");
                return Ok(Effect::ignored("transfer"));
            }
            outcome => outcome?,
        };
        let (word, why) = match outcome.strip_prefix("ignored: ") {
            Some(why) => (IGNORED, why),
            None => (TRANSFER, &*outcome),
        };
        let why = Some(Cow::Owned(why.to_owned()));
        let about = None;
        Ok(Effect { word, why, about })
    }

    async fn decide_end(&self, owner: &Owner) -> Result<Effect, Error> {
        let store = self.store_id(OP).await?;
        if is_foreign(owner.store.as_deref(), &store) {
            return Ok(Effect::ignored("foreign_store"));
        }
        let (user, customer) = (owner.user.as_deref(), owner.customer.as_deref());
        tracing::info!(user, customer, "a subscription ended");
        Ok(Effect {
            word: NOTED,
            why: None,
            about: None,
        })
    }

    /// What an event of a connected account does: it touches what is known of that account, and
    /// nothing else.
    async fn decide_of_account(
        &self,
        event: &WebhookEvent,
        account: &str,
        batch: &mut Batch,
    ) -> Result<Effect, Error> {
        let Some(user) = self.owner_of(OP, Linked::Account, account).await? else {
            let key = Key::Link(Linked::Account, account.to_owned());
            batch.guards.push(Guard::Absent(key));
            return Ok(Effect::ignored("foreign_account"));
        };
        let found = self.user_record(OP, &user).await?;
        let has = |record: &UserRecord| record.account.as_ref().is_some_and(|it| it.id == account);
        let Some((version, record)) = found.filter(|(_, record)| has(record)) else {
            return Ok(Effect::ignored("earlier_account"));
        };
        let (word, after) = match &event.news {
            News::Account(_) | News::AccountGone(_) => {
                (LOOK, marked(record, self.inner.clock.now()))
            }
            News::BankFailed(why) => (BANK, told_by_bank(record, event, Some(why))),
            News::BankPaid => (BANK, told_by_bank(record, event, None)),
            News::Unusable(why) => return Ok(unusable(event, why)),
            _ => return Ok(Effect::ignored("account_type")),
        };
        if let Some(after) = after {
            put_user(batch, version, after);
        }
        Ok(Effect::on(word, account))
    }
}

/// What an account's bank did last counts, and a failure before a success of the same second. None
/// where that was known.
fn told_by_bank(
    mut record: UserRecord,
    event: &WebhookEvent,
    problem: Option<&String>,
) -> Option<UserRecord> {
    let news = BankNews {
        at: event.created_at,
        problem: problem.cloned(),
    };
    let rank = |news: &BankNews| (news.at, news.problem.is_some(), news.problem.clone());
    if record
        .bank
        .as_ref()
        .is_some_and(|known| rank(known) >= rank(&news))
    {
        return None;
    }
    record.bank = Some(news);
    Some(record)
}

/// Whether an event that came before says more this time: it could not be read then, and can now,
/// as where two endpoints have it in two versions of the provider's interface.
fn may_say_more(outcome: &str, event: &WebhookEvent) -> bool {
    outcome == unusable_outcome() && !matches!(event.news, News::Unusable(_))
}

fn unusable_outcome() -> String {
    Effect::ignored(UNUSABLE).outcome()
}

fn unusable(event: &WebhookEvent, why: &str) -> Effect {
    let (id, kind) = (&event.id, &event.kind);
    tracing::error!(
        event = id,
        kind,
        why,
        "a webhook that matters cannot be used"
    );
    Effect::ignored(UNUSABLE)
}

fn told(event: &WebhookEvent, effect: &Effect) -> Received {
    let (outcome, kind) = (effect.outcome(), &event.kind);
    tracing::info!(event = event.id, kind, outcome, "received a webhook");
    let event = event.id.clone();
    Received { event, outcome }
}
