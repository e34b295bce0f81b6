//! Every setting of the server: its name, its default, what it means, and how its text is read.

mod environment;
mod file;
mod given;
mod models;
mod money;
mod nearest;
mod value;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use clawrk::llm::ModelName;
use clawrk::policy::PayoutBudget;
use clawrk::{OnRejected, Policy, Timeout, Visibility};

use crate::connections::Patience;
use crate::cors::Origins;
use crate::wrong::Wrong;

pub(crate) use environment::Environment;
pub(crate) use given::Given;
pub(crate) use money::StripeKey;
pub(crate) use value::{LogFormat, Secret};

/// A setting, for those who look it up.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) default: &'static str,
    pub(crate) meaning: &'static str,
}

/// The settings whose values are shown nowhere.
pub(crate) const SECRETS: [&str; 7] = [
    "admin_key",
    "anthropic_api_key",
    "jwt_secret",
    "llm_headers",
    "openai_api_key",
    "stripe_secret_key",
    "stripe_webhook_secret",
];

macro_rules! settings {
    ($(
        #[doc = $meaning:literal]
        $name:ident: $type:ty = $default:literal, $read:expr;
    )*) => {
        /// The settings, read.
        #[derive(Debug)]
        pub(crate) struct Settings {
            $(#[doc = $meaning] pub(crate) $name: $type,)*
        }

        /// Every setting. In the file it has this name, in the environment that of its variable.
        pub(crate) const TABLE: &[Setting] = &[
            $(Setting {
                name: stringify!($name),
                default: $default,
                meaning: $meaning.trim_ascii(),
            },)*
        ];

        impl Settings {
            /// Reads what was given, and the defaults where nothing was.
            pub(crate) fn read(given: &Given) -> Result<Settings, Wrong> {
                Ok(Settings {
                    $($name: given.read(stringify!($name), $default, $read)?,)*
                })
            }
        }
    };
}

settings! {
    /// where requests are taken; port 0 picks a free one
    listen: SocketAddr = "127.0.0.1:3000", value::address;
    /// where everything is kept: `sled:PATH` or `memory:`
    store: String = "sled:./clawrk-data", value::text;
    /// the operator's bearer token; made at the first start where it is not set
    admin_key: Option<Secret> = "", value::admin_key;
    /// what an identity provider signs its JWTs with (HS256); unset: none are taken
    jwt_secret: Option<Secret> = "", value::jwt_secret;
    /// the `iss` that a JWT must have; unset: any
    jwt_issuer: Option<String> = "", value::optional;
    /// the `aud` that a JWT must have; unset: any
    jwt_audience: Option<String> = "", value::optional;
    /// how the log is written: `text` or `json`
    log_format: LogFormat = "text", value::log_format;
    /// whether making a job takes credits: `on`, `off`, or `auto`: on while Stripe is configured
    credits: Option<bool> = "auto", value::credits;
    /// what a rejection does with held credits: `refund`, `keep`, or `requeue`
    on_rejected: OnRejected = "refund", value::on_rejected;
    /// how many outputs of a job may be rejected, where rejected jobs are offered again
    max_attempts: u32 = "3", |text| value::number(text, 1, 1_000);
    /// how long a receiver may hold a job; `auto`: 7d once credits are on, `off`: for ever
    accept_timeout: Timeout = "auto", value::timeout;
    /// how long output waits for the sender; `auto`: 72h once credits are on, `off`: for ever
    review_timeout: Timeout = "auto", value::timeout;
    /// how long a skill may run
    skill_timeout: Duration = "60s", value::duration;
    /// the language models, as `provider:model`, in the order they are asked; `mock`: none
    llm: Vec<ModelName> = "mock", models::names;
    /// the server that is asked in the place of the models' own
    llm_url: Option<String> = "", value::optional;
    /// headers for each request to a model, such as `X-Team: seven`, with semicolons between
    llm_headers: Vec<(String, Secret)> = "", models::headers;
    /// the key of OpenAI, or of the server that speaks as it does
    openai_api_key: Option<Secret> = "", models::key;
    /// the key of Anthropic
    anthropic_api_key: Option<Secret> = "", models::key;
    /// how long an answer of a language model may take, with all tries
    model_timeout: Duration = "120s", value::duration;
    /// the most tokens that an answer of a language model may take
    model_answer_tokens_max: u32 = "4096", |text| value::number(text, 16, 1_000_000);
    /// the most tokens that a question to a language model may take, both ways together
    model_tokens_max: u64 = "150000", |text| value::number(text, 1_000, 100_000_000);
    /// the longest output where a language model judges: it is read to its end or not taken
    judged_bytes_max: usize = "128KiB", |text| value::size(text, 3 << 20);
    /// who may look at a job that is not queued: `participants` or `everyone`
    visibility: Visibility = "participants", value::visibility;
    /// the longest prompt
    prompt_bytes_max: usize = "32KiB", |text| value::size(text, 1 << 20);
    /// the longest output
    output_bytes_max: usize = "512KiB", |text| value::size(text, 3 << 20);
    /// the longest request body
    body_bytes_max: usize = "1MiB", |text| value::size(text, 64 << 20);
    /// how many arrays and objects a request body may hold inside each other
    json_depth_max: usize = "32", |text| value::number(text, 1, 100);
    /// what a receiver is paid for each credit of a job's cost, in cents
    payout_cents_per_credit: u32 = "50", |text| value::number(text, 0, 1_000_000);
    /// the currency of payouts, and of the invoices that grant credits
    currency: String = "usd", value::currency;
    /// how much payouts may take in all: `unlimited`, `receipts`, so many cents, or `auto`
    payout_budget: PayoutBudget = "auto", money::budget;
    /// the secret key of Stripe; unset: nothing is sold and nobody is paid
    stripe_secret_key: Option<StripeKey> = "", money::stripe_key;
    /// the signing secrets of Stripe's webhooks, with commas between
    stripe_webhook_secret: Vec<Secret> = "", money::webhook_secrets;
    /// Stripe's ids of the prices of `starter`, the one that is sold first, with commas between
    stripe_price_starter: Vec<String> = "", money::prices;
    /// the same for the plan `pro`
    stripe_price_pro: Vec<String> = "", money::prices;
    /// the same for the plan `team`
    stripe_price_team: Vec<String> = "", money::prices;
    /// where this server is found by browsers: where Stripe sends people back to
    app_url: String = "http://localhost:3000", money::app_url;
    /// the server that is asked for Stripe
    stripe_api_base: String = "https://api.stripe.com", money::api_base;
    /// how long a call to Stripe may take
    payments_timeout: Duration = "30s", value::duration;
    /// the longest body of a webhook
    webhook_bytes_max: usize = "1MiB", |text| value::size(text, 64 << 20);
    /// how long an idempotent request is remembered
    idempotency_retention: Duration = "30d", value::duration;
    /// how many requests a user may make in a second, twice as many at once; `off`: any number
    rate_limit: Option<NonZeroU32> = "off", value::rate;
    /// how many connections are open at once; more wait to be taken
    connections_max: usize = "4000", |text| value::number(text, 1, 1_000_000);
    /// how long the head of the first request on a connection may take
    head_timeout: Duration = "10s", value::duration;
    /// how long a connection may wait for its next request, head included
    idle_timeout: Duration = "60s", value::duration;
    /// how long the body of a request may take
    body_timeout: Duration = "30s", value::duration;
    /// how long nothing of a body may arrive
    body_stall_timeout: Duration = "10s", value::duration;
    /// how long a client may take nothing of its answer
    unread_timeout: Duration = "30s", value::duration;
    /// pages that may ask from a browser: their origins with commas between, or `*`
    cors_origins: Origins = "", Origins::parse;
    /// how many streams of events are open at once; each is a connection
    streams_max: usize = "2000", |text| value::number(text, 1, 1_000_000);
    /// how many streams of events one user may have open
    streams_per_user_max: usize = "100", |text| value::number(text, 1, 1_000_000);
}

impl Settings {
    /// What of it is the exchange's own.
    pub(crate) fn policy(&self) -> Policy {
        let mut policy = Policy::default();
        policy.credits = self.credits.unwrap_or(self.stripe_secret_key.is_some());
        policy.on_rejected = self.on_rejected;
        policy.max_attempts = self.max_attempts;
        policy.accept_timeout = self.accept_timeout;
        policy.review_timeout = self.review_timeout;
        policy.skill_timeout = self.skill_timeout;
        policy.visibility = self.visibility;
        policy.prompt_bytes_max = self.prompt_bytes_max;
        policy.output_bytes_max = self.output_bytes_max;
        policy.payout_cents_per_credit = self.payout_cents_per_credit;
        policy.currency = self.currency.clone();
        policy.idempotency_retention = self.idempotency_retention;
        policy.payout_budget = self.payout_budget;
        policy.app_url = self.app_url.clone();
        policy.payments_timeout = self.payments_timeout;
        policy.model_timeout = self.model_timeout;
        policy.model_answer_tokens_max = self.model_answer_tokens_max;
        policy.model_tokens_max = self.model_tokens_max;
        policy.judged_bytes_max = self.judged_bytes_max;
        for (tier, prices) in self.prices() {
            if let Some(plan) = policy.plans.iter_mut().find(|plan| plan.tier == tier) {
                plan.price_ids = prices.to_vec();
            }
        }
        policy
    }

    /// The prices of each plan, by the plan's name.
    pub(crate) fn prices(&self) -> [(&'static str, &[String]); 3] {
        [
            ("starter", &self.stripe_price_starter),
            ("pro", &self.stripe_price_pro),
            ("team", &self.stripe_price_team),
        ]
    }

    /// What of it is about requests.
    pub(crate) fn limits(&self) -> clawrk_http::Limits {
        let mut limits = clawrk_http::Limits::default();
        limits.body_bytes_max = self.body_bytes_max;
        limits.webhook_bytes_max = self.webhook_bytes_max;
        limits.json_depth_max = self.json_depth_max;
        limits.body_timeout = self.body_timeout;
        limits.body_stall_timeout = self.body_stall_timeout;
        limits.requests_per_second_max = self.rate_limit;
        limits.streams_max = self.streams_max;
        limits.streams_per_user_max = self.streams_per_user_max;
        limits
    }

    /// What of it is about connections.
    pub(crate) fn patience(&self) -> Patience {
        Patience {
            connections_max: self.connections_max,
            head: self.head_timeout,
            idle: self.idle_timeout,
            unread: self.unread_timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;

    #[test]
    fn the_defaults_are_those_of_the_libraries() {
        let given = Given::gather(&Args::default(), &Environment::of([])).unwrap();
        let settings = Settings::read(&given).unwrap();
        assert_eq!(settings.policy(), Policy::default());
        assert_eq!(settings.limits(), clawrk_http::Limits::default());
    }

    #[test]
    fn names_are_snake_case_and_none_is_there_twice() {
        let mut names: Vec<_> = TABLE.iter().map(|setting| setting.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
        assert!(TABLE.iter().all(|setting| !setting.meaning.is_empty()));
    }

    #[test]
    fn the_reference_lists_them_all() {
        let page = include_str!("../../../docs/api.md");
        for Setting { name, .. } in TABLE {
            assert!(
                page.contains(&format!("\n| `{name}` |")),
                "{name} is missing"
            );
        }
    }
}
