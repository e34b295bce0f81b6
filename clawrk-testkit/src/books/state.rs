//! The state of the fake, and how it answers.

use std::collections::BTreeMap;
use std::time::Duration;

use clawrk_core::payments::Mode;
use clawrk_core::time::Timestamp;
use serde_json::Value;

use super::answer::{Answer, finish, underway};
use super::book::{Book, Cause, id};
use super::delivery::Delivery;
use super::error::StripeError;
use super::fault::{Fault, Faults, Target};
use super::idempotency::{Kept, Keys, Owner};
use super::route::{Action, Listing, Read, Write};
use super::shelf::Item;
use super::version::is_version;
use super::wire::{Method, Request, Response};
use crate::rng::Rng;

/// The secret key of the exchange's account for play money.
pub const TEST_KEY: &str = "sk_test_books_0123456789";

/// The secret key of the exchange's account for real money.
pub const LIVE_KEY: &str = "sk_live_books_0123456789";

/// Stripe, as far as clawrk needs it.
#[derive(Debug, Clone)]
pub struct Books {
    rng: Rng,
    time: Timestamp,
    platform: String,
    holders: BTreeMap<String, Holder>,
    books: BTreeMap<(String, Mode), Book>,
    keys: Keys,
    faults: Faults,
    later: Vec<Later>,
    listing: Listing,
    trace: u64,
}

/// Whose a secret key is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Holder {
    account: String,
    mode: Mode,
}

/// What is carried out when its time has come.
#[derive(Debug, Clone)]
struct Later {
    due: Timestamp,
    holder: Holder,
    write: Write,
    cause: Cause,
    owner: Option<Owner>,
}

impl Books {
    /// The books of one account, in both modes, with [`TEST_KEY`] and [`LIVE_KEY`]. The same seed
    /// and the same requests at the same times give the same answers.
    pub fn new(seed: u64) -> Books {
        let mut rng = Rng::new(seed);
        let mut books = Books {
            platform: id(&mut rng, "acct", 15),
            time: Timestamp::MIN,
            holders: BTreeMap::new(),
            books: BTreeMap::new(),
            keys: Keys::new(rng.fork()),
            faults: Faults::new(rng.fork()),
            later: Vec::new(),
            listing: Listing {
                lag: 0,
                page_max: usize::MAX,
            },
            trace: 0xcbf2_9ce4_8422_2325,
            rng,
        };
        let platform = books.platform.clone();
        books.add_key(TEST_KEY, &platform, Mode::Test);
        books.add_key(LIVE_KEY, &platform, Mode::Live);
        books
    }

    /// Takes that secret key too: of that account, which has books of its own, and for that mode.
    pub fn add_key(&mut self, secret: &str, account: &str, mode: Mode) {
        let holder = Holder {
            account: account.to_owned(),
            mode,
        };
        self.holders.insert(secret.to_owned(), holder);
        let place = (account.to_owned(), mode);
        let rng = &mut self.rng;
        let new = || Book::new(account, mode, rng);
        self.books.entry(place).or_insert_with(new).time = self.time;
    }

    /// Takes that secret key no more.
    pub fn revoke_key(&mut self, secret: &str) {
        self.holders.remove(secret);
    }

    /// The id of the exchange's own account.
    pub fn platform(&self) -> &str {
        &self.platform
    }

    /// The books that a secret key opens, as far as time has come.
    ///
    /// # Panics
    /// If the key is not taken.
    pub fn of(&mut self, secret: &str) -> &mut Book {
        let holder = self.holders.get(secret).expect("a key that is taken");
        let place = (holder.account.clone(), holder.mode);
        self.books.get_mut(&place).expect("each key has its book")
    }

    /// The books of play money.
    pub fn test(&mut self) -> &mut Book {
        self.of(TEST_KEY)
    }

    /// The books of real money.
    pub fn live(&mut self) -> &mut Book {
        self.of(LIVE_KEY)
    }

    /// Every book.
    pub(super) fn books(&self) -> impl Iterator<Item = &Book> {
        self.books.values()
    }

    /// The fake's time.
    pub fn now(&self) -> Timestamp {
        self.time
    }

    /// Lets that request meet a fault.
    pub fn plan(&mut self, target: Target, fault: Fault) {
        self.faults.plan(target, fault);
    }

    /// Lets so many of a hundred such requests meet a fault, one of these, drawn by the seed.
    ///
    /// # Panics
    /// If there are no faults to draw from.
    pub fn draw(&mut self, target: Target, percent: usize, faults: Vec<Fault>) {
        self.faults.draw(target, percent, faults);
    }

    /// Ends all faults. What was to be carried out later still is.
    pub fn calm(&mut self) {
        self.faults.clear();
        self.listing.lag = 0;
    }

    /// How often each fault was met, by [`Fault::name`].
    pub fn hits(&self) -> &BTreeMap<&'static str, u64> {
        self.faults.hits()
    }

    /// Lets lists of transfers lack what is younger than this. Default: nothing.
    pub fn set_stale(&mut self, age: Duration) {
        self.listing.lag = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
    }

    /// Shows at most so many objects on a page, whatever is asked for.
    pub fn set_page_max(&mut self, objects: usize) {
        self.listing.page_max = objects;
    }

    /// A hash of all requests and answers, in their order.
    pub fn trace(&self) -> u64 {
        self.trace
    }

    /// Lets time come to `now`, unless it is further already, and carries out what is due.
    pub fn advance(&mut self, now: Timestamp) {
        self.later.sort_by_key(|later| later.due);
        while self.later.first().is_some_and(|first| first.due <= now) {
            let later = self.later.remove(0);
            self.set_time(later.due);
            self.carry_out_late(later);
        }
        self.set_time(now);
        for book in self.books.values_mut() {
            book.expire_sessions();
        }
    }

    fn set_time(&mut self, now: Timestamp) {
        self.time = self.time.max(now);
        for book in self.books.values_mut() {
            book.time = self.time;
        }
    }

    fn carry_out_late(&mut self, later: Later) {
        let id = later.cause.request_id.clone().unwrap_or_default();
        let result = self.book(&later.holder).write(later.write, &later.cause);
        if let Some(owner) = later.owner {
            self.keep(&owner, &Answer::new(result, &id), &id);
        }
    }

    /// When something is carried out, or posted, by itself.
    pub fn next_due(&self) -> Option<Timestamp> {
        let later = self.later.iter().map(|later| later.due);
        let posts = self.books().filter_map(Book::next_delivery);
        later.chain(posts).min()
    }

    /// What is to be posted to endpoints by now, in order. Each is given once.
    pub fn deliveries(&mut self, now: Timestamp) -> Vec<Delivery> {
        self.advance(now);
        let books = self.books.values_mut();
        books.flat_map(Book::take_deliveries).collect()
    }

    /// The endpoint did not take a delivery (it answered with something else than 2xx, or not at
    /// all): it is posted again later, a bounded number of times.
    pub fn refused(&mut self, delivery: &Delivery) {
        if let Some(book) = self.books.get_mut(&delivery.place) {
            book.try_again(delivery);
        }
    }

    /// Answers a request that comes at that time.
    pub fn handle(&mut self, request: &Request, now: Timestamp) -> Response {
        self.advance(now);
        let fault = self.faults.meet(request);
        let request_id = id(&mut self.rng, "req", 13);
        let response = match underway(&fault) {
            Some(response) => response,
            None => {
                let answer = self.answer(request, &fault, &request_id);
                finish(answer, request, &fault, request_id, now)
            }
        };
        self.note(&(request, now, fault.name(), &response));
        response
    }

    fn note(&mut self, what: &impl std::fmt::Debug) {
        for byte in format!("{what:?}").bytes() {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn book(&mut self, holder: &Holder) -> &mut Book {
        let place = (holder.account.clone(), holder.mode);
        self.books.get_mut(&place).expect("each key has its book")
    }

    fn answer(&mut self, request: &Request, fault: &Fault, request_id: &str) -> Answer {
        let admitted = self.admit(request, fault);
        let holder = match admitted {
            Ok(holder) => holder,
            Err(error) => return Answer::new(Err(error), request_id),
        };
        if let Some(account) = &request.account {
            let shown = self.show_connected(&holder, account, request);
            return Answer::new(shown, request_id);
        }
        let owner = match (&request.idempotency_key, request.method) {
            (Some(key), Method::Post) => Some((holder.account.clone(), holder.mode, key.clone())),
            _ => None,
        };
        if let Some(owner) = &owner {
            match self.keys.find(owner, request, self.time) {
                Err(error) => return Answer::new(Err(error), request_id),
                Ok(Some(kept)) => return Answer::again(kept),
                Ok(None) => {}
            }
        }
        let action = match (fault, &owner, Action::read(request)) {
            (_, _, Err(error)) => Err(error),
            (Fault::Conflict, Some(owner), _) => Err(StripeError::key_in_use(&owner.2)),
            (Fault::Invalid, ..) => Err(invalid()),
            (_, _, Ok(action)) => Ok(action),
        };
        match action {
            Err(error) => Answer::new(Err(error), request_id),
            Ok(Action::Read(read)) => {
                let shown = self.show(&holder, &read, fault);
                Answer::new(shown, request_id)
            }
            Ok(Action::Write(write)) => {
                let cause = Cause {
                    request_id: Some(request_id.to_owned()),
                    idempotency_key: request.idempotency_key.clone(),
                };
                if let Some(owner) = &owner {
                    self.keys.begin(owner, request, self.time);
                }
                self.carry_out(holder, *write, cause, owner, fault)
            }
        }
    }

    /// What is looked at before anything else: whose key it is, and whether it is taken now.
    fn admit(&self, request: &Request, fault: &Fault) -> Result<Holder, StripeError> {
        let secret = request.secret.as_deref();
        let holder = secret.and_then(|secret| self.holders.get(secret));
        let holder = match fault {
            Fault::Unauthorized => None,
            _ => holder,
        };
        let holder = holder.ok_or_else(|| StripeError::unauthorized(secret))?;
        match (fault, &request.version) {
            (Fault::Busy, _) => Err(StripeError::busy()),
            (Fault::Forbidden, _) => Err(StripeError::forbidden()),
            (_, Some(version)) if !is_version(version) => {
                let message = format!("Invalid Stripe API version: {version}.");
                Err(StripeError::value("Stripe-Version", message))
            }
            _ => Ok(holder.clone()),
        }
    }

    /// What may be asked in the name of a connected account: itself and its balance.
    fn show_connected(
        &mut self,
        holder: &Holder,
        account: &str,
        request: &Request,
    ) -> Result<Value, StripeError> {
        let book = self.book(holder);
        let live = book.livemode();
        let account = book.connected(account)?;
        match Action::read(request)? {
            Action::Read(Read::OwnAccount) => Ok(account.render(live)),
            Action::Read(Read::Balance) => Ok(book.show_balance(&account.balance)),
            _ => {
                let message = "The fake shows an account and its balance in its own name, no more.";
                Err(StripeError::value("Stripe-Account", message))
            }
        }
    }

    fn show(&mut self, holder: &Holder, read: &Read, fault: &Fault) -> Result<Value, StripeError> {
        match fault {
            Fault::Error | Fault::ErrorDone | Fault::ErrorDoneLater(_) => {
                Err(StripeError::internal())
            }
            Fault::Declined { status, code } => Err(declined(*status, code)),
            _ => {
                let listing = self.listing;
                self.book(holder).read(read, listing)
            }
        }
    }

    /// Carries a request out, or not, or later; and keeps its answer.
    fn carry_out(
        &mut self,
        holder: Holder,
        write: Write,
        cause: Cause,
        owner: Option<Owner>,
        fault: &Fault,
    ) -> Answer {
        let request_id = cause.request_id.clone().unwrap_or_default();
        let result = match fault {
            Fault::Declined { status, code } => Err(declined(*status, code)),
            Fault::Error => Err(StripeError::internal()),
            Fault::ErrorDone => {
                // Whatever came of it, nobody is told.
                let _ = self.book(&holder).write(write, &cause);
                Err(StripeError::internal())
            }
            Fault::ErrorDoneLater(after) | Fault::HangsDoneLater(after) => {
                let hangs = matches!(fault, Fault::HangsDoneLater(_));
                self.later.push(Later {
                    due: self.time.after(*after),
                    holder,
                    write,
                    cause,
                    owner: owner.clone().filter(|_| hangs),
                });
                if hangs {
                    return Answer::new(Ok(Value::Null), &request_id);
                }
                Err(StripeError::internal())
            }
            _ => self.book(&holder).write(write, &cause),
        };
        let answer = Answer::new(result, &request_id);
        if let Some(owner) = &owner {
            self.keep(owner, &answer, &request_id);
        }
        answer
    }

    fn keep(&mut self, owner: &Owner, answer: &Answer, request_id: &str) {
        let kept = Kept {
            status: answer.status,
            body: answer.body.clone(),
            request_id: request_id.to_owned(),
        };
        self.keys.keep(owner, kept);
    }
}

fn invalid() -> StripeError {
    let message = "The fake was told to find fault with this request.";
    StripeError::invalid(400, "parameter_invalid_string_blank", message)
}

fn declined(status: u16, code: &str) -> StripeError {
    StripeError::invalid(status, code, "The fake was told to decline this request.")
}
