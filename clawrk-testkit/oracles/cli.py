"""Has Stripe's command line client make things happen in the fake.

usage: cli.py STRIPE_BOOKS RECORD CLIENT WORK

Each trigger is a handful of requests that the client comes up with by itself. All of them have to
succeed, and the event that it is about has to be there.
"""

import os
import subprocess
import sys

from books import Books
from sdk import KEY, client

TRIGGERS = (
    "account.application.deauthorized",
    "account.updated",
    "checkout.session.completed",
    "customer.created",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.created",
    "invoice.paid",
    "invoice.payment_succeeded",
    "price.created",
    "product.created",
    "transfer.created",
    "transfer.reversed",
    "transfer.updated",
)
# The client says what it did; the event is called otherwise where it deletes an account.
TOLD_AS = {"account.application.deauthorized": None}


def main():
    program, record, command, work = sys.argv[1:]
    environment = {
        "HOME": work,
        "PATH": os.environ["PATH"],
        "STRIPE_API_KEY": KEY,
        "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
        "XDG_CONFIG_HOME": work,
    }
    with Books(program, record, "--key", KEY) as books:
        # The client pays into accounts that it has just made.
        books.do("/welcome", welcoming=True)
        for trigger in TRIGGERS:
            done = subprocess.run(
                [command, "trigger", trigger, "--api-base", books.stripe],
                capture_output=True,
                env=environment,
                text=True,
                timeout=60,
                check=False,
            )
            said = done.stdout + done.stderr
            if done.returncode or "Trigger succeeded" not in said:
                raise SystemExit(f"{trigger}: {said}")
        events = client(books.stripe).v1.events.list({"limit": 100}).auto_paging_iter()
        told = {event.type for event in events}
        missing = {TOLD_AS.get(it, it) for it in TRIGGERS} - told - {None}
        if missing:
            raise SystemExit(f"not told: {sorted(missing)}; told: {sorted(told)}")
    print(f"Stripe's command line client: {len(TRIGGERS)} triggers")


if __name__ == "__main__":
    main()
