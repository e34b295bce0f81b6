//! The books of one account in one mode: all its objects, and what is told of them.

use std::collections::BTreeMap;

use clawrk_core::payments::Mode;
use clawrk_core::time::Timestamp;
use serde_json::Value;

use super::account::Account;
use super::card::{Card, PaymentIntent};
use super::checkout::Session;
use super::coupon::Coupon;
use super::customer::Customer;
use super::delivery::{Courier, Post};
use super::endpoint::Endpoint;
use super::event::Event;
use super::invoice::{Invoice, PendingItem};
use super::link::Link;
use super::price::{Price, Product};
use super::shelf::Shelf;
use super::subscription::Subscription;
use super::transfer::Transfer;
use crate::rng::Rng;

/// What the exchange's account holds to begin with, in US cents: enough for any test that is not
/// about an empty balance.
pub const BALANCE: i64 = 1_000_000_000;

/// The request that something came of; nothing where it came of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) request_id: Option<String>,
    pub(super) idempotency_key: Option<String>,
}

/// The books of one account in one mode. What is done to them behind Stripe's back (a person
/// completes a checkout, a month passes, an account is restricted) are its public methods; what a
/// client asks for goes through [`Books::handle`](super::Books::handle).
#[derive(Debug, Clone)]
pub struct Book {
    pub(super) platform: String,
    pub(super) mode: Mode,
    /// Never goes back.
    pub(super) time: Timestamp,
    pub(super) rng: Rng,
    pub(super) balance: BTreeMap<String, i64>,
    pub(super) accounts: Shelf<Account>,
    pub(super) links: Vec<Link>,
    pub(super) customers: Shelf<Customer>,
    pub(super) cards: Shelf<Card>,
    pub(super) payments: Shelf<PaymentIntent>,
    pub(super) products: Shelf<Product>,
    pub(super) prices: Shelf<Price>,
    pub(super) coupons: Shelf<Coupon>,
    pub(super) sessions: Shelf<Session>,
    pub(super) subscriptions: Shelf<Subscription>,
    pub(super) invoices: Shelf<Invoice>,
    pub(super) pending_items: Vec<PendingItem>,
    pub(super) transfers: Shelf<Transfer>,
    pub(super) events: Shelf<Event>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) courier: Courier,
    pub(super) posts: Vec<Post>,
    pub(super) lines_embedded: usize,
    pub(super) welcoming: bool,
}

impl Book {
    pub(super) fn new(platform: &str, mode: Mode, rng: &mut Rng) -> Book {
        Book {
            platform: platform.to_owned(),
            mode,
            time: Timestamp::MIN,
            rng: rng.fork(),
            balance: BTreeMap::from([("usd".to_owned(), BALANCE)]),
            accounts: Shelf::default(),
            links: Vec::new(),
            customers: Shelf::default(),
            cards: Shelf::default(),
            payments: Shelf::default(),
            products: Shelf::default(),
            prices: Shelf::default(),
            coupons: Shelf::default(),
            sessions: Shelf::default(),
            subscriptions: Shelf::default(),
            invoices: Shelf::default(),
            pending_items: Vec::new(),
            transfers: Shelf::default(),
            events: Shelf::default(),
            endpoints: Vec::new(),
            courier: Courier::new(rng.fork()),
            posts: Vec::new(),
            lines_embedded: LINES_EMBEDDED,
            welcoming: false,
        }
    }

    /// Seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.time.as_millis() / 1000
    }

    pub(super) fn livemode(&self) -> bool {
        self.mode == Mode::Live
    }

    /// A new id with that prefix and so many random characters.
    pub(super) fn id(&mut self, prefix: &str, chars: usize) -> String {
        id(&mut self.rng, prefix, chars)
    }

    /// How much money of that currency the exchange's account has.
    pub fn balance(&self, currency: &str) -> i64 {
        self.balance.get(currency).copied().unwrap_or(0)
    }

    /// Sets how much money of that currency the exchange's account has.
    pub fn set_balance(&mut self, currency: &str, amount: i64) {
        self.balance.insert(currency.to_owned(), amount);
    }

    /// How many lines of an invoice are shown with it; the rest has to be asked for. Default: 10.
    pub fn set_lines_embedded(&mut self, lines: usize) {
        self.lines_embedded = lines.max(1);
    }

    /// Tells of the exchange's own object.
    pub(super) fn emit_own(&mut self, kind: &str, object: Value, cause: &Cause) {
        self.emit(kind, object, None, cause);
    }

    /// Tells of a connected account, in its own name.
    pub(super) fn emit_for_account(&mut self, kind: &str, account: &Value, cause: &Cause) {
        let id = account["id"].as_str().map(str::to_owned);
        self.emit(kind, account.clone(), id, cause);
    }
}

/// How many lines of an invoice are shown with it.
const LINES_EMBEDDED: usize = 10;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An id with that prefix and so many random characters.
pub(super) fn id(rng: &mut Rng, prefix: &str, chars: usize) -> String {
    let mut id = format!("{prefix}_1");
    for _ in 0..chars {
        id.push(char::from(ALPHABET[rng.below(ALPHABET.len())]));
    }
    id
}
