"""Has our client make each of its requests of the fake.

usage: ours.py STRIPE_BOOKS RECORD EVERY_REQUEST
"""

import subprocess
import sys

from books import Books
from sdk import KEY, client


def main():
    program, record, every_request = sys.argv[1:]
    with Books(program, record, "--key", KEY) as books:
        books.do("/welcome", welcoming=True)
        books.do("/prices", id="price_pro", cents=2900)
        api = client(books.stripe).v1
        customer = api.customers.create({"name": "Somebody"}).id
        bought = {"customer": customer, "items": [{"price": "price_pro"}]}
        subscription = api.subscriptions.create(bought)
        ids = [KEY, "price_pro", subscription.id, subscription.latest_invoice]
        subprocess.run([every_request, books.stripe, *ids, "exact"], check=True, timeout=120)


if __name__ == "__main__":
    main()
