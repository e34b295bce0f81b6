//! How the texts of the settings of money are read.

use std::fmt;

use axum::http::Uri;
use clawrk::Cents;
use clawrk::payments::Mode;
use clawrk::policy::PayoutBudget;

use super::value::{Secret, number};

/// The most secrets of webhooks: two endpoints, each with an old and a new one, and some to spare.
const WEBHOOK_SECRETS_MAX: usize = 16;

/// The most prices of a plan. Old ones stay, so that subscriptions at them go on.
const PRICES_MAX: usize = 64;

/// The most cents of a budget: what a person can have meant.
const BUDGET_CENTS_MAX: i64 = 1_000_000_000_000;

/// A secret key of Stripe.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StripeKey {
    pub(crate) key: String,
    pub(crate) mode: Mode,
}

impl fmt::Debug for StripeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StripeKey({})", self.mode)
    }
}

pub(super) fn stripe_key(text: &str) -> Result<Option<StripeKey>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let kinds = [
        ("sk_test_", Mode::Test),
        ("rk_test_", Mode::Test),
        ("sk_live_", Mode::Live),
        ("rk_live_", Mode::Live),
    ];
    let mode = kinds.iter().find(|(begin, _)| text.starts_with(begin));
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    match mode {
        Some((begin, mode)) if visible && text.len() > begin.len() => Ok(Some(StripeKey {
            key: text.to_owned(),
            mode: *mode,
        })),
        // What was given may be another secret, so it is not repeated.
        _ if text.starts_with("pk_") => {
            Err("is a publishable key; the secret one begins with `sk_` or `rk_`".to_owned())
        }
        _ => Err(
            "is no secret key of Stripe; it begins with `sk_test_`, `sk_live_`, `rk_test_` or \
             `rk_live_`"
                .to_owned(),
        ),
    }
}

pub(super) fn webhook_secrets(text: &str) -> Result<Vec<Secret>, String> {
    let secrets = list(text, "secrets", WEBHOOK_SECRETS_MAX)?;
    let visible = |secret: &&str| secret.bytes().all(|byte| byte.is_ascii_graphic());
    if secrets.iter().any(|secret| secret.starts_with("we_")) {
        let cause = "has the id of an endpoint (we_…); its signing secret is wanted (whsec_…)";
        return Err(cause.to_owned());
    }
    match secrets.iter().all(visible) {
        true => Ok(secrets
            .into_iter()
            .map(|one| Secret(one.to_owned()))
            .collect()),
        false => Err("must be secrets such as whsec_…, with commas between".to_owned()),
    }
}

pub(super) fn prices(text: &str) -> Result<Vec<String>, String> {
    let prices = list(text, "prices", PRICES_MAX)?;
    let plain = |id: &&&str| {
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if let Some(odd) = prices.iter().find(|id| !plain(id)) {
        return Err(format!(
            "`{odd}` is no id of a price; they look like price_1Pq…"
        ));
    }
    // Stripe's dashboard shows both ids on one page.
    if let Some(product) = prices.iter().find(|id| id.starts_with("prod_")) {
        return Err(format!(
            "`{product}` is the id of a product; write that of its price, such as price_1Pq…"
        ));
    }
    Ok(prices.into_iter().map(str::to_owned).collect())
}

/// What stands between commas; nothing of an empty text.
fn list<'a>(text: &'a str, what: &str, most: usize) -> Result<Vec<&'a str>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let items: Vec<&str> = text.split(',').map(str::trim).collect();
    if items.iter().any(|item| item.is_empty()) {
        return Err("has an empty place between its commas; remove a comma".to_owned());
    }
    match items.len() <= most {
        true => Ok(items),
        false => Err(format!(
            "has {} {what}; at most {most} are taken",
            items.len()
        )),
    }
}

pub(super) fn budget(text: &str) -> Result<PayoutBudget, String> {
    match text {
        "auto" => Ok(PayoutBudget::Auto),
        "unlimited" => Ok(PayoutBudget::Unlimited),
        "receipts" => Ok(PayoutBudget::Receipts),
        text => match number(text, 0, BUDGET_CENTS_MAX) {
            Ok(cents) => Ok(PayoutBudget::Cents(Cents::new(cents))),
            Err(cause) => Err(format!(
                "{cause} (of cents), nor `auto`, `unlimited` or `receipts`"
            )),
        },
    }
}

pub(super) fn app_url(text: &str) -> Result<String, String> {
    origin(text, true)
}

pub(super) fn api_base(text: &str) -> Result<String, String> {
    origin(text, false)
}

/// A URL that paths are appended to: without query and fragment, and without the slash at its end.
fn origin(text: &str, may_have_path: bool) -> Result<String, String> {
    let wrong = || format!("`{text}` cannot be used; write a URL like https://clawrk.example.com");
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let scheme = uri
        .scheme_str()
        .is_some_and(|scheme| ["http", "https"].contains(&scheme));
    let authority = uri.authority().ok_or_else(wrong)?;
    let plain = !authority.as_str().contains('@') && !authority.host().is_empty();
    let bare = uri.query().is_none() && !text.contains('#');
    let path = uri.path().trim_end_matches('/');
    match scheme && plain && bare && (may_have_path || path.is_empty()) {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_whether_money_is_real_and_is_not_shown() {
        let mode = |text| stripe_key(text).unwrap().unwrap().mode;
        assert_eq!(mode("sk_test_x"), Mode::Test);
        assert_eq!(mode("rk_live_x"), Mode::Live);
        assert_eq!(stripe_key(""), Ok(None));
        assert_eq!(
            format!("{:?}", stripe_key("sk_live_hunter2")),
            "Ok(Some(StripeKey(live)))"
        );
        for wrong in [
            "sk_test_",
            "sk_test_ x",
            "whsec_hunter2",
            "hunter2",
            "sk_live_ü",
        ] {
            let said = stripe_key(wrong).unwrap_err();
            assert!(
                said.contains("no secret key") && !said.contains("hunter2"),
                "{said}"
            );
        }
        assert!(stripe_key("pk_live_x").unwrap_err().contains("publishable"));
    }

    #[test]
    fn lists_have_commas_between_and_nothing_empty() {
        assert_eq!(prices("price_1, price_2").unwrap(), ["price_1", "price_2"]);
        assert_eq!(prices("").unwrap(), Vec::<String>::new());
        for wrong in [",", "price_1,", "price_1,,price_2"] {
            assert!(
                prices(wrong).unwrap_err().contains("empty place"),
                "{wrong}"
            );
        }
        assert!(
            prices("price 1")
                .unwrap_err()
                .contains("`price 1` is no id")
        );
        let product = prices("price_1,prod_2").unwrap_err();
        assert!(
            product.contains("`prod_2` is the id of a product"),
            "{product}"
        );
        let endpoint = webhook_secrets("whsec_a,we_1").unwrap_err();
        assert!(endpoint.contains("whsec_…"), "{endpoint}");
        let many = vec!["p"; PRICES_MAX + 1].join(",");
        assert!(prices(&many).unwrap_err().contains("at most 64"));
        assert_eq!(webhook_secrets("whsec_a,whsec_b").unwrap().len(), 2);
        let said = webhook_secrets("hunter 2").unwrap_err();
        assert!(!said.contains("hunter"), "{said}");
    }

    #[test]
    fn budgets_are_words_or_cents() {
        assert_eq!(budget("receipts"), Ok(PayoutBudget::Receipts));
        assert_eq!(budget("0"), Ok(PayoutBudget::Cents(Cents::ZERO)));
        assert_eq!(budget("12345"), Ok(PayoutBudget::Cents(Cents::new(12_345))));
        for wrong in ["-1", "1.5", "all", "", "99999999999999999999"] {
            assert!(budget(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn urls_end_without_a_slash() {
        assert_eq!(
            app_url("https://a.example/x/"),
            Ok("https://a.example/x".to_owned())
        );
        assert_eq!(
            api_base("http://127.0.0.1:1/"),
            Ok("http://127.0.0.1:1".to_owned())
        );
        assert!(api_base("http://127.0.0.1:1/v1").is_err());
        for wrong in [
            "",
            "a.example",
            "ftp://a.example",
            "https://",
            "https://a.example/?x=1",
            "https://a.example/#x",
            "https://u:p@a.example",
            "https:a",
        ] {
            assert!(app_url(wrong).is_err(), "{wrong:?}");
        }
    }
}
