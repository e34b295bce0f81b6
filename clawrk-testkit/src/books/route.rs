//! Which request asks for what.

use serde_json::Value;

use super::account::{self, own};
use super::book::{Book, Cause};
use super::error::StripeError;
use super::params::Params;
use super::shelf::{Item, Shelf, Span};
use super::wire::{Method, Request};
use super::{billing, card, checkout, coupon, customer, link, price, subscription, transfer};

/// What a request asks for, once its parameters were found to be in order.
#[derive(Debug, Clone)]
pub(super) enum Action {
    Read(Read),
    Write(Box<Write>),
}

/// To be shown something.
#[derive(Debug, Clone)]
pub(super) enum Read {
    OwnAccount,
    Balance,
    One(Kind, String),
    List(Kind, Span),
    /// Those of a customer.
    Of {
        kind: Kind,
        customer: String,
        span: Span,
    },
    Lines(String, Span),
    Transfers {
        span: Span,
        group: Option<String>,
        destination: Option<String>,
    },
    Events {
        span: Span,
        kinds: Vec<String>,
    },
}

/// What there is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Account,
    Customer,
    Product,
    Price,
    Coupon,
    Card,
    Payment,
    Session,
    Subscription,
    Invoice,
    Transfer,
    Event,
}

/// To have something made or changed.
#[derive(Debug, Clone)]
pub(super) enum Write {
    Customer(customer::Draft),
    DeleteCustomer(String),
    Product(price::ProductDraft),
    Price(price::PriceDraft),
    Coupon(coupon::Draft),
    Session(checkout::Draft),
    Account(account::Draft),
    DeleteAccount(String),
    Link(link::Draft),
    Transfer(transfer::Draft),
    Reversal(transfer::ReversalDraft),
    ChangeAccount(account::Change),
    ChangeCustomer(customer::Change),
    ChangeTransfer(transfer::Change),
    Card(card::Draft),
    Payment(card::PaymentDraft),
    InvoiceItem(billing::ItemDraft),
    Invoice(billing::InvoiceDraft),
    Pay(billing::PayDraft),
    Subscription(subscription::Draft),
    ChangeSubscription(subscription::Change),
    EndSubscription(String),
    ConfirmPage(String),
}

impl Action {
    pub(super) fn read(request: &Request) -> Result<Action, StripeError> {
        let mut params = Params::new(&request.params);
        let path: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let action = match request.method {
            Method::Get => Action::Read(read(&path, &mut params, request)?),
            Method::Post => Action::Write(Box::new(post(&path, &mut params, request)?)),
            Method::Delete => Action::Write(Box::new(delete(&path, request)?)),
        };
        params.finish()?;
        Ok(action)
    }
}

fn unrecognized(request: &Request) -> StripeError {
    StripeError::unrecognized(request.method.as_str(), &request.path)
}

fn read(path: &[&str], params: &mut Params, request: &Request) -> Result<Read, StripeError> {
    let one = |kind, id: &&str| Ok(Read::One(kind, (*id).to_owned()));
    match path {
        ["v1", "account"] => Ok(Read::OwnAccount),
        ["v1", "balance"] => Ok(Read::Balance),
        ["v1", "transfers"] => Ok(Read::Transfers {
            span: Span::read(params)?,
            group: params.text("transfer_group")?,
            destination: params.text("destination")?,
        }),
        ["v1", "events"] => {
            let mut kinds: Vec<String> = params.text("type")?.into_iter().collect();
            kinds.extend(params.map("types").into_values());
            let span = Span::read(params)?;
            Ok(Read::Events { span, kinds })
        }
        ["v1", "invoices", id, "lines"] => Ok(Read::Lines((*id).to_owned(), Span::read(params)?)),
        ["v1", "accounts", id] => one(Kind::Account, id),
        ["v1", "customers", id] => one(Kind::Customer, id),
        ["v1", "products", id] => one(Kind::Product, id),
        ["v1", "prices", id] => one(Kind::Price, id),
        ["v1", "coupons", id] => one(Kind::Coupon, id),
        ["v1", "checkout", "sessions", id] | ["v1", "payment_pages", id] => one(Kind::Session, id),
        ["v1", "payment_methods", id] => one(Kind::Card, id),
        ["v1", "payment_intents", id] => one(Kind::Payment, id),
        ["v1", "subscriptions", id] => one(Kind::Subscription, id),
        ["v1", "invoices", id] => one(Kind::Invoice, id),
        ["v1", "transfers", id] => one(Kind::Transfer, id),
        ["v1", "events", id] => one(Kind::Event, id),
        ["v1", rest @ ..] => {
            let kind = match rest {
                ["accounts"] => Kind::Account,
                ["customers"] => Kind::Customer,
                ["products"] => Kind::Product,
                ["prices"] => Kind::Price,
                ["coupons"] => Kind::Coupon,
                ["checkout", "sessions"] => Kind::Session,
                ["payment_methods"] => Kind::Card,
                ["payment_intents"] => Kind::Payment,
                ["subscriptions"] => Kind::Subscription,
                ["invoices"] => Kind::Invoice,
                _ => return Err(unrecognized(request)),
            };
            let span = Span::read(params)?;
            let bought = matches!(kind, Kind::Session | Kind::Subscription | Kind::Invoice);
            let customer = match bought {
                true => params.text("customer")?,
                false => None,
            };
            Ok(match customer {
                Some(customer) => Read::Of {
                    kind,
                    customer,
                    span,
                },
                None => Read::List(kind, span),
            })
        }
        _ => Err(unrecognized(request)),
    }
}

fn post(path: &[&str], params: &mut Params, request: &Request) -> Result<Write, StripeError> {
    match path {
        ["v1", "customers"] => customer::Draft::read(params).map(Write::Customer),
        ["v1", "products"] => price::ProductDraft::read(params).map(Write::Product),
        ["v1", "prices"] => price::PriceDraft::read(params).map(Write::Price),
        ["v1", "coupons"] => coupon::Draft::read(params).map(Write::Coupon),
        ["v1", "checkout", "sessions"] => checkout::Draft::read(params).map(Write::Session),
        ["v1", "accounts"] => account::Draft::read(params).map(Write::Account),
        ["v1", "account_links"] => link::Draft::read(params).map(Write::Link),
        ["v1", "transfers"] => transfer::Draft::read(params).map(Write::Transfer),
        ["v1", "transfers", id, "reversals"] => {
            transfer::ReversalDraft::read(id, params).map(Write::Reversal)
        }
        ["v1", "accounts", id] => account::Change::read(id, params).map(Write::ChangeAccount),
        ["v1", "customers", id] => customer::Change::read(id, params).map(Write::ChangeCustomer),
        ["v1", "transfers", id] => transfer::Change::read(id, params).map(Write::ChangeTransfer),
        ["v1", "payment_methods"] => card::Draft::read(params).map(Write::Card),
        ["v1", "payment_methods", id, "attach"] => card::Draft::attach(id, params).map(Write::Card),
        ["v1", "payment_intents"] => card::PaymentDraft::read(params).map(Write::Payment),
        ["v1", "invoiceitems"] => billing::ItemDraft::read(params).map(Write::InvoiceItem),
        ["v1", "invoices"] => billing::InvoiceDraft::read(params).map(Write::Invoice),
        ["v1", "invoices", id, "pay"] => billing::PayDraft::read(id, params).map(Write::Pay),
        ["v1", "subscriptions"] => subscription::Draft::read(params).map(Write::Subscription),
        ["v1", "subscriptions", id] => {
            let change = subscription::Change::read(id, params);
            Ok(Write::ChangeSubscription(change))
        }
        // Not in Stripe's documents: the page of a session, as its own tools complete it.
        ["v1", "payment_pages", id, "confirm"] => {
            params.ignore(&["payment_method", "expected_amount"]);
            Ok(Write::ConfirmPage((*id).to_owned()))
        }
        _ => Err(unrecognized(request)),
    }
}

fn delete(path: &[&str], request: &Request) -> Result<Write, StripeError> {
    match path {
        ["v1", "customers", id] => Ok(Write::DeleteCustomer((*id).to_owned())),
        ["v1", "accounts", id] => Ok(Write::DeleteAccount((*id).to_owned())),
        ["v1", "subscriptions", id] => Ok(Write::EndSubscription((*id).to_owned())),
        _ => Err(unrecognized(request)),
    }
}

/// How lists are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listing {
    /// Transfers younger than this, in seconds, are not in lists yet.
    pub(super) lag: i64,
    /// Most objects on a page.
    pub(super) page_max: usize,
}

impl Book {
    pub(super) fn read(&self, read: &Read, listing: Listing) -> Result<Value, StripeError> {
        let (live, max) = (self.livemode(), listing.page_max);
        match read {
            Read::OwnAccount => Ok(own(&self.platform)),
            Read::Balance => Ok(self.show_balance(&self.balance)),
            Read::One(kind, id) => self.show(*kind, id),
            Read::List(kind, span) => self.list(*kind, span, max),
            Read::Of {
                kind,
                customer,
                span,
            } => self.list_of(*kind, customer, span, max),
            Read::Lines(invoice, span) => {
                let found = self.invoices.get(invoice);
                let found = found.ok_or_else(|| StripeError::missing("invoice", invoice))?;
                let url = format!("/v1/invoices/{invoice}/lines");
                span.page(&url, found.shown_lines().iter(), max, live)
            }
            Read::Transfers {
                span,
                group,
                destination,
            } => {
                let last = self.now() - listing.lag;
                let shown = self.transfers.iter().rev().filter(|transfer| {
                    (listing.lag == 0 || transfer.created <= last)
                        && passes(group.as_ref(), transfer.group.as_deref())
                        && passes(destination.as_ref(), Some(&transfer.destination))
                });
                span.page("/v1/transfers", shown, max, live)
            }
            Read::Events { span, kinds } => {
                let wanted = |kind: &String| kinds.is_empty() || kinds.contains(kind);
                let shown = self.events.iter().rev().filter(|event| wanted(&event.kind));
                span.page("/v1/events", shown, max, live)
            }
        }
    }

    fn show(&self, kind: Kind, id: &str) -> Result<Value, StripeError> {
        let live = self.livemode();
        match kind {
            Kind::Account if id == self.platform => Ok(own(id)),
            Kind::Account => Ok(self.connected(id)?.render(live)),
            Kind::Customer => self.customers.show(id, live),
            Kind::Product => self.products.show(id, live),
            Kind::Price => self.prices.show(id, live),
            Kind::Coupon => self.coupons.show(id, live),
            Kind::Card => self.cards.show(id, live),
            Kind::Payment => self.payments.show(id, live),
            Kind::Session => self.sessions.show(id, live),
            Kind::Subscription => self.subscriptions.show(id, live),
            Kind::Invoice => self.invoices.show(id, live),
            Kind::Transfer => self.transfers.show(id, live),
            Kind::Event => self.events.show(id, live),
        }
    }

    fn list(&self, kind: Kind, span: &Span, max: usize) -> Result<Value, StripeError> {
        let live = self.livemode();
        match kind {
            Kind::Account => {
                let there = self.accounts.iter().rev().filter(|account| !account.gone);
                span.page("/v1/accounts", there, max, live)
            }
            Kind::Customer => {
                let there = self.customers.iter().rev();
                let there = there.filter(|customer| !customer.deleted);
                span.page("/v1/customers", there, max, live)
            }
            Kind::Product => all(&self.products, "/v1/products", span, max, live),
            Kind::Price => all(&self.prices, "/v1/prices", span, max, live),
            Kind::Coupon => all(&self.coupons, "/v1/coupons", span, max, live),
            Kind::Card => all(&self.cards, "/v1/payment_methods", span, max, live),
            Kind::Payment => all(&self.payments, "/v1/payment_intents", span, max, live),
            Kind::Session => all(&self.sessions, "/v1/checkout/sessions", span, max, live),
            Kind::Subscription => all(&self.subscriptions, "/v1/subscriptions", span, max, live),
            Kind::Invoice => all(&self.invoices, "/v1/invoices", span, max, live),
            Kind::Transfer => all(&self.transfers, "/v1/transfers", span, max, live),
            Kind::Event => all(&self.events, "/v1/events", span, max, live),
        }
    }

    fn list_of(
        &self,
        kind: Kind,
        customer: &str,
        span: &Span,
        max: usize,
    ) -> Result<Value, StripeError> {
        let live = self.livemode();
        match kind {
            Kind::Session => {
                let there = self.sessions.iter().rev();
                let there = there.filter(|held| held.customer.as_deref() == Some(customer));
                span.page("/v1/checkout/sessions", there, max, live)
            }
            Kind::Subscription => {
                let there = self.subscriptions.iter().rev();
                let there = there.filter(|held| held.customer == customer);
                span.page("/v1/subscriptions", there, max, live)
            }
            _ => {
                let there = self.invoices.iter().rev();
                let there = there.filter(|held| held.customer == customer);
                span.page("/v1/invoices", there, max, live)
            }
        }
    }

    pub(super) fn write(&mut self, write: Write, cause: &Cause) -> Result<Value, StripeError> {
        match write {
            Write::Customer(draft) => Ok(self.create_customer(draft, cause)),
            Write::DeleteCustomer(id) => self.delete_customer(&id, cause),
            Write::Product(draft) => Ok(self.create_product(draft, cause)),
            Write::Price(draft) => self.create_price(draft, cause),
            Write::Coupon(draft) => self.create_coupon(draft),
            Write::Session(draft) => self.create_session(draft),
            Write::Account(draft) => Ok(self.create_account(draft, cause)),
            Write::DeleteAccount(id) => self.delete_account(&id),
            Write::Link(draft) => self.create_link(draft),
            Write::Transfer(draft) => self.create_transfer(draft, cause),
            Write::Reversal(draft) => self.reverse_transfer(draft, cause),
            Write::ChangeAccount(change) => self.change_account(change, cause),
            Write::ChangeCustomer(change) => self.change_customer(change, cause),
            Write::ChangeTransfer(change) => self.change_transfer(change, cause),
            Write::Card(draft) => self.create_card(draft),
            Write::Payment(draft) => Ok(self.create_payment(draft, cause)),
            Write::InvoiceItem(draft) => self.create_item(draft, cause),
            Write::Invoice(draft) => self.create_invoice(draft, cause),
            Write::Pay(draft) => self.pay_asked(draft, cause),
            Write::Subscription(draft) => self.subscribe_asked(draft),
            Write::ChangeSubscription(change) => self.change_subscription(change, cause),
            Write::EndSubscription(id) => self.end_asked(&id),
            Write::ConfirmPage(session) => self.confirm_page(&session),
        }
    }
}

fn all<T: Item>(
    shelf: &Shelf<T>,
    url: &str,
    span: &Span,
    max: usize,
    live: bool,
) -> Result<Value, StripeError> {
    span.page(url, shelf.iter().rev(), max, live)
}

/// Whether a filter lets a value pass.
fn passes(filter: Option<&String>, value: Option<&str>) -> bool {
    filter.is_none_or(|wanted| Some(wanted.as_str()) == value)
}
