//! Any webhook.
//!
//! An input is a byte that says how it comes, and then the body, signed by us; or the signature, a
//! line break and the body, signed by nobody.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use clawrk_core::clock::Clock;
use clawrk_core::payments::{Payments, WebhookError, WebhookEvent};
use clawrk_core::time::Timestamp;
use clawrk_stripe::Stripe;
use clawrk_testkit::books::{
    BookPayments, Books, Endpoint, Method, OLD_VERSION, OLDEST_VERSION, Request, Standing,
    TEST_KEY, VERSION,
};
use clawrk_testkit::clock::VirtualClock;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::runtime::{Builder, Runtime};

const SECRET: &str = "whsec_of_the_fuzzer";
const SECONDS: i64 = 1_790_000_000;
/// First bytes: how the body comes.
const SIGNED: u8 = 0;
const FORGED: u8 = 1;

/// The client, with the runtime that it wants and never uses.
static STRIPE: LazyLock<(Stripe, Runtime)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread()
        .build()
        .expect("a runtime starts");
    let stripe = Stripe::builder("sk_test_fuzz", runtime.handle().clone())
        .url("http://127.0.0.1:1")
        .webhook_secrets(SECRET)
        .build()
        .expect("the settings are good");
    (stripe, runtime)
});

/// What nobody signed is refused. What was signed is an event, or said to be none; and an event
/// comes back from the store as it was.
pub fn webhooks(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else {
        return;
    };
    if how % 2 == FORGED {
        let (header, body) = split(rest);
        let header = String::from_utf8_lossy(header);
        let read = read(body, &header);
        assert!(matches!(read, Err(WebhookError::Signature(_))), "{read:?}");
        return;
    }
    match read(rest, &sign(rest)) {
        Ok(event) => {
            let kept = serde_json::to_vec(&event).expect("an event can be kept");
            let found: WebhookEvent = serde_json::from_slice(&kept).expect("and read again");
            assert_eq!(found, event);
        }
        Err(error) => assert!(matches!(error, WebhookError::Body(_)), "{error:?}"),
    }
}

fn read(body: &[u8], header: &str) -> Result<WebhookEvent, WebhookError> {
    STRIPE
        .0
        .read_webhook(body, header, Timestamp::from_millis(SECONDS * 1_000))
}

fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 1..).unwrap_or_default())
}

fn sign(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    mac.update(format!("{SECONDS}.").as_bytes());
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={SECONDS},v1={hex}")
}

/// How long an input is at most that libFuzzer keeps whole (`-max_len`).
const SEED_BYTES_MAX: usize = 4_096;

/// Posts of every type that is read, in three versions of Stripe's interface, and some forgeries.
pub(crate) fn posts() -> Vec<Vec<u8>> {
    let clock = VirtualClock::new();
    let now = clock.now();
    let books = BookPayments::new(7, Arc::new(clock));
    let mut books = books.books();
    for version in [VERSION, OLD_VERSION, OLDEST_VERSION] {
        for endpoint in [Endpoint::own, Endpoint::connect] {
            let endpoint = endpoint("https://clawrk.test", SECRET).in_version(version);
            books.test().add_endpoint(endpoint);
        }
    }
    live(&mut books, now);
    let mut seen = BTreeSet::new();
    let mut seeds = Vec::new();
    for post in books.deliveries(now) {
        let mut event: Value = serde_json::from_str(&post.body).expect("a post is JSON");
        slim(&mut event);
        let seed = [&[SIGNED], event.to_string().as_bytes()].concat();
        if seen.insert((post.kind, event["api_version"].to_string())) {
            assert!(seed.len() <= SEED_BYTES_MAX, "cut short: {event}");
            seeds.push(seed);
        }
    }
    let forged = "0".repeat(64);
    for header in [
        String::new(),
        format!("t={SECONDS},v1={forged}"),
        format!("t={SECONDS},v1={forged},v1={forged},v0=,t={SECONDS}"),
        format!("v1,t,t= +{SECONDS} ,v1=={forged}"),
    ] {
        seeds.push([&[FORGED], header.as_bytes(), b"\n{\"id\":\"evt_1\"}"].concat());
    }
    seeds
}

/// Takes out what says nothing, and is not looked at.
fn slim(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| *field != Value::Null && *field != json!([]));
            fields.values_mut().for_each(slim);
        }
        Value::Array(items) => items.iter_mut().for_each(slim),
        _ => {}
    }
}

/// A plan is bought and given up, an account is made, paid and left.
fn live(books: &mut Books, now: Timestamp) {
    books.test().add_price("price_pro", 2_500);
    let user = ("metadata[clawrk_user]", "alice");
    let customer = make(books, now, "/v1/customers", &[user]);
    let session = [
        user,
        ("mode", "subscription"),
        ("customer", &customer),
        ("line_items[0][price]", "price_pro"),
        ("line_items[0][quantity]", "1"),
        ("success_url", "https://clawrk.test/checkout/success"),
        ("subscription_data[metadata][clawrk_user]", "alice"),
    ];
    let session = make(books, now, "/v1/checkout/sessions", &session);
    let book = books.test();
    assert!(book.complete_checkout(&session));
    let bought = book
        .session(&session)
        .and_then(|it| it.subscription.clone());
    book.cancel_subscription(&bought.expect("a subscription was bought"));

    let asked = [("capabilities[transfers][requested]", "true")];
    let account = make(books, now, "/v1/accounts", &asked);
    books.test().set_standing(&account, Standing::Complete);
    let transfer = [
        ("amount", "100"),
        ("currency", "usd"),
        ("destination", account.as_str()),
        ("transfer_group", "job_1"),
        ("metadata[clawrk_payout]", "po_job_1"),
    ];
    let transfer = make(books, now, "/v1/transfers", &transfer);
    let book = books.test();
    book.take_back(&transfer, Some(40));
    book.pay_bank(&account, 50, Some("The account was closed."));
    book.pay_bank(&account, 50, None);
    book.deauthorize(&account);
}

fn make(books: &mut Books, now: Timestamp, path: &str, pairs: &[(&str, &str)]) -> String {
    let asked = Request::new(Method::Post, path, TEST_KEY);
    let asked = pairs
        .iter()
        .fold(asked, |asked, (name, value)| asked.param(name, *value));
    let made = books.handle(&asked, now);
    let id = made.json()["id"].as_str().map(str::to_owned);
    id.expect("Stripe makes what is asked for")
}
