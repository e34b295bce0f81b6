//! The settings of an exchange.

use std::time::Duration;

use crate::job::OnRejected;
use crate::money::{Cents, Credits};
use crate::payments::Mode;

/// A timeout that may be left to the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timeout {
    /// Off while credits are off, else the documented default.
    #[default]
    Auto,
    /// Never.
    Off,
    /// After that long.
    After(Duration),
}

impl Timeout {
    fn resolve(self, credits: bool, default: Duration) -> Option<Duration> {
        match self {
            Timeout::Auto => credits.then_some(default),
            Timeout::Off => None,
            Timeout::After(duration) => Some(duration),
        }
    }
}

/// Who may look at a job that is not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Visibility {
    /// Its sender and its receiver.
    #[default]
    Participants,
    /// Every user.
    Everyone,
}

/// How much payouts may take, all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PayoutBudget {
    /// With real money, and where a credit brings less than it pays, `Receipts`; else `Unlimited`.
    #[default]
    Auto,
    /// As much as is owed.
    Unlimited,
    /// As much as invoices have brought.
    Receipts,
    /// So much and no more, ever.
    Cents(Cents),
}

/// A plan: credits that are bought by the month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The plan's name, as callers say it and as the ledger shows it.
    pub tier: String,
    /// The credits that a paid invoice grants for each unit.
    pub credits: Credits,
    /// What a unit costs, in cents: to tell whether payouts can be afforded. The provider's price
    /// is what is charged.
    pub price: Cents,
    /// The provider's ids of the plan's prices: the first one is sold, all are known when invoices
    /// come. A plan without any cannot be bought.
    pub price_ids: Vec<String>,
}

impl Plan {
    fn documented(tier: &str, credits: i64, price: i64) -> Plan {
        Plan {
            tier: tier.to_owned(),
            credits: Credits::new(credits),
            price: Cents::new(price),
            price_ids: Vec::new(),
        }
    }
}

/// The settings of an exchange. What of them a job depends on is frozen in the job's terms when it
/// is made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Whether making a job takes credits. Default: no.
    pub credits: bool,
    /// What a rejection does with held credits. Default: refund.
    pub on_rejected: OnRejected,
    /// How many outputs of a job may be rejected where rejected jobs are offered again. Default: 3.
    pub max_attempts: u32,
    /// How long a receiver may hold a job. Default where credits are on: 7 days.
    pub accept_timeout: Timeout,
    /// How long output waits for the sender. Default where credits are on: 72 hours.
    pub review_timeout: Timeout,
    /// How long a skill may run. Default: 60 seconds.
    pub skill_timeout: Duration,
    /// Who may look at a job that is not queued. Default: its participants.
    pub visibility: Visibility,
    /// The longest prompt in bytes. Default: 32 KiB.
    pub prompt_bytes_max: usize,
    /// The longest output in bytes. Default: 512 KiB.
    pub output_bytes_max: usize,
    /// What a receiver is paid for each credit of a job's cost, in cents. Default: 50.
    pub payout_cents_per_credit: u32,
    /// The currency of payouts, as a lower-case ISO 4217 code. Default: `usd`.
    pub currency: String,
    /// How long an idempotent request is remembered. Default: 30 days. Less than
    /// [`Policy::IDEMPOTENCY_RETENTION_MIN`] counts as that.
    pub idempotency_retention: Duration,
    /// The plans that can be bought. Default: the documented `starter`, `pro` and `team`, without
    /// ids of prices.
    pub plans: Vec<Plan>,
    /// How much payouts may take, all together. Default: [`PayoutBudget::Auto`].
    pub payout_budget: PayoutBudget,
    /// Where the payment provider sends people back to, without a slash at the end. Default:
    /// `http://localhost:3000`.
    pub app_url: String,
    /// How long a call to the payment provider may take. Default: 30 seconds.
    pub payments_timeout: Duration,
    /// How long an answer of the language model may take, with all its tries. Default: 120 seconds.
    pub model_timeout: Duration,
    /// The most tokens that an answer of the language model may take. Default: 4,096.
    pub model_answer_tokens_max: u32,
    /// The most tokens that one question to the language model may take, read and written, with the
    /// second try where the first answer could not be used. What may be more is not asked. Default:
    /// 150,000.
    pub model_tokens_max: u64,
    /// The longest output in bytes that is handed in where a language model judges: it is read to
    /// its end or not taken. Default: 128 KiB.
    pub judged_bytes_max: usize,
}

impl Policy {
    /// The documented default of [`Policy::accept_timeout`].
    pub const ACCEPT_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    /// The documented default of [`Policy::review_timeout`].
    pub const REVIEW_TIMEOUT: Duration = Duration::from_secs(72 * 60 * 60);

    /// The least of [`idempotency_retention`](field@Policy::idempotency_retention). The proofs of
    /// commits are kept as long, and are needed for as long as a commit may be in doubt.
    pub const IDEMPOTENCY_RETENTION_MIN: Duration = Duration::from_secs(60 * 60);

    /// How long a request made now is remembered.
    pub(crate) fn retention(&self) -> Duration {
        self.idempotency_retention
            .max(Self::IDEMPOTENCY_RETENTION_MIN)
    }

    /// Whether a credit pays its receiver more than the cheapest credit of a plan brings.
    pub fn is_insolvent(&self) -> bool {
        let paid = i64::from(self.payout_cents_per_credit);
        self.plans
            .iter()
            .any(|plan| plan.credits.at_rate(Cents::new(paid)) > Some(plan.price))
    }

    /// How much payouts may take where money is real, or is not.
    pub fn payout_budget(&self, mode: Mode) -> PayoutBudget {
        match self.payout_budget {
            PayoutBudget::Auto if mode == Mode::Live && self.is_insolvent() => {
                PayoutBudget::Receipts
            }
            PayoutBudget::Auto => PayoutBudget::Unlimited,
            chosen => chosen,
        }
    }

    /// How long a receiver may hold a job made now.
    pub fn accept_timeout(&self) -> Option<Duration> {
        self.accept_timeout
            .resolve(self.credits, Self::ACCEPT_TIMEOUT)
    }

    /// How long the output of a job made now waits for the sender.
    pub fn review_timeout(&self) -> Option<Duration> {
        self.review_timeout
            .resolve(self.credits, Self::REVIEW_TIMEOUT)
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            credits: false,
            on_rejected: OnRejected::Refund,
            max_attempts: 3,
            accept_timeout: Timeout::Auto,
            review_timeout: Timeout::Auto,
            skill_timeout: Duration::from_secs(60),
            visibility: Visibility::Participants,
            prompt_bytes_max: 32 << 10,
            output_bytes_max: 512 << 10,
            payout_cents_per_credit: 50,
            currency: "usd".to_owned(),
            idempotency_retention: Duration::from_secs(30 * 24 * 60 * 60),
            plans: vec![
                Plan::documented("starter", 50, 1_000),
                Plan::documented("pro", 150, 2_500),
                Plan::documented("team", 500, 7_500),
            ],
            payout_budget: PayoutBudget::Auto,
            app_url: "http://localhost:3000".to_owned(),
            payments_timeout: Duration::from_secs(30),
            model_timeout: Duration::from_secs(120),
            model_answer_tokens_max: 4_096,
            model_tokens_max: 150_000,
            judged_bytes_max: 128 << 10,
        }
    }
}
