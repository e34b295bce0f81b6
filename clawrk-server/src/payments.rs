//! What of the settings is about money, as a whole: whether it fits together, and what is said of
//! it.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use clawrk::payments::{Failure, Mode, Payments, PaymentsError};
use clawrk::policy::PayoutBudget;
use clawrk::{Policy, STRIPE_URL};
use tokio::time::timeout;

use crate::settings::{Given, Settings, StripeKey};
use crate::wrong::Wrong;

/// Refuses what would sell or pay wrongly.
pub(crate) fn check(settings: &Settings, given: &Given) -> Result<(), Wrong> {
    check_prices(settings, given)?;
    let Some(key) = &settings.stripe_secret_key else {
        let orphan = !settings.stripe_webhook_secret.is_empty();
        if orphan {
            let secret = given.origin("stripe_webhook_secret");
            tracing::warn!("{secret} is of no use: payments are off without STRIPE_SECRET_KEY");
        }
        return Ok(());
    };
    if settings.stripe_webhook_secret.is_empty() {
        let cause = "is not set, but STRIPE_SECRET_KEY is; without the signing secret of the \
                     webhook nobody would get what they paid for";
        return Err(Wrong::new("STRIPE_WEBHOOK_SECRET", cause));
    }
    match key.mode {
        Mode::Test => Ok(()),
        Mode::Live => check_live(settings, given),
    }
}

/// A price tells which plan an invoice is for.
fn check_prices(settings: &Settings, given: &Given) -> Result<(), Wrong> {
    let prices = settings.prices();
    let all = prices.iter().flat_map(|(tier, ids)| {
        let name = price_setting(tier);
        ids.iter().map(move |id| (id, name))
    });
    let mut seen: Vec<(&String, &'static str)> = Vec::new();
    for (id, name) in all {
        if let Some((_, first)) = seen.iter().find(|(known, _)| *known == id) {
            let first = given.origin(first);
            let cause = format!("has {id}, which is in {first} already; a price is of one plan");
            return Err(Wrong::new(given.origin(name), cause));
        }
        seen.push((id, name));
    }
    Ok(())
}

fn price_setting(tier: &str) -> &'static str {
    match tier {
        "starter" => "stripe_price_starter",
        "pro" => "stripe_price_pro",
        _ => "stripe_price_team",
    }
}

/// Whoever pays with real money is not sent over roads that others can listen on; nor is the key.
fn check_live(settings: &Settings, given: &Given) -> Result<(), Wrong> {
    let app = &settings.app_url;
    if !is_https(app) {
        let cause = format!(
            "is {app}, but STRIPE_SECRET_KEY is a live key, which needs a URL that begins with \
             https://; people are sent there after they have paid"
        );
        return Err(Wrong::new(name_of(given, "app_url", "APP_URL"), cause));
    }
    let base = &settings.stripe_api_base;
    if !is_https(base) && !is_loopback(base) {
        let cause = format!(
            "is {base}, but STRIPE_SECRET_KEY is a live key, which is not sent without TLS; write \
             https://"
        );
        return Err(Wrong::new(given.origin("stripe_api_base"), cause));
    }
    Ok(())
}

/// What to call a setting that may not have been given.
fn name_of(given: &Given, name: &'static str, variable: &str) -> String {
    match given.origin(name).to_string() {
        default if default == name => variable.to_owned(),
        origin => origin,
    }
}

fn is_https(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

fn is_loopback(url: &str) -> bool {
    let uri: Option<Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// How long the start waits for Stripe to say that it is there.
const GREETING_MAX: Duration = Duration::from_secs(3);

/// Whoever sells and pays; nobody where no key is set.
pub(crate) fn provider(
    settings: &Settings,
    given: &Given,
) -> Result<Option<Arc<dyn Payments>>, Wrong> {
    let Some(StripeKey { key, .. }) = &settings.stripe_secret_key else {
        return Ok(None);
    };
    let wrong =
        |error: &dyn std::error::Error| Wrong::because(given.origin("stripe_secret_key"), error);
    let secrets = settings.stripe_webhook_secret.iter();
    let secrets: Vec<_> = secrets.map(|secret| secret.0.as_str()).collect();
    let stripe = clawrk::stripe(key).map_err(|error| wrong(&error))?;
    let stripe = stripe
        .url(&settings.stripe_api_base)
        .webhook_secrets(&secrets.join(","))
        // Its own limit comes first, since it knows what became of the request.
        .timeout(settings.payments_timeout * 5 / 6)
        .build()
        .map_err(|error| wrong(&error))?;
    Ok(Some(Arc::new(stripe)))
}

/// What is wrong with Stripe right now, if anything is. No reason not to start: it may be back
/// before anybody needs it.
pub(crate) async fn greet(provider: &dyn Payments) -> Option<String> {
    let later = "the server starts all the same: who wants to buy is told to try again, and \
                 payouts wait";
    match timeout(GREETING_MAX, provider.platform()).await {
        Ok(Ok(_)) => None,
        Ok(Err(PaymentsError {
            failure: Failure::Unauthorized,
            detail,
            ..
        })) => Some(format!(
            "Stripe does not accept the key ({detail}); {later}"
        )),
        Ok(Err(error)) => Some(format!("Stripe cannot be reached ({error}); {later}")),
        Err(_) => Some(format!("Stripe does not answer; {later}")),
    }
}

/// What is said of money at the start.
pub(crate) fn lines(settings: &Settings) -> Vec<String> {
    let Some(StripeKey { mode, .. }) = &settings.stripe_secret_key else {
        return vec!["payments: off (Stripe is not configured)".to_owned()];
    };
    let policy = settings.policy();
    let mut lines = vec![format!("payments: Stripe, {mode} mode")];
    let base = &settings.stripe_api_base;
    if base != STRIPE_URL {
        lines.push(format!("Stripe is asked at {base}"));
    }
    lines.push(format!("plans: {}", plans(&policy)));
    lines.push(format!("payout budget: {}", budget(&policy, *mode)));
    lines.extend(loss(&policy));
    if !policy.credits {
        let off = "credits are off, so no job takes any, and none is paid out";
        lines.push(off.to_owned());
    }
    lines
}

fn plans(policy: &Policy) -> String {
    let plans = policy
        .plans
        .iter()
        .map(|plan| match plan.price_ids.first() {
            Some(price) => format!("{} ({price})", plan.tier),
            None => format!("{} (no price: cannot be bought)", plan.tier),
        });
    plans.collect::<Vec<_>>().join(", ")
}

fn budget(policy: &Policy, mode: Mode) -> String {
    let currency = &policy.currency;
    let chosen = match policy.payout_budget {
        PayoutBudget::Auto => " (by itself; payout_budget says otherwise)",
        _ => "",
    };
    match policy.payout_budget(mode) {
        PayoutBudget::Receipts => {
            format!("receipts: as much as invoices have brought, the rest waits{chosen}")
        }
        PayoutBudget::Cents(cents) => format!("{cents} {currency} cents in all, the rest waits"),
        PayoutBudget::Unlimited | PayoutBudget::Auto => format!("unlimited{chosen}"),
    }
}

/// What each credit loses, in tenths of a cent, so that nothing is rounded to look better.
fn loss(policy: &Policy) -> Option<String> {
    let paid = i128::from(policy.payout_cents_per_credit) * 10;
    let brings = policy.plans.iter().filter_map(|plan| {
        let credits = i128::from(plan.credits.units());
        let tenths = i128::from(plan.price.units()) * 10;
        (credits > 0).then(|| (tenths / credits, plan.tier.as_str()))
    });
    let (least, tier) = brings.min()?;
    let (pays, brings, lost) = (tenths(paid), tenths(least), tenths(paid - least));
    (paid > least).then(|| {
        format!(
            "every credit that is spent loses money: it pays {pays} cents and brings {brings} \
             (plan {tier}), a loss of {lost}"
        )
    })
}

fn tenths(number: i128) -> String {
    match number % 10 {
        0 => (number / 10).to_string(),
        rest => format!("{}.{rest}", number / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use crate::settings::Environment;

    const KEY: (&str, &str) = ("STRIPE_SECRET_KEY", "sk_test_1");
    const LIVE: (&str, &str) = ("STRIPE_SECRET_KEY", "sk_live_1");
    const SECRET: (&str, &str) = ("STRIPE_WEBHOOK_SECRET", "whsec_1");
    const HTTPS: (&str, &str) = ("APP_URL", "https://a.example");

    fn read<const N: usize>(variables: [(&str, &str); N]) -> (Settings, Given) {
        let given = Given::gather(&Args::default(), &Environment::of(variables)).unwrap();
        (Settings::read(&given).unwrap(), given)
    }

    fn checked<const N: usize>(variables: [(&str, &str); N]) -> String {
        let (settings, given) = read(variables);
        match check(&settings, &given) {
            Ok(()) => String::new(),
            Err(wrong) => wrong.to_string(),
        }
    }

    fn said<const N: usize>(variables: [(&str, &str); N]) -> Vec<String> {
        lines(&read(variables).0)
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let begins = |text: String, begin: &str| assert!(text.starts_with(begin), "{text}");
        assert_eq!(checked([]), "");
        assert_eq!(checked([SECRET]), "");
        assert_eq!(checked([KEY, SECRET]), "");
        assert_eq!(checked([LIVE, SECRET, HTTPS]), "");
        begins(checked([KEY]), "STRIPE_WEBHOOK_SECRET: is not set");
        begins(
            checked([LIVE, SECRET]),
            "APP_URL: is http://localhost:3000, but",
        );
        let http = ("APP_URL", "http://a.example");
        begins(
            checked([LIVE, SECRET, http]),
            "APP_URL: is http://a.example, but",
        );
        assert_eq!(checked([KEY, SECRET, http]), "");
        let base = |url| ("STRIPE_API_BASE", url);
        let clear = checked([LIVE, SECRET, HTTPS, base("http://stripe.example")]);
        begins(clear, "STRIPE_API_BASE: is http://stripe.example, but");
        for near in ["http://127.0.0.1:1", "http://[::1]:1", "https://s.example"] {
            assert_eq!(checked([LIVE, SECRET, HTTPS, base(near)]), "", "{near}");
        }
        let twice = checked([
            ("STRIPE_PRICE_STARTER", "price_1,price_2"),
            ("STRIPE_PRICE_TEAM", "price_3,price_2"),
        ]);
        begins(
            twice,
            "STRIPE_PRICE_TEAM: has price_2, which is in STRIPE_PRICE_STARTER",
        );
        let itself = checked([("STRIPE_PRICE_PRO", "price_1,price_1")]);
        begins(itself, "STRIPE_PRICE_PRO: has price_1");
    }

    #[test]
    fn credits_are_on_while_stripe_is_configured() {
        let credits = |variables| read::<3>(variables).0.policy().credits;
        let mode = |mode| ("CLAWRK_CREDITS", mode);
        assert!(credits([KEY, SECRET, mode("auto")]));
        assert!(!credits([KEY, SECRET, mode("off")]));
        assert!(!credits([("HOME", "/"), SECRET, mode("auto")]));
        assert!(credits([("HOME", "/"), SECRET, mode("on")]));
    }

    #[test]
    fn prices_come_into_their_plans() {
        let (settings, _) = read([("STRIPE_PRICE_PRO", "price_new, price_old")]);
        let plans = settings.policy().plans;
        let of = |tier| plans.iter().find(|plan| plan.tier == tier).unwrap();
        assert_eq!(of("pro").price_ids, ["price_new", "price_old"]);
        assert!(of("starter").price_ids.is_empty());
    }

    #[test]
    fn the_start_says_mode_budget_and_loss() {
        assert_eq!(said([]), ["payments: off (Stripe is not configured)"]);
        let test = said([KEY, SECRET, ("STRIPE_PRICE_PRO", "price_1")]);
        assert_eq!(
            test,
            [
                "payments: Stripe, test mode",
                "plans: starter (no price: cannot be bought), pro (price_1), \
                 team (no price: cannot be bought)",
                "payout budget: unlimited (by itself; payout_budget says otherwise)",
                "every credit that is spent loses money: it pays 50 cents and brings 15 \
                 (plan team), a loss of 35",
            ]
        );
        let live = said([LIVE, SECRET, HTTPS]);
        assert!(live.contains(&"payments: Stripe, live mode".to_owned()));
        assert!(
            live[2].starts_with("payout budget: receipts: as much as"),
            "{live:?}"
        );
        let chosen = |text| said([LIVE, SECRET, HTTPS, ("CLAWRK_PAYOUT_BUDGET", text)]);
        assert_eq!(chosen("unlimited")[2], "payout budget: unlimited");
        assert_eq!(
            chosen("700")[2],
            "payout budget: 700 usd cents in all, the rest waits"
        );
        let cheap = said([
            LIVE,
            SECRET,
            HTTPS,
            ("CLAWRK_PAYOUT_CENTS_PER_CREDIT", "15"),
        ]);
        assert_eq!(cheap.len(), 3, "{cheap:?}");
        assert!(
            cheap[2].starts_with("payout budget: unlimited"),
            "{cheap:?}"
        );
    }

    #[test]
    fn what_is_said_holds_no_secret() {
        let key = ("STRIPE_SECRET_KEY", "sk_test_hunter2");
        let secret = ("STRIPE_WEBHOOK_SECRET", "whsec_hunter2");
        let (settings, given) = read([key, secret]);
        let said = [
            lines(&settings),
            given.lines(),
            vec![format!("{settings:?}")],
        ]
        .concat();
        assert!(!said.join("\n").contains("hunter2"), "{said:?}");
    }
}
