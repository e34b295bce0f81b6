"""Asks our checker of webhooks and Stripe's two libraries about the same headers.

usage: signatures.py VERDICTS WORK
  VERDICTS  the program that asks our checker
  WORK      a folder for what they tell each other

Headers are signed by both libraries, then mutated: at least CASES of them must be such that the
libraries agree with each other, and there ours has to agree with both. Where the libraries differ
(one reads `t=12x` as 12, the other does not), ours has to refuse. No header is of the future:
there the libraries have no rule, and ours is stricter.
"""

import json
import pathlib
import random
import subprocess
import sys

import stripe
from stripe import _webhook

CASES = 2_000
NOW = 1_790_000_000
AGES = (0, 1, 299, 300, 301, 302, 3_600)
HERE = pathlib.Path(__file__).parent
SECRETS = ("whsec_one", "whsec_two")


class Clock:
    """Time as the library for Python sees it."""

    @staticmethod
    def time():
        return float(NOW)


def payload(draw):
    """A body: an event, with text of every kind in it."""
    note = "".join(draw.choice("aZ0 .,=€\U0001f600\"\\\n\t") for _ in range(draw.randint(0, 30)))
    event = {
        "id": f"evt_{draw.randint(1, 10**9)}",
        "object": "event",
        "type": draw.choice(["invoice.paid", "account.updated", "of.no.interest"]),
        "created": NOW,
        "livemode": False,
        "data": {"object": {"id": "x", "note": note}},
    }
    return json.dumps(event, ensure_ascii=draw.random() < 0.5)


def signed_by_node(rows):
    """Signs (payload, secret, time) with the library for Node."""
    return ask(["node", HERE / "signatures.mjs", "sign"], rows)


def ask(command, rows):
    """Gives rows of JSON to a program, and returns its answers, one a line."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command}: {done.stderr}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(rows):
        raise SystemExit(f"{command} answered {len(answers)} of {len(rows)}")
    return answers


def mutations(draw, header):
    """The header, and what may become of it on its way or in bad hands."""
    time, signature = (part.split("=", 1)[1] for part in header.split(","))
    yield header
    yield f"v1={signature},t={time}"
    yield f"t={time},v1={'0' * 64},v1={signature}"
    yield f"t={time},v0={signature},v1={signature}"
    yield f"t={time},v0={signature}"
    yield f"t={time},v1={signature},"
    yield f"t={time},v1={signature.upper()}"
    yield f"t={time},v1={signature[:-1]}"
    yield f"t={time},v1={signature}0"
    yield f"t={time},v1="
    yield f"t={time}"
    yield f"v1={signature}"
    yield f"t=,v1={signature}"
    yield f"t=-{time},v1={signature}"
    yield f"t={int(time) - 1},v1={signature}"
    yield f"t= {time} , v1={signature}"
    yield f"T={time},V1={signature}"
    yield f"t={time};v1={signature}"
    yield f"t={time},t={time},v1={signature}"
    yield f"t=1,t={time},v1={signature}"
    yield f"t={time},t=1,v1={signature}"
    yield f"t={time}x,v1={signature}"
    yield f"t={time}.5,v1={signature}"
    yield f"t=0{time},v1={signature}"
    yield f"t=+{time},v1={signature}"
    yield f"t={time},v1={signature}=x"
    yield f"t={time}=x,v1={signature}"
    yield f"x={time},t={time},=,v2,v1={signature}"
    for _ in range(10):
        at = draw.randrange(len(header))
        kind = draw.randrange(4)
        if kind == 0:
            yield header[:at] + header[at + 1 :]
        elif kind == 1:
            yield header[:at] + draw.choice("0123456789abcdef=,tv1 ") + header[at:]
        elif kind == 2:
            yield header[:at] + draw.choice("0123456789abcdef=,tv1 ") + header[at + 1 :]
        else:
            yield header[:at]


def cases():
    """All that is asked."""
    draw = random.Random(1)
    rows = []
    for _ in range(80):
        age = draw.choice(AGES)
        rows.append((payload(draw), draw.choice(SECRETS), NOW - age))
    node = signed_by_node(rows)
    for (body, secret, time), by_node in zip(rows, node, strict=True):
        by_python = stripe.WebhookSignature.generate_signature_header(body, secret, time)
        if by_python != by_node:
            raise SystemExit(f"the libraries sign differently: {by_python} {by_node}")
        for header in mutations(draw, by_python):
            if far_ahead(header):
                continue
            yield {"body": body, "secret": secret, "header": header, "now": NOW}
        for other in SECRETS:
            yield {"body": body, "secret": other, "header": by_python, "now": NOW}
        at = draw.randrange(len(body))
        flipped = body[:at] + chr(ord(body[at]) ^ 1) + body[at + 1 :]
        yield {"body": flipped, "secret": secret, "header": by_python, "now": NOW}


def far_ahead(header):
    """Whether some time in the header is after now."""
    for item in header.split(","):
        name, _, value = item.partition("=")
        digits = "".join(character for character in value if character.isdigit())
        if name == "t" and digits and int(digits) > NOW:
            return True
    return False


def python_says(case):
    """The verdict of the library for Python."""
    try:
        stripe.WebhookSignature.verify_header(
            case["body"], case["header"], case["secret"], stripe.Webhook.DEFAULT_TOLERANCE
        )
    except stripe.SignatureVerificationError:
        return False
    return True


def main():
    verdicts, work = sys.argv[1:]
    _webhook.time = Clock
    asked = list(cases())
    ours = ask([verdicts], asked)
    node = ask(["node", HERE / "signatures.mjs", "check"], asked)
    python = [python_says(case) for case in asked]
    agreed = accepted = differed = 0
    wrong = []
    for case, mine, its, hers in zip(asked, ours, node, python, strict=True):
        if its == hers:
            agreed += 1
            accepted += its
            if mine != its:
                wrong.append((case["header"], NOW, f"ours {mine}, theirs {its}"))
        else:
            differed += 1
            if mine:
                wrong.append((case["header"], NOW, f"node {its}, python {hers}, ours takes it"))
    if wrong:
        pathlib.Path(work, "signatures.json").write_text(json.dumps(wrong, indent=1))
        raise SystemExit(f"{len(wrong)} verdicts differ, such as {wrong[:5]}")
    if agreed < CASES or not 0 < accepted < agreed:
        raise SystemExit(f"too few: {agreed} of which {accepted} are good")
    print(
        f"signatures: the same verdict on {agreed} headers, {accepted} of them good; on {differed} "
        "more the libraries differ, and ours refuses"
    )


if __name__ == "__main__":
    main()
