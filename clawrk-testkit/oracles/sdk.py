"""Drives the fake with Stripe's own libraries for Python and Node, and takes its webhooks.

usage: sdk.py STRIPE_BOOKS RECORD

Everything that the fake has is made, read, listed over several pages and refused once; what the
library makes of it is compared with what was asked.
"""

import http.server
import pathlib
import queue
import subprocess
import sys
import threading

import stripe

from books import Books

VERSION = "2026-08-26.dahlia"
KEY = "sk_test_ofTheOracles1"
SECRETS = {"platform": "whsec_of_the_platform", "connect": "whsec_of_connect"}


def client(url, key=KEY, version=VERSION):
    """A client of the fake, which does not repeat by itself."""
    return stripe.StripeClient(
        key, base_addresses={"api": url}, stripe_version=version, max_network_retries=0
    )


class Inbox:
    """Takes webhooks, and lets nothing pass that the library does not find signed."""

    def __init__(self):
        inbox = self
        self.events = queue.Queue()
        self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                name = self.path.strip("/")
                try:
                    event = stripe.Webhook.construct_event(
                        body, self.headers["Stripe-Signature"], SECRETS[name]
                    )
                except Exception as error:
                    inbox.events.put((name, error))
                    self.send_response(400)
                else:
                    inbox.events.put((name, event))
                    self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name):
        return f"http://127.0.0.1:{self.server.server_port}/{name}"

    def next(self, name, kind):
        """The next event of that type at that endpoint, whatever came before it."""
        while True:
            for place, (at, event) in enumerate(self.seen):
                if at == name and event.type == kind:
                    return self.seen.pop(place)[1]
            at, event = self.events.get(timeout=30)
            if isinstance(event, Exception):
                raise event
            self.seen.append((at, event))


def refused(kind, do):
    """The error of that class that must come of it."""
    try:
        value = do()
    except kind as error:
        return error
    raise AssertionError(f"not refused with {kind.__name__}: {value}")


def pages(found, expected):
    """Compares a list, walked through by the library, with the ids in the order they were made."""
    ids = [item.id for item in found.auto_paging_iter()]
    assert ids == list(reversed(expected)), (ids, expected)


def buying(books, api, inbox):
    """A customer subscribes, is billed, and leaves."""
    v1 = api.v1
    customers = [
        v1.customers.create({"metadata": {"clawrk_user": f"user-{n}"}, "name": f"Customer {n}"}).id
        for n in range(7)
    ]
    pages(v1.customers.list({"limit": 3}), customers)
    customer = v1.customers.retrieve(customers[0])
    assert customer.metadata["clawrk_user"] == "user-0"

    product = v1.products.create({"name": "Pro"})
    price = v1.prices.create(
        {
            "product": product.id,
            "currency": "usd",
            "unit_amount": 2900,
            "recurring": {"interval": "month"},
        }
    )
    assert v1.products.retrieve(product.id).name == "Pro"
    assert v1.prices.retrieve(price.id).unit_amount == 2900
    pages(v1.prices.list({"limit": 1}), [price.id])

    noted = {"clawrk_user": "user-0", "clawrk_tier": "pro", "clawrk_store": "store"}
    session = v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": customer.id,
            "client_reference_id": "user-0",
            "line_items": [{"price": price.id, "quantity": 1}],
            "metadata": noted,
            "subscription_data": {"metadata": noted},
            "success_url": "https://example.com/success",
            "cancel_url": "https://example.com/cancel",
        }
    )
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert session.url.startswith("http")
    books.do(f"/checkouts/{session.id}/complete")
    session = v1.checkout.sessions.retrieve(session.id)
    assert (session.status, session.payment_status) == ("complete", "paid")
    told = inbox.next("platform", "checkout.session.completed")
    assert told.data.object.id == session.id and told.api_version == VERSION

    subscription = v1.subscriptions.retrieve(session.subscription)
    assert subscription.status == "active"
    assert subscription.metadata.to_dict() == noted
    first = inbox.next("platform", "invoice.paid").data.object
    assert first.parent.subscription_details.subscription == subscription.id
    assert first.lines.data[0].pricing.price_details.price == price.id

    books.do(f"/subscriptions/{subscription.id}/renew")
    second = inbox.next("platform", "invoice.paid").data.object
    assert second.id != first.id and second.amount_paid == 2900
    pages(v1.invoices.list({"customer": customer.id, "limit": 1}), [first.id, second.id])
    lines = v1.invoices.line_items.list(second.id)
    assert [line.amount for line in lines.auto_paging_iter()] == [2900]

    v1.subscriptions.cancel(subscription.id)
    ended = inbox.next("platform", "customer.subscription.deleted").data.object
    assert ended.id == subscription.id and ended.status == "canceled"
    gone = v1.customers.delete(customers[6])
    assert gone.deleted is True
    assert v1.customers.retrieve(customers[6]).deleted is True

    refused(stripe.InvalidRequestError, lambda: v1.customers.retrieve("cus_of_nobody"))
    error = refused(
        stripe.InvalidRequestError,
        lambda: v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": customer.id,
                "line_items": [{"price": "price_of_nothing", "quantity": 1}],
                "success_url": "https://example.com/success",
            }
        ),
    )
    assert (error.code, error.param) == ("resource_missing", "line_items[0][price]"), error


def bargains(books, api, inbox):
    """A coupon and a trial: the first invoice is smaller, or nothing."""
    v1 = api.v1
    books.do("/prices", id="price_of_bargains", cents=2000)
    coupon = v1.coupons.create({"percent_off": 50, "duration": "once"})
    for changes, paid in (
        ({"discounts": [{"coupon": coupon.id}]}, [1000, 2000]),
        ({"subscription_data": {"trial_period_days": 7}}, [0, 2000]),
    ):
        customer = v1.customers.create({"name": "Somebody who waits"}).id
        session = v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": customer,
                "line_items": [{"price": "price_of_bargains", "quantity": 1}],
                "success_url": "https://example.com/success",
            }
            | changes
        )
        books.do(f"/checkouts/{session.id}/complete")
        subscription = v1.checkout.sessions.retrieve(session.id).subscription
        books.do(f"/subscriptions/{subscription}/renew")
        invoices = list(v1.invoices.list({"customer": customer}).auto_paging_iter())
        assert [it.amount_paid for it in reversed(invoices)] == paid, invoices
        told = [inbox.next("platform", "invoice.paid").data.object.id for _ in paid]
        assert sorted(told) == sorted(it.id for it in invoices), (told, invoices)


def paying(books, api, inbox):
    """An account is set up, and money sent to it and taken back."""
    v1 = api.v1
    account = v1.accounts.create(
        {
            "controller": {
                "stripe_dashboard": {"type": "express"},
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "requirement_collection": "stripe",
            },
            "capabilities": {"transfers": {"requested": True}},
            "metadata": {"clawrk_user": "user-1"},
        },
        {"idempotency_key": "acct:user-1:1"},
    )
    assert not account.payouts_enabled and not account.details_submitted
    link = v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "refresh_url": "https://example.com/refresh",
            "return_url": "https://example.com/return",
        }
    )
    assert link.url.startswith("http")
    early = {"amount": 100, "currency": "usd", "destination": account.id}
    error = refused(stripe.InvalidRequestError, lambda: v1.transfers.create(early))
    assert error.code, error
    books.do(f"/accounts/{account.id}/onboard")
    told = inbox.next("connect", "account.updated")
    assert told.account == account.id
    account = v1.accounts.retrieve(account.id)
    assert account.capabilities.transfers == "active" and account.payouts_enabled

    def send(key, **changes):
        terms = {
            "amount": 100,
            "currency": "usd",
            "destination": account.id,
            "transfer_group": "job-1",
            "metadata": {"clawrk_payout": "po_1"},
        }
        return v1.transfers.create(terms | changes, {"idempotency_key": key})

    before = v1.balance.retrieve().available[0].amount
    made = [send(f"po_{n}:1").id for n in range(5)]
    again = send("po_0:1")
    assert again.id == made[0]
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.request_id.startswith("req_")
    refused(stripe.IdempotencyError, lambda: send("po_0:1", amount=101))
    assert v1.balance.retrieve().available[0].amount == before - 500
    pages(v1.transfers.list({"transfer_group": "job-1", "limit": 2}), made)
    pages(v1.transfers.list({"transfer_group": "job-2"}), [])
    transfer = v1.transfers.retrieve(made[0])
    assert (transfer.amount, transfer.currency, transfer.destination) == (100, "usd", account.id)
    assert inbox.next("platform", "transfer.created").data.object.id == made[0]

    taken = v1.transfers.reversals.create(made[0], {"amount": 40})
    assert taken.amount == 40
    transfer = v1.transfers.retrieve(made[0])
    assert transfer.amount_reversed == 40 and not transfer.reversed
    v1.transfers.reversals.create(made[0])
    assert v1.transfers.retrieve(made[0]).reversed
    refused(stripe.InvalidRequestError, lambda: v1.transfers.reversals.create(made[0]))

    books.do("/balance", currency="usd", amount=0)
    error = refused(stripe.InvalidRequestError, lambda: send("po_9:1"))
    assert error.code == "balance_insufficient", error
    replayed = refused(stripe.InvalidRequestError, lambda: send("po_9:1"))
    assert replayed.code == "balance_insufficient"
    books.do("/balance", currency="usd", amount=1_000_000)
    # The refusal is what that key stands for.
    refused(stripe.InvalidRequestError, lambda: send("po_9:1"))
    send("po_9:2")

    gone = v1.accounts.delete(account.id)
    assert gone.deleted is True
    refused(stripe.StripeError, lambda: send("po_10:1"))
    refused(stripe.PermissionError, lambda: v1.accounts.retrieve(account.id))


def failing(books, api):
    """Errors arrive as the classes that the library has for them."""
    url = books.stripe
    transfers = api.v1.transfers
    refused(stripe.AuthenticationError, lambda: client(url, "sk_test_wrong").v1.balance.retrieve())
    terms = {"amount": 0, "currency": "usd", "destination": "acct_of_nobody"}
    refused(stripe.InvalidRequestError, lambda: transfers.create(terms))
    terms = {"amount": 10, "currency": "usd", "destination": "acct_of_nobody", "colour": "red"}
    error = refused(stripe.InvalidRequestError, lambda: transfers.create(terms))
    assert error.code == "parameter_unknown", error
    for fault, kind in (
        ("busy", stripe.RateLimitError),
        ("error", stripe.APIError),
        ("error_done", stripe.APIError),
        ("lost", stripe.APIConnectionError),
        ("cut", stripe.APIConnectionError),
        ("gateway", stripe.APIError),
        ("unauthorized", stripe.AuthenticationError),
    ):
        books.do("/faults", path="/v1/customers", fault=fault)
        refused(kind, lambda: api.v1.customers.create({"name": fault}))
        api.v1.customers.list({"limit": 1})
    books.do("/door", open=False)
    refused(stripe.APIConnectionError, api.v1.balance.retrieve)
    books.do("/door", open=True)
    api.v1.balance.retrieve()


def telling(api):
    """Events can be read again."""
    events = list(api.v1.events.list({"limit": 4}).auto_paging_iter())
    assert len(events) > 20, len(events)
    kinds = {event.type for event in events}
    assert {"customer.created", "invoice.paid", "transfer.created", "transfer.reversed"} <= kinds
    one = api.v1.events.retrieve(events[-1].id)
    assert one.type == events[-1].type
    print(f"the Python library {stripe.VERSION}: {len(events)} events of {len(kinds)} types")


def by_node(books):
    """The same once more, by the library for Node."""
    script = pathlib.Path(__file__).with_name("sdk.mjs")
    subprocess.run(["node", script, books.stripe, books.control, KEY], check=True, timeout=120)


def main():
    program, record = sys.argv[1:]
    inbox = Inbox()
    with Books(program, record, "--key", KEY) as books:
        for name, secret in SECRETS.items():
            books.do(
                "/endpoints",
                url=inbox.url(name),
                secret=secret,
                version=VERSION,
                connect=name == "connect",
            )
        api = client(books.stripe)
        buying(books, api, inbox)
        bargains(books, api, inbox)
        paying(books, api, inbox)
        telling(api)
        failing(books, api)
        by_node(books)


if __name__ == "__main__":
    main()
