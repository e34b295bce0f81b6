//! Checkouts, subscriptions, invoices, and what is told of them.

use clawrk_core::money::Cents;
use clawrk_core::payments::{Invoice as Bought, News};

use super::*;
use crate::books::news::event;

/// A customer `alice` who has bought so many of `price_pro` (1 500 cents), with more parameters of
/// the session; its subscription.
fn bought(desk: &mut Desk, more: &[(&str, &str)]) -> String {
    let session = open(desk, more);
    assert!(desk.books.test().complete_checkout(&session));
    let session = desk.books.test().session(&session).unwrap();
    session.subscription.clone().unwrap()
}

fn open(desk: &mut Desk, more: &[(&str, &str)]) -> String {
    let now = desk.now;
    desk.books.advance(now);
    desk.books.test().add_price("price_pro", 1_500);
    let customer = desk.make("/v1/customers", &[("metadata[clawrk_user]", "alice")]);
    let mut pairs = vec![
        ("mode", "subscription"),
        ("customer", &customer),
        ("line_items[0][price]", "price_pro"),
        ("line_items[0][quantity]", "1"),
        ("success_url", "https://x.example.com/s"),
        ("subscription_data[metadata][clawrk_user]", "alice"),
        ("subscription_data[metadata][clawrk_tier]", "pro"),
        ("subscription_data[metadata][clawrk_store]", "store"),
    ];
    pairs.extend(more);
    desk.make("/v1/checkout/sessions", &pairs)
}

/// The paid invoices that the endpoints are told of, each as it reads in clawrk's words.
fn told(desk: &mut Desk) -> Vec<Bought> {
    let posts = desk.books.deliveries(desk.now);
    let read = posts
        .iter()
        .map(|post| event(post.body.as_bytes()).unwrap());
    let news = read.filter(|event| event.kind == "invoice.paid");
    let invoices = news.map(|event| match event.news {
        News::InvoicePaid(invoice) => invoice,
        other => panic!("{other:?}"),
    });
    invoices.collect()
}

/// What a line grants for: price, quantity, proration, net amount.
fn lines(invoice: &Bought) -> Vec<(Option<&str>, u64, bool, i64)> {
    let lines = invoice.lines.iter().map(|line| {
        let net = line.net.units();
        (line.price.as_deref(), line.quantity, line.proration, net)
    });
    lines.collect()
}

#[test]
fn a_completed_checkout_makes_a_subscription_and_a_paid_invoice() {
    let mut desk = Desk::new();
    let subscription = bought(&mut desk, &[]);
    let shown = desk.get(&format!("/v1/subscriptions/{subscription}"), &[]);
    assert_eq!(shown["status"], "active");
    assert_eq!(shown["metadata"]["clawrk_tier"], "pro");
    let path = format!("/v1/invoices/{}", shown["latest_invoice"].as_str().unwrap());
    let invoice = desk.get(&path, &[]);
    assert_eq!(invoice["amount_paid"], 1_500);
    assert_eq!(invoice["status"], "paid");
    assert_eq!(desk.books.test().balance("usd"), BALANCE + 1_500);
}

#[test]
fn a_session_is_completed_once_and_not_after_a_day() {
    let mut desk = Desk::new();
    let (first, second) = (open(&mut desk, &[]), open(&mut desk, &[]));
    assert!(desk.books.test().complete_checkout(&first));
    assert!(!desk.books.test().complete_checkout(&first));
    desk.wait(Duration::from_secs(24 * 60 * 60));
    assert!(!desk.books.test().complete_checkout(&second));
    let shown = desk.get(&format!("/v1/checkout/sessions/{second}"), &[]);
    assert_eq!(
        (&shown["status"], &shown["url"]),
        (&"expired".into(), &Value::Null)
    );
}

#[test]
fn every_version_tells_the_same_of_an_invoice() {
    for versions in [[VERSION, OLD_VERSION], [OLD_VERSION, OLDEST_VERSION]] {
        let mut desk = Desk::new();
        for (at, version) in versions.iter().enumerate() {
            let endpoint = Endpoint::own(&format!("https://{at}"), "whsec").in_version(version);
            desk.books.test().add_endpoint(endpoint);
        }
        let now = desk.now;
        desk.books.advance(now);
        desk.books.test().add_price("price_team", 7_500);
        let subscription = bought(&mut desk, &[]);
        desk.books.test().renew(&subscription);
        desk.books
            .test()
            .change_plan(&subscription, "price_team", 2);
        let invoices = told(&mut desk);
        assert_eq!(invoices.len(), 6, "three invoices, to two endpoints");
        for pair in invoices.chunks(2) {
            let (newer, mut older) = (&pair[0], pair[1].clone());
            assert_eq!(newer.owner.user.as_deref(), Some("alice"));
            assert_eq!(newer.subscription.as_deref(), Some(subscription.as_str()));
            // The oldest notes nothing with an invoice; only lines of a plan say whose they are.
            if versions[1] == OLDEST_VERSION && newer.lines[0].proration {
                assert_eq!(older.owner.user, None);
                older.owner = newer.owner.clone();
            }
            assert_eq!(*newer, older);
        }
        assert_eq!(lines(&invoices[0]), [(Some("price_pro"), 1, false, 1_500)]);
        let change = [
            (Some("price_pro"), 1, true, -750),
            (Some("price_team"), 2, true, 7_500),
        ];
        assert_eq!(lines(&invoices[4]), change);
        assert_eq!(invoices[4].paid, Cents::new(6_750));
    }
}

#[test]
fn trials_and_whole_discounts_cost_nothing() {
    let mut desk = Desk::new();
    desk.books
        .test()
        .add_endpoint(Endpoint::own("https://x", "whsec"));
    let trial = bought(&mut desk, &[("subscription_data[trial_period_days]", "14")]);
    desk.make("/v1/coupons", &[("id", "FREE"), ("percent_off", "100")]);
    let free = bought(&mut desk, &[("discounts[0][coupon]", "FREE")]);
    desk.books.test().renew(&trial);
    desk.books.test().renew(&free);
    let nets: Vec<i64> = told(&mut desk)
        .iter()
        .map(|invoice| invoice.lines[0].net.units())
        .collect();
    assert_eq!(nets, [0, 0, 1_500, 1_500]);
}

#[test]
fn many_lines_come_on_pages() {
    let mut desk = Desk::new();
    desk.books
        .test()
        .add_endpoint(Endpoint::own("https://x", "whsec"));
    let subscription = bought(&mut desk, &[]);
    told(&mut desk);
    let customer = desk
        .books
        .test()
        .subscription(&subscription)
        .customer
        .clone();
    for n in 0..12 {
        desk.books
            .test()
            .add_invoice_item(&customer, 10, &format!("extra {n}"));
    }
    let invoice = desk.books.test().renew(&subscription);
    let told = told(&mut desk).remove(0);
    assert_eq!((told.lines.len(), told.more_lines), (10, true));
    let path = format!("/v1/invoices/{invoice}/lines");
    let rest = desk.get(&path, &[("starting_after", &told.lines[9].id)]);
    assert_eq!(rest["data"].as_array().unwrap().len(), 3);
    assert_eq!(rest["has_more"], false);
    assert_eq!(told.paid, Cents::new(1_620));
}

#[test]
fn deliveries_are_late_repeated_shuffled_and_signed() {
    let mut desk = Desk::new();
    let now = desk.now;
    desk.books.advance(now);
    desk.books
        .test()
        .add_endpoint(Endpoint::own("https://own", "whsec_own"));
    desk.books
        .test()
        .add_endpoint(Endpoint::connect("https://connect", "whsec_connect"));
    let hour = Duration::from_secs(60 * 60);
    desk.books.test().set_courier(hour, 4);
    for _ in 0..20 {
        desk.make("/v1/customers", &[]);
    }
    desk.receiver();
    let soon = desk.books.deliveries(desk.now).len();
    desk.wait(hour);
    let late = desk.books.deliveries(desk.now);
    assert!(soon < 5 && late.len() > 25, "{soon} {}", late.len());
    let customers: Vec<&str> = late
        .iter()
        .filter(|post| post.url == "https://own")
        .map(|post| post.event.as_str())
        .collect();
    let order: Vec<&str> = {
        let events = desk.books.test().events();
        events.map(|event| event.id.as_str()).collect()
    };
    let places: Vec<_> = customers
        .iter()
        .map(|id| order.iter().position(|event| event == id))
        .collect();
    assert!(!places.is_sorted(), "they come in another order");
    for post in &late {
        let secret = match post.url.as_str() {
            "https://own" => "whsec_own",
            _ => "whsec_connect",
        };
        let own = post.kind == "customer.created";
        assert_eq!(own, secret == "whsec_own");
        let now = desk.now.as_millis() / 1000;
        let secrets = [secret.to_owned()];
        assert_eq!(
            check(&secrets, &post.signature, post.body.as_bytes(), now),
            Ok(())
        );
    }
}

#[test]
fn what_is_refused_is_posted_again_later() {
    let mut desk = Desk::new();
    desk.books
        .test()
        .add_endpoint(Endpoint::own("https://x", "whsec"));
    desk.make("/v1/customers", &[]);
    let first = desk.books.deliveries(desk.now).remove(0);
    desk.books.refused(&first);
    assert_eq!(desk.books.deliveries(desk.now), []);
    desk.wait(Duration::from_secs(5 * 60));
    let again = desk.books.deliveries(desk.now).remove(0);
    assert_eq!(
        (again.attempt, &again.event, &again.body),
        (2, &first.event, &first.body)
    );
    assert_ne!(again.signature, first.signature, "it is signed anew");
}

#[test]
fn a_declined_card_leaves_the_invoice_open_until_it_is_paid() {
    let mut desk = Desk::new();
    let subscription = bought(&mut desk, &[]);
    let customer = desk
        .books
        .test()
        .subscription(&subscription)
        .customer
        .clone();
    desk.books
        .test()
        .add_endpoint(Endpoint::own("https://x", "whsec"));
    desk.books.test().give_card(&customer, true);
    let invoice = desk.books.test().renew(&subscription);
    assert_eq!(told(&mut desk), []);
    let shown = desk.get(&format!("/v1/invoices/{invoice}"), &[]);
    assert_eq!(
        (&shown["status"], &shown["amount_paid"]),
        (&"open".into(), &0.into())
    );
    assert_eq!(
        desk.books.test().subscription(&subscription).status,
        "past_due"
    );
    desk.books.test().pay_invoice(&invoice);
    assert_eq!(told(&mut desk)[0].id, invoice);
    assert_eq!(
        desk.books.test().subscription(&subscription).status,
        "active"
    );
    assert_eq!(desk.books.test().balance("usd"), BALANCE + 3_000);
}

#[test]
fn a_client_can_make_an_invoice_and_have_it_paid() {
    let mut desk = Desk::new();
    let customer = desk.make("/v1/customers", &[]);
    let of = [("customer", customer.as_str())];
    let card =
        |desk: &mut Desk, name: &str| desk.make(&format!("/v1/payment_methods/{name}/attach"), &of);
    let bad = card(&mut desk, "pm_card_chargeCustomerFail");
    let good = card(&mut desk, "pm_card_visa");
    let item = [of[0], ("amount", "2000"), ("currency", "usd")];
    desk.make("/v1/invoiceitems", &item);
    let invoice = [of[0], ("pending_invoice_items_behavior", "include")];
    let invoice = desk.make("/v1/invoices", &invoice);
    let path = format!("/v1/invoices/{invoice}");
    assert_eq!(desk.get(&path, &[])["status"], "draft");
    let pay = |card: &str| {
        with(
            Method::Post,
            &format!("{path}/pay"),
            &[("payment_method", card)],
        )
    };
    assert_eq!(desk.refused(&pay(&bad)).1, "card_declined");
    assert_eq!(desk.get(&path, &[])["status"], "open");
    assert_eq!(desk.ask(&pay(&good)).json()["amount_paid"], 2_000);
    assert_eq!(desk.refused(&pay(&good)).1, "invoice_already_paid");
    let kinds: Vec<String> = desk
        .books
        .test()
        .events()
        .map(|event| event.kind.clone())
        .collect();
    let expected = [
        "customer.created",
        "invoiceitem.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.payment_failed",
        "invoice.paid",
        "invoice.payment_succeeded",
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn a_client_can_subscribe_somebody_and_end_it() {
    let mut desk = Desk::new();
    let now = desk.now;
    desk.books.advance(now);
    desk.books.test().add_price("price_pro", 1_500);
    let customer = desk.make("/v1/customers", &[]);
    let pairs = [
        ("customer", customer.as_str()),
        ("items[0][price]", "price_pro"),
    ];
    let subscription = desk.make("/v1/subscriptions", &pairs);
    let path = format!("/v1/subscriptions/{subscription}");
    desk.make(&path, &[("metadata[clawrk_user]", "alice")]);
    assert_eq!(desk.get(&path, &[])["metadata"]["clawrk_user"], "alice");
    for list in ["/v1/subscriptions", "/v1/invoices"] {
        let of = |desk: &mut Desk, customer: &str| {
            let shown = desk.get(list, &[("customer", customer)]);
            shown["data"].as_array().unwrap().len()
        };
        assert_eq!(
            (of(&mut desk, &customer), of(&mut desk, "cus_none")),
            (1, 0)
        );
    }
    let ended = desk.ask(&with(Method::Delete, &path, &[]));
    assert_eq!(ended.json()["status"], "canceled");
    assert_eq!(desk.refused(&with(Method::Delete, &path, &[])).0, 404);
    let none = [
        ("customer", customer.as_str()),
        ("items[0][price]", "price_none"),
    ];
    let refused = desk.refused(&with(Method::Post, "/v1/subscriptions", &none));
    assert_eq!(refused.2, "items[0][price]");
}

#[test]
fn stripes_own_page_completes_a_session() {
    let mut desk = Desk::new();
    let session = open(&mut desk, &[]);
    let confirm = with(
        Method::Post,
        &format!("/v1/payment_pages/{session}/confirm"),
        &[],
    );
    assert_eq!(desk.ask(&confirm).json()["status"], "complete");
    assert_eq!(desk.refused(&confirm).0, 400);
}

#[test]
fn while_a_secret_is_replaced_both_count() {
    let mut desk = Desk::new();
    let endpoint = Endpoint::own("https://x", "whsec_new").rolled_from("whsec_old");
    desk.books.test().add_endpoint(endpoint.clone());
    desk.books.live().add_endpoint(endpoint);
    for key in [TEST_KEY, LIVE_KEY] {
        let request = Request::new(Method::Post, "/v1/customers", key);
        desk.ask(&request);
        let post = desk.books.deliveries(desk.now).remove(0);
        let now = desk.now.as_millis() / 1000;
        let read = |secret: &str| {
            let secrets = [secret.to_owned()];
            check(&secrets, &post.signature, post.body.as_bytes(), now)
        };
        assert_eq!((read("whsec_new"), read("whsec_old")), (Ok(()), Ok(())));
        assert!(read("of another scheme").is_err(), "only v1 counts");
        assert_eq!(post.signature.contains(",v0="), key == TEST_KEY);
    }
}
