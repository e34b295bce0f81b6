"""Has a subscription that localstripe makes grant credits in a real server.

usage: subscribe.py CLAWRK_SERVER WORK

localstripe is a fake that nobody here wrote, of Stripe as it was in 2017: plans without prices, and
`invoice.payment_succeeded` where there is `invoice.paid` by now. It has no checkout, so the server
can make its customer there, and no more; the subscription is made behind its back.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ADMIN = "the-operator-of-the-oracles"
SECRET = "whsec_of_localstripe"
KEY = "sk_test_ofTheOracles1"
CREDITS_OF_PRO = 150
PATIENCE_SECONDS = 30
SERVE = """
import socket
from aiohttp import web
from localstripe.server import app
here = socket.socket()
here.bind(("127.0.0.1", 0))
print(here.getsockname()[1], flush=True)
web.run_app(app, sock=here, print=None)
"""


def send(url, token, form=None, body=None, method="POST"):
    """Asks somebody, and gives the status and the answer."""
    data = urllib.parse.urlencode(form).encode() if form is not None else body
    request = urllib.request.Request(
        url, data, {"Authorization": f"Bearer {token}"}, method=method
    )
    if body is not None:
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def made(answer):
    """What was made."""
    status, value = answer
    if status not in (200, 201):
        raise SystemExit(f"{status}: {value}")
    return value


def starts(process, start):
    """The rest of the first line that begins so."""
    for line in process.stdout:
        if line.startswith(start):
            return line.removeprefix(start).strip()
    raise SystemExit(f"it ended without saying {start!r}")


def buy(fake, server, user):
    """Somebody whose customer the server has made subscribes."""
    # The server wants a checkout next, which localstripe does not have.
    status, _ = send(f"{server}/api/stripe/checkout", user, body=b'{"tier": "pro"}')
    if status != 502:
        raise SystemExit(f"a checkout that cannot be had is answered with {status}")
    customers = made(send(f"{fake}/v1/customers", KEY, method="GET"))["data"]
    [customer] = customers
    if customer["metadata"].get("clawrk_user") != "alice":
        raise SystemExit(f"whose is {customer}?")
    card = {
        "type": "card",
        "card[number]": "4242424242424242",
        "card[exp_month]": "12",
        "card[exp_year]": "2030",
        "card[cvc]": "123",
    }
    method = made(send(f"{fake}/v1/payment_methods", KEY, card))["id"]
    its = {"customer": customer["id"]}
    made(send(f"{fake}/v1/payment_methods/{method}/attach", KEY, its))
    default = {"invoice_settings[default_payment_method]": method}
    made(send(f"{fake}/v1/customers/{customer['id']}", KEY, default))
    plan = {
        "id": "price_pro",
        "amount": "2900",
        "currency": "usd",
        "interval": "month",
        "product[name]": "Pro",
    }
    made(send(f"{fake}/v1/plans", KEY, plan))
    wish = {**its, "items[0][plan]": "price_pro"}
    return made(send(f"{fake}/v1/subscriptions", KEY, wish))


def credits(server, user):
    """What the user has."""
    return made(send(f"{server}/api/users/alice", user, method="GET"))["credits"]


def main():
    program, work = sys.argv[1:]
    processes = []
    try:
        fake = subprocess.Popen(
            [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True, cwd=work
        )
        processes.append(fake)
        fake_url = f"http://127.0.0.1:{fake.stdout.readline().strip()}"
        environment = {
            "PATH": os.environ["PATH"],
            "CLAWRK_ADMIN_KEY": ADMIN,
            "STRIPE_API_BASE": fake_url,
            "STRIPE_SECRET_KEY": KEY,
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "STRIPE_PRICE_PRO": "price_pro",
        }
        # What it says of the checkout is no news.
        with open(f"{work}/subscribe.log", "w", encoding="utf-8") as log:
            server = subprocess.Popen(
                [program, "--listen", "127.0.0.1:0", "--store", "memory:"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=work,
            )
        processes.append(server)
        url = starts(server, "listening on ")
        body = b'{"id": "alice"}'
        user = made(send(f"{url}/api/admin/users", ADMIN, body=body))["api_key"]
        hook = {"url": f"{url}/api/stripe/webhook", "secret": SECRET}
        made(send(f"{fake_url}/_config/webhooks/clawrk", KEY, hook))
        if credits(url, user) != 0:
            raise SystemExit("there are credits that nobody bought")
        subscription = buy(fake_url, url, user)
        until = time.monotonic() + PATIENCE_SECONDS
        while (has := credits(url, user)) == 0 and time.monotonic() < until:
            time.sleep(0.1)
        if has != CREDITS_OF_PRO:
            log = f"{work}/subscribe.log"
            raise SystemExit(f"{subscription['id']} granted {has} credits; see {log}")
    finally:
        for process in processes:
            process.terminate()
            process.wait()
    print(f"localstripe: its webhook granted {has} credits")


if __name__ == "__main__":
    main()
