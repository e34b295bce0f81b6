"""Holds a record of what the books were asked and answered against Stripe's own document.

usage: judge.py SPEC RECORD...

A record has a JSON object a line: an exchange (`method`, `path`, `query`, `body`, `agent`,
`status`, `answer`) or an event as it was delivered (`event`).
- A request that was carried out is one that the document allows. One of our own client is such in
  any case: it has no business asking for what cannot be.
- An answer has the shape that the document has for it, an error that of an error.
- An event of the document's version carries an object of the document's shape.
- An operation that the document does not know is not carried out, apart from UNDOCUMENTED.
Ends with a failure on the first record that is empty, or on any mismatch.
"""

import collections
import copy
import json
import sys

from spec import Misfit, Spec

# Stripe's command line client completes a checkout by the interface of Stripe's own page.
UNDOCUMENTED = ("/v1/payment_pages/",)
# How the user agent of our own client begins.
OURS = "clawrk"
SHOWN = 40


def judge_exchange(spec, line):
    """Raises `Misfit` for what must not be. Gives the operation's name, and whether it did well."""
    found = spec.operation(line["method"], line["path"])
    done = 200 <= line["status"] < 300
    if found is None:
        if done and not line["path"].startswith(UNDOCUMENTED):
            raise Misfit("carried out, and the document has no such operation")
        if line["agent"].startswith(OURS):
            raise Misfit("our client asks for what the document does not have")
        return None, done
    _, operation = found
    if done or line["agent"].startswith(OURS):
        try:
            spec.judge_request(operation, line["query"], line["body"])
        except Misfit as misfit:
            raise Misfit(f"request: {misfit}") from None
    try:
        answer = json.loads(line["answer"])
    except ValueError as error:
        raise Misfit(f"the answer is not JSON: {error}") from None
    spec.judge_answer(operation, line["status"], answer)
    return operation["operationId"], done


def judge_event(spec, line):
    """Raises `Misfit` for an event that Stripe would not send. Gives its type."""
    event = json.loads(line["event"])
    spec.judge_object(event)
    if event["api_version"] == spec.version:
        spec.judge_object(event["data"]["object"])
    return event["type"]


def prove(spec, operation, line):
    """Fails unless the judge refuses the same exchange once something is wrong with it."""
    answer = json.loads(line["answer"])
    broken = [dict(answer, no_such_member=1), dict(answer, object=7)]
    for wrong in broken:
        spoilt = copy.copy(line)
        spoilt["answer"] = json.dumps(wrong)
        try:
            judge_exchange(spec, spoilt)
        except Misfit:
            continue
        sys.exit(f"the judge lets pass for {operation}: {spoilt['answer'][:300]}")


def main():
    spec = Spec(sys.argv[1])
    wrong = []
    done, refused, events = (collections.Counter() for _ in range(3))
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        if not lines:
            sys.exit(f"{path} is empty")
        for number, line in enumerate(lines, 1):
            where = f"{path}:{number}"
            try:
                if "event" in line:
                    events[judge_event(spec, line)] += 1
                    continue
                operation, well = judge_exchange(spec, line)
                if operation is None:
                    continue
                if well and not done[operation]:
                    prove(spec, operation, line)
                (done if well else refused)[operation] += 1
            except Misfit as misfit:
                what = line.get("path") or json.loads(line["event"])["type"]
                wrong.append(f"{where} {line.get('method', 'event')} {what}: {misfit}")
    print(
        f"Stripe's document {spec.version}: {sum(done.values())} requests carried out "
        f"({len(done)} operations), {sum(refused.values())} refused, "
        f"{sum(events.values())} events ({len(events)} types)"
    )
    for line in wrong[:SHOWN]:
        print(line)
    if wrong:
        sys.exit(f"{len(wrong)} do not fit Stripe's document")
    if not done:
        sys.exit("nothing was carried out")


if __name__ == "__main__":
    main()
