//! What is made of invoices, in the shapes of today and of long ago.

use clawrk_core::money::Cents;
use clawrk_core::payments::{Invoice, InvoiceLine, News, Owner};
use clawrk_core::time::Timestamp;
use serde_json::{Value, json};

use crate::events::{merge, news, noted, owner, unusable};

pub(crate) fn dahlia_line() -> Value {
    json!({
        "id": "il_1",
        "object": "line_item",
        "amount": 2500,
        "currency": "usd",
        "discount_amounts": [],
        "metadata": {},
        "quantity": 1,
        "parent": {
            "type": "subscription_item_details",
            "subscription_item_details": {"subscription": "sub_1", "proration": false},
        },
        "pricing": {
            "type": "price_details",
            "price_details": {"price": "price_1", "product": "prod_1"},
        },
    })
}

pub(crate) fn dahlia_invoice(lines: &[Value]) -> Value {
    json!({
        "id": "in_1",
        "object": "invoice",
        "status": "paid",
        "amount_paid": 2500,
        "created": 1_789_999_980,
        "currency": "usd",
        "customer": "cus_1",
        "parent": {
            "type": "subscription_details",
            "subscription_details": {"subscription": "sub_1", "metadata": noted()},
        },
        "lines": {"object": "list", "data": lines, "has_more": false},
    })
}

/// As in 2017: no status of today, a date, plans instead of prices, and flags on the line.
pub(crate) fn old_invoice() -> Value {
    json!({
        "id": "in_1",
        "object": "invoice",
        "paid": true,
        "amount_paid": 2500,
        "date": 1_789_999_980,
        "currency": "usd",
        "customer": {"object": "customer", "id": "cus_1"},
        "subscription": "sub_1",
        "discount": null,
        "subtotal": 2500,
        "total": 2500,
        "tax": null,
        "lines": {"object": "list", "has_more": false, "data": [{
            "id": "il_1",
            "type": "subscription",
            "amount": 2500,
            "quantity": 1,
            "proration": false,
            "plan": {"object": "plan", "id": "price_1", "amount": 2500},
            "metadata": noted(),
            "subscription": "sub_1",
        }]},
    })
}

fn expected_invoice() -> Invoice {
    Invoice {
        id: "in_1".to_owned(),
        owner: owner(),
        subscription: Some("sub_1".to_owned()),
        currency: "usd".to_owned(),
        paid: Cents::new(2_500),
        created_at: Timestamp::from_millis(1_789_999_980_000),
        lines: vec![InvoiceLine {
            id: "il_1".to_owned(),
            price: Some("price_1".to_owned()),
            quantity: 1,
            proration: false,
            net: Cents::new(2_500),
        }],
        more_lines: false,
    }
}

fn read_invoice(object: &Value) -> Invoice {
    match news("invoice.paid", object) {
        News::InvoicePaid(invoice) => invoice,
        other => panic!("{other:?}"),
    }
}

/// The one line of an invoice with this line.
fn read_line(fields: Value) -> InvoiceLine {
    let line = merge(dahlia_line(), fields);
    read_invoice(&dahlia_invoice(&[line])).lines.remove(0)
}

#[test]
fn an_invoice_of_today_and_one_of_long_ago_say_the_same() {
    assert_eq!(
        read_invoice(&dahlia_invoice(&[dahlia_line()])),
        expected_invoice()
    );
    assert_eq!(read_invoice(&old_invoice()), expected_invoice());
    let older = news("invoice.payment_succeeded", &old_invoice());
    assert_eq!(older, News::InvoicePaid(expected_invoice()));
}

#[test]
fn an_invoice_between_the_two() {
    let line = json!({
        "id": "il_1",
        "amount": 2500,
        "discount_amounts": [],
        "quantity": 1,
        "proration": false,
        "metadata": {},
        "price": {"object": "price", "id": "price_1"},
        "plan": {"object": "plan", "id": "plan_of_old"},
    });
    let invoice = merge(
        old_invoice(),
        json!({
            "status": "paid",
            "created": 1_789_999_980,
            "date": 7,
            "subscription": {"object": "subscription", "id": "sub_1"},
            "subscription_details": {"metadata": noted()},
            "lines": {"object": "list", "has_more": false, "data": [line]},
        }),
    );
    assert_eq!(read_invoice(&invoice), expected_invoice());
}

#[test]
fn the_newest_place_of_a_field_counts() {
    let other = json!({"clawrk_user": "mallory", "clawrk_tier": "team", "clawrk_store": "st_2"});
    let old_line = json!({
        "price": "price_of_old",
        "plan": {"id": "plan_of_old"},
        "proration": true,
        "subscription": "sub_of_old",
        "metadata": other,
    });
    let invoice = merge(
        dahlia_invoice(&[merge(dahlia_line(), old_line)]),
        json!({"subscription": "sub_of_old", "subscription_details": {"metadata": other}}),
    );
    assert_eq!(read_invoice(&invoice), expected_invoice());
}

#[test]
fn a_subscription_is_found_wherever_it_stands() {
    let item = |name: &str| {
        let parent = json!({name: {"subscription": "sub_1"}});
        json!({"id": "il_1", "amount": 1, "parent": parent})
    };
    let bare = |lines: Value, fields: Value| {
        merge(
            json!({"id": "in_1", "amount_paid": 1, "currency": "usd", "lines": {"data": lines}}),
            fields,
        )
    };
    let none = json!({"id": "il_0", "amount": 1});
    for invoice in [
        bare(
            json!([]),
            json!({"parent": {"subscription_details": {"subscription": {"id": "sub_1"}}}}),
        ),
        bare(json!([]), json!({"parent": null, "subscription": "sub_1"})),
        bare(
            json!([none, item("subscription_item_details")]),
            json!({"subscription": null}),
        ),
        bare(
            json!([none, {"id": "il_1", "amount": 1, "subscription": "sub_1"}]),
            json!({}),
        ),
    ] {
        assert_eq!(
            read_invoice(&invoice).subscription.as_deref(),
            Some("sub_1"),
            "{invoice}"
        );
    }
    assert_eq!(
        read_invoice(&bare(json!([none]), json!({}))).subscription,
        None
    );
}

#[test]
fn notes_of_ours_are_found_behind_those_of_others() {
    let foreign = json!({"shop": "1", "clawrk_user": ""});
    let line = merge(dahlia_line(), json!({"metadata": noted()}));
    let invoice = merge(
        dahlia_invoice(&[line]),
        json!({"parent": {"subscription_details": {"metadata": foreign, "subscription": "sub_1"}}}),
    );
    assert_eq!(read_invoice(&invoice).owner, owner());
    let nobody = merge(dahlia_invoice(&[dahlia_line()]), json!({"parent": null}));
    let customer = Some("cus_1".to_owned());
    assert_eq!(
        read_invoice(&nobody).owner,
        Owner {
            customer,
            ..Owner::default()
        }
    );
}

#[test]
fn prorations_of_both_kinds_and_both_ages() {
    let parent = |name: &str, is: bool| json!({"parent": {name: {"proration": is}}});
    assert!(read_line(parent("subscription_item_details", true)).proration);
    assert!(read_line(parent("invoice_item_details", true)).proration);
    assert!(
        !read_line(merge(
            parent("invoice_item_details", false),
            json!({"proration": true})
        ))
        .proration
    );
    assert!(read_line(json!({"parent": null, "proration": true})).proration);
    assert!(!read_line(json!({"parent": null})).proration);
}

#[test]
fn what_a_line_comes_to() {
    let net = |fields: Value| read_line(fields).net.units();
    assert_eq!(net(json!({"discount_amounts": null})), 2_500);
    assert_eq!(
        net(json!({"discount_amounts": [{"amount": 500}, {"amount": 250}]})),
        1_750
    );
    assert_eq!(net(json!({"discount_amounts": [{"amount": 2500}]})), 0);
    assert_eq!(net(json!({"amount": 0})), 0);
    assert_eq!(net(json!({"amount": -900})), -900);
}

/// Old lines don't tell what a discount takes off them, only the invoice does.
#[test]
fn a_full_discount_of_long_ago_leaves_nothing() {
    let net = |fields: Value| {
        read_invoice(&merge(old_invoice(), fields)).lines[0]
            .net
            .units()
    };
    let coupon = json!({"coupon": {"percent_off": 100}});
    assert_eq!(
        net(json!({"discount": coupon, "total": 0, "amount_paid": 0})),
        0
    );
    assert_eq!(net(json!({"discount": coupon, "total": 19, "tax": 19})), 0);
    assert_eq!(net(json!({"discount": coupon, "total": 1250})), 2_500);
    assert_eq!(net(json!({"total": 0, "amount_paid": 0})), 2_500);
}

#[test]
fn how_many_were_bought() {
    assert_eq!(read_line(json!({"quantity": 3})).quantity, 3);
    assert_eq!(read_line(json!({"quantity": 0})).quantity, 0);
    assert_eq!(read_line(json!({"quantity": null})).quantity, 1);
}

#[test]
fn lines_that_did_not_come_along_are_known_to_be_missing() {
    let lines = json!({"data": [dahlia_line()], "has_more": true});
    let cut = read_invoice(&merge(dahlia_invoice(&[]), json!({"lines": lines})));
    assert_eq!((cut.lines.len(), cut.more_lines), (1, true));
    for none in [
        json!({"lines": null}),
        json!({"lines": {"data": [], "has_more": true}}),
    ] {
        let read = read_invoice(&merge(dahlia_invoice(&[]), none));
        assert_eq!((read.lines.len(), read.more_lines), (0, true));
    }
}

#[test]
fn an_invoice_that_cannot_be_counted_is_not() {
    let line = |fields: Value| dahlia_invoice(&[merge(dahlia_line(), fields)]);
    let whole = |fields: Value| merge(dahlia_invoice(&[dahlia_line()]), fields);
    for (invoice, why) in [
        (json!({}), "id"),
        (json!([]), "id"),
        (whole(json!({"id": null})), "id"),
        (whole(json!({"status": "open"})), "open"),
        (whole(json!({"currency": null})), "currency"),
        (whole(json!({"amount_paid": null})), "amount_paid"),
        (whole(json!({"amount_paid": 25.5})), "amount_paid"),
        (
            whole(json!({"amount_paid": 9_223_372_036_854_775_808_u64})),
            "amount_paid",
        ),
        (whole(json!({"lines": []})), "lines"),
        (whole(json!({"lines": {"data": 7}})), "lines"),
        (line(json!({"id": null})), "id"),
        (line(json!({"amount": null})), "amount"),
        (line(json!({"amount": "2500"})), "amount"),
        (line(json!({"quantity": -1})), "quantity"),
        (line(json!({"quantity": 1.5})), "quantity"),
        (line(json!({"discount_amounts": {}})), "discount_amounts"),
        (line(json!({"discount_amounts": [{}]})), "amount"),
        (
            line(json!({"amount": i64::MIN, "discount_amounts": [{"amount": 1}]})),
            "overflow",
        ),
    ] {
        let said = unusable(news("invoice.paid", &invoice));
        assert!(said.contains(why), "{invoice}: {said}");
    }
}
