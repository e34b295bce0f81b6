//! Which settings make a client.

use std::time::Duration;

use clawrk_core::payments::{Mode, Payments};
use clawrk_stripe::{InvalidSetting, Stripe};
use tokio::runtime::Handle;

use crate::peer::KEY;

fn with_url(key: &str, url: &str) -> Result<Stripe, InvalidSetting> {
    Stripe::builder(key, Handle::current()).url(url).build()
}

#[tokio::test]
async fn the_key_gives_the_mode() {
    for (key, mode) in [("rk_test_a1", Mode::Test), ("rk_live_a1", Mode::Live)] {
        let stripe = with_url(key, "http://127.0.0.1:1").unwrap();
        assert_eq!(stripe.mode(), mode);
        assert_eq!(stripe.api_version(), "2026-08-26.dahlia");
    }
    let refused = with_url("pk_test_a1", "http://127.0.0.1:1").unwrap_err();
    assert!(
        matches!(refused, InvalidSetting::KeyPrefix { publishable: true }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_address_that_cannot_be_one_is_refused_with_its_mend() {
    for url in [
        "",
        "api.stripe.com",
        "127.0.0.1:12111",
        "ftp://api.stripe.com",
        "mailto:a@b.test",
        "http://",
        "https://api.stripe.com?x=1",
        "https://api.stripe.com/#x",
        "https://a b.test",
    ] {
        let refused = with_url(KEY, url).unwrap_err();
        assert!(
            matches!(refused, InvalidSetting::Url { .. }),
            "{url}: {refused:?}"
        );
        assert!(
            refused.to_string().contains("https://api.stripe.com"),
            "{refused}"
        );
    }
    let refused = with_url(KEY, "http://me:hunter2@127.0.0.1").unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_live_key_leaves_this_machine_encrypted_or_not_at_all() {
    let live = "sk_live_a1";
    for url in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"] {
        assert!(with_url(live, url).is_ok(), "{url}");
    }
    for url in [
        "http://api.stripe.com",
        "http://127.0.0.1.nip.test",
        "http://10.0.0.1",
    ] {
        let refused = with_url(live, url).unwrap_err().to_string();
        assert!(refused.contains("https alone"), "{url}: {refused}");
        assert!(with_url(KEY, url).is_ok(), "{url}");
    }
}

#[tokio::test]
async fn a_time_limit_of_zero_is_refused() {
    let builder = || Stripe::builder(KEY, Handle::current()).url("http://127.0.0.1:1");
    for builder in [
        builder().timeout(Duration::ZERO),
        builder().connect_timeout(Duration::ZERO),
    ] {
        assert!(matches!(builder.build(), Err(InvalidSetting::Timeout)));
    }
}
