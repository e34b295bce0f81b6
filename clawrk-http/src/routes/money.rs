//! The routes of money.

use clawrk_core::error::Code;

use crate::openapi::{about, list_of, one, payout_status};
use crate::table::{Table, get, post};
use crate::{payouts, stripe};

/// What users buy, and where they are paid.
pub(super) fn payments(table: Table) -> Table {
    table
        .kind(
            "payments",
            "Buying credits and being paid. Off: not configured.",
        )
        .route(
            "/api/stripe/checkout",
            [post(
                stripe::checkout,
                about("checkout", "Begin a subscription")
                    .notes(
                        "Grants nothing by itself: the credits come once Stripe tells that the \
                         first invoice was paid, and every month after.",
                    )
                    .body("Checkout")
                    .gives(200, "Where to pay, for a day.", one("Link"))
                    .keeps_nothing()
                    .refuses(&[Code::TierNotConfigured, Code::PaymentsUnavailable]),
            )],
        )
        .route(
            "/api/stripe/connect",
            [post(
                stripe::connect,
                about("connect", "Begin to be paid, or go on with it")
                    .notes("Your account at Stripe is made once; the link is good for minutes.")
                    .gives(200, "Where to say who is paid.", one("Link"))
                    .keeps_nothing()
                    .refuses(&[Code::PaymentsUnavailable]),
            )],
        )
        .route(
            "/api/stripe/connect/status",
            [get(
                stripe::connect_status,
                about("connectStatus", "Ask whether you can be paid")
                    .notes("Stripe is asked each time.")
                    .gives(200, "How far that is.", one("Connection"))
                    .refuses(&[Code::PaymentsUnavailable]),
            )],
        )
        .open(
            "/api/stripe/webhook",
            [post(
                stripe::webhook,
                about("webhook", "Tell of an event at Stripe")
                    .notes(
                        "For Stripe. Whatever is signed is taken, once, also where nothing \
                         follows from it; `Idempotency-Key` is not looked at.",
                    )
                    .body("StripeEvent")
                    .gives(200, "It was taken.", one("Received")),
            )],
        )
}

/// What the operator does about payouts.
pub(super) fn operator(table: Table) -> Table {
    table
        .route(
            "/api/admin/payouts",
            [get(
                payouts::list,
                about("listAllPayouts", "List all payouts, oldest first")
                    .gives(
                        200,
                        "The payouts; 100 unless `limit` says so.",
                        list_of("PayoutDetail"),
                    )
                    .query("status", "Only payouts of this status.", payout_status())
                    .pages(),
            )],
        )
        .route(
            "/api/admin/payouts/{id}/retry",
            [post(
                payouts::retry,
                about(
                    "retryPayout",
                    "Have a payout sent that was declined or waits",
                )
                .notes("Never one whose outcome is unknown.")
                .optional_body("Note")
                .gives(200, "The payout, `owed`.", one("PayoutDetail"))
                .refuses(&[Code::WrongStatus]),
            )],
        )
        .route(
            "/api/admin/payouts/{id}/resolve",
            [post(
                payouts::resolve,
                about("resolvePayout", "Say what became of a payout")
                    .notes(
                        "`paid` by a transfer, which is fetched and compared; `absent`: it was \
                         never paid, and Stripe lists no transfer; `written_off`: it will not be.",
                    )
                    .body("Resolution")
                    .gives(200, "The payout.", one("PayoutDetail"))
                    .refuses(&[
                        Code::WrongStatus,
                        Code::TransferMismatch,
                        Code::NotConfigured,
                        Code::PaymentsUnavailable,
                    ]),
            )],
        )
        .route(
            "/api/admin/outbox",
            [get(
                payouts::outbox,
                about("getOutbox", "Ask whether payouts are sent, and why not")
                    .gives(200, "How sending stands.", one("Outbox"))
                    .refuses(&[Code::NotConfigured]),
            )],
        )
        .route(
            "/api/admin/outbox/resume",
            [post(
                payouts::resume,
                about(
                    "resumeOutbox",
                    "Have payouts sent again that an alarm stopped",
                )
                .body("Explanation")
                .gives(200, "How sending stands.", one("Outbox"))
                .refuses(&[Code::NotConfigured]),
            )],
        )
}
