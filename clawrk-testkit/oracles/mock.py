"""Has Stripe's own stripe-mock judge each request that our client makes.

usage: mock.py STRIPE_MOCK EVERY_REQUEST

It answers what is wrong by Stripe's document with an error, and our client tells.
"""

import subprocess
import sys
import urllib.error
import urllib.request

LISTENING = "Listening for HTTP at address: "


def ask(url, form):
    """The status that a form is answered with."""
    request = urllib.request.Request(
        url + "/v1/transfers", form, {"Authorization": "Bearer sk_test_ofTheOracles1"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def main():
    mock, every_request = sys.argv[1:]
    anywhere = "127.0.0.1:0"
    process = subprocess.Popen(
        [mock, "-http-addr", anywhere, "-https-addr", anywhere], stdout=subprocess.PIPE, text=True
    )
    try:
        lines = (line for line in process.stdout if line.startswith(LISTENING))
        url = "http://" + next(lines).removeprefix(LISTENING).strip()
        # It would be no judge if it took anything.
        verdicts = [ask(url, b"currency=usd&destination=acct_1"), ask(url, b"colour=red")]
        if verdicts != [200, 400]:
            raise SystemExit(f"stripe-mock judges {verdicts}")
        ids = ["sk_test_ofTheOracles1", "price_1", "sub_1", "in_1"]
        done = subprocess.run([every_request, url, *ids], timeout=120, check=False)
    finally:
        process.terminate()
        process.wait()
    if done.returncode:
        raise SystemExit("stripe-mock refuses a request")


if __name__ == "__main__":
    main()
