//! What holds whatever is asked, in any order, whatever goes wrong.

use std::collections::BTreeMap;

use super::*;
use crate::rng::Rng;

const SEEDS: u64 = 300;

/// Sends under a few keys for a day, with every fault there is; gives what was seen to be paid, by
/// key, and how many transfers were made under each.
fn a_day(seed: u64) -> (Desk, BTreeMap<String, String>) {
    let mut rng = Rng::new(seed);
    let mut desk = Desk::new();
    let account = desk.receiver();
    desk.books.draw(Target::send(), 70, Fault::all());
    let mut seen = BTreeMap::new();
    let end = desk.now.after(Duration::from_secs(24 * 60 * 60));
    loop {
        desk.wait(Duration::from_secs(rng.below(3_600) as u64));
        if desk.now >= end {
            break;
        }
        let key = format!("po:{}", rng.below(4));
        let request = send(&account).param("description", &key).under(&key);
        let response = desk.ask(&request);
        if response.fate == Fate::Arrives && response.status == 200 {
            let id = response.json()["id"].as_str().unwrap().to_owned();
            let first = seen.entry(key.clone()).or_insert_with(|| id.clone());
            assert_eq!(
                *first, id,
                "seed {seed}: {key} was answered with two transfers"
            );
        }
    }
    (desk, seen)
}

#[test]
fn within_a_day_a_key_pays_at_most_once() {
    let mut paid = 0;
    for seed in 0..SEEDS {
        let (mut desk, seen) = a_day(seed);
        desk.wait(Duration::from_secs(24 * 60 * 60));
        let mut made: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let shown = desk.get("/v1/transfers", &[("limit", "100")]);
        for transfer in shown["data"].as_array().unwrap() {
            let key = transfer["description"].as_str().unwrap().to_owned();
            let id = transfer["id"].as_str().unwrap().to_owned();
            made.entry(key).or_default().push(id);
        }
        for (key, ids) in &made {
            assert_eq!(ids.len(), 1, "seed {seed}: {key} was paid more than once");
        }
        for (key, id) in &seen {
            assert_eq!(made[key][0], *id, "seed {seed}");
        }
        paid += made.len();
    }
    assert!(paid > 2 * SEEDS as usize, "{paid} were paid at all");
}

#[test]
fn no_money_comes_or_goes() {
    for seed in 0..SEEDS / 3 {
        let (mut desk, _) = a_day(seed);
        desk.books.calm();
        let transfers: Vec<String> = {
            let all = desk.books.test().transfers();
            all.map(|transfer| transfer.id.clone()).collect()
        };
        let mut rng = Rng::new(seed);
        for transfer in &transfers {
            if rng.chance(50) {
                let part = 1 + i64::try_from(rng.below(100)).unwrap();
                desk.books.test().take_back(transfer, Some(part));
            }
        }
        let sums = Oracle::of(&desk.books).sums;
        let account = desk
            .books
            .test()
            .transfers()
            .next()
            .map(|paid| paid.destination.clone());
        let Some(account) = account else { continue };
        let held = desk.books.test().account(&account).unwrap().balance["usd"];
        assert_eq!(desk.books.test().balance("usd"), BALANCE - held);
        assert_eq!(sums.get("usd").copied().unwrap_or(0), held);
    }
}

const PATHS: [&str; 24] = [
    "/v1/account",
    "/v1/balance",
    "/v1/accounts",
    "/v1/accounts/*",
    "/v1/account_links",
    "/v1/customers",
    "/v1/customers/*",
    "/v1/products",
    "/v1/prices",
    "/v1/coupons",
    "/v1/checkout/sessions",
    "/v1/checkout/sessions/*",
    "/v1/payment_pages/*/confirm",
    "/v1/payment_methods/pm_card_visa/attach",
    "/v1/payment_intents",
    "/v1/subscriptions",
    "/v1/subscriptions/*",
    "/v1/invoiceitems",
    "/v1/invoices",
    "/v1/invoices/*/pay",
    "/v1/invoices/*/lines",
    "/v1/transfers",
    "/v1/transfers/*/reversals",
    "/v1/events",
];

const NAMES: [&str; 20] = [
    "amount",
    "currency",
    "destination",
    "customer",
    "account",
    "mode",
    "success_url",
    "name",
    "product",
    "unit_amount",
    "line_items[0][price]",
    "line_items[0][quantity]",
    "items[][price]",
    "created[gte]",
    "limit",
    "starting_after",
    "metadata[a]",
    "subscription_data[metadata][b]",
    "]x[",
    "type",
];

const VALUES: [&str; 14] = [
    "",
    "0",
    "1",
    "100",
    "-9223372036854775808",
    "9223372036854775807",
    "usd",
    "subscription",
    "account_onboarding",
    "https://x.example.com",
    "Pro",
    "ünïcode 🦀",
    "include",
    "card",
];

/// A request that nobody would send, about objects that are there.
fn nonsense(rng: &mut Rng, ids: &[String]) -> Request {
    let method = rng.pick(&[Method::Get, Method::Post, Method::Post, Method::Delete]);
    let path = rng.pick(&PATHS).replace('*', &rng.pick(ids));
    let mut request = Request::new(method, path, TEST_KEY);
    for _ in 0..rng.below(6) {
        let value = match rng.chance(40) {
            true => rng.pick(ids),
            false => rng.pick(&VALUES).to_owned(),
        };
        request = request.param(rng.pick(&NAMES), value);
    }
    request
}

#[test]
fn nonsense_is_answered_in_stripes_words() {
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for seed in 0..SEEDS {
        let mut rng = Rng::new(seed);
        let mut desk = Desk::new();
        let mut ids = vec!["none".to_owned(), desk.receiver()];
        let now = desk.now;
        desk.books.advance(now);
        desk.books.test().add_price("price_pro", 1_500);
        ids.push("price_pro".to_owned());
        for _ in 0..200 {
            let response = desk.ask(&nonsense(&mut rng, &ids));
            *answers.entry(response.status).or_default() += 1;
            let json = response.json();
            if response.status == 200 {
                ids.extend(json["id"].as_str().map(str::to_owned));
            } else {
                assert!(json["error"]["type"].is_string(), "{json}");
                assert!(json["error"]["message"].is_string(), "{json}");
            }
        }
    }
    let of = |status| answers.get(&status).copied().unwrap_or(0);
    assert!(
        of(200) > 1_000 && of(400) > 1_000 && of(404) > 1_000,
        "{answers:?}"
    );
    assert_eq!(of(500), 0, "nobody planned a fault");
}
