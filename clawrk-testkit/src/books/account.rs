//! Connected accounts, and the platform's own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::book::{Book, Cause};
use super::error::StripeError;
use super::params::{Params, note};
use super::shelf::{Item, list};

/// How far something is that an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Not allowed.
    Inactive,
    /// Being looked at.
    Pending,
    /// Allowed.
    Active,
}

impl Capability {
    /// Stripe's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Capability::Inactive => "inactive",
            Capability::Pending => "pending",
            Capability::Active => "active",
        }
    }
}

/// A connected account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// What was noted with it.
    pub metadata: BTreeMap<String, String>,
    /// Whether it may receive transfers.
    pub transfers: Capability,
    /// Whether it may pay on to its bank.
    pub payouts_enabled: bool,
    /// Whether its owner has handed in what is needed.
    pub details_submitted: bool,
    /// Why it is restricted.
    pub disabled_reason: Option<String>,
    /// Whether it was deleted, or is no more connected.
    pub gone: bool,
    /// What it holds of each currency, in the smallest unit.
    pub balance: BTreeMap<String, i64>,
    /// Whether it was asked for that it may receive transfers. Else it never may.
    requested: bool,
    email: Option<String>,
    country: String,
    dashboard: &'static str,
    fees: &'static str,
    losses: &'static str,
    collection: &'static str,
}

/// An account that is to be made.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    metadata: BTreeMap<String, String>,
    email: Option<String>,
    country: String,
    dashboard: &'static str,
    fees: &'static str,
    losses: &'static str,
    collection: &'static str,
    transfers: bool,
}

impl Draft {
    /// Parameters of Stripe that change nothing here.
    const IGNORED: [&'static str; 7] = [
        "business_profile",
        "business_type",
        "company",
        "default_currency",
        "individual",
        "settings",
        "tos_acceptance",
    ];

    pub(super) fn read(params: &mut Params) -> Result<Draft, StripeError> {
        let kind = params.one_of("type", &["custom", "express", "standard"])?;
        let of_type = match kind {
            Some("express") => ("express", "application", "application", "stripe"),
            Some("custom") => ("none", "application", "application", "application"),
            _ => ("full", "account", "stripe", "stripe"),
        };
        let mut controller = params.nested("controller");
        if kind.is_some() && !controller.is_empty() {
            let message = "You may not specify both `type` and `controller`.";
            return Err(StripeError::value("type", message));
        }
        let mut word = |group: &str, name: &str, words: &[&'static str]| {
            let mut group = controller.nested(group);
            let word = group.one_of(name, words)?;
            group.finish().map(|()| word)
        };
        let dashboard = word("stripe_dashboard", "type", &["express", "full", "none"])?;
        let fees = word("fees", "payer", &["account", "application"])?;
        let losses = word("losses", "payments", &["application", "stripe"])?;
        let collectors = ["application", "stripe"];
        let collection = controller.one_of("requirement_collection", &collectors)?;
        controller.finish()?;
        let mut capabilities = params.nested("capabilities");
        let mut requested = capabilities.nested("transfers");
        let transfers = requested.truth("requested")?.unwrap_or(false);
        requested.finish()?;
        // Others may be asked for; no account here gets them.
        capabilities.ignore(&["card_payments"]);
        capabilities.finish()?;
        params.ignore(&Draft::IGNORED);
        Ok(Draft {
            metadata: params.map("metadata"),
            email: params.text("email")?,
            country: params.text("country")?.unwrap_or_else(|| "US".to_owned()),
            // An account with all of Stripe's pages is asked for everything by Stripe itself.
            transfers: transfers || dashboard.unwrap_or(of_type.0) == "full",
            dashboard: dashboard.unwrap_or(of_type.0),
            fees: fees.unwrap_or(of_type.1),
            losses: losses.unwrap_or(of_type.2),
            collection: collection.unwrap_or(of_type.3),
        })
    }
}

/// An account that is to be changed.
#[derive(Debug, Clone)]
pub(super) struct Change {
    account: String,
    metadata: BTreeMap<String, String>,
    email: Option<String>,
}

impl Change {
    pub(super) fn read(account: &str, params: &mut Params) -> Result<Change, StripeError> {
        params.ignore(&Draft::IGNORED);
        Ok(Change {
            account: account.to_owned(),
            metadata: params.map("metadata"),
            email: params.text("email")?,
        })
    }
}

impl Account {
    /// The name of its kind before there were controllers.
    fn kind(&self) -> &'static str {
        match (self.dashboard, self.collection) {
            ("full", _) => "standard",
            ("express", _) => "express",
            (_, "application") => "custom",
            _ => "none",
        }
    }

    fn stand(&mut self, standing: Standing) {
        let (transfers, payouts, reason) = match standing {
            Standing::InReview => {
                let reason = Some("requirements.pending_verification");
                (Capability::Pending, false, reason)
            }
            Standing::Complete => (Capability::Active, true, None),
            Standing::NoPayouts => (Capability::Active, false, Some("listed")),
            Standing::Restricted => (Capability::Inactive, false, Some("rejected.other")),
        };
        self.details_submitted = true;
        self.transfers = match self.requested {
            true => transfers,
            false => Capability::Inactive,
        };
        self.payouts_enabled = payouts;
        self.disabled_reason = reason.map(str::to_owned);
    }

    fn requirements(&self) -> Value {
        let due: Vec<&str> = match self.details_submitted {
            true => Vec::new(),
            false => vec!["external_account", "tos_acceptance.date"],
        };
        json!({
            "alternatives": [],
            "current_deadline": null,
            "currently_due": due,
            "disabled_reason": self.disabled_reason,
            "errors": [],
            "eventually_due": due,
            "past_due": [],
            "pending_verification": [],
        })
    }
}

impl Item for Account {
    const NAME: &'static str = "account";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, _: bool) -> Value {
        json!({
            "id": self.id,
            "object": "account",
            "business_type": null,
            "capabilities": match self.requested {
                true => json!({ "transfers": self.transfers.as_str() }),
                false => json!({}),
            },
            "charges_enabled": self.transfers == Capability::Active,
            "controller": {
                "fees": { "payer": self.fees },
                "is_controller": true,
                "losses": { "payments": self.losses },
                "requirement_collection": self.collection,
                "stripe_dashboard": { "type": self.dashboard },
                "type": "application",
            },
            "country": self.country,
            "created": self.created,
            "default_currency": "usd",
            "details_submitted": self.details_submitted,
            "email": self.email,
            "external_accounts":
                list(&format!("/v1/accounts/{}/external_accounts", self.id), Vec::new(), false),
            "future_requirements": no_requirements(),
            "metadata": self.metadata,
            "payouts_enabled": self.payouts_enabled,
            "requirements": self.requirements(),
            "tos_acceptance": { "date": self.details_submitted.then_some(self.created) },
            "type": self.kind(),
        })
    }
}

fn no_requirements() -> Value {
    json!({
        "alternatives": [],
        "current_deadline": null,
        "currently_due": [],
        "disabled_reason": null,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    })
}

/// The platform's own account, as Stripe shows it.
pub(super) fn own(id: &str) -> Value {
    json!({
        "id": id,
        "object": "account",
        "business_type": "company",
        "capabilities": { "card_payments": "active", "transfers": "active" },
        "charges_enabled": true,
        "controller": { "type": "account" },
        "country": "US",
        "default_currency": "usd",
        "details_submitted": true,
        "email": "platform@example.com",
        "payouts_enabled": true,
        "type": "standard",
    })
}

/// What an account may do, once its owner or Stripe has done something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its owner has handed in everything, and Stripe looks at it.
    InReview,
    /// It may receive transfers and pay on to its bank.
    Complete,
    /// It may receive transfers, and not pay on to its bank.
    NoPayouts,
    /// It may do neither.
    Restricted,
}

impl Book {
    pub(super) fn create_account(&mut self, draft: Draft, cause: &Cause) -> Value {
        let id = self.id("acct", 16);
        let account = Account {
            id,
            created: self.now(),
            metadata: draft.metadata,
            transfers: Capability::Inactive,
            requested: draft.transfers,
            payouts_enabled: false,
            details_submitted: false,
            disabled_reason: Some("requirements.past_due".to_owned()),
            gone: false,
            balance: BTreeMap::new(),
            email: draft.email,
            country: draft.country,
            dashboard: draft.dashboard,
            fees: draft.fees,
            losses: draft.losses,
            collection: draft.collection,
        };
        let livemode = self.livemode();
        let account = self.accounts.put(account);
        if self.welcoming {
            account.stand(Standing::Complete);
        }
        let shown = account.render(livemode);
        self.emit_for_account("account.updated", &shown, cause);
        shown
    }

    /// Whether accounts that are made from now on are complete at once, without an onboarding.
    /// Default: they are not.
    pub fn set_welcoming(&mut self, welcoming: bool) {
        self.welcoming = welcoming;
    }

    pub(super) fn change_account(
        &mut self,
        change: Change,
        cause: &Cause,
    ) -> Result<Value, StripeError> {
        self.connected(&change.account)?;
        let livemode = self.livemode();
        let Some(account) = self.accounts.get_mut(&change.account) else {
            return Err(StripeError::no_access(&change.account));
        };
        note(&mut account.metadata, change.metadata);
        account.email = change.email.or(account.email.take());
        let shown = account.render(livemode);
        self.emit_for_account("account.updated", &shown, cause);
        Ok(shown)
    }

    /// An account that is still connected.
    pub(super) fn connected(&self, id: &str) -> Result<&Account, StripeError> {
        let found = self.accounts.get(id).filter(|account| !account.gone);
        found.ok_or_else(|| StripeError::no_access(id))
    }

    pub(super) fn delete_account(&mut self, id: &str) -> Result<Value, StripeError> {
        self.connected(id)?;
        if let Some(account) = self.accounts.get_mut(id) {
            account.gone = true;
        }
        Ok(json!({ "id": id, "object": "account", "deleted": true }))
    }

    /// Gives an account that standing, and tells.
    ///
    /// # Panics
    /// If there is no such account.
    pub fn set_standing(&mut self, id: &str, standing: Standing) {
        let livemode = self.livemode();
        let account = self.accounts.get_mut(id).expect("an account of this book");
        account.stand(standing);
        let shown = account.render(livemode);
        self.emit_for_account("account.updated", &shown, &Cause::default());
    }

    /// The owner of an account ends its connection, and Stripe tells.
    ///
    /// # Panics
    /// If there is no such account.
    pub fn deauthorize(&mut self, id: &str) {
        let account = self.accounts.get_mut(id).expect("an account of this book");
        account.gone = true;
        let application = json!({ "id": "ca_books", "object": "application", "name": "clawrk" });
        let (kind, cause) = ("account.application.deauthorized", Cause::default());
        self.emit(kind, application, Some(id.to_owned()), &cause);
    }

    /// The account as it is.
    pub fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.get(id)
    }
}
